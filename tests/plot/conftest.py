"""Two runs to draw, trained once: handwritten digits, and circles in the plane."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.plot import small_runs


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the digits. Not to be changed: `digits_copy` is."""
    return small_runs.digits_run(tmp_path_factory.mktemp("digits") / "run", epochs=8)


@pytest.fixture(scope="session")
def circles_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the circles, with its decision boundary. Not to be changed."""
    return small_runs.circles_run(tmp_path_factory.mktemp("circles") / "run", epochs=30)


@pytest.fixture
def digits_copy(digits_run: Path, tmp_path: Path) -> Callable[[], Path]:
    """A function that returns a fresh copy of the digits' run, to be spoilt."""
    def copy() -> Path:
        return Path(shutil.copytree(digits_run, tmp_path / "spoilt"))
    return copy
