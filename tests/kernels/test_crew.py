"""Loops in parts on OpenBLAS's threads: every part once, and only with an OpenBLAS that was tried."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

import pellucid  # noqa: E402
from pellucid import runtime  # noqa: E402
from pellucid.kernels import crew, loops  # noqa: E402
from pellucid.kernels.crew import share  # noqa: E402

loop = crew.njit(nogil=True)


@loop
def mark(first, last, owner, times):
    for i in range(first, last):
        owner[i] = first
        times[i] += 1


@loop
def marked(team, owner, times):
    share(team, times.size, mark, (owner, times))


@pytest.fixture
def address(openblas_thread):
    return openblas_thread


@pytest.mark.parametrize("parts", [1, 2, 3, 7, crew.MOST])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 1000])
def test_every_part_is_done_once(address, parts, count):
    owner, times = np.full(count, -1), np.zeros(count)
    marked((address, parts), owner, times)
    assert (times == 1).all()
    assert len(set(owner.tolist())) == min(parts, count)


@pytest.mark.parametrize("parts", [2, 3])
def test_no_result_depends_on_the_parts(address, parts, rng):
    g, normed = rng.standard_normal((2, 37, 19)).astype(np.float32)
    scale, weight = np.ones((37, 1), np.float32), np.ones(19, np.float32)
    results = []
    for team in ((0, 1), (address, parts)):
        dx = np.empty_like(g)
        sums = loops.layer_norm_back(team, g, normed, scale, weight, dx)
        results.append((dx, sums))
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


def test_threads_of_python_may_all_share_their_loops(address):
    """Each also multiplies matrices, for which OpenBLAS needs all its threads at once."""
    wrong, a = [], np.ones((200, 200))

    def work():
        for _ in range(50):
            owner, times = np.full(1000, -1), np.zeros(1000)
            marked((address, 2), owner, times)
            if not (times == 1).all() or not (a @ a == 200).all():
                wrong.append(times)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong and not any(thread.is_alive() for thread in threads)


def test_the_crew_is_as_large_as_the_user_wants(address):
    before = pellucid.get_num_threads()
    try:
        pellucid.set_num_threads(1)
        assert crew.crew(1 << 20)[1] == 1
    finally:
        pellucid.set_num_threads(before)
    assert crew.crew(1 << 20)[1] == min(before, crew.MOST)
    assert crew.crew(2 * crew.LEAST - 1) == (0, 1)


@pytest.mark.parametrize("config, parallel", [
    ("OpenBLAS 0.3.22 DYNAMIC_ARCH", 1), ("OpenBLAS 0.3.99", 1), ("OpenBLAS", 1), ("OpenBLAS 0.3.30", 2),
    ("OpenBLAS 0.3.30", 0)])
def test_another_openblas_is_left_alone(config, parallel, monkeypatch):
    monkeypatch.setattr(runtime, "_text", lambda library, name: config)
    monkeypatch.setattr(runtime, "_number", lambda library, name: parallel)
    assert crew.threads_of.__wrapped__() is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_shares_its_loops_too(address):
    code = """
import os, numpy as np, pellucid
from pellucid.kernels import loops
x = np.ones((512, 512), np.float32)
def work():
    y, below = np.empty((2, x.size), np.float32)
    loops.gelu(loops.crew(x.size), x.reshape(-1), y, below)
    return np.ptp(y) == 0 and (x @ x == 512).all()
assert work()
child = os.fork()
if not child:
    os._exit(0 if work() else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 and work()
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120,
                   env={**os.environ, "OPENBLAS_NUM_THREADS": "2",
                        "PYTHONPATH": str(Path(pellucid.__file__).parents[1])})
