"""Losses on the vectors of texts: what belongs together shall lie together.

    u, v, n      vectors (B, C): of texts, of texts that belong to them, of texts that do not
    s            scores (B,) that people gave to the pairs

Each loss is called with such vectors and gives a number. Vectors of any length will do: cosines are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import Tensor, arange, cat, from_numpy, logsumexp, relu, stack, zeros
from ..nn import functional as F


def _positive(name: str, argument: str, value: float) -> None:
    if not (isinstance(value, (int, float)) and math.isfinite(value) and value > 0):
        raise ValueError(f"{name}: {argument} must be a number above 0, got {value!r}")


def _alike(name: str, *vectors: Tensor) -> tuple[Tensor, ...]:
    """The vectors with length 1, once their shapes are found to agree."""
    shapes = [tuple(each.shape) for each in vectors]
    if len(shapes[0]) != 2 or not shapes[0][0] or any(shape != shapes[0] for shape in shapes):
        raise ValueError(f"{name}: wants vectors (B, C) of one shape, got {' and '.join(map(str, shapes))}")
    return tuple(F.normalize(each, dim=1) for each in vectors)


def _scored(name: str, u: Tensor, v: Tensor, scores: Any) -> tuple[Tensor, Tensor]:
    """Cosines and scores of pairs, (B,) each."""
    u, v = _alike(name, u, v)
    s = scores if isinstance(scores, Tensor) else from_numpy(np.asarray(scores, np.float32))
    if tuple(s.shape) != (u.shape[0],):
        raise ValueError(f"{name}: {u.shape[0]} pairs want as many scores, got shape {tuple(s.shape)}")
    return (u * v).sum(1), s.to(u.dtype)


@dataclass(frozen=True)
class InfoNCE:
    """Of all texts in the batch, each must find its partner; "multiple negatives" is another name.

        S = u v^T / temperature                        cosines; further columns for n
        y = mean_i -log softmax(S)[i, i]               symmetric: the mean of this and of that by columns
    The other pairs' texts are the negatives, so a batch must hold no text twice; `PairBatches` sees to it.

    Source:  van den Oord, Li & Vinyals 2018, "Representation Learning with Contrastive Predictive Coding",
             arXiv:1807.03748; symmetric: Radford et al. 2021, arXiv:2103.00020.
    >>> from pellucid import eye
    >>> round(InfoNCE(temperature=0.5)(eye(4), eye(4)).item(), 4)         # log(e^2 + 3) - 2
    0.3408
    """

    temperature: float = 0.05
    symmetric: bool = True

    def __post_init__(self) -> None:
        _positive("InfoNCE", "temperature", self.temperature)

    def __call__(self, u: Tensor, v: Tensor, *negatives: Tensor) -> Tensor:
        u, v, *others = _alike("InfoNCE", u, v, *negatives)
        partner = arange(u.shape[0])
        scores = u @ (cat([v, *others]) if others else v).T / self.temperature
        loss = F.cross_entropy(scores, partner)
        if not self.symmetric:
            return loss
        back = scores[:, :u.shape[0]].T if others else scores.T
        return (loss + F.cross_entropy(back, partner)) / 2


@dataclass(frozen=True)
class Triplet:
    """A text must be nearer to its partner than to a text that does not belong to it, by a margin.

        y = mean max(0, cos(u, n) - cos(u, v) + margin)

    Source:  Schroff, Kalenichenko & Philbin 2015, "FaceNet", arXiv:1503.03832, on cosines.
    >>> from pellucid import tensor
    >>> u, v, n = tensor([[1.0, 0.0]]), tensor([[0.0, 2.0]]), tensor([[3.0, 0.0]])
    >>> Triplet(margin=0.5)(u, v, n).item()
    1.5
    """

    margin: float = 0.5

    def __post_init__(self) -> None:
        _positive("Triplet", "margin", self.margin)

    def __call__(self, u: Tensor, v: Tensor, n: Tensor) -> Tensor:
        u, v, n = _alike("Triplet", u, v, n)
        return relu((u * n).sum(1) - (u * v).sum(1) + self.margin).mean()


@dataclass(frozen=True)
class Cosine:
    """A pair's cosine must be the score that people gave it.

        y = mean (cos(u, v) - s)^2
    Source:  Reimers & Gurevych 2019, "Sentence-BERT", arXiv:1908.10084, section 3, "regression".
    >>> from pellucid import eye
    >>> Cosine()(eye(2), eye(2), [1.0, 0.0]).item()
    0.5
    """

    def __call__(self, u: Tensor, v: Tensor, scores: Any) -> Tensor:
        cosines, s = _scored("Cosine", u, v, scores)
        return ((cosines - s) ** 2).mean()


@dataclass(frozen=True)
class Ranking:
    """Of two pairs, that with the higher score must have the higher cosine.

        y = log(1 + sum over i, j with s_i > s_j of exp((cos_j - cos_i) / temperature))
    What is measured by Spearman is an order, and so is what this asks for.

    Source:  Su 2022, "CoSENT", kexue.fm/archives/8847.
    >>> from pellucid import eye
    >>> round(Ranking(temperature=1.0)(eye(2), eye(2), [1.0, 0.0]).item(), 4)       # log 2
    0.6931
    """

    temperature: float = 0.05

    def __post_init__(self) -> None:
        _positive("Ranking", "temperature", self.temperature)

    def __call__(self, u: Tensor, v: Tensor, scores: Any) -> Tensor:
        cosines, s = _scored("Ranking", u, v, scores)
        higher, lower = np.nonzero(s.numpy()[:, None] > s.numpy())
        cosines = cosines / self.temperature
        gaps = cosines[from_numpy(lower)] - cosines[from_numpy(higher)]
        return logsumexp(cat([zeros(1, dtype=gaps.dtype), gaps]), 0)


@dataclass(frozen=True)
class Matryoshka:
    """The loss of the whole vectors and of their first components, so that a part of a vector will do.

        y = sum over d in dims of weights[d] loss(u[:, :d], v[:, :d], ...) / sum of weights

    Source:  Kusupati et al. 2022, "Matryoshka Representation Learning", arXiv:2205.13147.
    Raises:  ValueError for dims that are no rising numbers of components, or more than the vectors have.
    >>> from pellucid import eye
    >>> Matryoshka(Cosine(), (2, 4))(eye(4), eye(4), [1.0, 1.0, 1.0, 1.0]).item()    # half of the rows are 0
    0.25
    """

    loss: Callable[..., Tensor]
    dims: tuple[int, ...]
    weights: tuple[float, ...] | None = None                      # 1 each

    def __post_init__(self) -> None:
        rising = all(a < b for a, b in zip((0, *self.dims), self.dims, strict=False))
        if not self.dims or not rising or not all(isinstance(dim, int) for dim in self.dims):
            raise ValueError(f"Matryoshka: dims must be rising numbers of components, got {self.dims}")
        if self.weights is not None and len(self.weights) != len(self.dims):
            raise ValueError(f"Matryoshka: {len(self.dims)} dims want as many weights, got "
                             f"{len(self.weights)}")

    def __call__(self, *vectors_and_scores: Any) -> Tensor:
        width = vectors_and_scores[0].shape[1]
        if self.dims[-1] > width:
            raise ValueError(f"Matryoshka: dims go to {self.dims[-1]}, the vectors have {width} components")
        weights = self.weights or (1.0,) * len(self.dims)
        parts = [weight * self.loss(*(first_components(each, dim) for each in vectors_and_scores))
                 for dim, weight in zip(self.dims, weights, strict=True)]
        return stack(parts).sum() / sum(weights)


def first_components(x: Any, count: int) -> Any:
    """So many components of vectors (B, C); scores stay as they are."""
    return x[:, :count] if isinstance(x, Tensor) and x.ndim == 2 else x
