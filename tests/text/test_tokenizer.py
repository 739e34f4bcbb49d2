"""The tokenizer in front: round trips, special tokens, files, and what bad input gets."""

from __future__ import annotations

import json
import time
import warnings
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.text.pipelines import CORPUS

from pellucid.text import AddedToken, Encoding, Tokenizer

TEXTS = st.text(st.characters(exclude_categories=("Cs",)))


@pytest.fixture(scope="module")
def byte_level() -> Tokenizer:
    return Tokenizer.train(CORPUS, 600)


@pytest.fixture(scope="module")
def wordpiece() -> Tokenizer:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return Tokenizer.train(CORPUS, 600, "wordpiece")


@settings(max_examples=200)
@given(text=TEXTS)
def test_byte_level_round_trip(byte_level: Tokenizer, text: str) -> None:
    encoding = byte_level.encode(text)
    assert byte_level.decode(encoding.ids) == text
    assert b"".join(map(byte_level.token_bytes, encoding.ids)) == text.encode("utf-8")
    offsets = encoding.offsets
    assert all(start < end for start, end in offsets) and len(offsets) == len(encoding.ids)
    assert offsets == sorted(offsets)
    covered = {place for start, end in offsets for place in range(start, end)}
    assert covered == set(range(len(text)))


@settings(max_examples=100)
@given(text=TEXTS)
def test_characters_round_trip_where_they_are_known(text: str) -> None:
    tokenizer = Tokenizer.train([text + "x"], 100_000, "chars")
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


@settings(max_examples=100)
@given(text=TEXTS)
def test_offsets_of_wordpiece_lie_in_the_text(wordpiece: Tokenizer, text: str) -> None:
    encoding = wordpiece.encode(text)
    for (start, end), is_special in zip(encoding.offsets, encoding.special_tokens_mask, strict=True):
        assert (start, end) == (0, 0) if is_special else 0 <= start < end <= len(text)


@settings(max_examples=60)
@given(texts=st.lists(TEXTS, max_size=4))
def test_the_cache_changes_nothing(byte_level: Tokenizer, texts: list[str]) -> None:
    used, new = (Tokenizer(byte_level.model, pre_tokenizer=byte_level.pre_tokenizer) for _ in range(2))
    for text in texts * 2:
        used.encode(text)
    for text in texts:
        fresh = new.encode(text)
        new = Tokenizer(byte_level.model, pre_tokenizer=byte_level.pre_tokenizer)
        again = used.encode(text)
        assert (again.ids, again.offsets, again.word_ids) == (fresh.ids, fresh.offsets, fresh.word_ids)


def test_the_cache_is_emptied_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.text.units.REMEMBERED", 20)
    tokenizer = Tokenizer.english()
    for start in range(0, 600, 60):
        text = CORPUS[start:start + 60]
        assert tokenizer.decode(tokenizer.encode(text).ids) == text
        assert len(tokenizer._units.known) <= 60


