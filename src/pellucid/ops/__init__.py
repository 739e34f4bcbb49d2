"""Every operation, one block each: formula, value, derivative."""

from . import arithmetic, elementwise, linalg, memory, methods, reduce, shape
