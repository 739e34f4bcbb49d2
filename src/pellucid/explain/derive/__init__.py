"""Formulas of networks and of their gradients, by the ops and rules that compute them (extra `symbolic`).

    derive(fn, x=(2,), W=(2, 3))           expressions for the value and for each gradient, proved

The module itself can be called: `pellucid.explain.derive(...)` is `pellucid.explain.derive.derive(...)`.
"""

from ..called import stands_for_its_function
from .derivation import derive
from .exact import exact
from .proof import WrongDerivative
from .result import Derivation, Numbers, mathml
from .shadows import NotDerivable

__all__ = ["Derivation", "NotDerivable", "Numbers", "WrongDerivative", "derive", "exact", "mathml"]

stands_for_its_function(__name__)
