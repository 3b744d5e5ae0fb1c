"""Measurement: item response theory for placement. Pure numpy, importable without Django.

Start at `adaptive`, whose docstring shows a whole run; `irt` holds the model, `areas` the prior
that lets one area's answers speak about another.
"""
