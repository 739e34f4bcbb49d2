"""Activations as modules: the bends between the layers of a network. ReLU and what grew out of it."""

from __future__ import annotations

from typing import Any

from ..ops import full
from ..tensor import Tensor
from . import functional as F
from .module import Module
from .parameter import Parameter


class Activation(Module):
    """A function of its input with fixed settings, which are its attributes and its `repr`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        self.__dict__.update(settings)
        self._shown = tuple(settings)

    def extra_repr(self) -> str:
        shown = [(name, getattr(self, name)) for name in self._shown]
        return ", ".join(f"{name}={value!r}" for name, value in shown
                         if not (name == "inplace" and value is False))


class InPlace(Activation):
    """An activation whose only setting is whether it writes its result over its input."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class ReLU(InPlace):
    """Keep what is positive, put 0 for the rest.

        y = max(x, 0)
    Shapes:  x (...) -> (...)
    Source:  Nair & Hinton 2010, "Rectified Linear Units Improve Restricted Boltzmann Machines".
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input, self.inplace)


class ReLU6(InPlace):
    """ReLU that stops growing at 6.

        y = min(max(x, 0), 6)
    Shapes:  x (...) -> (...)
    Source:  Krizhevsky 2010, "Convolutional Deep Belief Networks on CIFAR-10".
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.relu6(input, self.inplace)


class LeakyReLU(Activation):
    """ReLU that lets a little of the negative through, so that no unit dies.

        y = x where x > 0, negative_slope x elsewhere
    Shapes:  x (...) -> (...)
    Source:  Maas, Hannun & Ng 2013, "Rectifier Nonlinearities Improve Neural Network Acoustic Models".
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(negative_slope=negative_slope, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope, self.inplace)


class PReLU(Activation):
    """LeakyReLU whose slope is learned, one for all or one per channel.

        y = x where x > 0, weight x elsewhere
    Shapes:  x (...) or (N, C, ...), weight (1,) or (C,) -> like x
    Source:  He, Zhang, Ren & Sun 2015, "Delving Deep into Rectifiers", arXiv:1502.01852.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__(num_parameters=num_parameters)
        self.init = init
        self.weight = Parameter(full((num_parameters,), float(init), dtype=dtype, device=device))

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)


class RReLU(Activation):
    """LeakyReLU whose slope is drawn anew for each negative element while training.

        y = x where x > 0, a x elsewhere         a from [lower, upper); (lower + upper) / 2 in evaluation
    Shapes:  x (...) -> (...)
    Source:  Xu, Wang, Chen & Li 2015, "Empirical Evaluation of Rectified Activations", arXiv:1505.00853.
    """

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3, inplace: bool = False) -> None:
        super().__init__(lower=lower, upper=upper, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class ELU(Activation):
    """ReLU with a smooth exponential bend on the left, so that the mean output is nearer to 0.

        y = x where x > 0, alpha (e^x - 1) elsewhere
    Shapes:  x (...) -> (...)
    Source:  Clevert, Unterthiner & Hochreiter 2015, arXiv:1511.07289.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha, self.inplace)


class CELU(Activation):
    """ELU whose slope is continuous for every alpha.

        y = x where x > 0, alpha (e^(x / alpha) - 1) elsewhere
    Shapes:  x (...) -> (...)
    Source:  Barron 2017, "Continuously Differentiable Exponential Linear Units", arXiv:1704.07483.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha, self.inplace)


class SELU(InPlace):
    """ELU scaled so that activations drift to mean 0 and variance 1 by themselves.

        y = s x where x > 0, s a (e^x - 1) elsewhere       s = 1.0507, a = 1.6733
    Shapes:  x (...) -> (...)
    Source:  Klambauer, Unterthiner, Mayr & Hochreiter 2017, "Self-Normalizing Neural Networks",
             arXiv:1706.02515.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input, self.inplace)


class GELU(Activation):
    """Weigh x by the share of a normal distribution that lies below it.

        y = x P(x)                                         P(x) = (1 + erf(x / sqrt 2)) / 2
        y = x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2        approximate="tanh"
    Shapes:  x (...) -> (...)
    Source:  Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", arXiv:1606.08415.
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)

    def forward(self, input: Tensor) -> Tensor:
        return F.gelu(input, approximate=self.approximate)


class SiLU(InPlace):
    """Weigh x by its own sigmoid; also called swish.

        y = x / (1 + e^-x)
    Shapes:  x (...) -> (...)
    Source:  Elfwing, Uchibe & Doya 2017, arXiv:1702.03118; Ramachandran, Zoph & Le 2017, arXiv:1710.05941.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.silu(input, self.inplace)


class Mish(InPlace):
    """Weigh x by the tanh of its softplus.

        y = x tanh(ln(1 + e^x))
    Shapes:  x (...) -> (...)
    Source:  Misra 2019, "Mish: A Self Regularized Non-Monotonic Activation Function", arXiv:1908.08681.
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.mish(input, self.inplace)
