"""The PDF certificate: pure rendering from a frozen context, no Django, no database, no network.

`certificate.render(CertificateContext) -> bytes` is the whole public surface; the other modules are
its parts: `fonts` (which glyph), `layout` (which line), `drawing` (which shape), `tagging` (what it
means), `labels` (which word).
"""
