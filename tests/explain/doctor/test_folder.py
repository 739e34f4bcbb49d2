"""The doctor on run folders and on scripts, and `pellucid doctor`."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.explain.doctor.healthy import blobs, dead, network, saturated, sigmoids

from pellucid import optim
from pellucid.explain.doctor import of_run
from pellucid.nn import functional as F
from pellucid.train import Run, Watch, fit


def run_of(folder, model, lr=3e-3, epochs=4, data=None, **options):
    run = Run(folder)
    fit(model, data or blobs(), loss=F.cross_entropy, optimizer=optim.Adam(model.parameters(), lr=lr),
        epochs=epochs,
        verbose=0, run=run, callbacks=[Watch(run)], **options)
    return of_run(folder)


@pytest.mark.parametrize("kind, model, lr", [
    ("dead units", dead, 3e-3), ("vanishing gradients", sigmoids, 3e-3), ("saturation", saturated, 1e-3),
    ("learning rate too low", network, 1e-8)])
def test_faults_show_in_the_folder(kind, model, lr, tmp_path):
    assert run_of(tmp_path, model(), lr).kinds[0] == kind


def test_a_healthy_run_is_passed(tmp_path):
    found = run_of(tmp_path, network(), validation=blobs(seed=5))
    assert not found and "read 4 epochs and 4 looks" in repr(found)


def test_a_class_that_is_never_named(tmp_path):
    run = Run(tmp_path)
    run.write_rows("metrics.jsonl", [{"epoch": 1, "loss": 0.2}])
    run.observe(probabilities=np.tile([0.9, 0.1], (100, 1)), targets=(np.arange(100) % 12 == 0).astype(int))
    found = of_run(tmp_path)
    assert found.kinds == ["class imbalance"] and "class 1 has 9 of 100" in found[0].seen
    assert "no layers.jsonl" in repr(found)


def test_overfitting_and_a_loss_that_is_no_number(tmp_path):
    rows = [{"epoch": i + 1, "loss": 1 / (i + 1), "val_loss": 0.5 + 0.1 * abs(i - 4)} for i in range(12)]
    Run(tmp_path / "a").write_rows("metrics.jsonl", rows)
    assert of_run(tmp_path / "a").kinds == ["overfitting"]
    Run(tmp_path / "c").write_rows("metrics.jsonl", [{"epoch": i + 1, "loss": 1 + i} for i in range(5)])
    assert of_run(tmp_path / "c").kinds == ["learning rate too high"]
    Run(tmp_path / "b").write_rows("metrics.jsonl", [{"epoch": 1, "loss": float("nan")}])
    assert of_run(tmp_path / "b").kinds == ["not finite"]


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is not the folder of a run: it holds neither"):
        of_run(tmp_path)
    with pytest.raises(ValueError, match="is not a folder"):
        of_run(tmp_path / "none")


SCRIPT = """
import sys
import torch
import torch.nn as nn

print("training", sys.argv[1:])
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 3){end})
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
x, y = torch.randn(60, 8), torch.arange(60) % 3
for step in range(12):
    {clear}
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
{after}
"""


def script(folder, end="", clear="optimizer.zero_grad()", after=""):
    path = folder / "train_it.py"
    path.write_text(SCRIPT.format(end=end, clear=clear, after=after), encoding="utf-8")
    return str(path)


@pytest.fixture
def cli(command_line, monkeypatch):
    monkeypatch.delitem(__import__("sys").modules, "torch", raising=False)
    return command_line


@pytest.mark.filterwarnings("ignore:cross_entropy. every row of input:UserWarning")
def test_a_script_is_watched_and_its_lines_are_named(cli, tmp_path):
    status, out, err = cli("doctor", script(tmp_path, clear="pass"), "--epochs", "3")
    assert status == 0 and "1. gradients not cleared" in out and "train_it.py:13" in out
    assert "training ['--epochs', '3']" in err and "training" not in out
    status, out, _ = cli("doctor", script(tmp_path, end=", nn.Softmax(1)"))
    assert "1. softmax before the loss" in out and "train_it.py:13   loss = nn.functional" in out
    assert "3 (Softmax)" in out and cli("doctor", script(tmp_path))[1].startswith("doctor: nothing wrong")


def test_a_script_that_fails_is_shown_with_what_was_seen(cli, tmp_path):
    status, out, err = cli("doctor", script(tmp_path, clear="pass", after="raise KeyError('gone')"))
    assert status == 0 and "gradients not cleared" in out and "KeyError: 'gone'" in err


def test_the_command_reads_a_run_and_prints_json(cli, tmp_path):
    run_of(tmp_path / "run", dead())
    status, out, _ = cli("doctor", "--json", str(tmp_path / "run"))
    assert status == 0 and json.loads(out)["findings"][0]["kind"] == "dead units"
    status, out, err = cli("doctor", str(tmp_path / "none"))
    assert status == 1 and "none is not the folder of a run: it is not a folder" in err and not out
    (tmp_path / "notes.txt").write_text("x")
    assert "neither a run folder nor a Python script" in cli("doctor", str(tmp_path / "notes.txt"))[2]
