"""A side's process: it answers, or it is told why not."""

from __future__ import annotations

import math
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from bench.clock import profile, seconds_per_step, steps_for
from bench.disk import installed_mib, required
from bench.memory import peak_mib
from bench.process import ROOT, Side, SideError, environment
from bench.row import Row, Work
from bench.sides import Missing, Torch
from bench.tensors import arrays, load, save
from bench.workloads import every_row

import pellucid

ANSWERS = """
import json, sys, time
print(json.dumps({"ready": "fake"}), flush=True)
for line in sys.stdin:
    question = json.loads(line)
    BODY
"""


def fake(body: str, patience: float = 30.0) -> Side:
    """A process that answers as the body says."""
    return Side("fake", patience=patience, command=[sys.executable, "-c", ANSWERS.replace("BODY", body)])


def test_question_and_answer() -> None:
    with fake("print(json.dumps({'doubled': 2 * question['number']}), flush=True)") as side:
        assert side.ask("double", number=21) == {"doubled": 42}
        assert side.ask("double", number=1) == {"doubled": 2}
    assert side.process.poll() is not None


@pytest.mark.parametrize("body, words", [
    ("sys.exit('out of luck')", "fake: ended with status 1: out of luck"),
    ("import os; os._exit(3)", "fake: ended with status 3$"),
    ("print(json.dumps({'error': 'ValueError: no'}), flush=True)", "fake: ValueError: no"),
])
def test_side_that_fails(body: str, words: str) -> None:
    with fake(body) as side, pytest.raises(SideError, match=words):
        side.ask("anything")


def test_side_that_died_is_told_of_at_the_next_question() -> None:
    with fake("sys.exit('out of luck')") as side:
        for _ in range(2):
            with pytest.raises(SideError, match="out of luck"):
                side.ask("anything")


def test_side_that_hangs_is_ended() -> None:
    with fake("time.sleep(60)", patience=0.5) as side:
        with pytest.raises(SideError, match="fake: no answer within 0.5 s"):
            side.ask("anything")
        assert side.process.wait(timeout=10) != 0


def test_library_that_is_missing() -> None:
    code = "import sys; sys.modules['torch'] = None; sys.argv = ['', 'torch']; import runpy; " \
           "runpy.run_module('bench.side', run_name='__main__')"
    with pytest.raises(SideError, match="^torch is not installed$"):
        Side("torch", command=[sys.executable, "-c", code])


def test_real_side_answers_every_question(tmp_path: Path) -> None:
    with Side("numpy-only", threads=1) as side:
        about = side.ask("about")
        assert about["version"] == pellucid.__version__ and about["threads"] in (1, None)
        assert about["machine"]["cores"] >= 1 and about["base_mib"] > 0
        assert about["numba"] is None                   # kept from this side, installed or not
        assert side.ask("build", row="xor") == {}
        side.ask("save", folder=str(tmp_path))
        first = side.ask("check", steps=2)["values"]
        assert side.ask("build", row="xor", folder=str(tmp_path)) == {}
        assert side.ask("check", steps=2)["values"] == first
        steps = side.ask("warm", seconds=0.01)["steps"]
        assert steps >= 1 and 0 < side.ask("time", steps=steps)["seconds"] < 1
        assert side.ask("memory")["peak_mib"] >= about["base_mib"]
        assert len(side.ask("profile", steps=3)["profile"]) == 6
        assert side.ask("rate")["gflops"] > 0
        with pytest.raises(SideError, match="numpy-only: KeyError: 'nothing'"):
            side.ask("build", row="nothing")
        with pytest.raises(SideError, match="nothing has been built"):
            side.ask("check", steps=1)


def test_process_sees_the_checkout_and_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert environment(None)["PYTHONPATH"].startswith(str(ROOT / "src"))
    assert environment(None)["PYTHONPATH"].endswith("elsewhere")
    assert environment(None)["OMP_NUM_THREADS"] == "7"
    assert environment(2)["OMP_NUM_THREADS"] == environment(2)["OPENBLAS_NUM_THREADS"] == "2"


