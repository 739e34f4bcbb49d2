"""Dropout layers: silence a random part while training; do nothing in evaluation."""

from __future__ import annotations

from collections.abc import Callable

from ..tensor import Tensor
from . import functional as F
from .module import Module


class _Drops(Module):
    """A layer that drops with probability p while training."""

    function: Callable

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0 <= p <= 1:
            raise ValueError(f"{type(self).__name__}: p must lie in [0, 1], got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Drops):
    """Set each element to 0 with probability p while training, so that no unit can rely on a few others.

        y = x k / (1 - p)                        k = 1 with probability 1 - p, else 0; y = x in evaluation
    Shapes:  x (...) -> (...)
    Source:  Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov 2014, "Dropout", JMLR 15.
    """

    function = staticmethod(F.dropout)


class Dropout1d(_Drops):
    """Set whole channels of a sequence to 0 with probability p while training.

        y = x k / (1 - p)                        one k per channel
    Shapes:  x (N, C, L) or (C, L) -> the same
    Source:  Tompson, Goroshin, Jain, LeCun & Bregler 2014, arXiv:1411.4280.
    """

    function = staticmethod(F.dropout1d)


class Dropout2d(_Drops):
    """Set whole channels of a picture to 0 with probability p while training.

        y = x k / (1 - p)                        one k per channel
    Shapes:  x (N, C, H, W) or (N, C, L) -> the same
    Source:  Tompson, Goroshin, Jain, LeCun & Bregler 2014, arXiv:1411.4280.
    """

    function = staticmethod(F.dropout2d)


class Dropout3d(_Drops):
    """Set whole channels of a volume to 0 with probability p while training.

        y = x k / (1 - p)                        one k per channel
    Shapes:  x (N, C, D, H, W) or (C, D, H, W) -> the same
    Source:  Tompson, Goroshin, Jain, LeCun & Bregler 2014, arXiv:1411.4280.
    """

    function = staticmethod(F.dropout3d)


class AlphaDropout(_Drops):
    """Dropout for SELU networks: what is dropped gets SELU's lowest value; mean 0 and variance 1 are kept.

        y = a (x k + f (1 - k)) - a f p          f = -1.7581, a = 1 / sqrt((1 - p) (1 + p f^2))
    Shapes:  x (...) -> (...)
    Source:  Klambauer, Unterthiner, Mayr & Hochreiter 2017, "Self-Normalizing Neural Networks",
             arXiv:1706.02515.
    """

    function = staticmethod(F.alpha_dropout)


class FeatureAlphaDropout(_Drops):
    """AlphaDropout of whole channels.

        y = a (x k + f (1 - k)) - a f p          one k per channel
    Shapes:  x (N, C, ...) -> the same
    """

    function = staticmethod(F.feature_alpha_dropout)
