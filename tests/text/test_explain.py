"""Explanations: every step told and drawn, for every kind of model."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import pytest

from pellucid.text import BPE, Tokenizer, Unigram
from pellucid.text.explain import of_word

LOW = BPE.train({"low": 5, "lower": 2, "newest": 6, "widest": 3}, 18)


def test_the_merges_of_a_word_step_by_step() -> None:
    word = of_word(LOW, "lowest")
    assert str(word).splitlines() == [
        "lowest", "  l o w e s t", "   1. e + s   merge 0   l o w es t", "   2. es + t   merge 1   l o w est",
        "   3. l + o   merge 2   lo w est", "   4. lo + w   merge 3   low est",
        f"  = low ({LOW.vocab['low']})  est ({LOW.vocab['est']})"]
    assert [tree.token for tree in word.trees] == ["low", "est"]
    assert [part.token for part in word.trees[0].parts] == ["lo", "w"] and word.trees[0].height() == 2


def test_the_tokens_are_those_of_encoding() -> None:
    tokenizer = Tokenizer.english()
    text = "Unbelievable tokenizers: 世界!\n\n" + "x" * 500
    explanation = tokenizer.explain(text)
    assert [number for word in explanation.words for number in word.ids] == tokenizer.encode(text).ids
    leaves = []
    stack = [tree for word in explanation.words for tree in word.trees][::-1]
    while stack:
        node = stack.pop()
        assert not node.parts or "".join(part.token for part in node.parts) == node.token
        leaves += [] if node.parts else [node.token]
        stack += node.parts[::-1]
    assert "".join(leaves).startswith("Un") and len(leaves) >= 30


def test_the_picture_is_xml_with_every_token() -> None:
    tokenizer = Tokenizer.english()
    picture = tokenizer.explain("lower <b> & \x00\x1b").svg()
    root = ElementTree.fromstring(picture)
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    tokens = [tree.token for word in tokenizer.explain("lower <b> & \x00\x1b").words for tree in word.trees]
    assert all(token in texts for token in tokens) and "1" in texts
    assert root.get("width") and "http" not in re.sub(r'xmlns="[^"]*"', "", picture)
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) % 2 == 0       # two lines for each join
    long = ElementTree.fromstring(tokenizer.explain("unbelievable " * 30).svg())
    assert float(long.get("width", "")) < 1200 and len(list(long.iter("{http://www.w3.org/2000/svg}g"))) > 3
    assert ElementTree.fromstring(tokenizer.explain("").svg()).tag.endswith("svg")
    assert tokenizer.explain("a")._repr_svg_() == tokenizer.explain("a").svg()


@pytest.mark.filterwarnings("ignore:train")
@pytest.mark.parametrize("kind, told", [
    ("wordpiece", "lower   the longest token that 'lower' begins with"), ("words", "is in the vocabulary"),
    ("chars", "is in the vocabulary"), ("bpe", "merge 0")])
def test_every_kind_is_explained(kind: str, told: str) -> None:
    tokenizer = Tokenizer.train("low low low lower lower newest", 300, kind)
    explanation = str(tokenizer.explain("lower low"))
    assert told in explanation and ElementTree.fromstring(tokenizer.explain("lower low").svg()) is not None
    if kind == "wordpiece":
        assert "cannot be spelled" in str(tokenizer.explain("x9"))
        assert "more than 100" in str(tokenizer.explain("x" * 101))


def test_scores_are_summed() -> None:
    model = Unigram([("<unk>", 0.0), ("a", -2.0), ("ab", -3.5), ("b", -2.5)], 0)
    assert str(of_word(model, "aba")).splitlines() == ["aba", "  ab   -3.500, sum -3.500",
                                                       "  a   -2.000, sum -5.500", "  = ab (2)  a (1)"]
