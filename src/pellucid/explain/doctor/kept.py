"""Let a model be trained for a while, and put all back: weights, gradients, optimiser, modes, streams."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...autograd import enable_grad
from ...inplace import touch
from ...nn.functional.classification import lookout
from ...nn.undisturbed import undisturbed

inside = [0]                                                     # how many `kept` are open: nobody's training


@contextlib.contextmanager
def kept(model: Any, optimizer: Any = None, generators: Any = ()) -> Iterator[None]:
    """At the end the model, the optimiser and every random stream are what they were, bit for bit.

    Put back are parameters, buffers, gradients (the very tensors), modes, the optimiser's state and options,
    the random streams, and those of the given generators, as a DataLoader has one. A Doctor that watches does
    not see what happens inside.
    """
    tensors = [*model.parameters(), *model.buffers()]
    if optimizer is not None:
        known = {id(t) for t in tensors}
        tensors += [p for group in optimizer.param_groups for p in group["params"] if id(p) not in known]
    values = [(t, np.array(t._data), t._grad, None if t._grad is None else np.array(t._grad._data))
              for t in tensors]
    options = _options(optimizer)
    own = [g.get_state() for g in generators]
    modes = [(module, module.training) for module in model.modules()]
    warned = dict(vars(lookout))
    inside[0] += 1
    try:
        with undisturbed(), enable_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")                 # the finding says it, and the user's own run will
            yield
    finally:
        inside[0] -= 1
        vars(lookout).update(warned)
        for t, data, grad, slope in values:
            if not np.array_equal(t._data, data):
                t._data[...] = data
                touch(t)
            t._grad = grad
            if grad is not None:
                grad._data[...] = slope
        for module, training in modes:
            module.training = training
        _put_back(optimizer, options)
        for generator, state in zip(generators, own, strict=True):
            generator.set_state(state)


def _options(optimizer: Any) -> Any:
    if optimizer is None:
        return None
    from copy import deepcopy

    memo = {id(p): p for group in optimizer.param_groups for p in group["params"]}
    return (deepcopy(dict(optimizer.state), memo), [dict(group) for group in optimizer.param_groups],
            optimizer._step_count)


def _put_back(optimizer: Any, options: Any) -> None:
    if optimizer is None:
        return
    state, groups, count = options
    optimizer.state.clear()
    optimizer.state.update(state)
    for group, before in zip(optimizer.param_groups, groups, strict=True):
        group.clear()
        group.update(before)
    optimizer._step_count = count
