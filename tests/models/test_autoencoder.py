"""Autoencoders: tied weights, penalties by their formulas, noise as it is said to be."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import manual_seed, nn, no_grad, ones, optim, sigmoid, tensor, zeros
from pellucid.models.autoencoder import (
    Autoencoder,
    AutoencoderConfig,
    TiedAutoencoder,
    contractive_penalty,
    layer_contraction,
    sparse_penalty,
)
from pellucid.models.conv_autoencoder import ConvAutoencoder, ConvAutoencoderConfig
from pellucid.models.denoising import DenoisingAutoencoder, gaussian_noise, masking_noise, salt_and_pepper
from pellucid.nn import functional as F
from pellucid.recipes.autoencoder import kept, pca


def learned(model: nn.Module, x: np.ndarray, steps: int, lr: float = 0.01) -> float:
    """The squared error after so many steps on the same samples."""
    optimizer = optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(model(tensor(x)), tensor(x))
        loss.backward()
        optimizer.step()
    return loss.item()


def test_a_linear_one_finds_the_plane_of_pca() -> None:
    manual_seed(0)
    random = np.random.RandomState(0)
    x = (random.randn(100, 5) * [3, 2, 0.3, 0.2, 0.1]) @ np.linalg.qr(random.randn(5, 5))[0]
    x = (x - x.mean(0)).astype(np.float32)
    best = ((pca(x, x, 2) - x) ** 2).mean()
    found = learned(Autoencoder(AutoencoderConfig(5, (), 2, is_bounded=False)), x, 400, 0.02)
    assert best * 0.999 < found < best * 1.05 and kept(pca(x, x, 5), x) == pytest.approx(1)


def test_tied_weights_are_one_matrix_used_twice() -> None:
    model = TiedAutoencoder(AutoencoderConfig(6, (4,), 2, is_bounded=False))
    first, second = (layer.weight.detach().numpy() for layer in model.layers)
    assert sum(p.numel() for p in model.parameters()) == 6 * 4 + 4 * 2 + (4 + 2) + (6 + 4)
    code = np.array([[0.3, -1.2]], np.float32)
    with no_grad():
        np.testing.assert_allclose(model.decode(tensor(code)).numpy(),
                                   np.maximum(code @ second, 0) @ first, atol=1e-6)
    x = np.random.RandomState(0).rand(8, 6).astype(np.float32)
    start = F.mse_loss(model(tensor(x)), tensor(x)).item()
    assert learned(model, x, 100) < 0.5 * start


def test_convolutions_learn_where_a_stroke_is() -> None:
    manual_seed(0)
    x = np.zeros((8, 1, 8, 8), np.float32)
    x[np.arange(8), 0, np.arange(8)] = 1
    assert learned(ConvAutoencoder(ConvAutoencoderConfig(8, (8, 16), 8)), x, 150, 0.005) < 0.03
    with pytest.raises(ValueError, match="size must be a multiple of 4, got 10"):
        ConvAutoencoder(ConvAutoencoderConfig(10))


def test_contractive_penalty_is_the_papers_for_one_sigmoid_layer_and_has_gradients() -> None:
    layer = nn.Linear(4, 3)
    x = np.random.RandomState(0).randn(5, 4).astype(np.float32)
    penalty = contractive_penalty(lambda each: sigmoid(layer(each)), tensor(x))
    short = layer_contraction(sigmoid(layer(tensor(x))), layer.weight)
    assert penalty.item() == pytest.approx(short.item(), rel=1e-5)
    w, b = layer.weight.detach().numpy().astype(np.float64), layer.bias.detach().numpy()

    def closed(w: np.ndarray) -> float:
        h = 1 / (1 + np.exp(-(x @ w.T + b)))
        return float((((h * (1 - h)) ** 2) @ (w ** 2).sum(1)).mean())
    assert penalty.item() == pytest.approx(closed(w), rel=1e-5)
    penalty.backward()
    step = np.zeros_like(w)
    step[1, 2] = 1e-5
    slope = (closed(w + step) - closed(w - step)) / 2e-5
    assert layer.weight.grad.numpy()[1, 2] == pytest.approx(slope, rel=1e-3)
    with pytest.raises(RuntimeError, match=r"encode\(x\) must have shape \(5, Z\), got \(5,\)"):
        contractive_penalty(lambda each: each.sum(1), tensor(x))


def test_sparse_penalty_by_hand() -> None:
    activity = tensor([[0.1, 0.2], [0.3, 0.0]])
    expected = sum(0.1 * np.log(0.1 / a) + 0.9 * np.log(0.9 / (1 - a)) for a in (0.2, 0.1))
    assert sparse_penalty(activity, 0.1).item() == pytest.approx(expected, rel=1e-5)
    assert np.isfinite(sparse_penalty(zeros(3, 2)).item())
    with pytest.raises(ValueError, match=r"activity must lie in \[0, 1\].*got -1 to 2"):
        sparse_penalty(tensor([[-1.0, 2.0]]))
    with pytest.raises(ValueError, match="target must lie between 0 and 1, got 1"):
        sparse_penalty(activity, 1)


def held(penalty, x: np.ndarray, steps: int = 150) -> Autoencoder:
    """An autoencoder of sigmoid units whose loss has a penalty."""
    manual_seed(0)
    model = Autoencoder(AutoencoderConfig(6, (), 5, is_code_bounded=True))
    optimizer = optim.Adam(model.parameters(), lr=0.03)
    for _ in range(steps):
        optimizer.zero_grad()
        code = model.encode(tensor(x))
        (F.mse_loss(model.decode(code), tensor(x)) + penalty(model, code)).backward()
        optimizer.step()
    return model


def test_penalties_hold_units_still_and_quiet() -> None:
    """The penalty that is learned with falls far below that of the plain network, on unseen inputs too."""
    x = np.random.RandomState(0).rand(60, 6).astype(np.float32)
    plain = held(lambda model, code: 0 * code.sum(), x[:40])
    sparse = held(lambda model, code: 0.05 * sparse_penalty(code, 0.05), x[:40])
    still = held(lambda model, code: 0.1 * layer_contraction(code, model.encoder[0].weight), x[:40])
    with no_grad():
        activity = {model: model.encode(tensor(x[40:])).mean().item() for model in (plain, sparse)}
        slopes = {model: layer_contraction(model.encode(tensor(x[40:])), model.encoder[0].weight).item()
                  for model in (plain, still)}
    assert activity[sparse] < 0.15 < 0.3 < activity[plain] and slopes[still] < 0.2 * slopes[plain]
    with pytest.raises(RuntimeError, match=r"got \(2, 3\) and \(2, 3\)"):
        layer_contraction(zeros(2, 3), zeros(2, 3))


def test_bounded_codes_of_tied_weights() -> None:
    model = TiedAutoencoder(AutoencoderConfig(6, (4,), 2, is_code_bounded=True))
    code = model.encode(100 * ones(3, 6))
    assert code.shape == (3, 2) and (code >= 0).all() and (code <= 1).all()


def test_noise_is_of_its_kind_and_share() -> None:
    manual_seed(0)
    x = 0.5 * ones(200, 100)
    normal = gaussian_noise(0.3)(x).numpy() - 0.5
    assert abs(normal.mean()) < 0.01 and normal.std() == pytest.approx(0.3, abs=0.01)
    masked = masking_noise(0.25)(x).numpy()
    assert set(np.unique(masked)) == {0.0, 0.5} and (masked == 0).mean() == pytest.approx(0.25, abs=0.01)
    salted = salt_and_pepper(0.2)(x).numpy()
    assert (salted == 0).mean() == pytest.approx(0.1, abs=0.01)
    assert (salted == 1).mean() == pytest.approx(0.1, abs=0.01) and (salted == 0.5).mean() > 0.78
    with pytest.raises(ValueError, match=r"masking_noise: share must lie in \[0, 1\], got 1.5"):
        masking_noise(1.5)
    with pytest.raises(ValueError, match="deviation must be at least 0, got -1"):
        gaussian_noise(-1)


def test_a_denoising_one_is_spoilt_in_training_alone() -> None:
    model = DenoisingAutoencoder(nn.Identity(), salt_and_pepper(1.0))
    assert set(np.unique(model(0.5 * ones(50)).numpy())) == {0.0, 1.0}
    assert (model.eval()(0.5 * ones(50)) == 0.5).all()
