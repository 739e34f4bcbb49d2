"""Layers that learn the number of their inputs from the first one: LazyLinear(10) for Linear(64, 10).

A lazy layer's parameters are there from the start, without sizes, so that an optimizer can be given them. The
first call, or the loading of a state, draws the weights of the layer that it stands for, and becomes it.
"""

from __future__ import annotations

from typing import Any

from ..generator import get_rng_state, set_rng_state
from ..tensor import OpError, Tensor
from .conv import Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .linear import Linear
from .module import Module
from .norm import BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .parameter import UninitializedParameter


class Lazy(Module):
    """What lazy layers share. A subclass names the layer, and how many dimensions a picture of it has.

    Raises:  RuntimeError for an input without the dimension that tells the number.
    """

    kind: Any                                                    # the layer that it becomes
    dims: int | None = None                                      # None: the last dimension tells the number
    needs_batch = False
    defaults: dict[str, Any] = {}                                # other than the layer's own

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        import inspect

        super(Module, self).__init__()
        bound = inspect.signature(self.kind).bind(0, *args, **{**self.defaults, **kwargs})
        bound.apply_defaults()
        (first, _), *rest = bound.arguments.items()
        self._asked = dict(rest)
        before = get_rng_state()
        self._take_settings(self.kind(self._asked.get("groups", 1), **self._asked))
        set_rng_state(before)                                    # the weights are drawn at the first input
        setattr(self, first, 0)
        affine = self._asked.get("affine", True)
        for name, wanted in (("weight", affine), ("bias", affine and self._asked.get("bias", True))):
            made = UninitializedParameter(device=self._asked["device"], dtype=self._asked["dtype"])
            self.register_parameter(name, made if wanted else None)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.initialize_parameters(args[0] if args else kwargs["input"])
        return self(*args, **kwargs)                             # of the class that it has become

    def has_uninitialized_params(self) -> bool:
        """Whether the sizes are still unknown."""
        return True

    def initialize_parameters(self, input: Tensor) -> None:
        """Draw the weights for inputs like this one, and become the layer itself."""
        axis = -1
        if self.dims is not None:
            axis = 0 if input.ndim == self.dims + 1 and not self.needs_batch else 1
        if not -input.ndim <= axis < input.ndim:
            raise OpError(f"{type(self).__name__}: an input of shape {tuple(input.shape)} does not tell the "
                          f"number of {'channels' if self.dims is not None else 'features'}")
        self._become(int(input.shape[axis]))

    def _become(self, n: int) -> None:
        made = self.kind(n, **self._asked)
        for name, parameter in made._parameters.items():
            own = self._parameters[name]
            if parameter is not None and isinstance(own, UninitializedParameter):
                own._take(parameter)
        self._buffers.update(made._buffers)
        self.__dict__.pop("_asked")
        self._take_settings(made)
        self.__class__ = self.kind

    def _take_settings(self, made: Module) -> None:
        own = ("_parameters", "_buffers", "_modules", "_hooks", "training", "_non_persistent_buffers_set")
        self.__dict__.update({key: value for key, value in made.__dict__.items() if key not in own})

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *rest: Any) -> None:
        """The shapes in a state tell the number too; no random numbers are used up."""
        kind = self.kind
        known = state_dict.get(f"{prefix}weight", state_dict.get(f"{prefix}running_mean"))
        if known is not None and len(known.shape) > 0:
            before = get_rng_state()
            self._become(self._number_in(tuple(known.shape)))
            set_rng_state(before)
        kind._load_from_state_dict(self, state_dict, prefix, *rest)

    def _number_in(self, shape: tuple[int, ...]) -> int:
        if self.dims is None:
            return shape[1]
        if "groups" not in self._asked or getattr(self.kind, "transposed", False):
            return shape[0]
        return shape[1] * self._asked["groups"]


def _lazy(layer: type[Module], dims: int | None = None, needs_batch: bool = False,
          **defaults: Any) -> type[Lazy]:
    """The lazy kind of a layer."""
    doc = f"""{layer.__name__} without its first argument, which the first input tells.

    Raises:  RuntimeError for an input without the dimension that tells it.
    """
    members = {"__doc__": doc, "__module__": __name__, "kind": layer, "dims": dims,
               "needs_batch": needs_batch, "defaults": defaults}
    return type(f"Lazy{layer.__name__}", (Lazy, layer), members)


LazyLinear = _lazy(Linear)
LazyConv1d, LazyConv2d, LazyConv3d = _lazy(Conv1d, 1), _lazy(Conv2d, 2), _lazy(Conv3d, 3)
LazyConvTranspose1d, LazyConvTranspose2d = _lazy(ConvTranspose1d, 1), _lazy(ConvTranspose2d, 2)
LazyConvTranspose3d = _lazy(ConvTranspose3d, 3)
LazyBatchNorm1d, LazyBatchNorm2d = _lazy(BatchNorm1d, 1, True), _lazy(BatchNorm2d, 2, True)
LazyBatchNorm3d = _lazy(BatchNorm3d, 3, True)
_LEARNT = {"affine": True, "track_running_stats": True}          # unlike InstanceNorm, as in PyTorch
LazyInstanceNorm1d = _lazy(InstanceNorm1d, 1, **_LEARNT)
LazyInstanceNorm2d = _lazy(InstanceNorm2d, 2, **_LEARNT)
LazyInstanceNorm3d = _lazy(InstanceNorm3d, 3, **_LEARNT)
__all__ = [name for name in globals() if name.startswith("Lazy") and name != "Lazy"]
