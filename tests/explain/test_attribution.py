"""Attributions of models whose right answer is known."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.explain import grad_cam, integrated_gradients, occlusion, saliency
from pellucid.tensor import OpError


@pytest.fixture
def linear():
    pellucid.manual_seed(0)
    return nn.Linear(4, 3)


@pytest.fixture
def small():
    pellucid.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.Tanh(), nn.Flatten(), nn.Dropout(0.5), nn.Linear(32, 3))


def numbers(*shape, seed=0):
    return np.random.RandomState(seed).standard_normal(shape).astype(np.float32)


def test_the_slope_of_a_linear_layer_is_its_row(linear):
    x = numbers(5, 4)
    np.testing.assert_array_equal(saliency(linear, x, 1), np.tile(linear.weight._data[1], (5, 1)))
    largest = linear(pellucid.tensor(x))._data.argmax(1)
    np.testing.assert_array_equal(saliency(linear, x), linear.weight._data[largest])


def test_integrated_gradients_add_up_to_the_difference(small):
    """Completeness, the paper's proposition 1."""
    x, base = numbers(3, 1, 6, 6), 0.25
    small.eval()
    with pellucid.no_grad():
        fall = (small(pellucid.tensor(x)) - small(pellucid.full((3, 1, 6, 6), base)))._data[:, 2]
    found = integrated_gradients(small, x, 2, baseline=base, steps=200)
    np.testing.assert_allclose(found.sum((1, 2, 3)), fall, rtol=1e-3, atol=1e-4)


def test_integrated_gradients_of_a_square_are_exact():
    """y = x^2 from 0: the integral of 2 x t over t, times x, is x^2; midpoints are exact for a line."""
    class Square(nn.Module):
        def forward(self, x):
            return (x * x).sum(1)
    x = numbers(2, 3)
    np.testing.assert_allclose(integrated_gradients(Square(), x, steps=1), x * x, rtol=1e-6)


def test_occlusion_of_a_sum_is_what_was_covered():
    model = nn.Sequential(nn.Flatten(), nn.Linear(25, 1, bias=False))
    nn.init.ones_(model[1].weight)
    x = numbers(2, 1, 5, 5)
    found = occlusion(model, x, 0, window=2)
    assert found.shape == (2, 3, 3)
    np.testing.assert_allclose(found[:, 0, 0], x[:, 0, :2, :2].sum((1, 2)), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[:, 2, 1], x[:, 0, 4:, 2:4].sum((1, 2)), rtol=1e-4, atol=1e-6)
    columns = occlusion(model, x, 0, window=(5, 1), stride=1)[:, 0]
    np.testing.assert_allclose(columns, x.sum((1, 2)), rtol=1e-4, atol=1e-6)


def test_grad_cam_by_hand():
    """Maps a = x and 2 x of one picture, y the sum of weights 1 and -3 times the maps' means."""
    class Mean(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(1, 2, 1, bias=False), nn.Linear(2, 1, bias=False)
            self.conv.weight.data = pellucid.tensor([1.0, 2.0]).reshape(2, 1, 1, 1)
            self.head.weight.data = pellucid.tensor([[1.0, -3.0]])

        def forward(self, x):
            return self.head(self.conv(x).mean((2, 3)))
    model, x = Mean(), numbers(2, 1, 3, 4)
    expected = np.maximum((1 * x[:, 0] - 3 * 2 * x[:, 0]) / 12, 0)
    np.testing.assert_allclose(grad_cam(model, model.conv, x, 0), expected, rtol=1e-5)


def test_the_model_is_left_as_it_was(small):
    state, x = pellucid.get_rng_state(), numbers(2, 1, 6, 6)
    for look in (saliency, integrated_gradients, occlusion):
        look(small, x)
    grad_cam(small, small[0], x)
    assert small.training and all(parameter.grad is None for parameter in small.parameters())
    assert pellucid.equal(pellucid.get_rng_state(), state)


@pytest.mark.parametrize("call, message", [
    (lambda m, x: saliency(m, x, 3), "whole numbers from 0 to 2, got 3"),
    (lambda m, x: saliency(m, x, 0.5), "whole numbers from 0 to 2"),
    (lambda m, x: saliency(m, x.astype(int)), "x must hold floats"),
    (lambda m, x: integrated_gradients(m, x, steps=0), "steps must be at least 1, got 0"),
    (lambda m, x: occlusion(m, x, window=7), "a window of 7 x 7"),
    (lambda m, x: occlusion(m, x[0]), r"x must be \(N, C, H, W\), got shape \(1, 6, 6\)"),
    (lambda m, x: grad_cam(m, nn.Conv2d(1, 1, 1), x), "Conv2d is not a layer of this Sequential"),
    (lambda m, x: grad_cam(m, m[4], x), r"the layer's output must be \(N, C, H, W\), got \(2, 3\)"),
    (lambda m, x: saliency(nn.Sequential(m, nn.Flatten(0)), x), r"must answer \(N, K\) or \(N,\)"),
])
def test_bad_input(small, call, message):
    with pytest.raises(OpError, match=message):
        call(small, numbers(2, 1, 6, 6))


@pytest.mark.parametrize("ask, told", [
    (lambda model, x: saliency(model, x, [0, 1]), r"target must be one number .* to \(3,\), got \(2,"),
    (lambda model, x: integrated_gradients(model, x, 0, baseline=np.zeros(5)), "baseline must be one number"),
    (lambda model, x: grad_cam(model, x, 0), r"layer must be a module of the model.*got Tensor")])
def test_what_does_not_fit_is_named(ask, told):
    with pytest.raises(OpError, match=told):
        ask(nn.Linear(4, 2), pellucid.ones(3, 4))
