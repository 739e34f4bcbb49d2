"""The whole state of a training run in one dictionary, taken between two epochs, and put back bit for bit."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from ..generator import default_generator
from ..tensor import Tensor, wrap


def copied(value: Any) -> Any:
    """A deep copy in which tensors share no memory with the originals."""
    if isinstance(value, Tensor):
        return wrap(value._data.copy())
    if isinstance(value, dict):
        return {key: copied(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(copied(v) for v in value)
    return value


def random_state(generators: list[Any]) -> dict[str, Any]:
    """Where every random stream stands: Pellucid's, the loaders' own, Python's and NumPy's."""
    kind, keys, place, has_gauss, gauss = np.random.get_state()  # type: ignore[misc]
    words = wrap(np.asarray(keys).astype(np.int64))
    return {"pellucid": default_generator.get_state(), "own": [g.get_state() for g in generators],
            "python": random.getstate(), "numpy": (kind, words, int(place), int(has_gauss), float(gauss))}


def set_random_state(state: dict[str, Any], generators: list[Any]) -> None:
    """Put every random stream back to where it stood."""
    default_generator.set_state(state["pellucid"])
    for generator, value in zip(generators, state["own"], strict=True):
        generator.set_state(value)
    version, internal, gauss = state["python"]
    random.setstate((version, tuple(internal), gauss))
    kind, keys, place, has_gauss, cached = state["numpy"]
    np.random.set_state((kind, np.asarray(keys).astype(np.uint32), place, has_gauss, cached))


def take(training: Any) -> dict[str, Any]:
    """Everything that the rest of the run depends on."""
    scheduler = training.scheduler
    return {"epoch": training.epoch, "step": training.step, "seconds": training.seconds(),
            "model": copied(dict(training.model.state_dict())),
            "optimizer": copied(training.optimizer.state_dict()),
            "scheduler": None if scheduler is None else copied(scheduler.state_dict()),
            "random": random_state(training.generators), "rows": copied(training.history.rows),
            "best": training.best_row,
            "callbacks": [callback.state_dict() for callback in training.callbacks]}


def put(training: Any, state: dict[str, Any]) -> None:
    """Go back to the state that `take` took."""
    training.model.load_state_dict(state["model"])
    training.optimizer.load_state_dict(state["optimizer"])
    if training.scheduler is not None and state["scheduler"] is not None:
        training.scheduler.load_state_dict(copied(state["scheduler"]))
    if len(state["callbacks"]) != len(training.callbacks):
        raise ValueError(f"resume: the saved run had {len(state['callbacks'])} callbacks, this one has "
                         f"{len(training.callbacks)}")
    for callback, saved in zip(training.callbacks, state["callbacks"], strict=True):
        callback.load_state_dict(saved)
    training.epoch, training.step = state["epoch"], state["step"]
    training.history.rows[:] = state["rows"]
    training.best_row, training.before = state["best"], state["seconds"]
    set_random_state(state["random"], training.generators)
