"""Spectral normalisation: weights divided by the largest factor by which they can lengthen a vector."""

from __future__ import annotations

from typing import Any

from ...autograd import no_grad
from ...ops import empty
from ...tensor import Tensor
from ..conv import _Transposed
from ..functional import normalize
from ..module import Module
from ..parameter import Parameter
from .parametrize import register_parametrization


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """The weight with dim as rows and everything else as columns."""
    return weight.movedim(dim, 0).flatten(1)


def start(size: int, like: Tensor, eps: float) -> Tensor:
    """A random direction."""
    return normalize(empty(size, dtype=like.dtype).normal_(), dim=0, eps=eps)


def _rows(module: Module, dim: int | None) -> int:
    return (1 if isinstance(module, _Transposed) else 0) if dim is None else dim


class _SpectralNorm(Module):
    """w / sigma, sigma = u^T w v, with u and v followed by power iteration while training."""

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        if n_power_iterations <= 0:
            raise ValueError(f"spectral_norm: n_power_iterations must be positive, got {n_power_iterations}")
        self.dim, self.eps, self.n_power_iterations = dim % weight.ndim, eps, n_power_iterations
        if weight.ndim > 1:
            matrix = as_matrix(weight.detach(), self.dim)
            self.register_buffer("_u", start(matrix.shape[0], weight, eps))
            self.register_buffer("_v", start(matrix.shape[1], weight, eps))
            self._iterate(matrix, 15)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        with no_grad():
            for _ in range(times):
                self._u.copy_(normalize(matrix @ self._v, dim=0, eps=self.eps))
                self._v.copy_(normalize(matrix.T @ self._u, dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix.detach(), self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()                  # a later pass changes them in place
        return weight / (u @ (matrix @ v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value                                             # as near as it gets: sigma is not known


def parametrized_spectral_norm(module: Module, name: str = "weight", n_power_iterations: int = 1,
                               eps: float = 1e-12, dim: int | None = None) -> Module:
    """Divide the weight of a module by its largest singular value, so that no vector gets longer.

        weight = W / sigma            sigma = u^T W v, u and v the first singular vectors
        u <- W v / |W v|,  v <- W^T u / |W^T u|        n_power_iterations times per use in training
    W is module.parametrizations.weight.original.

    dim: the rows of W as a matrix, 0 by default (1 for transposed convolutions)
    Source:  Miyato, Kataoka, Koyama & Yoshida 2018, "Spectral Normalization for GANs", arXiv:1802.05957.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"spectral_norm: {type(module).__name__} has no parameter {name!r}")
    function = _SpectralNorm(weight, n_power_iterations, _rows(module, dim), eps)
    return register_parametrization(module, name, function)


class _Recompute:
    """A hook that divides the weight by its largest singular value before each forward."""

    def __init__(self, name: str, times: int, eps: float, dim: int) -> None:
        self.name, self.times, self.eps, self.dim = name, times, eps, dim
        self.handle: Any = None

    def weight(self, module: Module, training: bool) -> Tensor:
        weight = getattr(module, self.name + "_orig")
        u, v = (getattr(module, self.name + end) for end in ("_u", "_v"))
        matrix = as_matrix(weight, self.dim)
        if training:
            with no_grad():
                for _ in range(self.times):
                    v.copy_(normalize(matrix.T @ u, dim=0, eps=self.eps))
                    u.copy_(normalize(matrix @ v, dim=0, eps=self.eps))
            u, v = u.clone(), v.clone()                          # a later pass changes them in place
        return weight / (u @ (matrix @ v))

    def __call__(self, module: Module, inputs: Any) -> None:
        setattr(module, self.name, self.weight(module, module.training))


def spectral_norm(module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
                  dim: int | None = None) -> Module:
    """Divide the weight of a module by its largest singular value, so that no vector gets longer.

        weight = W / sigma            sigma = u^T W v, u and v the first singular vectors
        v <- W^T u / |W^T u|,  u <- W v / |W v|        n_power_iterations times per forward in training
    W is module.weight_orig; weight itself is computed before each forward. parametrizations.spectral_norm
    does the same under newer names.

    dim: the rows of W as a matrix, 0 by default (1 for transposed convolutions)
    Source:  Miyato, Kataoka, Koyama & Yoshida 2018, "Spectral Normalization for GANs", arXiv:1802.05957.
    Raises:  RuntimeError when the weight is normalised already, ValueError for n_power_iterations below 1.
    """
    if n_power_iterations <= 0:
        raise ValueError(f"spectral_norm: n_power_iterations must be positive, got {n_power_iterations}")
    if name + "_orig" in module._parameters:
        raise RuntimeError(f"spectral_norm: {name} of {type(module).__name__} is normalised already")
    weight = module._parameters[name]
    if weight is None:
        raise ValueError(f"spectral_norm: {type(module).__name__} has no parameter {name!r}")
    hook = _Recompute(name, n_power_iterations, eps, _rows(module, dim))
    matrix = as_matrix(weight.detach(), hook.dim)
    u, v = (start(size, weight, eps) for size in matrix.shape)
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    hook.handle = module.register_forward_pre_hook(hook)
    vars(module).setdefault("_recomputed", {})[name] = hook
    return module


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again, with the value it has now.

    Raises:  ValueError when spectral_norm was not applied.
    """
    hook = vars(module).get("_recomputed", {}).pop(name, None)
    if not isinstance(hook, _Recompute):
        raise ValueError(f"remove_spectral_norm: {name} of {type(module).__name__} was not normalised "
                         "by spectral_norm")
    weight = hook.weight(module, False).detach()
    hook.handle.remove()
    for attribute in (name, name + "_orig", name + "_u", name + "_v"):
        delattr(module, attribute)
    setattr(module, name, Parameter(weight))
    return module
