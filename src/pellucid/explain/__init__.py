"""See through a network: what it consists of, and whether its gradients are right."""

from . import check
from .check import compare, gradcheck
from .summary import Row, Summary, summary

__all__ = ["Row", "Summary", "check", "compare", "gradcheck", "summary"]
