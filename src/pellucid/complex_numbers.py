"""What needs complex numbers, which no tensor here holds: names that can be imported and not used."""

from __future__ import annotations

from .absent import absences

NAMES = "complex istft polar stft view_as_complex view_as_real"
globals().update(absences("torch", "there are no complex numbers here", NAMES))
