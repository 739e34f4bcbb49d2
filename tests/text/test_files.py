"""Tokenizers in files: what is read, and what files that are not as they should be get."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from tests.text.pipelines import CORPUS, changed, trained

from pellucid.text import BPE, Tokenizer, Unigram
from pellucid.text.byte_level import as_bytes
from pellucid.text.counting import lines
from pellucid.text.files import dictionary, from_dictionary


@pytest.fixture(scope="module")
def gpt2() -> dict[str, Any]:
    return trained(400, "byte-bpe", special_tokens=[])


def ranks_of(found: dict[str, Any], path: Path) -> dict[bytes, int]:
    """Write a byte-level vocabulary as tiktoken keeps it."""
    ranks = {as_bytes(token): number for token, number in found["model"]["vocab"].items()}
    path.write_text("".join(f"{base64.b64encode(token).decode()} {number}\n"
                            for token, number in ranks.items()))
    return ranks


def test_ranks_are_read(gpt2: dict[str, Any], tmp_path: Path) -> None:
    ranks = ranks_of(gpt2, tmp_path / "a.tiktoken")
    ours = Tokenizer.from_ranks(tmp_path / "a.tiktoken", "gpt2", {"<end>": 400})
    plain = from_dictionary(gpt2, Tokenizer)
    assert ours.encode(CORPUS).ids == plain.encode(CORPUS).ids
    assert ours.encode("a<end>", allowed_special="all").ids[-1] == 400
    assert ours.decode(ours.encode(CORPUS).ids) == CORPUS
    assert len(Tokenizer.from_file(tmp_path / "a.tiktoken")) == 400
    tiktoken = pytest.importorskip("tiktoken")
    pattern = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
    theirs = tiktoken.Encoding("test", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    assert ours.encode(CORPUS).ids == theirs.encode(CORPUS)


@pytest.mark.parametrize("line", ["YQ== 0 1", "YQ==", "a%a 0", "YQ== x"])
def test_ranks_that_are_none(line: str, tmp_path: Path) -> None:
    (tmp_path / "bad.tiktoken").write_text(f"Yg== 0\n{line}\n")
    with pytest.raises(ValueError, match=r"bad.tiktoken: line 2 wants a token in base64 and its number"):
        Tokenizer.from_file(tmp_path / "bad.tiktoken")


def test_vocab_txt_and_folders(tmp_path: Path) -> None:
    vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "low", "##er", "the"]
    (tmp_path / "vocab.txt").write_text("\n".join(vocab) + "\n", encoding="utf-8")
    for path in (tmp_path, tmp_path / "vocab.txt"):
        tokenizer = Tokenizer.from_file(path)
        assert tokenizer.encode("The LOWER ones").tokens == ["[CLS]", "the", "low", "##er", "[UNK]", "[SEP]"]
        assert tokenizer.decode(tokenizer.encode("the lower").ids) == "the lower"
    (tmp_path / "vocab.txt").write_text("[UNK]\nThe\nlow\n", encoding="utf-8")
    assert Tokenizer.from_file(tmp_path).encode("The the").tokens == ["The", "[UNK]"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="no tokenizer.json, no vocab.txt, and no vocab.json with"):
        Tokenizer.from_file(tmp_path / "empty")


def test_vocab_json_and_merges(gpt2: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "vocab.json").write_text(json.dumps(gpt2["model"]["vocab"]))
    merges = "#version: 0.2\n" + "".join(f"{left} {right}\n" for left, right in gpt2["model"]["merges"])
    (tmp_path / "merges.txt").write_text(merges, encoding="utf-8")
    expected = from_dictionary(gpt2, Tokenizer).encode(CORPUS).ids
    assert Tokenizer.from_file(tmp_path).encode(CORPUS).ids == expected


def test_old_spellings(gpt2: dict[str, Any]) -> None:
    old = changed(gpt2, model={key: value for key, value in gpt2["model"].items() if key != "type"})
    old["model"]["merges"] = [" ".join(pair) for pair in old["model"]["merges"]]
    expected = from_dictionary(gpt2, Tokenizer).encode(CORPUS).ids
    assert from_dictionary(old, Tokenizer).encode(CORPUS).ids == expected
    old = changed(gpt2, pre_tokenizer={"type": "Metaspace", "replacement": "▁", "add_prefix_space": False})
    assert from_dictionary(old, Tokenizer).pre_tokenizer("a b") == ["a", "▁b"]


def broken(base: dict[str, Any], *path: str, to: Any) -> dict[str, Any]:
    """A copy with one thing changed; None takes it away."""
    found = changed(base)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    if to is None:
        del inner[path[-1]]
    return found


@pytest.mark.parametrize("path, to, told", [
    (("model", "type"), "Quantum", "model type 'Quantum' is not known; known are BPE, Unigram, WordLevel"),
    (("model",), [1], r"model wants an object, got \[1\]"),
    (("model", "vocab"), None, "model BPE lacks 'vocab'"),
    (("model", "dropout"), 0.1, "dropout 0.1 gives other tokens each time"),
    (("model", "merges"), [["a", "b", "c"]], "wants merges of two tokens"),
    (("model", "merges"), [["a", "鸡"]], "merge 0 of 'a' and '鸡' wants '鸡' in the vocabulary"),
    (("normalizer",), {"type": "Magic"}, "normalizer type 'Magic' is not known; known are BertNormalizer"),
    (("pre_tokenizer",), {"type": "UnicodeScripts"}, "pre_tokenizer type 'UnicodeScripts' is not known"),
    (("pre_tokenizer",), {"use_regex": True}, "pre_tokenizer wants an object with a type"),
    (("pre_tokenizer",), {"type": "Split", "behavior": "Removed"}, "pre_tokenizer Split lacks pattern"),
    (("post_processor",), {"type": "Sequence", "processors": [{"type": "X"}]}, "post_processor type 'X'"),
    (("decoder",), {"type": "Riddle"}, "decoder type 'Riddle' is not known"),
    (("version",), "2.0", "version '2.0' is not known; known is 1.0")])
def test_unknown_parts_are_named(path: tuple[str, ...], to: Any, told: str, gpt2: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=told):
        from_dictionary(broken(gpt2, *path, to=to), Tokenizer)


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Tokenizer.from_file(tmp_path / "nowhere.json")
    (tmp_path / "a.json").write_text('{"model":\n {]}')
    with pytest.raises(ValueError, match="a.json: line 2 is not JSON"):
        Tokenizer.from_file(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("[]")
    with pytest.raises(ValueError, match="wants an object with a model"):
        Tokenizer.from_file(tmp_path / "a.json")
    (tmp_path / "a.json").write_bytes(b'{"model": "\xff"}')
    with pytest.raises(ValueError, match="a.json: byte 0xff at position 11 is not UTF-8"):
        Tokenizer.from_file(tmp_path / "a.json")


def test_an_added_token_with_another_number_is_told(gpt2: dict[str, Any]) -> None:
    found = changed(gpt2, added_tokens=[{"id": 7, "content": "a", "special": False}])
    with pytest.warns(UserWarning, match="added token 'a' has the number 7, the model gives it 64"):
        assert from_dictionary(found, Tokenizer).token_to_id("a") == 64


def test_training_from_files_and_iterators(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text(CORPUS, encoding="utf-8")
    with gzip.open(tmp_path / "a.txt.gz", "wb") as file:
        file.write(CORPUS.encode())
    by_line = Tokenizer.train(CORPUS.splitlines(keepends=True), 400)
    assert capsys.readouterr().err == ""
    for path in (tmp_path / "a.txt", tmp_path / "a.txt.gz"):
        assert Tokenizer.train(path, 400, verbose=1).model.vocab == by_line.model.vocab
        told = capsys.readouterr().err.splitlines()
        assert "different words in" in told[0] and told[1].startswith("learning: 400 tokens in")
    mixed = Tokenizer.train([tmp_path / "a.txt", *CORPUS.splitlines(keepends=True)], 400)
    assert mixed.model.vocab == by_line.model.vocab              # all counts twice
    assert Tokenizer.train(iter([CORPUS]), 400).vocab == Tokenizer.train(CORPUS, 400).vocab


@pytest.mark.parametrize("place", [5, (1 << 20) + 7])
def test_a_file_that_is_not_utf8(place: int, tmp_path: Path) -> None:
    data = bytearray(b"good text\n" * (1 << 17))
    data[place] = 0xC3
    (tmp_path / "bad.txt").write_bytes(data)
    with pytest.raises(ValueError, match=f"bad.txt: byte 0xc3 at position {place} is not UTF-8"):
        Tokenizer.train(tmp_path / "bad.txt", 300)


@pytest.mark.parametrize("text", ["", "\n", "a\nb", "a\r\nb\x0bc\u2028d\n", "é" * 3_000_000,
                                  "a b " * 1_000_000],
                         ids=["nothing", "newline", "two", "other ends", "letters", "words"])
def test_lines_lose_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode())
    found = [line for line, _ in lines(tmp_path / "a.txt")]
    assert "".join(found) == text and all("\n" not in line[:-1] for line in found)
    assert max(map(len, found), default=0) <= 1 << 21


def test_byte_fallback_and_unigram() -> None:
    vocab = ["<unk>", *(f"<0x{byte:02X}>" for byte in "é".encode()), "a"]
    model = BPE({token: place for place, token in enumerate(vocab)}, [], unk_token="<unk>",
                byte_fallback=True, fuse_unk=True)
    assert model.tokenize("aé世界") == [(3, "a", 0, 1), (1, "<0xC3>", 1, 2), (2, "<0xA9>", 1, 2),
                                      (0, "<unk>", 2, 4)]
    unigram = Unigram([("<unk>", 0.0), ("a", -1.0), ("<0xC3>", -9.0), ("<0xA9>", -9.0)], 0,
                      byte_fallback=True)
    assert unigram.tokenize("aé") == [(1, "a", 0, 1), (2, "<0xC3>", 1, 2), (3, "<0xA9>", 1, 2)]
    with pytest.raises(ValueError, match="'b' is not in the vocabulary, and there is no unk_id"):
        Unigram([("a", -1.0)], None).tokenize("ab")
    with pytest.raises(ValueError, match="unk_id 3 is not in the vocabulary of 1 tokens"):
        Unigram([("a", -1.0)], 3)


def test_unigram_finds_the_best_of_all_splits() -> None:
    from itertools import combinations

    scores = {"a": -2.0, "b": -2.5, "ab": -4.0, "ba": -3.0, "aba": -5.2, "bb": -4.1, "abb": -7.0}
    model = Unigram([("<unk>", 0.0), *scores.items()], 0)
    for text in ("abab", "abba", "bbabab", "aabbaa"):
        splits = (cuts for size in range(len(text)) for cuts in combinations(range(1, len(text)), size))
        pieces = ([text[a:b] for a, b in zip((0, *cuts), (*cuts, len(text)), strict=True)] for cuts in splits)
        best = max(sum(scores[piece] for piece in each) for each in pieces if all(p in scores for p in each))
        assert sum(scores[token] for _, token, _, _ in model.tokenize(text)) == pytest.approx(best)


def test_what_is_written_is_what_hugging_face_names(gpt2: dict[str, Any]) -> None:
    found = dictionary(from_dictionary(gpt2, Tokenizer))
    assert list(found) == ["version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer",
                           "post_processor", "decoder", "model"]
    assert found["pre_tokenizer"] == {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                                      "use_regex": True}
