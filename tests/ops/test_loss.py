"""The ops behind losses: known values, and accuracy where naive formulas fail."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid.ops import loss
from pellucid.ops.ctc import ctc


def of(op, *inputs, **params):
    """Value and gradient of the sum, by the first input, in float32."""
    made = [pellucid.tensor(a) if isinstance(a, list) else a for a in inputs]
    x = made[0].requires_grad_()
    y = op(*made, **params)
    y.sum().backward()
    return y.detach().numpy(), x.grad.numpy()


def test_errors_of_regression():
    x, zero = [3.0, -0.5, 0.0], [0.0, 0.0, 0.0]
    for op, params, value, slope in (
            (loss.squared_error, {}, [9, 0.25, 0], [6, -1, 0]),
            (loss.absolute_error, {}, [3, 0.5, 0], [1, -1, 0]),
            (loss.huber_error, {"delta": 1.0}, [2.5, 0.125, 0], [1, -0.5, 0]),
            (loss.huber_error, {"delta": 0.25}, [0.71875, 0.09375, 0], [0.25, -0.25, 0])):
        found = of(op, x, zero, **params)
        np.testing.assert_allclose(found[0], value, rtol=1e-6)
        np.testing.assert_allclose(found[1], slope, rtol=1e-6)


def test_equal_scores_surprise_by_the_logarithm_of_their_number():
    value, slope = of(loss.cross_entropy_of_labels, [[5.0] * 4] * 2, np.array([0, 3]))
    np.testing.assert_allclose(value, np.log(4) * np.ones(2), rtol=1e-6)
    np.testing.assert_allclose(slope, 0.25 - np.eye(4)[[0, 3]], rtol=1e-6)
    smooth, slope = of(loss.cross_entropy_of_labels, [[5.0] * 4], np.array([1]), smoothing=1.0)
    np.testing.assert_allclose(smooth, [np.log(4)], rtol=1e-6)
    np.testing.assert_allclose(slope, np.zeros((1, 4)), atol=1e-7)


def test_slopes_of_cross_entropy_add_up_to_zero(rng):
    x = pellucid.tensor(rng.standard_normal((6, 50)).astype(np.float32) * 10)
    labels = rng.randint(0, 50, 6)
    for smoothing in (0.0, 0.1):
        _, slope = of(loss.cross_entropy_of_labels, x.clone(), labels, smoothing=smoothing)
        np.testing.assert_allclose(slope.sum(1), np.zeros(6), atol=1e-5)


def test_labels_as_probabilities_give_the_same(rng):
    x = rng.standard_normal((5, 3)).astype(np.float32)
    labels = rng.randint(0, 3, 5)
    q = pellucid.tensor(np.eye(3, dtype=np.float32)[labels])
    by_labels = of(loss.cross_entropy_of_labels, pellucid.tensor(x), labels)
    by_probabilities = of(loss.cross_entropy_of_probabilities, pellucid.tensor(x), q)
    by_logarithms = of(loss.nll_of_labels, pellucid.tensor(x).log_softmax(1).detach(), labels)
    np.testing.assert_allclose(by_labels[0], by_probabilities[0], rtol=1e-5)
    np.testing.assert_allclose(by_labels[1], by_probabilities[1], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(by_labels[0], by_logarithms[0], rtol=1e-5)


@pytest.mark.parametrize("far", [1e3, 1e30])
def test_far_scores_neither_overflow_nor_lose_the_slope(far):
    value, slope = of(loss.cross_entropy_of_labels, [[far, -far], [-far, far]], np.array([0, 0]))
    np.testing.assert_allclose(value, [0, 2 * far], rtol=1e-6)
    np.testing.assert_allclose(slope, [[0, 0], [-1, 1]], atol=1e-7)


def test_log_odds_keep_tiny_slopes_exact():
    """At x = 30 the probability rounds to 1; its distance from 1 must not round to 0."""
    _, slope = of(loss.bernoulli_nll_of_logits, [30.0, -30.0], pellucid.tensor([1.0, 0.0]))
    np.testing.assert_allclose(slope, [-np.exp(-30), np.exp(-30)], rtol=1e-5)
    value, slope = of(loss.bernoulli_nll_of_logits, [500.0, -500.0], pellucid.tensor([0.0, 1.0]))
    assert value.tolist() == [500.0, 500.0] and slope.tolist() == [1.0, -1.0]


def test_certain_and_wrong_costs_a_hundred():
    value, slope = of(loss.bernoulli_nll, [0.0, 1.0], pellucid.tensor([1.0, 0.0]))
    assert value.tolist() == [100.0, 100.0] and np.isfinite(slope).all()


def test_relative_entropy_of_itself_is_zero():
    p = pellucid.tensor([0.5, 0.25, 0.25, 0.0])
    value, _ = of(loss.relative_entropy, p.clamp(min=1e-30).log(), p)
    np.testing.assert_allclose(value, np.zeros(4), atol=1e-7)


def test_add_in_rows_adds_in_rows_only():
    y = loss.add_in_rows(pellucid.zeros(2, 3), pellucid.tensor([1.0, 2.0]), np.array([2, 0]))
    assert y.tolist() == [[0, 0, 1], [2, 0, 0]]


def test_ctc_of_one_moment_and_of_certainty():
    x = pellucid.tensor([[[0.2, 0.3, 0.5]]]).log()
    one = np.array([1])
    assert ctc(x, np.array([[2]]), one, one).item() == pytest.approx(-np.log(0.5))
    assert ctc(x, np.zeros((1, 0), int), one, one * 0).item() == pytest.approx(-np.log(0.2))
    half = pellucid.full((2, 1, 2), 0.5).log()                   # 1, 1 1, _ 1 and 1 _ all read "1"
    assert ctc(half, np.array([[1]]), one * 2, one).item() == pytest.approx(-np.log(0.75))
