"""A case: a model with its data, loss and optimiser, and a loop that trains copies of them again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...generator import manual_seed
from ...nn import Module
from ...nn.utils import clip_grad_norm_
from ...tensor import Tensor
from ...train import batches
from .kept import kept


@dataclass
class Case:
    """What is needed to train again from the same start: copies are made when the case is."""

    model: Module
    data: Any                                                    # as `fit` takes it
    loss: Callable
    optimizer: Any
    validation: Any = None
    epochs: int = 5                                              # the budget
    batch_size: int = 32
    zero_grad: bool = True
    eval_mode: bool = False
    clip: float | None = None
    label_shift: int = 0
    change: Callable | None = None                               # of (x, y) of each batch
    loss_now: Callable | None = None                             # in place of loss
    start: Any = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.start is None:
            self.start = deepcopy((self.model, self.optimizer))

    def copies(self) -> tuple[Any, Any]:
        """The model and the optimiser as they were at the start."""
        return deepcopy(self.start)

    def loader(self) -> Any:
        return batches.loader(self.data, "data", self.batch_size, True)

    def train(self, model: Any, optimizer: Any, steps: int | None = None) -> list[float]:
        """Train with this case's habits, its faults included; the mean loss of each epoch.

        Streams begin at the same seed each time, and are afterwards what they were.
        """
        means: list[float] = []
        loader = self.loader()
        with kept(model_free, None, batches.generators([loader])):
            manual_seed(0)
            np.random.seed(0)
            model.train(not self.eval_mode)
            for _ in range(self.epochs):
                values = list(itertools.islice(self._epoch(model, optimizer, loader), steps))
                means.append(float(np.mean(values)) if values else float("nan"))
                if not np.isfinite(means[-1]):
                    break
        return means

    def _epoch(self, model: Any, optimizer: Any, loader: Any) -> Iterator[float]:
        for batch in loader:
            x, target, _ = batches.parts(batch)
            if self.change is not None:
                x, target = self.change(x, target)
            if self.zero_grad:
                optimizer.zero_grad()
            prediction = model(*x) if isinstance(x, (tuple, list)) else model(x)
            value = (self.loss_now or self.loss)(prediction, target)
            yield float(value.detach()._data)
            if not np.isfinite(value._data).all():
                return
            value.backward()
            if self.clip is not None:
                clip_grad_norm_(list(model.parameters()), self.clip)
            optimizer.step()


model_free = Module()                                            # has nothing that could be put back


def batches_of(data: Any, batch_size: int) -> Any:
    """The first batch of data as (x, target), without moving any random stream."""
    loader = batches.loader(data, "data", batch_size, False)
    with kept(model_free, None, batches.generators([loader])):
        for batch in loader:
            x, target, _ = batches.parts(batch)
            return x, target
    raise ValueError("doctor: data gave no batch")


def arrays_of(data: Any) -> tuple[np.ndarray, np.ndarray | None] | None:
    """All inputs and targets as arrays, where they lie in memory: a pair, or a loader over such a pair."""
    dataset = getattr(data, "dataset", data)
    parts = getattr(dataset, "tensors", dataset)
    if not isinstance(parts, (tuple, list)) or not 1 <= len(parts) <= 3:
        return None
    found = [part._data if isinstance(part, Tensor) else np.asarray(part) for part in parts[:2]
             if isinstance(part, (Tensor, np.ndarray))]
    if len(found) != min(len(parts), 2):
        return None
    return found[0], found[1] if len(found) == 2 else None
