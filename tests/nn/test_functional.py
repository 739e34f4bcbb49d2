"""nn.functional: names, layers without state, distances, and what is written over its input."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.nn import functional as F

X = pellucid.tensor([[3.0, 4.0], [0.0, 0.0], [1.0, -1.0]])


def test_normalize():
    np.testing.assert_allclose(F.normalize(X).numpy(), [[0.6, 0.8], [0, 0], [0.70710677, -0.70710677]],
                               rtol=1e-6)
    np.testing.assert_allclose(F.normalize(X, p=1, dim=0).numpy(), [[0.75, 0.8], [0, 0], [0.25, -0.2]],
                               rtol=1e-6)
    x = pellucid.zeros(1, 3, requires_grad=True)
    F.normalize(x).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_similarity_and_distance():
    assert F.cosine_similarity(X[:1], X[:1]).item() == pytest.approx(1.0)
    assert F.cosine_similarity(X[:1], -X[:1]).item() == pytest.approx(-1.0)
    assert F.cosine_similarity(X[0], X[1], dim=0).item() == 0.0
    assert F.pairwise_distance(X[:1], X[1:2]).item() == pytest.approx(5.0, rel=1e-5)
    assert F.pairwise_distance(X[0], X[1], keepdim=True).shape == (1,)


def test_in_place_writes_over_the_input_and_keeps_the_gradient_right():
    for name in ("relu", "elu", "silu", "mish", "hardswish", "leaky_relu", "relu6", "selu", "celu",
                 "hardsigmoid"):
        x = pellucid.tensor([-2.0, -0.5, 0.5, 2.0], requires_grad=True)
        hidden = x * 1
        y = getattr(F, name)(hidden, inplace=True)
        assert y is hidden
        plain = x.detach().clone().requires_grad_()
        expected = getattr(F, name)(plain * 1)
        np.testing.assert_array_equal(y.detach().numpy(), expected.detach().numpy(), name)
        y.sum().backward()
        expected.sum().backward()
        np.testing.assert_array_equal(x.grad.numpy(), plain.grad.numpy(), name)


def test_in_place_on_a_leaf_is_refused():
    x = pellucid.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        F.relu(x, inplace=True)


def test_gumbel_softmax():
    pellucid.manual_seed(0)
    logits = pellucid.zeros(6, 4, requires_grad=True)
    soft = F.gumbel_softmax(logits, tau=0.5)
    np.testing.assert_allclose(soft.sum(1).detach().numpy(), np.ones(6), rtol=1e-6)
    hard = F.gumbel_softmax(logits, hard=True)
    assert set(hard.detach().numpy().ravel().round(6)) == {0.0, 1.0} and (hard.sum(1) == 1).all()
    (hard * pellucid.arange(4.0)).sum().backward()
    assert logits.grad.abs().sum().item() > 0


def test_wrong_settings():
    with pytest.raises(RuntimeError, match="rrelu: lower must not be above upper"):
        F.rrelu(X, 0.5, 0.1)
    with pytest.raises(ValueError, match="hardtanh: min_val must not be above max_val"):
        F.hardtanh(X, 1.0, -1.0)
    with pytest.raises(ValueError, match="Hardtanh: min_val must be less than max_val"):
        nn.Hardtanh(1.0, 1.0)
    with pytest.raises(TypeError, match="normalize: input must be a Tensor, got list"):
        F.normalize([1.0])
    with pytest.raises(RuntimeError, match=r"Softmax2d: input must be \(N, C, H, W\) or \(C, H, W\)"):
        nn.Softmax2d()(X)
    with pytest.raises(ValueError, match="Dropout: p must lie in"):
        nn.Dropout(-0.1)


def test_layers_tell_wrong_shapes():
    with pytest.raises(RuntimeError, match=r"linear: x has 2 features in its last axis, weight \(4, 3\) "
                                           r"wants 3"):
        nn.Linear(3, 4)(X)
    with pytest.raises(RuntimeError, match=r"BatchNorm1d: input must be \(N, C\) or \(N, C, L\), got shape "
                                           r"\(2,\)"):
        nn.BatchNorm1d(2)(X[0])
    with pytest.raises(RuntimeError, match="Embedding: padding_idx 5 is not among the 3 rows"):
        nn.Embedding(3, 2, padding_idx=5)
    with pytest.raises(RuntimeError, match=r"from_pretrained: embeddings must be a table \(V, D\), got shape "
                                           r"\(2,\)"):
        nn.Embedding.from_pretrained(X[0])
    with pytest.raises(RuntimeError, match=r"the given weight has shape \(3, 2\)"):
        nn.Embedding(4, 2, _weight=X)
    with pytest.raises(IndexError, match=r"must lie in \[0, 2\]"):
        nn.Embedding(3, 2)(pellucid.tensor([3]))
    with pytest.raises(TypeError, match="unflattened_size must hold integers, got float at place 1"):
        nn.Unflatten(1, (2, 2.5))
    with pytest.raises(ValueError, match="in1_features must be positive, got 0"):
        nn.Bilinear(0, 1, 1)


def test_dropout_is_off_in_evaluation_and_reproducible():
    layer = nn.Dropout(0.5)
    assert layer.eval()(X) is X
    layer.train()
    pellucid.manual_seed(1)
    first = layer(pellucid.ones(100))
    pellucid.manual_seed(1)
    assert (layer(pellucid.ones(100)) == first).all() and set(first.tolist()) == {0.0, 2.0}


def test_an_overfit_network_learns_xor():
    """All parts together: layers, loss and gradients lead four points to zero loss."""
    pellucid.manual_seed(0)
    x = pellucid.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
    y = pellucid.tensor([0, 1, 1, 0])
    net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.LayerNorm(8), nn.Linear(8, 2))
    for _ in range(200):
        net.zero_grad()
        loss = F.cross_entropy(net(x), y)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        with pellucid.no_grad():
            for p in net.parameters():
                p -= 0.3 * p.grad
    assert loss.item() < 0.05 and net(x).argmax(1).tolist() == [0, 1, 1, 0]
