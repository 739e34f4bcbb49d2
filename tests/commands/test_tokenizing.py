"""`pellucid tokenize` and `pellucid tokenizer train`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pellucid.text import Tokenizer


def test_tokenize_shows_the_steps(command_line: Any) -> None:
    status, out, err = command_line("tokenize", "unbelievable")
    assert (status, err) == (0, "")
    assert out.startswith("unbelievable\n  u n b e l i e v a b l e\n") and "12 characters, 5 tokens: " in out
    status, out, _ = command_line("tokenize", "low <b>", "--json", "--svg", "tree.svg")
    found = json.loads(out)
    assert status == 0 and found["ids"] == Tokenizer.english().encode("low <b>").ids
    assert found["offsets"][0] == [0, 3] and found["vocab_size"] == 4096
    assert Path("tree.svg").read_text("utf-8").startswith("<svg")


def test_tokenize_reads_stdin(command_line: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Größe".encode())))
    status, out, _ = command_line("tokenize", "--json")
    assert status == 0 and json.loads(out)["text"] == "Größe"


def test_a_trained_tokenizer_is_written_and_used(command_line: Any) -> None:
    Path("a.txt").write_text("low lower lowest newest widest\n" * 20, encoding="utf-8")
    status, out, err = command_line("tokenizer", "train", "a.txt", "--vocab-size", "270", "-o", "tok.json")
    assert status == 0 and out == "tok.json: byte-bpe, 270 tokens\n" and "learning: 270 tokens in" in err
    status, out, err = command_line("tokenizer", "train", "a.txt", "--kind", "wordpiece", "--json", "--quiet",
                                    "-o", "w.json", "--vocab-size", "9000")
    size = json.loads(out)["vocab_size"]
    assert status == 0 and err == f"pellucid: train: 9000 tokens were asked for, the texts give {size}\n"
    _, out, _ = command_line("tokenize", "lower", "--tokenizer", "w.json", "--json")
    assert json.loads(out)["tokens"] == ["lower"]


@pytest.mark.parametrize("words, told", [
    (("tokenize", "a", "--tokenizer", "none.json"), "No such file or directory: none.json"),
    (("tokenizer", "train", "none.txt"), "No such file or directory: none.txt"),
    (("tokenizer", "train", "bad.txt"), "bad.txt: byte 0xff at position 2 is not UTF-8 (invalid start byte)"),
    (("tokenizer", "train", "bad.txt", "--kind", "magic"), "kind 'magic' is not known"),
    (("tokenizer", "train", "bad.txt", "--vocab-size", "0"), "--vocab-size must be at least 1, got 0"),
    (("tokenizer", "train", "bad.txt", "-o", "none/tok.json"), "--out: none is not a folder")])
def test_errors_are_one_sentence(words: tuple[str, ...], told: str, command_line: Any) -> None:
    Path("bad.txt").write_bytes(b"ab\xff")
    status, out, err = command_line(*words)
    assert (status, out) == (1, "") and told in err and err.count("\n") == 1 and err.startswith("pellucid: ")
