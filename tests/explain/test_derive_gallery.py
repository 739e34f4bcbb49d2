"""The gallery: every page is derived and proven again, and the files are up to date."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sympy")
pytest.importorskip("matplotlib")

import sympy  # noqa: E402

from pellucid.explain.derive import gallery  # noqa: E402
from pellucid.explain.derive.gallery.page import close  # noqa: E402

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "derivations"
WRITTEN_WITH = re.search(r"Written with SymPy (\d+\.\d+)", (FOLDER / "README.md").read_text("utf-8"))[1]


@pytest.mark.parametrize("name", gallery.PAGES)
def test_a_page_is_proven_and_up_to_date(name):
    page = gallery.make(name)                                    # proves, or raises
    assert page.text().count("$$") >= 2 and "|---|" in page.text() and page.alt
    picture = page.svg()
    assert picture.startswith(b"<?xml") and 3000 < len(picture) < 60_000
    stored = (FOLDER / f"{name}.md").read_text("utf-8")
    if sympy.__version__.startswith(WRITTEN_WITH):
        hint = "run python -m pellucid.explain.derive docs/derivations"
        assert formulas(stored) == formulas(page.text()), hint
        assert words(stored) == words(page.text()), hint
    assert (FOLDER / "images" / f"{name}.svg").exists()


def formulas(text):
    return re.findall(r"\$\$\n(.*?)\n\$\$", text, re.S)


def words(text):
    """The text without the last digits of its numbers."""
    return re.sub(r"-?\d+\.\d+(e-?\d+)?", lambda number: f"{float(number[0]):.4g}", text)


def test_the_index_leads_to_every_page():
    assert gallery.index().rpartition("Written with")[0] == (FOLDER / "README.md").read_text(
        "utf-8").rpartition("Written with")[0]
    pages = {path.stem for path in FOLDER.glob("*.md")} - {"README"}
    assert pages == set(gallery.PAGES) == {path.stem for path in (FOLDER / "images").glob("*.svg")}


def test_a_wrong_formula_or_number_is_refused():
    page = gallery.Page("wrong", "Wrong")
    x = sympy.Symbol("x", real=True)
    page.prove(("y", (x + 1) ** 2, x ** 2 + 2 * x + 1))
    with pytest.raises(gallery.NotProven, match="wrong: y is"):
        page.prove(("y", (x + 1) ** 2, x ** 2 + 2 * x))
    with pytest.raises(gallery.NotProven, match="the run"):
        close(page, (np.float64(1.0), np.float64(1.001)))
    with pytest.raises(ValueError, match="no page 'nothing'"):
        gallery.make("nothing")


def test_writing_one_page_gives_its_files(tmp_path, monkeypatch):
    only = {"adam": gallery.PAGES["adam"]}
    monkeypatch.setattr(gallery, "PAGES", only)
    written = gallery.write(tmp_path)
    assert [path.name for path in written] == ["adam.md", "README.md"]
    assert (tmp_path / "images" / "adam.svg").exists()
    assert "1 - \\beta^3" in (tmp_path / "adam.md").read_text("utf-8")
