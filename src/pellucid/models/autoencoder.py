"""Autoencoders: a network that must say its input again through fewer numbers learns which of them matter.

References
    Rumelhart, Hinton & Williams 1986, "Learning internal representations by error propagation": the idea
    Hinton & Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural Networks", Science 313: deep
    Ng 2011, "Sparse autoencoder", lecture notes CS294A: the sparse penalty
    Rifai, Vincent, Muller, Glorot & Bengio 2011, "Contractive Auto-Encoders", ICML: the contractive penalty

    c = encode(x)      y = decode(c)      loss = mean (y - x)^2 [+ weight penalty(c)]
    Linear, with the squared error, it finds the plane of PCA; layers between make the plane a curved sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pellucid import nn, relu, sigmoid
from pellucid.autograd import grad
from pellucid.nn import functional as F
from pellucid.nn.parameter import Parameter
from pellucid.ops import zeros
from pellucid.tensor import OpError, Tensor


@dataclass(frozen=True)
class AutoencoderConfig:
    n_inputs: int = 784                     # D
    hidden: tuple[int, ...] = (256, 128)    # units of the layers before the code; after it the same, reversed
    code: int = 32                          # Z: numbers that are kept of each input
    is_bounded: bool = True                 # outputs by a sigmoid, for inputs from 0 to 1
    is_code_bounded: bool = False           # codes by a sigmoid: units that speak or not, as penalties want

    @property
    def widths(self) -> list[int]:
        """From the input to the code."""
        return [self.n_inputs, *self.hidden, self.code]


def stack(widths: Sequence[int]) -> nn.Sequential:
    """Linear layers of these widths with relu between them, none at the end."""
    layers: list[nn.Module] = []
    for n_inputs, n_outputs in pairwise(widths):
        layers += [nn.Linear(n_inputs, n_outputs), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class Autoencoder(nn.Module):
    """An autoencoder of linear layers.

    Shapes:  x (B, D) -> (B, D)
    >>> from pellucid import zeros
    >>> model = Autoencoder(AutoencoderConfig(n_inputs=20, hidden=(8,), code=3))
    >>> model(zeros(5, 20)).shape, model.encode(zeros(5, 20)).shape
    (pellucid.Size([5, 20]), pellucid.Size([5, 3]))
    """

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = stack(config.widths)
        self.decoder = stack(config.widths[::-1])

    def encode(self, x: Tensor) -> Tensor:
        """(B, D) -> (B, Z)"""
        code = self.encoder(x)
        return sigmoid(code) if self.config.is_code_bounded else code

    def decode(self, code: Tensor) -> Tensor:
        """(B, Z) -> (B, D)"""
        out = self.decoder(code)
        return sigmoid(out) if self.config.is_bounded else out

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


class TiedAutoencoder(nn.Module):
    """An autoencoder whose decoder has the encoder's weights, transposed: half as many, as in PCA.

        h_i = relu(W_i h_(i-1) + b_i)        on the way back:  h_(i-1) = relu(W_i^T h_i + c_i)

    Shapes:  x (B, D) -> (B, D)
    Source:  Vincent et al. 2010, "Stacked Denoising Autoencoders", JMLR 11, section 2.2.
    """

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(config.widths))
        self.back = nn.ParameterList(Parameter(zeros(width)) for width in config.widths[:-1])

    def encode(self, x: Tensor) -> Tensor:
        """(B, D) -> (B, Z)"""
        for layer in self.layers[:-1]:
            x = relu(layer(x))
        code = self.layers[-1](x)
        return sigmoid(code) if self.config.is_code_bounded else code

    def decode(self, code: Tensor) -> Tensor:
        """(B, Z) -> (B, D)"""
        pairs = list(zip(self.layers, self.back, strict=True))[::-1]
        for layer, bias in pairs[:-1]:
            code = relu(F.linear(code, layer.weight.t(), bias))
        layer, bias = pairs[-1]
        out = F.linear(code, layer.weight.t(), bias)
        return sigmoid(out) if self.config.is_bounded else out

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


def sparse_penalty(activity: Tensor, target: float = 0.05) -> Tensor:
    """How far the units' mean activity is from a small one: few of them speak for any one input.

        a_j = mean_n activity[n, j]
        y   = sum_j target log(target / a_j) + (1 - target) log((1 - target) / (1 - a_j))

    Shapes:  activity (B, Z) in [0, 1], as a sigmoid gives it -> ()
    Source:  Ng 2011, "Sparse autoencoder", section 3.
    Raises:  ValueError for a target outside (0, 1) and activities outside [0, 1].
    >>> from pellucid import full
    >>> sparse_penalty(full((4, 3), 0.05)).item()
    0.0
    """
    if not 0 < target < 1:
        raise ValueError(f"sparse_penalty: target must lie between 0 and 1, got {target}")
    low, high = activity.min().item(), activity.max().item()
    if not (low >= 0 and high <= 1):
        raise ValueError(f"sparse_penalty: activity must lie in [0, 1], as a sigmoid gives it, got {low:.4g} "
                         f"to {high:.4g}")
    mean = activity.mean(0).clamp(1e-6, 1 - 1e-6)                  # a unit that is dead has no logarithm
    return (target * (target / mean).log() + (1 - target) * ((1 - target) / (1 - mean)).log()).sum()


def contractive_penalty(encode: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """How much the code moves with the input: small, and it keeps only what tells inputs apart.

        y = mean_n sum_ij (d encode(x)[n, j] / d x[n, i])^2

    Exact for any encoder that treats its samples apart: one backward pass for each number of the code, and
    the penalty has gradients of its own.

    Shapes:  x (B, D), encode(x) (B, Z) -> ()
    Source:  Rifai et al. 2011, eq. 5.
    Raises:  RuntimeError if encode(x) is no (B, Z).
    """
    x = x.detach().requires_grad_()
    code = encode(x)
    if code.dim() != 2 or len(code) != len(x):
        raise OpError(f"contractive_penalty: encode(x) must have shape ({len(x)}, Z), got "
                      f"{tuple(code.shape)}")
    total = zeros(())
    for j in range(code.shape[1]):
        row = grad(code[:, j].sum(), x, create_graph=True)[0]                              # (B, D)
        total = total + (row * row).sum()
    return total / len(x)


def layer_contraction(code: Tensor, weight: Tensor) -> Tensor:
    """`contractive_penalty` of an encoder that is one layer of sigmoid units, without a derivative of x.

        y = mean_n sum_j (c[n, j] (1 - c[n, j]))^2 sum_i weight[j, i]^2        c = sigmoid(x weight^T + b)

    Shapes:  code (B, Z), weight (Z, D) -> ()
    Source:  Rifai et al. 2011, eq. 5 and section 2.
    Raises:  RuntimeError for a code and weights of different units.
    >>> from pellucid import full
    >>> layer_contraction(full((4, 2), 0.5), full((2, 3), 1.0)).item()       # 2 units, (1/4)^2, 3 weights
    0.375
    """
    if code.dim() != 2 or weight.dim() != 2 or code.shape[1] != weight.shape[0]:
        raise OpError(f"layer_contraction: code must be (B, Z) and weight (Z, D), got {tuple(code.shape)} "
                      f"and {tuple(weight.shape)}")
    slopes = code * (1 - code)                                                             # (B, Z)
    return ((slopes * slopes) @ (weight * weight).sum(1)).mean()
