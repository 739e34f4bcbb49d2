"""Both sides of a script: what is noted, where it is stopped, what is said of the agreement."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from pathlib import Path

import pytest
from compatibility.scripts import SCRIPTS, Script

from compatibility import compare, data

TOY = Script("toy", "somebody/toys", "toy/main.py", "--n 3", end=r"ended with (\d+)", better="lower")
TEXT = '''
import sys
import torch
w = torch.nn.Parameter(torch.rand(2))
for step in range(int(sys.argv[2])):
    ((w * (step + 1)) ** 2).sum().backward()
w.sum().backward(retain_graph=True)
(w * 2).backward(torch.ones(2))
print("ended with", len(sys.argv), __name__)
'''


@pytest.fixture
def repositories(tmp_path: Path) -> Path:
    """A folder with one repository, in which one script lies."""
    (tmp_path / "toys" / "toy").mkdir(parents=True)
    (tmp_path / "toys" / "toy" / "main.py").write_text(TEXT)
    return tmp_path


def test_losses_of_a_script(repositories: Path) -> None:
    ran = compare.run(TOY, "pellucid", repositories)
    assert len(ran.losses) == 4 and ran.losses[1] == pytest.approx(4 * ran.losses[0])
    assert ran.text == "ended with 3 __main__\n" and compare.end(TOY, ran.text) == "3"
    assert ran.seconds > 0 and not list((repositories / "toys" / "toy").glob("*.json"))


def test_stopped_and_counted(repositories: Path) -> None:
    ran = compare.run(dataclasses.replace(TOY, steps=1, stop=2), "pellucid", repositories)
    assert len(ran.losses) == 1 and ran.text == ""
    double = compare.run(TOY, "pellucid", repositories, is_double=True)
    assert double.losses[0] != ran.losses[0]


def test_both_sides(repositories: Path) -> None:
    pytest.importorskip("torch")
    row = compare.row(dataclasses.replace(TOY, before="import random"), repositories)
    assert row["agree"].startswith("4 digits over 4 steps") and row["steps"] == 4
    assert row["end_pellucid"] == row["end_torch"] == "3"
    json.dumps(row)


def test_a_script_that_fails(repositories: Path) -> None:
    (repositories / "toys" / "toy" / "main.py").write_text("import torch\nraise ValueError('no such thing')")
    with pytest.raises(compare.Failed, match="toy, pellucid: status 1\n(.|\n)*no such thing"):
        compare.run(TOY, "pellucid", repositories)


@pytest.mark.parametrize("a, b, expected", [
    (1.0, 1.0, True), (1.2344, 1.2348, True), (1.2344, 1.2350, False), (-5e-7, -5.0002e-7, True),
    (0.0, 1e-9, False), (9.9996, 10.0, True), (1.0, -1.0, False), (math.inf, math.inf, True),
    (math.nan, 1.0, False), (1.0, 0.0, False)])
def test_four_digits(a: float, b: float, expected: bool) -> None:
    assert compare.within(a, b) is expected


def test_agreement_in_words() -> None:
    assert compare.agreement([1.0, 2.0], [1.0, 2.0]) == "4 digits over 2 steps, all equal"
    assert compare.agreement([1.0], [1.0, 2.0]) == "4 digits over 1 of 2 steps"
    assert compare.agreement([], [1.0]) == "4 digits over 0 of 1 steps"
    assert not compare.is_whole([1.0, 2.0], [1.0, 2.1]) and compare.is_whole([1.0], [1.0])


def test_the_commit_of_a_repository(repositories: Path) -> None:
    assert compare.commit(repositories / "toys") == ""
    (repositories / "toys" / "COMMIT").write_text("abc\n")
    assert compare.commit(repositories / "toys") == "abc"


def test_every_script_has_its_data() -> None:
    assert {script.data for script in SCRIPTS} - {""} <= set(data.SOURCES)
    names = [(script.repository, script.name) for script in SCRIPTS]
    assert len(set(names)) == len(names)


def test_data_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_DATA", str(tmp_path / "nothing"))
    with pytest.raises(data.Missing, match="vision/mnist is not in the folder"):
        data.mnist(tmp_path, tmp_path)
    with pytest.raises(data.Missing, match="planetoid"):
        data.cora(tmp_path, tmp_path)


def test_observing_imports_nothing_of_ours() -> None:
    text = (Path(compare.__file__).parent / "observe.py").read_text()
    assert "import pellucid" not in text and "from compatibility" not in text
    assert sys.executable
