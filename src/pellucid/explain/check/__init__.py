"""Is it right? Gradients against differences, and two models beside each other."""

from .backward import check_backward
from .gradients import WrongGradient, gradcheck
from .models import Comparison, Step, compare
from .report import Entry, Finding, Report

__all__ = ["Comparison", "Entry", "Finding", "Report", "Step", "WrongGradient", "check_backward", "compare",
           "gradcheck"]