def test_name_that_pellucid_lacks_is_what_the_row_needs() -> None:
    side = Torch("pellucid")
    with pytest.raises(Missing, match="^Hologram2d$"):
        side.build(Row("", lambda torch: torch.nn.Hologram2d(3)), None)
    with pytest.raises(Missing, match="^Hologram$"):
        side.build(Row("", lambda torch: torch.Hologram), None)
    with pytest.raises(Missing, match="^hologram$"):
        side.build(Row("", lambda torch: torch.nn.functional.hologram(3)), None)


def test_mistake_in_a_row_is_not_taken_for_a_missing_layer() -> None:
    side = Torch("pellucid")
    with pytest.raises(AttributeError, match="hologram"):
        side.build(Row("", lambda torch: types.SimpleNamespace().hologram), None)
    with pytest.raises(AttributeError, match="hologram"):
        side.build(Row("", lambda torch: math.hologram), None)     # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="hologram"):
        side.build(Row("", lambda torch: torch.ones(1).hologram), None)


def test_weights_travel(tmp_path: Path) -> None:
    given = {"w": pellucid.randn(3, 4), "n": pellucid.arange(5), "one": pellucid.tensor(2.5),
             "none": pellucid.ones(0, 3)}
    save(tmp_path, given)
    found = {name: pellucid.zeros_like(tensor) for name, tensor in given.items()}
    load(tmp_path, found)
    for name, array in arrays(tmp_path).items():
        assert found[name].dtype == given[name].dtype
        np.testing.assert_array_equal(found[name].numpy(), given[name].numpy())
        np.testing.assert_array_equal(array, given[name].numpy())


@pytest.mark.parametrize("name, shape, words", [
    ("v", (3, 4), r"other tensors: \['v', 'w'\]"),
    ("w", (4, 3), r"w is <f4 \[4, 3\] here, <f4 \[3, 4\] there"),
])
def test_other_weights_are_refused(name: str, shape: tuple[int, ...], words: str, tmp_path: Path) -> None:
    save(tmp_path, {"w": pellucid.randn(3, 4)})
    with pytest.raises(ValueError, match=words):
        load(tmp_path, {name: pellucid.zeros(*shape)})


def test_transposed_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not contiguous"):
        save(tmp_path, {"w": pellucid.randn(3, 4).T})


def test_same_seed_gives_the_same_work() -> None:
    works = [Torch("pellucid").build(every_row()["gan"], None) for _ in range(2)]
    for name, tensor in works[0].tensors.items():
        np.testing.assert_array_equal(tensor.numpy(), works[1].tensors[name].numpy())


def test_clock_counts_what_it_times(monkeypatch: pytest.MonkeyPatch) -> None:
    now, calls = [0.0], []
    monkeypatch.setattr("bench.clock.time.perf_counter", lambda: now[0])

    def step() -> None:                                 # half a second each
        calls.append(now[0])
        now[0] += 0.5

    assert seconds_per_step(step, 20) == 0.5 and len(calls) == 22      # two of them uncounted
    calls.clear()
    assert steps_for(step, 10.0) == 20
    calls.clear()
    assert steps_for(step, 0.01) == 1 and len(calls) <= 3


def test_profile_names_the_slow_function() -> None:
    def slow() -> int:
        total = 0
        for i in range(5000):
            total += i * i                              # in itself: nothing that is called takes a share
        return total

    first, *_ = profile(slow, 50)
    assert first["where"].startswith("bench/test_sides.py:") and first["calls"] == 1
    assert 0.3 < first["share"] <= 1


def test_memory_grows_by_what_is_held() -> None:
    before = peak_mib()
    if before is None:
        pytest.skip("this system does not tell")
    held = np.ones(8 * 2**20)                           # 64 MiB; the process may have held more before
    assert peak_mib() >= before and held[0] == 1


def test_disk_counts_what_is_required() -> None:
    assert "numpy" in required("pellucid")
    assert "numba" not in required("pellucid")          # an extra
    own = sum(path.stat().st_size for path in (ROOT / "src" / "pellucid").rglob("*")
              if path.is_file() and "__pycache__" not in path.parts) / 2**20
    assert own + 10 < installed_mib(pellucid) < own + 200                    # NumPy with its BLAS


def test_work_of_a_row_may_start_from_nothing() -> None:
    assert Work(lambda: None).tensors == {}
