"""Optimizer: what all of them share. An optimiser is its state and one `update` on arrays."""

from __future__ import annotations

import itertools
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

import numpy as np

from ..autograd import Handle, enable_grad
from ..inplace import touch
from ..tensor import Tensor, wrap

required = object()


class Optimizer:
    """Change parameters by their gradients.

    A subclass gives `defaults`, `start(p, group)` (the state before the first step) and
    `update(p, g, state, group)`, which changes the array p in place.

    params: an iterable of parameters, or of dicts {"params": ..., "lr": ...} whose options differ (groups).
    Raises:  ValueError for no parameters, a parameter given twice, or an option out of range; TypeError for
             what is not a Tensor.
    """

    def __init__(self, params: Iterable, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(f"{type(self).__name__}: params must be an iterable of Tensors, got one Tensor; "
                            "put it in a list")
        self.defaults = defaults
        self.state: dict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._hooks: dict[str, OrderedDict] = {"before": OrderedDict(), "after": OrderedDict()}
        self._step_count = 0
        groups = list(params)
        if not groups:
            raise ValueError(f"{type(self).__name__}: params is empty, there is nothing to optimise")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, group: dict[str, Any]) -> None:
        """Add parameters with options of their own; options left out are the defaults."""
        group = dict(group)
        chosen = group["params"]
        group["params"] = chosen = [chosen] if isinstance(chosen, Tensor) else list(chosen)
        name = type(self).__name__
        for i, p in enumerate(chosen):
            if isinstance(p, tuple):                             # (name, parameter) of named_parameters()
                group.setdefault("param_names", []).append(p[0])
                chosen[i] = p = p[1]
            if not isinstance(p, Tensor):
                raise TypeError(f"{name}: can optimise Tensors, got {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(f"{name}: can only optimise leaves, got the result of an operation")
        for key, value in self.defaults.items():
            if group.setdefault(key, value) is required:
                raise ValueError(f"{name}: a group of parameters has no {key!r}")
        known = {id(p) for other in self.param_groups for p in other["params"]}
        if known & {id(p) for p in chosen} or len({id(p) for p in chosen}) < len(chosen):
            raise ValueError(f"{name}: a parameter appears twice")
        self.check(group)
        self.param_groups.append(group)

    def check(self, group: dict[str, Any]) -> None:
        """Refuse options out of range."""
        for key in ("lr", "eps", "weight_decay", "momentum", "lr_decay", "lambd",
                    "initial_accumulator_value"):
            if key in group and not float(group[key]) >= 0:
                raise ValueError(f"{type(self).__name__}: {key} must be at least 0, got {group[key]}")
        for i, beta in enumerate(group.get("betas", ())):
            if not 0 <= float(beta) < 1:
                raise ValueError(f"{type(self).__name__}: betas[{i}] must be in [0, 1), got {beta}")
        for flag in ("differentiable",):
            if group.get(flag):
                raise NotImplementedError(f"{type(self).__name__}: {flag}=True is not supported")

    def start(self, p: np.ndarray, group: dict[str, Any]) -> dict[str, Any]:
        """The state of a parameter before its first step."""
        return {}

    def update(self, p: np.ndarray, g: np.ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """Change the array p in place by its gradient g."""
        raise NotImplementedError(f"{type(self).__name__}.update")

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take one step with the gradients that the parameters have; without a gradient they stay.

        closure computes the loss anew (and its gradients); optimisers that look again, as LBFGS, need it.
        """
        for hook in self._hooks["before"].values():
            hook(self, (closure,), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p._grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state.update(self.start(p._data, group))
                g = p._grad._data
                self.update(p._data, -g if group.get("maximize") else g, state, group)
                touch(p)
        self._step_count += 1
        for hook in self._hooks["after"].values():
            hook(self, (closure,), {})
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients (or fill them with zeros)."""
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none or p._grad is None:
                    p._grad = None
                else:
                    p._grad = wrap(np.zeros_like(p._data))

    def register_step_pre_hook(self, hook: Callable) -> Handle:
        """Call hook(optimizer, args, kwargs) before each step."""
        handle = Handle(self._hooks["before"])
        self._hooks["before"][handle.id] = hook
        return handle

    def register_step_post_hook(self, hook: Callable) -> Handle:
        """Call hook(optimizer, args, kwargs) after each step."""
        handle = Handle(self._hooks["after"])
        self._hooks["after"][handle.id] = hook
        return handle

    def state_dict(self) -> dict[str, Any]:
        """State by parameter number and the groups' options, in PyTorch's form."""
        counter = itertools.count()
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            mine = {key: value for key, value in group.items() if key != "params"}
            mine["params"] = [numbers.setdefault(id(p), next(counter)) for p in group["params"]]
            groups.append(mine)
        state = {numbers[id(p)]: values for p, values in self.state.items() if values}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state made by `state_dict` of an optimiser over parameters of the same shapes.

        Raises:  ValueError when the groups differ in number or size, or a state's shape from its parameter's.
        """
        saved = state_dict["param_groups"]
        sizes = [len(g["params"]) for g in saved], [len(g["params"]) for g in self.param_groups]
        if sizes[0] != sizes[1]:
            raise ValueError(f"load_state_dict: the saved groups have {sizes[0]} parameters, this optimiser "
                             f"{sizes[1]}")
        numbers = [n for g in saved for n in g["params"]]
        chosen = [p for g in self.param_groups for p in g["params"]]
        self.state.clear()
        for number, p in zip(numbers, chosen, strict=True):
            values = state_dict["state"].get(number)
            if values is not None:
                self.state[p] = {key: _adopted(key, value, p) for key, value in values.items()}
        for group, other in zip(self.param_groups, saved, strict=True):
            group.update({key: deepcopy(value) for key, value in other.items() if key != "params"})

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def _adopted(key: str, value: Any, p: Tensor) -> Any:
    """A copy of one entry of a saved state, in the dtype of its parameter."""
    if not isinstance(value, Tensor):
        return deepcopy(value)
    if key == "step":
        return wrap(value._data.copy())
    sizes, wanted = value._data.shape, p._data.shape             # 1: a mean along a dimension, as Adafactor's
    if sizes and (len(sizes) != len(wanted)
                  or any(a not in (1, b) for a, b in zip(sizes, wanted, strict=True))):
        raise ValueError(f"load_state_dict: {key} has shape {value._data.shape}, its parameter "
                         f"{p._data.shape}")
    return wrap(value._data.astype(p._data.dtype) if value._data.dtype.kind == "f" else value._data.copy())


def zeros(p: np.ndarray) -> Tensor:
    """A moment that starts at zero."""
    return wrap(np.zeros_like(p))


def first_step() -> Tensor:
    """The step counter, a 0-d tensor as in PyTorch's state_dict."""
    return wrap(np.zeros((), np.float32))


def count(state: dict[str, Any]) -> float:
    """Add one to the step counter and return it."""
    step = state["step"]._data
    t: float = step.item() + 1.0                                 # NumPy adds more slowly
    step.fill(t)
    return t
