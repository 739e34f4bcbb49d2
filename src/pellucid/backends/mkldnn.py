"""oneDNN is not used here: NumPy computes."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False


enabled = deterministic = allow_tf32 = False
