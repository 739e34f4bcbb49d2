"""Classes from vectors: logistic regression, a network, fine-tuning, and bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import embed, nn, no_grad
from pellucid.embed import downstream
from pellucid.embed.token_batches import TokenBatches
from pellucid.text import Tokenizer
from pellucid.train import Run

GOOD, BAD = "good fine great lovely".split(), "bad poor dull awful".split()
OTHER = "film plot cast end".split()


def reviews(count: int, seed: int = 0) -> tuple[list[str], np.ndarray]:
    """Texts of which a few words say their class."""
    random = np.random.RandomState(seed)
    y = random.randint(0, 2, count)
    return [" ".join([*random.choice(OTHER, 3), random.choice([BAD, GOOD][kind])]) for kind in y], y


@pytest.fixture
def tokenizer() -> Tokenizer:
    return Tokenizer.train(" ".join(GOOD + BAD + OTHER), vocab_size=13, kind="words")


@pytest.fixture
def encoder(tokenizer: Tokenizer) -> embed.StaticEncoder:
    pellucid.manual_seed(0)
    return embed.StaticEncoder.random(tokenizer, 16, normalize=False)


def test_logistic_regression_is_at_its_minimum() -> None:
    x = np.random.default_rng(0).standard_normal((60, 4)).astype(np.float32) * [1, 5, 1, 1] + 3
    y = (x[:, 0] + 0.1 * x[:, 1] > 3.4).astype(np.int64) + (x[:, 2] > 3.5)
    head = downstream.logistic_regression(x.astype(np.float32), y, 3, penalty=2.0)
    weight, bias = head[1].weight.detach().numpy(), head[1].bias.detach().numpy()
    rows = (x - x.mean(0)) / x.std(0)
    z = rows @ weight.T + bias
    p = np.exp(z - z.max(1, keepdims=True))
    error = p / p.sum(1, keepdims=True) - np.eye(3)[y]
    np.testing.assert_allclose(error.T @ rows / 60 + 2 / 60 * weight, 0, atol=1e-4)     # the gradient
    np.testing.assert_allclose(error.mean(0), 0, atol=1e-4)
    sklearn = pytest.importorskip("sklearn.linear_model")
    theirs = sklearn.LogisticRegression(C=1 / 2.0, max_iter=1000).fit(rows, y)
    np.testing.assert_allclose(weight - weight.mean(0), theirs.coef_, atol=2e-3)


def test_heads_on_an_encoder_that_stays_as_it_is(encoder: embed.StaticEncoder) -> None:
    before = encoder.weight.copy()
    (texts, y), (new, y_new) = reviews(60), reviews(30, 1)
    for options in ({"penalties": (0.1, 100.0)}, {"hidden": 16, "epochs": 60, "lr": 0.01}):
        made = downstream.train_head(encoder, texts, y, ["bad", "good"], validation=(new, y_new),
                                     **options)                    # type: ignore[arg-type]
        assert made.score(new, y_new) == 1
    assert made.history is not None and made.history["val_accuracy"][-1] == 1
    np.testing.assert_array_equal(encoder.weight, before)
    np.testing.assert_allclose(made.probabilities(new).sum(1), 1, rtol=1e-5)
    assert "classes=bad, good" in repr(made)


def test_a_useless_component_does_no_harm() -> None:
    x = np.array([[1, 7], [2, 7], [3, 7], [4, 7]], np.float32)
    head = downstream.logistic_regression(x, np.array([0, 0, 1, 1]), 2, 0.01)
    with no_grad():
        assert head(pellucid.from_numpy(x)).numpy().argmax(1).tolist() == [0, 0, 1, 1]


def test_fine_tuning_changes_the_whole_encoder(encoder: embed.StaticEncoder, tokenizer: Tokenizer,
                                               tmp_path: Path) -> None:
    (texts, y), held = reviews(64), reviews(30, 1)
    small = embed.Encoder.random(tokenizer, embed.EncoderConfig(8, 1, 2, 16, normalize=False))
    for made in (encoder, small):
        before = {name: value.numpy().copy() for name, value in made.model.state_dict().items()}
        found = downstream.fine_tune(made, texts, y, ["bad", "good"], validation=held, epochs=12,
                                     batch_size=8, lr=0.1 if made is encoder else 0.01, head_lr=0.05,
                                     run=Run(tmp_path / type(made).__name__), verbose=0)
        assert found.score(*held) >= 0.9
        after = made.model.state_dict()
        assert sum(not np.array_equal(after[name].numpy(), value) for name, value in before.items()) >= (
            1 if made is encoder else 10)
        assert not made.model.training


def test_a_head_that_knows_something(encoder: embed.StaticEncoder) -> None:
    texts, y = reviews(60)
    line = downstream.train_head(encoder, texts, y, ["bad", "good"])
    tuned = downstream.fine_tune(encoder, texts, y, ["bad", "good"], head=line.head, epochs=1, verbose=0)
    assert tuned.head is line.head and tuned.score(texts, y) == 1


def test_batches_hold_every_text_once(encoder: embed.StaticEncoder) -> None:
    texts = ["good", "bad film", "the dull plot end", "fine"] * 5
    tokens = encoder.tokens(texts)
    for shuffle in (False, True):
        batches = TokenBatches(encoder, tokens, np.arange(20), 6, shuffle)
        seen = [y.tolist() for _, y in batches]
        assert [len(each) for each in seen].count(6) == 3 and len(batches) == len(seen) == 4
        assert sorted(sum(seen, [])) == list(range(20))
        assert shuffle or sum(seen, []) == list(range(20))
    with pytest.raises(ValueError, match="as many texts as rows, and some; got 20 and 19"):
        TokenBatches(encoder, tokens, np.arange(19), 6)


def test_bad_input(encoder: embed.StaticEncoder) -> None:
    for y, told in (([0, 2], "text 1 is of class 2, there are 2 classes"), ([-1, 0], "text 0 is of"),
                    ([0], "each of 2 texts, got int64"),
                    ([0.0, 1.0], "whole number for each of 2 texts, got float64")):
        for train in (downstream.train_head, downstream.fine_tune):
            with pytest.raises(ValueError, match=told):
                train(encoder, ["good", "bad"], y, ["a", "b"])
    with pytest.raises(ValueError, match="2 penalties want `validation`"):
        downstream.train_head(encoder, ["good", "bad"], [0, 1], ["a", "b"], penalties=(1, 2))
    with pytest.raises(ValueError, match="penalty must be at least 0, got -1"):
        downstream.logistic_regression(np.ones((2, 2), np.float32), np.array([0, 1]), 2, -1)
    encoder.model.weight.data[:] = float("nan")
    with pytest.raises(ValueError, match="NaN"):
        downstream.train_head(encoder, ["good", "bad"], [0, 1], ["a", "b"])
    assert isinstance(encoder.model, nn.EmbeddingBag)
