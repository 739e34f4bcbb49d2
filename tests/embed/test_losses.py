"""Losses on vectors of texts: their numbers by hand, their gradients, and what bad input gets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from pellucid import tensor
from pellucid.autograd.gradcheck import gradcheck
from pellucid.embed.losses import Cosine, InfoNCE, Matryoshka, Ranking, Triplet


def vectors(count: int, seed: int = 0, shape: tuple[int, int] = (4, 3)) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape) for _ in range(count)]


def unit(x: np.ndarray) -> np.ndarray:
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def cross_entropy(scores: np.ndarray) -> float:
    return float(np.mean(np.log(np.exp(scores).sum(1)) - np.diag(scores)))


def test_info_nce_is_cross_entropy_of_cosines() -> None:
    u, v, n = vectors(3)
    scores = unit(u) @ unit(v).T / 0.5
    one_way = InfoNCE(0.5, symmetric=False)(tensor(u), tensor(v)).item()
    assert one_way == pytest.approx(cross_entropy(scores))
    assert InfoNCE(0.5)(tensor(u), tensor(v)).item() == pytest.approx(
        (cross_entropy(scores) + cross_entropy(scores.T)) / 2)
    wide = np.hstack([scores, unit(u) @ unit(n).T / 0.5])          # further columns, one way
    assert InfoNCE(0.5)(tensor(u), tensor(v), tensor(n)).item() == pytest.approx(
        (cross_entropy(wide) + cross_entropy(scores.T)) / 2)


def test_triplet_cosine_and_ranking_by_hand() -> None:
    u, v, n = vectors(3, 1)
    near, far = (unit(u) * unit(v)).sum(1), (unit(u) * unit(n)).sum(1)
    assert Triplet(0.3)(tensor(u), tensor(v), tensor(n)).item() == pytest.approx(
        np.maximum(0, far - near + 0.3).mean())
    scores = np.array([0.1, 0.9, 0.4, 0.9])
    assert Cosine()(tensor(u), tensor(v), scores).item() == pytest.approx(((near - scores) ** 2).mean())
    total = 1 + sum(math.exp((near[j] - near[i]) / 0.2) for i in range(4) for j in range(4)
                    if scores[i] > scores[j])
    assert Ranking(0.2)(tensor(u), tensor(v), scores).item() == pytest.approx(math.log(total))
    assert Ranking()(tensor(u), tensor(v), [1.0] * 4).item() == 0      # all alike: nothing to order


def test_matryoshka_is_the_mean_over_parts() -> None:
    u, v = (tensor(each) for each in vectors(2, 2, (5, 8)))
    parts = [InfoNCE()(u[:, :dim], v[:, :dim]).item() for dim in (2, 8)]
    assert Matryoshka(InfoNCE(), (2, 8))(u, v).item() == pytest.approx(np.mean(parts))
    assert Matryoshka(InfoNCE(), (2, 8), (3.0, 1.0))(u, v).item() == pytest.approx(
        (3 * parts[0] + parts[1]) / 4)
    scores = [0.0, 1.0, 0.5, 0.2, 0.1]
    assert Matryoshka(Cosine(), (8,))(u, v, scores).item() == pytest.approx(Cosine()(u, v, scores).item())


@pytest.mark.parametrize("loss", [InfoNCE(), InfoNCE(1.0, symmetric=False), Triplet(1.5),
                                  Matryoshka(InfoNCE(0.5), (2, 3))])
def test_gradients(loss: Any) -> None:
    given = [tensor(each, requires_grad=True) for each in vectors(3, 3)]
    assert gradcheck(loss, given if isinstance(loss, Triplet) else given[:2])


@pytest.mark.parametrize("loss", [Cosine(), Ranking(0.5)])
def test_gradients_with_scores(loss: Any) -> None:
    given = [tensor(each, requires_grad=True) for each in vectors(2, 4)]
    assert gradcheck(lambda u, v: loss(u, v, [0.1, 0.5, 0.9, 0.3]), given)


def test_bad_input() -> None:
    u, v = (tensor(each) for each in vectors(2))
    with pytest.raises(ValueError, match=r"InfoNCE: wants vectors \(B, C\) of one shape, got .*\(3, 3\)"):
        InfoNCE()(u, v[:3])
    with pytest.raises(ValueError, match="of one shape"):
        InfoNCE()(u[0], v[0])
    with pytest.raises(ValueError, match=r"Cosine: 4 pairs want as many scores, got shape \(2,\)"):
        Cosine()(u, v, [0.0, 1.0])
    with pytest.raises(ValueError, match="temperature must be a number above 0, got 0"):
        InfoNCE(0)
    with pytest.raises(ValueError, match="margin must be a number above 0, got nan"):
        Triplet(math.nan)
    with pytest.raises(ValueError, match=r"dims must be rising numbers of components, got \(4, 2\)"):
        Matryoshka(Cosine(), (4, 2))
    with pytest.raises(ValueError, match="2 dims want as many weights, got 1"):
        Matryoshka(Cosine(), (2, 3), (1.0,))
    with pytest.raises(ValueError, match="dims go to 9, the vectors have 3 components"):
        Matryoshka(InfoNCE(), (9,))(u, v)
