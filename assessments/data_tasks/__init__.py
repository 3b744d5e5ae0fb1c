"""Data tasks: a table drawn for one learner from a seed, and the right answers about it.

Nothing here knows the database. `read_recipe` checks what a table is made of; `generate` draws it;
`answers` computes what is right; `files` writes it as a spreadsheet opens it. The same recipe and seed
give the same table on any machine and with any version of Python.
"""

from assessments.data_tasks.generate import Dataset, answers, generate
from assessments.data_tasks.recipe import Recipe, RecipeError, read_recipe

__all__ = ["Dataset", "Recipe", "RecipeError", "answers", "generate", "read_recipe"]
