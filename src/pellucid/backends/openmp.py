"""OpenMP is not used here: NumPy's BLAS has threads of its own (`pellucid.set_num_threads`)."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False
