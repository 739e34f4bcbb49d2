"""`pellucid embed encode`, `index`, `search` and `eval`, on a tiny model."""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

spec = importlib.util.spec_from_file_location("tiny_bert", Path(__file__).parent.parent / "embed" / "tiny.py")
assert spec is not None and spec.loader is not None
tiny = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiny)


@pytest.fixture
def cli(command_line: Any, tmp_path: Path) -> Any:
    """Run the command line in a folder with a model and texts; gives status, stdout and stderr."""
    tiny.write(tmp_path / "model")
    Path("texts.txt").write_text("the cat sat\n\nthe dog runs\nabc dja\n", encoding="utf-8")
    return partial(command_line, "embed")


def test_encode(cli: Any) -> None:
    status, out, err = cli("encode", "model", "texts.txt", "-o", "v.npy", "--truncate-dim", "4")
    assert status == 0 and out == "v.npy: 3 vectors of 4 components\n" and "encoding: 3 texts in" in err
    assert np.load("v.npy").shape == (3, 4)


def test_index_append_and_search(cli: Any) -> None:
    assert cli("index", "texts.txt", "--model", "model", "-o", "idx", "-q")[0] == 0
    assert cli("index", "texts.txt", "--model", "model", "-o", "idx")[0] == 1
    status, out, _ = cli("index", "texts.txt", "--model", "model", "-o", "idx", "--append", "--json", "-q")
    assert status == 0 and json.loads(out)["texts"] == 6
    hits = json.loads(cli("search", "idx", "the dog runs", "-k", "2", "--json")[1])["hits"]
    assert [hit["text"] for hit in hits] == ["the dog runs"] * 2 and [hit["id"] for hit in hits] == [1, 4]
    path = Path("idx/vectors.index")
    path.write_bytes(path.read_bytes()[:-64])
    status, out, err = cli("search", "idx", "the dog runs", "--json")
    assert status == 0 and len(json.loads(out)["hits"]) == 3 and "were recovered" in err


def test_eval_and_errors(cli: Any) -> None:
    Path("s.csv").write_text("the cat,the cat,5\ndog,abc,1\ncat runs,dog runs,3\n", encoding="utf-8")
    assert json.loads(cli("eval", "model", "--sts", "s.csv", "--json", "-q")[1])["pairs"] == 3
    status, _, err = cli("search", "nowhere", "x")
    assert status == 1 and "there is no index in it" in err
    Path("bad.txt").write_bytes(b"good\n\xff")
    assert "byte 0xff at position 5 is not UTF-8" in cli("encode", "model", "bad.txt")[2]
