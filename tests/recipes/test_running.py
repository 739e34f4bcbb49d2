"""Runs: where they are written, what is never overwritten, and going on after an interruption."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import recipes
from pellucid.recipes import circles, running
from pellucid.threads import get_num_threads, set_num_threads

SMALL = {"samples": 80, "epochs": 6, "hidden": 4, "batch_size": 8}


@pytest.fixture(autouse=True)
def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are tested with the recipes; here they would only take time."""
    monkeypatch.setattr(recipes.Job, "figure", lambda *_: None)


def interrupting(n: int, error: type[BaseException]) -> Callable[[Any, Any], float]:
    """The accuracy, but it raises at its n-th batch."""
    calls, accuracy = 0, circles.binary_accuracy

    def metric(prediction: Any, target: Any) -> float:
        nonlocal calls
        calls += 1
        if calls == n:
            raise error("on purpose")
        return accuracy(prediction, target)
    return metric


def interrupted(folder: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException] = KeyboardInterrupt,
                n: int = 41) -> pytest.ExceptionInfo:
    """A small run of circles that ends early: 24 batches of logistic regression, then 5 in each epoch."""
    with monkeypatch.context() as patch, pytest.raises(error) as caught:
        patch.setattr(circles, "binary_accuracy", interrupting(n, error))
        recipes.train("circles", out=folder, verbose=0, **SMALL)
    return caught


def all_equal(a: Any, b: Any) -> bool:
    """Are two checkpoints the same, bit for bit, but for the seconds?"""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(all_equal(a[key], b[key]) for key in a if key != "seconds")
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(all_equal, a, b))
    return np.array_equal(a.numpy(), b.numpy()) if hasattr(a, "numpy") else a == b


def test_resumed_run_equals_the_uninterrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = recipes.train("circles", out=tmp_path / "whole", verbose=0, **SMALL)
    caught = interrupted(tmp_path / "broken", monkeypatch)
    assert isinstance(caught.value, recipes.Interrupted)
    assert "holds the state after epoch 3 of 6." in str(caught.value)
    assert f"Go on with: pellucid train circles --out {tmp_path / 'broken'} --resume" in str(caught.value)
    before = json.loads((tmp_path / "broken" / "config.json").read_text())
    assert "metrics" not in before and before["spent"] > 0
    assert not (tmp_path / "broken" / "report.html").exists()
    resumed = recipes.train("circles", out=tmp_path / "broken", resume=True, verbose=0)
    assert resumed.metrics == whole.metrics and resumed.settings == whole.settings
    assert resumed.seconds > before["spent"]
    for checkpoint in ("best", "last"):
        assert all_equal(resumed.run.load(checkpoint), whole.run.load(checkpoint))
    assert all_equal(resumed.run.read_rows("metrics.jsonl"), whole.run.read_rows("metrics.jsonl"))
    layers = [(tmp_path / name / "layers.jsonl").read_text() for name in ("broken", "whole")]
    assert layers[0] == layers[1] != ""


def test_finished_run_is_not_trained_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = recipes.train("perceptron", out=tmp_path, verbose=0, steps=5)
    (tmp_path / "report.html").unlink()
    again = recipes.train("perceptron", out=tmp_path, resume=True)
    assert again.metrics == first.metrics and again.seconds == first.seconds and again.settings.steps == 5
    assert "holds a finished run: nothing is left to train" in capsys.readouterr().err
    assert (tmp_path / "report.html").exists()                    # a report that was lost is drawn again


def test_run_that_kept_nothing_starts_from_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                         capsys: pytest.CaptureFixture[str]) -> None:
    caught = interrupted(tmp_path / "run", monkeypatch, n=3)      # still in the logistic regression
    assert "had kept nothing to go on from" in str(caught.value)
    job = recipes.train("circles", out=tmp_path / "run", resume=True)
    assert "the run starts from the beginning" in capsys.readouterr().err
    assert all_equal(job.run.load("best"), recipes.train("circles", out=tmp_path / "2", verbose=0, **SMALL)
                     .run.load("best"))


def test_failed_run_that_kept_nothing_is_started_again(tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(tmp_path, monkeypatch, ZeroDivisionError, n=3)
    assert recipes.train("circles", out=tmp_path, verbose=0, **SMALL).metrics


def test_another_run_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipes.train("perceptron", out=tmp_path / "done", verbose=0, steps=5)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "done").rglob("*")}
    with pytest.raises(ValueError, match="holds a finished run of perceptron, .* another folder"):
        recipes.train("xor", out=tmp_path / "done", verbose=0)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "done").rglob("*")} == before
    interrupted(tmp_path / "half", monkeypatch)
    with pytest.raises(ValueError, match="an unfinished run of circles, .* go on with it by --resume"):
        recipes.train("circles", out=tmp_path / "half", verbose=0)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "best.safetensors").write_bytes(b"mine")
    with pytest.raises(ValueError, match="already holds a file best.safetensors"):
        recipes.train("xor", out=tmp_path / "other", verbose=0)
    assert (tmp_path / "other" / "best.safetensors").read_bytes() == b"mine"


