"""Fixtures and settings for every test: a seed of its own, real data where there is some, hypothesis."""

from __future__ import annotations

import os
import random
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One Chromium for all pages of a worker, with an empty profile of its own."""
    from tests.browser import BASH, CHROMIUM, Browser  # not every system has what it needs

    if not (CHROMIUM and BASH):
        pytest.skip("no Chromium on this machine")
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture
def command_line(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
                 tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """A function that runs `pellucid ...` in an empty folder, and gives status, stdout and stderr."""
    pytest.importorskip("typer")
    pytest.importorskip("rich")
    from pellucid.cli import main

    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main(words)
        return status, *capfd.readouterr()
    return run


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