@pytest.mark.parametrize("kind", ["chars", "words", "bpe", "byte-bpe", "wordpiece"])
def test_files_keep_everything(kind: str, tmp_path: Path) -> None:
    tokenizer = Tokenizer.train(CORPUS, 129 if kind == "words" else 400, kind)
    tokenizer.add_tokens(["foobar", AddedToken("baz", single_word=True, normalized=False)])
    tokenizer.add_special_tokens(["<end>"])
    tokenizer.enable_padding(length=12, pad_token="<end>", direction="left")
    tokenizer.enable_truncation(9, stride=2, direction="left")
    tokenizer.save(tmp_path / "a.json")
    again = Tokenizer.from_file(tmp_path / "a.json")
    again.save(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_text("utf-8") == (tmp_path / "b.json").read_text("utf-8")
    text = "the lowest foobar baz <end> Größe 世界"
    for first, second in zip(tokenizer.encode(text).overflowing, again.encode(text).overflowing, strict=True):
        assert (first.ids, first.offsets, first.tokens) == (second.ids, second.offsets, second.tokens)
    assert again.vocab == tokenizer.vocab and len(again) == len(tokenizer)
    assert not list(tmp_path.glob("*.part"))


def test_special_tokens_are_text_unless_allowed(byte_level: Tokenizer) -> None:
    end = byte_level.token_to_id("<|endoftext|>")
    text = "the<|endoftext|>low"
    assert end == 0 and end not in byte_level.encode(text).ids
    for allowed in ("all", {"<|endoftext|>"}):
        encoding = byte_level.encode(text, allowed_special=allowed)
        assert encoding.ids.count(end) == 1
        assert encoding.offsets[encoding.ids.index(end)] == (3, 16)
        assert byte_level.decode(encoding.ids) == "thelow"
        assert byte_level.decode(encoding.ids, skip_special_tokens=False) == text
    with pytest.raises(ValueError, match="'<pad>', which is no special token; there are <|endoftext|>"):
        byte_level.encode(text, allowed_special={"<pad>"})
    with pytest.raises(ValueError, match="wants 'all' or a set of special tokens, got 'some'"):
        byte_level.encode(text, allowed_special="some")


def test_pairs_types_and_masks(wordpiece: Tokenizer) -> None:
    encoding = wordpiece.encode("the fox", "low")
    assert encoding.tokens == ["[CLS]", "the", "fox", "[SEP]", "low", "[SEP]"]
    assert encoding.type_ids == [0, 0, 0, 0, 1, 1]
    assert encoding.sequence_ids == [None, 0, 0, None, 1, None]
    assert encoding.word_ids == [None, 0, 1, None, 0, None]
    assert encoding.special_tokens_mask == [1, 0, 0, 1, 0, 1] and len(encoding) == 6
    assert encoding.offsets[4] == (0, 3)
    assert repr(encoding) == "Encoding(6 tokens: [CLS] the fox [SEP] low [SEP])"
    assert wordpiece.encode("the fox", add_special_tokens=False).tokens == ["the", "fox"]


def test_batches_are_padded_to_the_longest() -> None:
    tokenizer = Tokenizer.english()
    tokenizer.enable_padding(pad_token="<pad>", pad_to_multiple_of=4)
    short, long = tokenizer.encode_batch(["a", "one two three four five"])
    assert len(short) == len(long) == 8 and sum(short.attention_mask) == 1
    tokenizer.no_padding()
    assert [len(each) for each in tokenizer.encode_batch(["a", ""])] == [1, 0]
    assert tokenizer.encode_batch([]) == [] and tokenizer.decode_batch([[], short.ids[:1]]) == ["", "a"]


def test_no_text_is_no_tokens(byte_level: Tokenizer, wordpiece: Tokenizer) -> None:
    assert byte_level.encode("").ids == [] and byte_level.encode("").offsets == []
    assert byte_level.decode([]) == "" and wordpiece.decode([]) == ""
    assert wordpiece.encode("").tokens == wordpiece.encode(" \n ").tokens == ["[CLS]", "[SEP]"]
    assert isinstance(byte_level.encode(""), Encoding) and str(byte_level.explain("")) == ""


@pytest.mark.parametrize("text", ["a" * 1_000_000, "ab " * 50_000, "\n" * 150_000, "世" * 50_000,
                                  "a1!?\u0301" * 20_000], ids=["letters", "words", "lines", "hanzi", "mixed"])
def test_long_texts_take_seconds(text: str, byte_level: Tokenizer, wordpiece: Tokenizer) -> None:
    started = time.process_time()
    encoding = byte_level.encode(text)
    assert byte_level.decode(encoding.ids) == text
    assert encoding.offsets[-1][1] == len(text)
    assert len(wordpiece.encode(text).offsets) >= 2
    assert time.process_time() - started < 60                    # quadratic would be hours


@pytest.mark.parametrize("text, code, place", [("ab\ud800", "D800", 2), ("\udfff!", "DFFF", 0)])
def test_lone_surrogates_are_refused(text: str, code: str, place: int, byte_level: Tokenizer) -> None:
    with pytest.raises(ValueError, match=rf"lone surrogate U\+{code} at position {place}"):
        byte_level.encode(text)
    with pytest.raises(ValueError, match=f"U\\+{code}"):
        byte_level.encode_batch(["fine", ("fine", text)])


def test_what_is_no_text_is_refused(byte_level: Tokenizer) -> None:
    with pytest.raises(TypeError, match="wants to be a str, got bytes"):
        byte_level.encode(b"bytes")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no token has the number 9999; the vocabulary has 600"):
        byte_level.decode([9999])


def test_a_vocabulary_the_texts_cannot_give_is_told() -> None:
    with pytest.warns(UserWarning, match="train: 5000 tokens were asked for, the texts give 26"):
        tokenizer = Tokenizer.train("abc abc", 5000)
    assert 257 <= len(tokenizer) < 270
    with pytest.warns(UserWarning, match="10 tokens were asked for, the texts need at least 257"):
        Tokenizer.train("abc abc", 10)
    for nothing in ("", [], ["", " "]):
        with pytest.raises(ValueError, match="there is no word in the texts"):
            Tokenizer.train(nothing, 300, "words")
    with pytest.raises(ValueError, match="kind 'sentencepiece' is not known; known are chars, words, bpe"):
        Tokenizer.train("abc", 300, "sentencepiece")


def test_words_that_are_not_known() -> None:
    tokenizer = Tokenizer.train("low lower low", 4, "words", special_tokens=["<unk>", "<s>"])
    assert tokenizer.encode("low highest").tokens == ["low", "<unk>"]
    assert tokenizer.encode("low highest").offsets == [(0, 3), (4, 11)]
    bare = Tokenizer.train("abc", 5, "bpe")
    assert bare.encode("axb").tokens == ["a", "<unk>", "<unk>"]  # b at the end of a word would have a mark


def test_truncation_says_what_is_wrong(wordpiece: Tokenizer) -> None:
    tokenizer = Tokenizer.english()
    tokenizer.enable_truncation(3, stride=3)
    with pytest.raises(ValueError, match="stride 3 must be less than the 3 tokens"):
        tokenizer.encode("one two three four five six")
    tokenizer.no_truncation()
    assert len(tokenizer.encode("one two three four five six")) == 6
    with pytest.raises(ValueError, match="strategy 'shortest' is not known"):
        tokenizer.enable_truncation(3, strategy="shortest")
    with pytest.raises(ValueError, match="max_length must not be negative, got -1"):
        tokenizer.enable_truncation(-1)
    tokenizer.enable_truncation(2, strategy="only_second")
    with pytest.raises(ValueError, match="only_second wants two texts, got one"):
        tokenizer.encode("one two three")
    with pytest.raises(ValueError, match="only_second would have to take 2 tokens from a text of 1"):
        tokenizer.encode("one two three", "x")
    wordpiece.enable_truncation(1)
    with pytest.raises(ValueError, match="max_length 1 has no room for 2 special tokens"):
        wordpiece.encode("low")
    wordpiece.no_truncation()


def test_golden_values() -> None:
    """What Hugging Face's library gives for the same files; made by tests/text/make_golden.py."""
    from tests.text.pipelines import all_pipelines

    from pellucid.text.files import from_dictionary

    golden = json.loads(Path(__file__).with_name("golden.json").read_text("utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        pipelines = all_pipelines()
    assert list(golden["expected"]) == list(pipelines)
    for name, found in pipelines.items():
        tokenizer = from_dictionary(found, Tokenizer)
        for text, (ids, offsets, decoded) in zip(golden["texts"], golden["expected"][name], strict=True):
            encoding = tokenizer.encode(text)
            assert encoding.ids == ids, (name, text)
            assert [list(span) for span in encoding.offsets] == offsets, (name, text)
            assert tokenizer.decode(ids) == decoded, (name, text)
