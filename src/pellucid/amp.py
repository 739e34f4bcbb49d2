"""Mixed precision, under PyTorch's names: off where PyTorch is off, refused where it would change results.

NumPy has no bfloat16 and slow float16, so nothing is computed in them behind a script's back.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from . import dtypes
from .tensor import Tensor

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]


class autocast:                                                  # PyTorch spells it in lower case
    """A context manager or decorator inside which everything is computed as outside.

    That is what PyTorch does where it is switched off: with enabled=False, for a device that is not there,
    and on the CPU with dtype=float32.

    Raises:  NotImplementedError for bfloat16 and float16 on the CPU (bfloat16 is the default there): PyTorch
             would compute in them, with other results.
    """

    def __init__(self, device_type: str, dtype: Any = None, enabled: bool = True,
                 cache_enabled: bool | None = None) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"autocast: device_type must be text such as 'cpu', got {device_type!r}")
        self.device, self.fast_dtype = device_type, dtypes.bfloat16 if dtype is None else dtype
        if enabled and device_type == "cpu":
            if self.fast_dtype in (dtypes.bfloat16, dtypes.float16):
                raise NotImplementedError(f"autocast: computing in {self.fast_dtype.name} is not available "
                                          "and float32 would change the results; enabled=False or "
                                          "dtype=float32 computes in float32")
            warnings.warn(f"autocast: the CPU computes in {self.fast_dtype.name} as it does outside",
                          stacklevel=2)
        elif enabled:
            warnings.warn(f"autocast: there is no {device_type} device; switched off", stacklevel=2)

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __call__(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)
        return inner


def is_autocast_available(device_type: str) -> bool:
    """False: nothing is computed in another dtype than it comes in."""
    return False


def is_autocast_enabled(device_type: str | None = None) -> bool:
    """False: nothing is computed in another dtype than it comes in."""
    return False


def custom_fwd(fwd: Callable | None = None, *, device_type: str = "cpu", cast_inputs: Any = None) -> Any:
    """Give back the function: inside and outside of autocast are the same."""
    return (lambda function: function) if fwd is None else fwd


def custom_bwd(bwd: Callable | None = None, *, device_type: str = "cpu") -> Any:
    """Give back the function: inside and outside of autocast are the same."""
    return (lambda function: function) if bwd is None else bwd


class GradScaler:
    """Scale a loss up before backward, and gradients down after it, so that small ones survive in float16.

        scale(L) = s L        unscale_: g = g / s        step: skipped if a gradient is inf or nan
        update:  s *= growth_factor after growth_interval steps without one, s *= backoff_factor after one

    Without a GPU GradScaler("cuda"), the default, is switched off with a warning, as in PyTorch: scale(L) is
    L and step is the optimiser's.
    Source:  Micikevicius et al. 2018, "Mixed Precision Training", arXiv:1710.03740, section 3.2.
    """

    def __init__(self, device: str = "cuda", init_scale: float = 65536.0, growth_factor: float = 2.0,
                 backoff_factor: float = 0.5, growth_interval: int = 2000, enabled: bool = True) -> None:
        if enabled and device != "cpu":
            warnings.warn(f"GradScaler: there is no {device} device; switched off", stacklevel=2)
            enabled = False
        if enabled and not growth_factor > 1:
            raise ValueError(f"GradScaler: growth_factor must be above 1, got {growth_factor}")
        if enabled and not backoff_factor < 1:
            raise ValueError(f"GradScaler: backoff_factor must be below 1, got {backoff_factor}")
        self._enabled, self._scale, self._good_steps = enabled, float(init_scale), 0
        self._growth, self._backoff, self._interval = growth_factor, backoff_factor, growth_interval
        self._overflow: dict[int, bool] = {}                     # of unscaled optimisers: was there an inf?

    def scale(self, outputs: Any) -> Any:
        """The loss, or each of a list or tuple of losses, times the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if isinstance(outputs, Iterable):
            return type(outputs)(map(self.scale, outputs))  # type: ignore[call-arg]
        raise ValueError(f"GradScaler: outputs must be tensors, got {type(outputs).__name__}")

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of an optimiser's parameters by the scale, once per step."""
        if not self._enabled:
            return
        if id(optimizer) in self._overflow:
            raise RuntimeError("GradScaler: unscale_ was called already since the last update")
        grads = [p.grad._data for group in optimizer.param_groups for p in group["params"]
                 if p.grad is not None]
        for g in grads:
            g *= 1 / self._scale
        self._overflow[id(optimizer)] = not all(np.isfinite(g).all() for g in grads)

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Let the optimiser step, unless a gradient overflowed; returns what its step returns."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if id(optimizer) not in self._overflow:
            self.unscale_(optimizer)
        return None if self._overflow[id(optimizer)] else optimizer.step(*args, **kwargs)

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Raise or lower the scale for the next step."""
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = float(new_scale)
        elif not self._overflow:
            raise RuntimeError("GradScaler: update comes after a step or unscale_")
        elif any(self._overflow.values()):
            self._scale, self._good_steps = self._scale * self._backoff, 0
        else:
            self._good_steps += 1
            if self._good_steps == self._interval:
                self._scale, self._good_steps = self._scale * self._growth, 0
        self._overflow = {}

    def is_enabled(self) -> bool:
        """Does it scale?"""
        return self._enabled

    def get_scale(self) -> float:
        """The scale; 1 when switched off."""
        return self._scale if self._enabled else 1.0

    def state_dict(self) -> dict:
        """What `load_state_dict` needs to go on; empty when switched off."""
        if not self._enabled:
            return {}
        return {"scale": self._scale, "growth_factor": self._growth, "backoff_factor": self._backoff,
                "growth_interval": self._interval, "_growth_tracker": self._good_steps}

    def load_state_dict(self, state_dict: dict) -> None:
        """Go on from a state_dict."""
        if self._enabled:
            self._scale, self._good_steps = state_dict["scale"], state_dict["_growth_tracker"]
            self._growth, self._backoff = state_dict["growth_factor"], state_dict["backoff_factor"]
            self._interval = state_dict["growth_interval"]
