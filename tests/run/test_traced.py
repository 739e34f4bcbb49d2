"""`pellucid run --trace`: the first steps of a script that was written for PyTorch."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path

import pytest
from tests.run.processes import pellucid_run, python

from pellucid.run.__main__ import command

SCRIPT = """
    import sys
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.tensor([[0.0, 1.0], [1.0, 1.0]])
    for step in range(5):
        optimizer.zero_grad()
        loss = model(x).pow(2).mean()
        loss.backward()
        optimizer.step()
    print(f"{loss.item():.6f}", *sys.argv[1:])
    if "fail" in sys.argv:
        raise ValueError("it failed")
    """


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text(textwrap.dedent(SCRIPT))
    return tmp_path


def test_the_first_steps_are_shown_and_the_script_runs_on(folder: Path) -> None:
    plain = pellucid_run("train.py", "a", folder=folder)
    found = pellucid_run("--trace", "out.json", "--steps", "2", "train.py", "a", folder=folder)
    assert (found.stdout, found.returncode) == (plain.stdout, 0)
    assert "out.json shows" in found.stderr and "train.py (2 optimiser steps)" in found.stderr
    told = json.loads((folder / "out.json").read_text())
    assert told["title"] == "train.py"
    updates = [s for s in told["steps"] if s["phase"] == "update"]
    assert [s["number"] for s in updates] == [1] * 4 + [2] * 4
    line = told["lines"][told["steps"][0]["line"]]
    assert line["file"] == "train.py" and line["text"] == "loss = model(x).pow(2).mean()"
    assert told["values"][told["steps"][0]["inputs"][0]["value"]]["name"] == "x"


def test_a_page_is_written_even_if_the_script_fails(folder: Path) -> None:
    pytest.importorskip("pellucid.explain.trace.page")
    found = pellucid_run("--trace", "out.html", "--steps", "9", "train.py", "fail", folder=folder)
    assert found.returncode == 1 and "ValueError: it failed" in found.stderr
    assert (folder / "out.html").stat().st_size < 2_000_000


@pytest.mark.parametrize("words, text", [
    (("--trace", "none/out.html", "train.py"), "the folder none does not exist"),
    (("--trace", ".", "train.py"), "wants the name of a file"),
    (("--trace", "o.html", "--steps", "0", "train.py"), "--steps must be at least 1, got 0"),
    (("--steps", "2", "train.py"), "usage:"),
    (("--trace", "o.html", "--steps", "x", "train.py"), "usage:"),
])
def test_misuse(words: tuple, text: str, capsys: pytest.CaptureFixture) -> None:
    assert command(words) == 2
    assert text in capsys.readouterr().err


def test_the_command(folder: Path) -> None:
    pytest.importorskip("typer")
    pytest.importorskip("rich")
    found = python("-m", "pellucid", "run", "--trace", "out.json", "--steps", "1", "train.py", "--trace", "b",
                   folder=folder)
    assert found.returncode == 0 and found.stdout.endswith(" --trace b\n")
    assert len([s for s in json.loads((folder / "out.json").read_text())["steps"]
                if s["phase"] == "update"]) == 4
