"""Activations that squash, shrink and gate; softmax and its relatives."""

from __future__ import annotations

from ..tensor import OpError, Tensor
from . import functional as F
from .activation import Activation
from .module import Module


class Softplus(Activation):
    """ReLU without its corner; always positive.

        y = ln(1 + e^(beta x)) / beta            x itself where beta x > threshold
    Shapes:  x (...) -> (...)
    Source:  Dugas, Bengio, Belisle, Nadeau & Garcia 2001, "Incorporating Second-Order Functional Knowledge".
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta=beta, threshold=threshold)

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)


class Softsign(Module):
    """Squash into (-1, 1), with tails that flatten slowly.

        y = x / (1 + |x|)
    Shapes:  x (...) -> (...)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)


class Softshrink(Activation):
    """Move everything towards 0 by lambd, and stop there.

        y = x - lambd where x > lambd, x + lambd where x < -lambd, 0 between
    Shapes:  x (...) -> (...)
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(Activation):
    """Put 0 for what is near 0.

        y = x where |x| > lambd, 0 elsewhere
    Shapes:  x (...) -> (...)
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Tanhshrink(Module):
    """What tanh takes away from x.

        y = x - tanh(x)
    Shapes:  x (...) -> (...)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)


class Hardtanh(Activation):
    """Cut off below min_val and above max_val.

        y = min(max(x, min_val), max_val)
    Shapes:  x (...) -> (...)
    Raises:  ValueError unless min_val < max_val.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False,
                 min_value: float | None = None, max_value: float | None = None) -> None:
        min_val = min_val if min_value is None else min_value    # PyTorch's old words
        max_val = max_val if max_value is None else max_value
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val must be less than max_val, got {min_val} and {max_val}")
        super().__init__(min_val=min_val, max_val=max_val, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)


class Hardsigmoid(Activation):
    """Sigmoid from three straight lines.

        y = min(max(x + 3, 0), 6) / 6
    Shapes:  x (...) -> (...)
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input, self.inplace)


class Hardswish(Activation):
    """SiLU with Hardsigmoid for its sigmoid.

        y = x min(max(x + 3, 0), 6) / 6
    Shapes:  x (...) -> (...)
    Source:  Howard et al. 2019, "Searching for MobileNetV3", arXiv:1905.02244.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input, self.inplace)


class Sigmoid(Module):
    """Squash into (0, 1): the probability whose log-odds are x.

        y = 1 / (1 + e^-x)
    Shapes:  x (...) -> (...)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class LogSigmoid(Module):
    """The logarithm of the sigmoid, exact for large x of both signs.

        y = -ln(1 + e^-x)
    Shapes:  x (...) -> (...)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Tanh(Module):
    """Squash into (-1, 1).

        y = (e^x - e^-x) / (e^x + e^-x)
    Shapes:  x (...) -> (...)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class Softmax(Activation):
    """Turn scores into probabilities along dim.

        y = e^x / sum e^x
    Shapes:  x (...) -> (...)
    Differs: from the formula in that the largest score is taken away first, so that nothing overflows.
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


class LogSoftmax(Activation):
    """Turn scores into logarithms of probabilities along dim.

        y = x - ln sum e^x
    Shapes:  x (...) -> (...)
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)


class Softmin(Activation):
    """Turn costs into probabilities along dim: the smallest is the likeliest.

        y = e^-x / sum e^-x
    Shapes:  x (...) -> (...)
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__(dim=dim)

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)


class Softmax2d(Module):
    """Turn the channels of each place of a picture into probabilities.

        y = e^x / sum of e^x over C
    Shapes:  x (N, C, H, W) or (C, H, W) -> the same
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise OpError(f"Softmax2d: input must be (N, C, H, W) or (C, H, W), got shape "
                          f"{tuple(input.shape)}")
        return F.softmax(input, -3)


class Threshold(Activation):
    """Put a value for what does not exceed a threshold.

        y = x where x > threshold, value elsewhere
    Shapes:  x (...) -> (...)
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(threshold=threshold, value=value, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value, self.inplace)


class GLU(Activation):
    """Gate one half of the input by the sigmoid of the other half.

        y = a sigmoid(b)                         x = (a, b), split along dim
    Shapes:  x (..., 2 D) -> (..., D)
    Source:  Dauphin, Fan, Auli & Grangier 2016, "Language Modeling with Gated Convolutional Networks",
             arXiv:1612.08083.
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim=dim)

    def forward(self, input: Tensor) -> Tensor:
        return F.glu(input, self.dim)