def test_files_that_are_not_a_runs_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    recipes.train("perceptron", out=tmp_path, verbose=0, steps=5)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_runs_of_the_same_second_get_their_own_folders(tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    class Clock(running.datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls(2020, 1, 2, 3, 4, 5)

    monkeypatch.setattr(running.datetime, "datetime", Clock)
    folders = [running._new_folder("xor") for _ in range(3)]
    assert [folder.name for folder in folders] == ["xor-20200102-030405", "xor-20200102-030405-2",
                                                   "xor-20200102-030405-3"]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "runs").write_text("a file")
    monkeypatch.chdir(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="run folder runs/xor-20200102-030405 cannot be written"):
        recipes.train("xor", verbose=0)


@pytest.mark.parametrize("changes, complaint", [
    ({"epochs": 9}, "had other settings: epochs=6 then, 9 now"),
    ({"seed": "1", "noise": 0.5}, "seed=0 then, 1 now; noise=0.08 then, 0.5 now"),
    ({"epoch": 9}, "no option 'epoch'; did you mean 'epochs'")])
def test_resume_refuses_other_settings(changes: dict[str, Any], complaint: str, tmp_path: Path,
                                       monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(tmp_path, monkeypatch)
    with pytest.raises(ValueError, match=complaint):
        recipes.run("circles", changes, out=tmp_path, resume=True, verbose=0)
    same = {"epochs": "6", "batch-size": 8}
    assert recipes.run("circles", same, out=tmp_path, resume=True, verbose=0).metrics


def test_resume_refuses_what_is_no_run_of_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="--resume needs --out"):
        recipes.train("circles", resume=True)
    with pytest.raises(ValueError, match="holds no run to go on with"):
        recipes.train("circles", out=tmp_path / "none", resume=True)
    assert not (tmp_path / "none").exists()
    interrupted(tmp_path / "run", monkeypatch)
    with pytest.raises(ValueError, match="holds a run of circles, not of xor"):
        recipes.train("xor", out=tmp_path / "run", resume=True)
    config = tmp_path / "run" / "config.json"
    whole = config.read_text()
    config.write_text(whole.replace('"hidden"', '"hiddden"'))
    with pytest.raises(ValueError, match="config.json is damaged or of another version .*'hiddden'"):
        recipes.train("circles", out=tmp_path / "run", resume=True)
    config.write_text(whole[:40])
    with pytest.raises(ValueError, match="config.json is not JSON"):
        recipes.train("circles", out=tmp_path / "run", resume=True)


def test_resume_refuses_a_damaged_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(tmp_path, monkeypatch)
    checkpoint = tmp_path / "last.safetensors"
    checkpoint.write_bytes(checkpoint.read_bytes()[:-10])
    with pytest.raises(ValueError, match="last.safetensors"):
        recipes.train("circles", out=tmp_path, resume=True, verbose=0)


def test_full_disk_leaves_the_checkpoint_of_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(tmp_path, monkeypatch)
    before = (tmp_path / "last.safetensors").read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device", "last.safetensors")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr("pellucid.train.run.save", full)
        recipes.train("circles", out=tmp_path, resume=True, verbose=0)
    assert (tmp_path / "last.safetensors").read_bytes() == before
    assert recipes.train("circles", out=tmp_path, resume=True, verbose=0).metrics


@pytest.mark.parametrize("asked, threads", [(None, 1), ("2", 2)])
def test_recipes_compute_in_one_thread_unless_asked(asked: str | None, threads: int, tmp_path: Path,
                                                    monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if asked:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", asked)
    before = get_num_threads()
    set_num_threads(2)
    try:
        if get_num_threads() != 2:
            pytest.skip("this BLAS does not let itself be told")
        recipes.train("perceptron", out=tmp_path, verbose=0, steps=5)
        assert json.loads((tmp_path / "config.json").read_text())["threads"] == threads
        assert get_num_threads() == 2                             # given back
    finally:
        set_num_threads(before)


def test_lines_are_kept_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()                                            # the real Job.figure
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    job = recipes.train("perceptron", out=tmp_path, verbose=0, steps=5)
    assert 'pip install "pellucid[plot]"' in job.lacks
    files = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert files == ["04-the-neuron-s-loss.json"]
    assert "The neuron&#x27;s loss" in (tmp_path / "report.html").read_text() or \
        "The neuron's loss" in (tmp_path / "report.html").read_text()


def test_a_recipe_computes_in_one_thread_unless_told(monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    before = pellucid.get_num_threads()
    with running.one_thread():
        assert pellucid.get_num_threads() == 1
    assert pellucid.get_num_threads() == before
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    with running.one_thread():
        assert pellucid.get_num_threads() == before


def test_checkpoints_of_parts_count_and_are_never_overwritten(tmp_path: Path) -> None:
    run = pellucid.train.Run(tmp_path / "run")
    job = recipes.Job(recipes.load("circles"), None, run)
    part, resume = job.part("lstm")
    assert part.folder == tmp_path / "run" / "lstm" and not resume and running.checkpoints(run) == []
    part.save("last", {"w": pellucid.ones(2)})
    assert job.part("lstm")[1] and not job.part("gru")[1]
    assert running.checkpoints(run) == [part.path("last.safetensors")]
    with pytest.raises(ValueError, match="already holds a file lstm/last.safetensors"):
        recipes.train("circles", out=run.folder, verbose=0)
