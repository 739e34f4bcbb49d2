"""Warnings that point at the user's line, however many layers lie between it and the function that warns."""

from __future__ import annotations

import sys
import warnings

PACKAGE = __name__.partition(".")[0] + "."


def warn_user(message: str) -> None:
    """Warn, and name the first caller outside of this package as the place."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)
