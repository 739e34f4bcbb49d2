"""The parity suite compares with PyTorch: skipped where it is missing, an error where it was asked for.

`PELLUCID_REQUIRE_TORCH=1` (set by `make parity` and in CI) turns the skip into a failure: a comparison that
did not happen must not look like one that passed.
"""

from __future__ import annotations

import importlib.util
import os

import pytest

if os.environ.get("PELLUCID_REQUIRE_TORCH") == "1" and importlib.util.find_spec("torch") is None:
    raise pytest.UsageError("PELLUCID_REQUIRE_TORCH=1, but PyTorch is missing: pip install torch==2.13.0")
