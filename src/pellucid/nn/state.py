"""`state_dict` and `load_state_dict`: everything a module learned, by name, out and in again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..autograd import Handle, no_grad
from ..inplace import assign as write
from ..tensor import OpError, Tensor, wrap
from .parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

EXTRA = "_extra_state"                                           # the key of what get_extra_state returns


class LoadReport(NamedTuple):
    """What `load_state_dict(strict=False)` found: keys that the module wanted, keys that it did not know."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"LoadReport(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


class Stateful:
    """Saving and loading of a module's parameters and persistent buffers."""

    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _non_persistent_buffers_set: set[str]
    _hooks: dict[str, dict[int, Any]]

    def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> Any:
        """Name -> tensor for every parameter and persistent buffer, in PyTorch's order and under its names.

        The tensors share the module's memory: clone them to keep the values of today. With keep_vars=True
        they are the Parameters themselves, else detached.

        Differs: the dictionary carries no `_metadata`.
        """
        destination = OrderedDict() if destination is None else destination
        for hook in list(self._hooks.get("before saving", {}).values()):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in list(self._hooks.get("after saving", {}).values()):
            back = hook(self, destination, prefix, {})
            destination = destination if back is None else back
        return destination

    def _own_state(self) -> Iterator[tuple[str, Tensor]]:
        """Parameters, then persistent buffers, of this module alone."""
        for name, parameter in self._parameters.items():
            if parameter is not None:
                yield name, parameter
        for name, buffer in self._buffers.items():
            if buffer is not None and name not in self._non_persistent_buffers_set:
                yield name, buffer

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, tensor in self._own_state():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if type(self).get_extra_state is not Stateful.get_extra_state:
            destination[prefix + EXTRA] = self.get_extra_state()

    def get_extra_state(self) -> Any:
        """State beyond tensors, for `state_dict`; a subclass defines it together with set_extra_state."""
        raise OpError(f"{type(self).__name__}.get_extra_state is not defined, but extra state is to be saved")

    def set_extra_state(self, state: Any) -> None:
        """Take back what get_extra_state returned."""
        raise OpError(f"{type(self).__name__}.set_extra_state is not defined, but extra state is to be "
                      f"loaded")

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True,
                        assign: bool = False) -> LoadReport:
        """Copy values by name into the parameters and buffers; with assign=True, take the tensors themselves.

        The values may also be NumPy arrays, or PyTorch's tensors. Everything that fits is loaded before an
        error is raised.

        Raises:  RuntimeError that lists all missing and unexpected keys (unless strict=False) and all wrong
                 shapes.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: state_dict must be a dictionary, got "
                            f"{type(state_dict).__name__}")
        report, errors = LoadReport([], []), list[str]()
        _load(self, OrderedDict(state_dict), "", {"assign_to_params_buffers": assign}, report, errors)
        for hook in [h for m in self.modules() for h in m._hooks.get("after loading", {}).values()]:
            hook(report)
        if strict:
            errors[:0] = [f"{title} in state_dict: " + ", ".join(f'"{key}"' for key in keys) + ". "
                          for title, keys in (("Missing key(s)", report.missing_keys),
                                              ("Unexpected key(s)", report.unexpected_keys)) if keys]
        if errors:
            raise OpError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t"
                          + "\n\t".join(errors))
        return report

    def _load_from_state_dict(self, state_dict: dict, prefix: str, local_metadata: dict, strict: bool,
                              missing_keys: list, unexpected_keys: list, error_msgs: list) -> None:
        """Load this module's own tensors; a subclass may override it, to rename old keys for instance."""
        for hook in list(self._hooks.get("before loading", {}).values()):
            hook(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own = dict(self._own_state())
        for name, tensor in own.items():
            if prefix + name not in state_dict:
                missing_keys.append(prefix + name)
                continue
            problem = _take(self, name, tensor, state_dict[prefix + name], prefix, local_metadata)
            if problem:
                error_msgs.append(problem)
        has_extra = type(self).set_extra_state is not Stateful.set_extra_state
        if has_extra and prefix + EXTRA in state_dict:
            self.set_extra_state(state_dict[prefix + EXTRA])
        elif has_extra:
            missing_keys.append(prefix + EXTRA)
        for key in state_dict:
            first, dot, _ = key[len(prefix):].partition(".")
            known = first in self._modules if dot else first in own or (has_extra and first == EXTRA)
            if key.startswith(prefix) and not known:
                unexpected_keys.append(key)

    if TYPE_CHECKING:
        def modules(self) -> Iterator[Module]: ...
        def _add_hook(self, moment: str, hook: Any, prepend: bool = False) -> Handle: ...

    def register_state_dict_pre_hook(self, hook: Callable) -> Handle:
        """Call hook(module, prefix, keep_vars) before the module's state is collected."""
        return self._add_hook("before saving", hook)

    def register_state_dict_post_hook(self, hook: Callable) -> Handle:
        """Call hook(module, state_dict, prefix, metadata) after the module's state was collected."""
        return self._add_hook("after saving", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable) -> Handle:
        """Call hook(module, state_dict, prefix, metadata, strict, missing, unexpected, errors) at loading."""
        return self._add_hook("before loading", lambda *args: hook(self, *args))

    def register_load_state_dict_post_hook(self, hook: Callable) -> Handle:
        """Call hook(module, report) after loading; it may change the report's lists."""
        return self._add_hook("after loading", lambda report: hook(self, report))


def _load(module: Any, state_dict: dict, prefix: str, metadata: dict, report: LoadReport,
          errors: list) -> None:
    module._load_from_state_dict(state_dict, prefix, metadata, True, report.missing_keys,
                                 report.unexpected_keys, errors)
    for name, child in module._modules.items():
        if child is not None:
            path = f"{prefix}{name}."
            part = OrderedDict((key, value) for key, value in state_dict.items() if key.startswith(path))
            _load(child, part, path, metadata, report, errors)


def _take(module: Any, name: str, tensor: Tensor, value: Any, prefix: str, metadata: dict) -> str | None:
    """Load one value; returns what is wrong with it, if anything."""
    if not isinstance(value, Tensor) and hasattr(value, "__array__"):
        value = wrap(np.array(np.asarray(value)))  # PyTorch warns when asked to copy
    if not isinstance(value, Tensor):
        return f'While copying "{prefix}{name}": expected a Tensor or an array, got {type(value).__name__}'
    if value._data.shape != tensor._data.shape:
        return (f"size mismatch for {prefix}{name}: copying a param with shape {value._data.shape} from "
                f"checkpoint, the shape in current model is {tensor._data.shape}.")
    if not metadata["assign_to_params_buffers"]:
        with no_grad():
            write(tensor, wrap(value._data.astype(tensor._data.dtype, copy=False)))
    elif isinstance(tensor, Parameter) and not isinstance(value, Parameter):
        setattr(module, name, Parameter(value, tensor.requires_grad))
    else:
        setattr(module, name, value)
    return None
