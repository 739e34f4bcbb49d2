"""The transformer of two sides, and the beam that it writes with."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pellucid import no_grad, optim, tensor
from pellucid.models.beam import beam_search
from pellucid.models.transformer import END, PAD, START, Transformer, TransformerConfig, places
from pellucid.nn import functional as F

SMALL = TransformerConfig(12, 12, n_layers=2, n_heads=2, width=16, inside=32, dropout=0.0, longest=40)


def some(rng: np.random.RandomState, *shape: int) -> np.ndarray:
    return rng.randint(3, 12, shape)


def test_padding_changes_nothing(rng: np.random.RandomState) -> None:
    model, source, target = Transformer(SMALL), some(rng, 2, 5), some(rng, 2, 4)
    longer = np.pad(source, ((0, 0), (0, 3)), constant_values=PAD)
    with no_grad():
        short, padded = model(tensor(source), tensor(target)), model(tensor(longer), tensor(target))
    np.testing.assert_allclose(short.numpy(), padded.numpy(), atol=1e-5)


def test_a_token_is_scored_without_those_behind_it(rng: np.random.RandomState) -> None:
    model, source, target = Transformer(SMALL), tensor(some(rng, 1, 5)), some(rng, 1, 6)
    other = target.copy()
    other[:, 3:] = (other[:, 3:] - 2) % 9 + 3
    with no_grad():
        a, b = (model(source, tensor(each)).numpy() for each in (target, other))
    np.testing.assert_allclose(a[:, :3], b[:, :3], atol=1e-6)
    assert np.abs(a[:, 3:] - b[:, 3:]).max() > 1e-3


def test_written_with_a_cache_as_without(rng: np.random.RandomState) -> None:
    """Greedy writing step by step, with everything read anew at each step, writes the same."""
    model, source = Transformer(SMALL), np.pad(some(rng, 3, 6), ((0, 0), (0, 2)))
    model.target.weight.data[END] -= 0.5                          # not too early
    written = model.write(tensor(source), beam=1, extra=4)
    for row, text in zip(source, written, strict=True):
        target = [START]
        for _ in range(12):
            with no_grad():
                scores = model(tensor(row[None]), tensor([target]))
            target.append(int(scores[0, -1].argmax()))
            if target[-1] == END:
                break
        assert text == [token for token in target[1:] if token != END]
    assert max(map(len, written)) > 3


def test_beams_are_scored_with_their_own_past(rng: np.random.RandomState) -> None:
    """With a beam as wide as all texts, the best one is that of trying them all."""
    config = TransformerConfig(12, 5, n_layers=1, n_heads=2, width=8, inside=16, dropout=0.0)
    model, source = Transformer(config), tensor(some(rng, 2, 5))
    model.target.weight.data *= 3
    most = 3
    written = model.write(source, beam=64, alpha=0.0, extra=most - 5)
    for i in range(2):
        scored = {}
        for n in range(most + 1):
            for text in itertools.product([0, 1, 3, 4], repeat=n):
                whole = [*text, END] if n < most else [*text]
                with no_grad():
                    scores = model(source[i:i + 1], tensor([[START, *whole[:-1]]]))
                scores = F.log_softmax(scores, -1)[0].numpy()
                scored[text] = scores[np.arange(len(whole)), whole].sum()
        assert tuple(written[i]) == max(scored, key=scored.__getitem__)


def test_attention_maps_are_what_the_scores_were_made_with(rng: np.random.RandomState) -> None:
    model, source, target = Transformer(SMALL), some(rng, 2, 5), some(rng, 2, 4)
    source[1, 3:] = PAD
    maps = model.attention_maps(tensor(source), tensor(target))
    assert maps.shape == (2, 2, 2, 4, 5)
    np.testing.assert_allclose(maps.sum(-1), 1, atol=1e-5)
    assert (maps[:, 1, :, :, 3:] == 0).all() and (maps[:, 0] > 0).all()


def test_learns_to_write_backwards(rng: np.random.RandomState) -> None:
    model = Transformer(SMALL)
    optimizer = optim.Adam(model.parameters(), lr=5e-3)
    source = some(rng, 24, 5)
    answer = np.concatenate([source[:, ::-1], np.full((24, 1), END)], 1)
    target = np.concatenate([np.full((24, 1), START), answer[:, :-1]], 1)
    for _ in range(90):
        scores = model(tensor(source), tensor(target)).reshape(-1, 12)
        loss = F.cross_entropy(scores, tensor(answer).reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.1
    written = model.write(tensor(source), beam=3)
    right = [text == row[::-1].tolist() for text, row in zip(written, source, strict=True)]
    assert np.mean(right) > 0.9


def test_places_are_waves() -> None:
    waves = places(50, 6)
    assert waves.shape == (50, 6) and waves.dtype == np.float32
    np.testing.assert_allclose(waves[:, ::2] ** 2 + waves[:, 1::2] ** 2, 1, atol=1e-5)
    np.testing.assert_allclose(waves[7, 2], np.sin(7 / 10000 ** (2 / 6)), rtol=1e-5)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="n_heads must divide width, got 3 and 16"):
        Transformer(TransformerConfig(5, 5, n_heads=3, width=16))
    with pytest.raises(RuntimeError, match="a text of 41 tokens is longer than 40"):
        Transformer(SMALL)(tensor(np.ones((1, 41), np.int64)), tensor(np.ones((1, 2), np.int64)))
    with pytest.raises(ValueError, match="beam and most must be at least 1, got 0 and 4"):
        beam_search(lambda tokens, _: tokens, 1, start=1, end=2, most=4, beam=0)


def test_the_penalty_lets_longer_texts_win() -> None:
    """Ending at once has p = 0.4, and 0.6 0.9^4 0.1 after five tokens."""
    def advance(tokens: np.ndarray, _: np.ndarray) -> np.ndarray:
        first, later = [1e-9, 1e-9, 0.4, 0.6], [1e-9, 1e-9, 0.1, 0.9]
        return np.log(np.where((tokens == START)[..., None], first, later))

    assert beam_search(advance, 1, start=START, end=END, most=6, beam=6, alpha=0.0) == [[]]
    assert beam_search(advance, 1, start=START, end=END, most=6, beam=6, alpha=3.0) == [[3] * 5]
