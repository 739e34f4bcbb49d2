"""Fixtures and settings for every test: a seed of its own, real data where there is some, hypothesis."""

from __future__ import annotations

import os
import random
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

import pellucid

ROOT = Path(__file__).resolve().parent.parent

# A deadline measures the machine, not the code. In CI the same examples run every time: red means changed.
settings.register_profile("pellucid", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("pellucid")


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real data: `PELLUCID_DATA`, else `../shared/data` beside the checkout, else a skip."""
    named = os.environ.get("PELLUCID_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} is not a folder; PELLUCID_DATA names one with vision/mnist, ...")
    return folder


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """A number of the test's own, the same in every run and on every worker."""
    return zlib.crc32(request.node.nodeid.encode())


@pytest.fixture
def rng(seed: int) -> np.random.RandomState:
    """NumPy's classic generator, seeded with the test's own number."""
    return np.random.RandomState(seed)


@pytest.fixture(autouse=True)
def _same_start_for_every_test() -> None:
    """Seed the global streams, so that no test depends on which tests ran before it."""
    random.seed(0)
    np.random.seed(0)
    pellucid.manual_seed(0)


@pytest.fixture
def openblas_thread():
    """exec_blas's address, while OpenBLAS has a second thread; skips where loops cannot be shared out."""
    pytest.importorskip("numba")
    from pellucid.kernels import crew

    if crew.threads_of() is None:
        pytest.skip("no OpenBLAS of NumPy's wheel for Linux on x86-64: loops run in one part")
    before = pellucid.get_num_threads()
    pellucid.set_num_threads(max(before, 2))                     # with one, parts would wait for ever
    yield crew._address()
    pellucid.set_num_threads(before)
