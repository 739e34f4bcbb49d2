"""The page of results, made from the folders of runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pellucid import recipes
from pellucid.recipes import results

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Write the config.json of a run of circles and return its folder."""
    def write(seed: int = 0, accuracy: float = 0.99, linear: float = 0.5, **entries: Any) -> Path:
        folder = tmp_path / f"{seed}"
        folder.mkdir()
        config = {"recipe": "circles", "seed": seed, "seconds": 3.21, "pellucid": "0.1.0", "python": "3.12.1",
                  "numpy": "2.0.0", "cpu": "A fine processor", "cores": 2, "threads": 1,
                  "platform": "Linux-6.1-x86_64",
                  "settings": {**recipes.load("circles").options(), "seed": seed},
                  "metrics": {"test_accuracy": accuracy, "linear_accuracy": linear}, **entries}
        (folder / "config.json").write_text(json.dumps(config))
        return folder
    return write


def test_smallest_seed_gets_the_row_and_the_others_their_range(make: Any) -> None:
    page = results.page([make(2, 0.97), make(0), make(1, 1.0, 0.45)])
    row = next(line for line in page.splitlines() if line.startswith("| `circles`"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[2:5] == ["test accuracy 99.00 %; linear accuracy 50.00 %", "0", "3.2"]
    assert cells[5] == ("seeds 1 to 2: test accuracy 97.00 % to 100.00 %; "
                        "linear accuracy 45.00 % to 50.00 %; 1 of 2 reach it")
    assert "- **circles**: 1,000 points" in page
    assert page.endswith("- Pellucid 0.1.0, Python 3.12.1, NumPy 2.0.0, A fine processor, 2 cores, "
                         "1 BLAS thread, Linux\n")


def test_number_that_was_missed_is_marked(make: Any) -> None:
    assert "97.90 %; linear accuracy 50.00 % (**not reached**)" in results.page([make(0, 0.979)])


def test_runs_that_prove_nothing_are_refused(make: Any, tmp_path: Path,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    changed = {**recipes.load("circles").options(), "epochs": 3}
    with pytest.raises(ValueError, match=r"with other settings \(epochs\)"):
        results.page([make(0, settings=changed)])
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "config.json").write_text('{"recipe": "circles"}')
    with pytest.raises(ValueError, match="did not end"):
        results.page([tmp_path / "half"])
    assert results.main([str(tmp_path / "none")]) == 1 and "has no config.json" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        results.main([])
    assert "usage" in capsys.readouterr().err


def test_rows_go_into_a_page_whose_other_rows_stay(make: Any, tmp_path: Path,
                                                   capsys: pytest.CaptureFixture[str]) -> None:
    old = results.page([make(0)]).replace("circles", "digits").replace("3.12.1", "3.11.1")
    path = tmp_path / "results.md"
    path.write_text(old)
    assert results.main([str(make(1)), "--into", str(path)]) == 0
    page = path.read_text()
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert rows == ["circles", "digits"] and page.count("- **") == 2       # in the catalogue's order
    assert "Python 3.11.1" in page and "Python 3.12.1" in page
    path.write_text("# Something else")
    assert results.main([str(tmp_path / "1"), "--into", str(path)]) == 1
    assert path.read_text() == "# Something else" and "to put rows into" in capsys.readouterr().err


def test_page_in_the_repository_tells_of_every_recipe() -> None:
    page = (ROOT / "docs" / "results.md").read_text(encoding="utf-8")
    assert page.startswith(results.HEAD) and "not reached" not in page
    for name in recipes.names():
        recipe = recipes.load(name)
        assert f"| `{name}` | {recipe.part('Reaches')}".replace("|w - 3|", "\\|w - 3\\|") in page
        assert f"- **{name}**: {recipe.part('Protocol')}." in page
