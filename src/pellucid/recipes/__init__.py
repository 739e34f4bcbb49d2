"""Recipes: one file per job. Each says in its docstring what it must reach, how, and how long that takes.

>>> from pellucid import recipes
>>> recipes.names()[:2]
('perceptron', 'xor')
>>> recipes.load("xor").expected
{'accuracy': 1.0}
"""

from .catalogue import Recipe, load, names
from .job import Job
from .options import nearest
from .running import Interrupted, run, train
from .seeds import Several, run_seeds

__all__ = ["Interrupted", "Job", "Recipe", "Several", "load", "names", "nearest", "run", "run_seeds", "train"]
