"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..ops import stack
from ..tensor import OpError


def functional_call(module: Any, parameter_and_buffer_dicts: Any, args: Any = None,
                    kwargs: dict | None = None, *, tie_weights: bool = True, strict: bool = False) -> Any:
    """Call a module as if its parameters and buffers were those given, by name; the module stays as it is.

        y = module(*args)        with parameters[name] in the place of module's own

    tie_weights: one tensor under two names is replaced under both, if one of the names is given
    strict:      all names must be given, and no others; else a name that the module has not is passed over
    """
    given = _united(parameter_and_buffer_dicts)
    places = dict(_places(module))
    unknown, missing = [n for n in given if n not in places], [n for n in places if n not in given]
    if strict and (unknown or missing):
        kind = type(module).__name__
        raise OpError(f"functional_call: strict=True: {kind} has no {unknown}" if unknown else
                      f"functional_call: strict=True: {missing} of {kind} are not given")
    for name in unknown:
        del given[name]
    if tie_weights:
        for name in missing:
            owner, key = places[name]
            same = [n for n in given if places[n][0][places[n][1]] is owner[key]]
            if same:
                given[name] = given[same[0]]
    before = {name: places[name][0][places[name][1]] for name in given}
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    try:
        for name, value in given.items():
            places[name][0][places[name][1]] = value
        return module(*args, **(kwargs or {}))
    finally:
        for name, value in before.items():
            places[name][0][places[name][1]] = value


def _united(dicts: Any) -> dict:
    """One dictionary of one or of several, which may not name the same."""
    united: dict = {}
    for part in (dicts if isinstance(dicts, (tuple, list)) else (dicts,)):
        twice = [name for name in part if name in united]
        if twice:
            raise ValueError(f"functional_call: {twice} are in several of the dictionaries")
        united.update(part)
    return united


def _places(module: Any) -> Iterator[tuple[str, tuple[dict, str]]]:
    """The name of each parameter and buffer, and the dictionary and key where it is kept."""
    for path, part in module.named_modules(remove_duplicate=False):
        for kept in (part._parameters, part._buffers):
            for key, value in kept.items():
                if value is not None:
                    yield (f"{path}.{key}" if path else key), (kept, key)


def stack_module_state(models: Any) -> tuple[dict, dict]:
    """Parameters and buffers of several models of one kind, stacked: for vmap over functional_call."""
    models = list(models)
    if not models:
        raise OpError("stack_module_state: expects one model or more, got none")
    if len({type(model) for model in models}) > 1:
        raise OpError("stack_module_state: the models must be of one class, got "
                      f"{sorted({type(model).__name__ for model in models})}")

    def stacked(kind: str) -> dict:
        named = [dict(getattr(model, kind)()) for model in models]
        made = {name: stack([each[name] for each in named]).detach() for name in named[0]}
        return {name: value.requires_grad_(named[0][name].requires_grad) for name, value in made.items()}
    return stacked("named_parameters"), stacked("named_buffers")
