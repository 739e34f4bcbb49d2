"""See through a network: what it consists of, whether its gradients are right, what ails its training."""

from . import check
from .check import compare, gradcheck
from .doctor import Diagnosis, Doctor, Finding, doctor
from .summary import Row, Summary, summary

__all__ = ["Diagnosis", "Doctor", "Finding", "Row", "Summary", "check", "compare", "doctor", "gradcheck",
           "summary"]
