"""Normalisation against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402


def functional(m):
    return m.nn.functional if m is torch else pellucid.nn.functional


@pytest.mark.parametrize("shapes, normalized", [
    (((2, 3, 4),), (4,)), (((2, 3, 4), (4,)), (4,)), (((2, 3, 4), (4,), (4,)), (4,)),
    (((2, 3, 4), (3, 4), (3, 4)), (3, 4)),
    (((4,), (4,), (4,)), (4,)), (((2, 3, 4), (2, 3, 4), (2, 3, 4)), (2, 3, 4)), (((0, 4), (4,), (4,)), (4,)),

])
def test_layer_norm(shapes, normalized):
    agree(lambda m, x, *rest: functional(m).layer_norm(x, normalized, *rest), *shapes)
    agree(lambda m, x, *rest: functional(m).layer_norm(x, normalized, *rest, eps=0.1), *shapes, second=False)
    agree(lambda m, x, *rest: functional(m).rms_norm(x, normalized, *rest[:1]), *shapes[:2])
    agree(lambda m, x, *rest: functional(m).rms_norm(x, normalized, *rest[:1], eps=0.1), *shapes[:2],
          second=False)


def test_layer_norm_of_large_numbers():
    """Two passes: the mean is taken away before anything is squared."""
    x = np.random.RandomState(0).standard_normal((4, 64)).astype(np.float32) + 1000
    agree(lambda m, x: functional(m).layer_norm(x, (64,)), x, rtol=1e-4)


def test_layer_norm_without_gradient_of_x_or_bias():
    agree(lambda m, x, w: functional(m).layer_norm(x.detach(), (4,), w), (2, 4), (4,), second=False)
    agree(lambda m, x, b: functional(m).layer_norm(x, (4,), None, b), (2, 4), (4,), second=False)


@pytest.mark.parametrize("shape, normalized", [((2, 4), (3,)), ((2, 4), (2, 3)), ((4,), (2, 4)),
                                               ((2, 4), ())])
def test_layer_norm_raises_where_pytorch_raises(shape, normalized):
    for name in ("layer_norm", "rms_norm"):
        assert name in both_raise(lambda m, x, name=name: getattr(functional(m), name)(x, normalized), shape)


def test_layer_norm_checks_weight_and_bias():
    assert "weight" in both_raise(lambda m, x, w: functional(m).layer_norm(x, (4,), w), (2, 4), (3,))
    assert "bias" in both_raise(lambda m, x, w: functional(m).layer_norm(x, (4,), None, w), (2, 4), (2, 4))


SHAPES = [(5, 3), (4, 3, 2), (2, 3, 4, 2)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("momentum", [0.1, 0.7])
def test_batch_norm_in_training(shape, momentum):
    def norm(m, x, weight, bias):
        mean, var = m.zeros(3), m.ones(3)
        first = functional(m).batch_norm(x, mean, var, weight, bias, training=True, momentum=momentum)
        second = functional(m).batch_norm(x * 2, mean, var, weight, None, True, momentum, 0.01)
        return [first, second, mean, var, functional(m).batch_norm(x, None, None, training=True)]
    agree(norm, shape, (3,), (3,), rtol=2e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm_in_evaluation(shape):
    mean, var = np.array([1.0, -1.0, 0.5], np.float32), np.array([1.0, 2.0, 0.1], np.float32)

    def norm(m, x, weight, bias, mean, var):
        mean, var = mean.detach(), var.detach()
        return [functional(m).batch_norm(x, mean, var, weight, bias),
                functional(m).batch_norm(x, mean, var, None, bias),
                functional(m).batch_norm(x, mean, var, eps=0.1), mean, var]
    agree(norm, shape, (3,), (3,), mean, var, second=False)       # PyTorch has none there without weight


def test_batch_norm_raises_where_pytorch_raises():
    for shape, training in (((1, 3), True), ((5, 3), False), ((5, 4), True)):
        assert "batch_norm" in both_raise(
            lambda m, x, w, training=training: functional(m).batch_norm(x, None, None, w, training=training),
            shape, (3,))


@pytest.mark.parametrize("shape", [(2, 6, 4), (2, 6, 3, 2)])
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_group_norm(shape, groups):
    agree(lambda m, x, w, b: [functional(m).group_norm(x, groups, w, b),
                              functional(m).group_norm(x, groups, eps=0.1)],
          shape, (6,), (6,), rtol=2e-5)


def test_group_norm_raises_where_pytorch_raises():
    assert "4" in both_raise(lambda m, x: functional(m).group_norm(x, 4), (2, 6, 3))


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 2)])
def test_instance_norm(shape):
    def norm(m, x, weight, bias):
        mean, var = m.zeros(3), m.ones(3)
        first = functional(m).instance_norm(x, mean, var, weight, bias, use_input_stats=True, momentum=0.3)
        return [first, mean, var, functional(m).instance_norm(x),
                functional(m).instance_norm(x, mean, var, use_input_stats=False)]
    agree(norm, shape, (3,), (3,), rtol=2e-5)
