"""Formulas of networks and of their gradients, by the ops and rules that compute them (extra `symbolic`)."""

from .derivation import derive
from .exact import exact
from .proof import WrongDerivative
from .result import Derivation, Numbers, mathml
from .shadows import NotDerivable

__all__ = ["Derivation", "NotDerivable", "Numbers", "WrongDerivative", "derive", "exact", "mathml"]
