"""See through a network: what it consists of, and whether its gradients are right."""

from .summary import Row, Summary, summary

__all__ = ["Row", "Summary", "summary"]
