"""Weight normalisation: the length of each weight vector is learned apart from its direction."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ..module import Module
from ..parameter import Parameter
from .parametrize import register_parametrization


def lengths(v: Tensor, dim: int | None) -> Tensor:
    """The length of v along all dimensions but dim, kept with size 1; of all of it for None or -1."""
    if dim is None or dim == -1:
        return v.norm()
    rest = [d for d in range(v.ndim) if d != dim % v.ndim]
    return v.norm(2, rest, keepdim=True) if rest else v.abs()


def joined(g: Tensor, v: Tensor, dim: int | None) -> Tensor:
    """Vectors of the lengths g in the directions v: g v / |v|."""
    return v * (g / lengths(v, dim))


class _WeightNorm(Module):
    """w = g v / |v|, with |v| taken along all dimensions but dim."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, g: Tensor, v: Tensor) -> Tensor:
        return joined(g, v, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return lengths(weight, self.dim), weight


def parametrized_weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn the length g and the direction v of each weight vector of a module apart.

        weight = g v / |v|            |v| along all dimensions but dim (dim=None: along all)
    g is module.parametrizations.weight.original0, v is original1.

    Source:  Salimans & Kingma 2016, "Weight Normalization", arXiv:1602.07868.
    """
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _Recompute:
    """A hook that computes the weight before each forward."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, dim
        self.handle: Any = None

    def weight(self, module: Module) -> Tensor:
        return joined(getattr(module, self.name + "_g"), getattr(module, self.name + "_v"), self.dim)

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.weight(module))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Learn the length g and the direction v of each weight vector of a module apart.

        weight = g v / |v|            |v| along all dimensions but dim (dim=None: along all)
    g is module.weight_g, v is module.weight_v; weight itself is computed before each forward.
    parametrizations.weight_norm does the same under newer names.

    Source:  Salimans & Kingma 2016, "Weight Normalization", arXiv:1602.07868.
    Raises:  RuntimeError when the weight is normalised already.
    >>> from pellucid import nn, ones
    >>> layer = weight_norm(nn.Linear(3, 2))
    >>> layer.weight_g.shape, layer.weight_v.shape
    (pellucid.Size([2, 1]), pellucid.Size([2, 3]))
    """
    if name + "_g" in module._parameters:
        raise RuntimeError(f"weight_norm: {name} of {type(module).__name__} is normalised already")
    weight = getattr(module, name)
    delattr(module, name)
    module.register_parameter(name + "_g", Parameter(lengths(weight.detach(), dim)))
    module.register_parameter(name + "_v", Parameter(weight.detach()))
    hook = _Recompute(name, dim)
    hook(module, ())
    hook.handle = module.register_forward_pre_hook(hook)
    vars(module).setdefault("_recomputed", {})[name] = hook
    return module


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again, with the value it has now.

    Raises:  ValueError when weight_norm was not applied.
    """
    hook = vars(module).get("_recomputed", {}).pop(name, None)
    if not isinstance(hook, _Recompute):
        raise ValueError(f"remove_weight_norm: {name} of {type(module).__name__} was not normalised "
                         "by weight_norm")
    weight = hook.weight(module).detach()
    hook.handle.remove()
    for attribute in (name, name + "_g", name + "_v"):
        delattr(module, attribute)
    setattr(module, name, Parameter(weight))
    return module
