"""Is it right? Gradients against differences, and two models beside each other."""

from .gradients import WrongGradient, gradcheck
from .models import Comparison, Step, compare
from .report import Entry, Finding, Report

__all__ = ["Comparison", "Entry", "Finding", "Report", "Step", "WrongGradient", "compare", "gradcheck"]
