"""What the recipes ner and translate make of sentences before and after training."""

from __future__ import annotations

import numpy as np
import pytest
from tests.recipes.conftest import small_model_of_english, small_names

from pellucid import no_grad, tensor
from pellucid.datasets import Tagged
from pellucid.models.tagger import PAD as NO_WORD
from pellucid.models.transformer import END, PAD, START, Transformer, TransformerConfig
from pellucid.recipes import ner, tagging, translate
from pellucid.text import Tokenizer


def test_batches_of_pairs_hold_every_pair_once_within_their_size(rng: np.random.RandomState) -> None:
    sources, targets = ([rng.randint(3, 50, rng.randint(1, 20)).tolist() for _ in range(60)]
                        for _ in range(2))
    given = sorted(zip(sources, [[*target, END] for target in targets], strict=True))
    orders = []
    for shuffle in (False, True, True):
        batches, found = translate.Pairs(sources, targets, 80, shuffle), []
        assert len(list(batches)) == len(batches) > 1
        for (source, target), answer in batches:
            assert answer.shape[0] == 1 or answer.numel() <= 80
            assert (target[:, 0].numpy() == START).all() and target.shape == answer.shape
            np.testing.assert_array_equal(target.numpy()[:, 1:], answer.numpy()[:, :-1])
            for row, written in zip(source.tolist(), answer.tolist(), strict=True):
                found.append(([i for i in row if i != PAD], [i for i in written if i != PAD]))
        assert sorted(found) == given
        orders.append(found)
    assert orders[1] != orders[2] and orders[0] != orders[1]


def test_translations_come_back_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that writes the source itself, in batches sorted by length."""
    texts = ["a man", "a dog runs and runs and runs", "", "two dogs", "a", "one man and one dog"]
    tokenizer = Tokenizer.train(texts, 262, special_tokens=translate.SPECIAL)
    model = Transformer(TransformerConfig(262, 262, 1, 2, 8, 16))
    monkeypatch.setattr(model, "write", lambda source, beam, alpha: [
        [i for i in row if i != PAD] for row in source.tolist()])
    assert translate.translated(model, texts, tokenizer, tokenizer, 1, 1.0, at_once=2) == texts


def test_what_matplotlib_cannot_draw_is_a_square() -> None:
    assert translate.printable(" ab\x00\n\u4e16") == "ab" + 3 * "\N{WHITE SQUARE}"
    assert translate.printable("$1 and $2") == r"\$1 and \$2"
    assert translate.printable("x" * 40) == "x" * 31 + "\N{HORIZONTAL ELLIPSIS}"


def test_codes_know_what_the_training_part_has() -> None:
    sentence = Tagged(["Aaaaa", "aaaaa", "b", "B2B"], ["B-P", "I-P", "O", "O"])
    codes = tagging.Codes([sentence], least=2, longest=4)
    assert codes.words == {"aaaaa": 2} and codes.letters == {"a": 2} and codes.tags == ["O", "B-P", "I-P"]
    words, letters, shapes = codes.read(["AAAAA", "xaxxxa", "b"])
    assert words.tolist() == [2, 1, 1] and letters.tolist() == [[1] * 4, [1, 2, 1, 2], [1, 0, 0, 0]]
    assert [list(tagging.SHAPES)[i] for i in shapes] == ["ALL CAPITALS", "small", "small"]
    assert codes.numbers(["I-P", "B-unknown"]).tolist() == [2, 0]


def test_batches_of_sentences_hold_every_sentence_once() -> None:
    sentences = small_names()
    codes = tagging.Codes(sentences)
    given = [np.full((len(each.words), 2), number, np.float32) for number, each in enumerate(sentences)]
    seen = []
    for (words, letters, shapes, more), tags in tagging.Sentences(sentences, codes, 7, True, given):
        assert letters.shape[:2] == shapes.shape == words.shape == tags.shape == more.shape[:2]
        np.testing.assert_array_equal(words.numpy() == 0, tags.numpy() == NO_WORD)
        seen += more[:, 0, 0].tolist()
    assert sorted(seen) == list(range(len(sentences))) and seen != sorted(seen)


def test_each_word_gets_the_vectors_of_its_first_token() -> None:
    encoder = small_model_of_english()
    rng = np.random.RandomState(0)
    for parameter in encoder.model.parameters():
        parameter.data = tensor(rng.standard_normal(parameter.shape).astype(np.float32))
    sentences = [Tagged(["ada", "inme", "is"], ["O"] * 3), Tagged(["\u200d", "in"], ["O"] * 2),
                 Tagged(["ada"] * 40, ["O"] * 40)]
    found = tagging.features(encoder, sentences, size=2)
    assert [vectors.shape for vectors in found] == [(3, 24), (2, 24), (40, 24)]
    tokens = encoder.tokenizer.encode("ada inme is").tokens
    places = [i for i, token in enumerate(tokens) if not token.startswith("##")][1:-1]
    assert len(places) == 3 < len(tokens) - 2                    # some word has several tokens
    with no_grad():
        last = encoder.model(tensor([encoder.tokenizer.encode("ada inme is").ids]))[0].numpy()
    np.testing.assert_allclose(found[0][:, 16:], last[places], rtol=2e-4, atol=1e-5)
    assert (found[2][20:] == found[2][20]).all()                 # behind the model's twelve places


def test_the_most_frequent_tag_knows_nothing_of_new_words() -> None:
    train = [Tagged(["May", "may", "May"], ["B-P", "O", "O"]), Tagged(["May"], ["B-P"])]
    assert ner.most_frequent(train, [Tagged(["May", "June", "may"], ["O"] * 3)]) == [["B-P", "O", "O"]]


def test_wikigold_is_cut_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [Tagged([str(n)], ["O"]) for n in range(20)]
    monkeypatch.setattr(ner.datasets, "wikigold", lambda: whole)
    assert [len(part) for part in ner.parts("wikigold")] == [14, 2, 4]
    assert sum(ner.parts("wikigold"), []) == whole
