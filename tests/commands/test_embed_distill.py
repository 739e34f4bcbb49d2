"""`pellucid embed distill`."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.embed import tiny

from pellucid import datasets, embed


@pytest.fixture
def cli(command_line: Any, tmp_path: Path) -> Any:
    """Run the command line in a folder with a teacher; gives status, stdout and stderr."""
    tiny.write(tmp_path / "teacher")
    return partial(command_line, "embed", "distill", "teacher")


def test_a_small_encoder_from_a_file_of_sentences(cli: Any) -> None:
    Path("s.txt").write_text("\n".join([*tiny.SENTENCES[:1], "the cat sat", "the mat", ""] * 20), "utf-8")
    status, out, _ = cli("-o", "small", "--dimension", "4", "--sentences", "s.txt", "--most", "30",
                         "--epochs", "2", "--dtype", "int8", "--json", "-q")
    told = json.loads(out)
    assert status == 0 and (told["dimension"], told["sentences"]) == (4, 30)
    made = embed.Encoder.from_pretrained("small")
    assert isinstance(made, embed.StaticEncoder) and made.encode("the cat sat").shape == (4,)
    assert told["bytes"] == sum(file.stat().st_size for file in Path("small").rglob("*") if file.is_file())


def test_without_books_nothing_is_refined(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent() -> list[str]:
        raise datasets.MissingData("books: put a file there")
    monkeypatch.setattr(datasets, "books", absent)
    status, out, err = cli("--dimension", "4")
    assert status == 0 and "not refined: books: put a file there" in err
    assert out.startswith("model: ") and "of 4 components" in out


def test_what_cannot_be_made_is_named(cli: Any) -> None:
    Path("s.txt").write_text("the cat\n", encoding="utf-8")
    status, _, err = cli("--dimension", "99", "--sentences", "s.txt", "-q")
    assert status != 0 and "dimension is 99, wants 1 to 8, the teacher's" in err
    status, _, err = cli("--dtype", "int4", "--sentences", "s.txt", "-q")
    assert status != 0 and "--dtype is 'int4', wants float32 or int8" in err
    Path("empty.txt").write_text("\n", encoding="utf-8")
    status, _, err = cli("--sentences", "empty.txt", "-q")
    assert status != 0 and "there is no text in it" in err
