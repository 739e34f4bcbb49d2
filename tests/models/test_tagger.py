"""Taggers: the field over tags beside trying all of them, and what padding must not change."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from pellucid import nn, no_grad, optim, tensor
from pellucid.models.tagger import PAD, Field, LSTMTagger, Tagger, TaggerConfig, TransformerTagger

KINDS = [LSTMTagger, TransformerTagger]
SMALL = TaggerConfig(20, 9, 4, 3, word=6, letter=4, shape=3, filters=5, hidden=8, heads=2, dropout=0.0,
                     forget=0.0)


def read(rng: np.random.RandomState, *shape: int) -> tuple[np.ndarray, ...]:
    """Words, letters and shapes of a batch."""
    return rng.randint(2, 20, shape), rng.randint(1, 9, (*shape, 5)), rng.randint(0, 4, shape)


def a_field(rng: np.random.RandomState) -> Field:
    field = Field(3)
    for parameter in field.parameters():
        nn.init.uniform_(parameter, -1, 1)
    return field


def every_way(field: Field, scores: np.ndarray) -> dict[tuple[int, ...], float]:
    """The score of each way to tag one sentence (T, K)."""
    follows, first, last = (part.detach().numpy() for part in (field.follows, field.first, field.last))
    found = {}
    for tags in itertools.product(range(scores.shape[1]), repeat=len(scores)):
        own = scores[np.arange(len(tags)), tags].sum()
        steps = sum(follows[a, b] for a, b in itertools.pairwise(tags))
        found[tags] = float(own + steps + first[tags[0]] + last[tags[-1]])
    return found


def test_the_loss_is_the_surprise_among_all_ways_to_tag(rng: np.random.RandomState) -> None:
    field, scores = a_field(rng), rng.standard_normal((2, 4, 3)).astype(np.float32)
    tags = np.array([[0, 2, 1, 1], [2, 0, PAD, PAD]])
    surprises = []
    for row, length, truth in zip(scores, (4, 2), tags, strict=True):
        ways = every_way(field, row[:length])
        surprises.append(np.log(np.exp(list(ways.values())).sum()) - ways[tuple(truth[:length].tolist())])
    assert float(field(tensor(scores), tensor(tags)).detach()) == pytest.approx(np.mean(surprises), rel=1e-5)


def test_the_best_tags_are_the_best_of_all(rng: np.random.RandomState) -> None:
    field, scores = a_field(rng), rng.standard_normal((6, 5, 3)).astype(np.float32)
    lengths = np.array([5, 1, 2, 4, 5, 3])
    for row, length, found in zip(scores, lengths, field.best(tensor(scores), lengths), strict=True):
        ways = every_way(field, row[:length])
        assert tuple(found) == max(ways, key=ways.__getitem__)


@pytest.mark.parametrize("kind", KINDS)
def test_padding_changes_nothing(kind: type[Tagger], rng: np.random.RandomState) -> None:
    model, x = kind(SMALL).eval(), read(rng, 2, 4)
    longer = [np.pad(part, [(0, 0), (0, 3)] + [(0, 0)] * (part.ndim - 2)) for part in x]
    with no_grad():
        short, padded = (model(*map(tensor, parts)).numpy() for parts in (x, longer))
        tags = model.tags(*map(tensor, longer))
    np.testing.assert_allclose(padded[:, :4], short, atol=1e-5)
    assert [len(each) for each in tags] == [4, 4]


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_sees_the_others_and_its_own_letters(kind: type[Tagger],
                                                        rng: np.random.RandomState) -> None:
    model, x = kind(SMALL).eval(), read(rng, 1, 5)
    with no_grad():
        before = model(*map(tensor, x)).numpy()
        for part in range(3):
            other = [each.copy() for each in x]
            other[part][:, 4] = np.where(other[part][:, 4] == 2, 3, 2)
            assert np.abs(model(*map(tensor, other)).numpy() - before).max(axis=(0, 2)).min() > 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_learns_tags_that_depend_on_neighbours_and_on_what_is_given(kind: type[Tagger],
                                                                    rng: np.random.RandomState) -> None:
    config = TaggerConfig(20, 9, 4, 3, 8, 4, 3, 5, given=2, hidden=12, heads=2, dropout=0.0, forget=0.0)
    model, x = kind(config), read(rng, 8, 5)
    given = rng.standard_normal((8, 5, 2)).astype(np.float32)
    tags = (np.roll(x[0], 1, 1) % 2) + (given[..., 0] > 0)
    optimizer = optim.Adam(model.parameters(), lr=2e-2)
    parts = [*map(tensor, x), tensor(given)]
    for _ in range(60):
        loss = model.field(model(*parts), tensor(tags))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert model.eval().tags(*parts) == tags.tolist()


def test_forgotten_words_are_drawn_in_training_alone(rng: np.random.RandomState) -> None:
    model, x = LSTMTagger(replace(SMALL, forget=0.5)), [*map(tensor, read(rng, 4, 6))]
    with no_grad():
        assert not np.array_equal(model(*x).numpy(), model(*x).numpy())
        model.eval()
        np.testing.assert_array_equal(model(*x).numpy(), model(*x).numpy())
