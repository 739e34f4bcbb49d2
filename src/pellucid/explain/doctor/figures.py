"""Numbers on one recorded step: how alive, saturated and varied each layer is, and its gradients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .losses import losses_in
from .recording import VIEWS, Call, Graph

CUT_OFF = {"relu"}                                               # zero, with slope zero, below 0
FLAT_ENDS = {"tanh": (-0.99, 0.99), "sigmoid": (0.01, 0.99)}   # beyond these the slope is below 0.02 and 0.01
BENDS = CUT_OFF | set(FLAT_ENDS) | {"leaky_relu", "elu", "selu", "gelu_exact", "gelu_tanh", "silu",
                                    "softplus"}
ROWS = 256                                                       # of a batch that are looked at


@dataclass
class Layer:
    """Figures on the output of one activation function in one step."""

    op: str
    layer: str
    line: str
    alive: np.ndarray | None = None                              # of a ReLU: which units were ever above 0
    flat: float | None = None                                   # of tanh, sigmoid: the share on the flat ends
    rank: float | None = None                                    # effective number of directions, at least 1
    width: int = 0


@dataclass
class Slope:
    """Figures on one parameter in one step."""

    name: str
    ndim: int
    order: int                                                   # when it was first used in the forward pass
    grad: float                                                  # root mean square
    weight: float                                                # root mean square
    change: float = 0.0                                          # root mean square of the step
    is_table: bool = False                                       # of embeddings: most rows get no gradient
    layer: str = ""
    line: str = ""

    @property
    def ratio(self) -> float:
        return self.change / self.weight if self.weight else float("nan")


@dataclass
class Look:
    """All figures on one step."""

    step: int
    loss: float
    layers: dict[tuple, Layer] = field(default_factory=dict)
    slopes: list[Slope] = field(default_factory=list)


def unit_axis(graph: Graph, call: Call) -> int:
    """The axis of the units: 1 behind a convolution, the last behind a linear layer."""
    source = graph.source(call, 0, VIEWS | {"normalise_batch"})
    while source is not None and source.op in BENDS | {"max_pool", "mean_pool", "add"}:
        source = graph.source(source, 0, VIEWS | {"normalise_batch"})
    is_conv = source is not None and "conv" in source.op and np.ndim(call.y) > 2
    return 1 if is_conv else -1


def layers_of(graph: Graph, with_rank: bool = True) -> dict[tuple, Layer]:
    """Figures on every activation function that is not the network's last."""
    last = {loss.given.number for loss in losses_in(graph) if loss.given is not None}
    found: dict[tuple, Layer] = {}
    count: dict[tuple, int] = {}
    for call in graph:
        y = call.y
        if call.op not in BENDS or call.number in last or np.ndim(y) < 2 or not len(y):
            continue
        start = call.op, call.layer, call.place
        key = *start, count.setdefault(start, 0)
        count[start] += 1
        units = np.moveaxis(y, unit_axis(graph, call), -1).reshape(-1, y.shape[unit_axis(graph, call)])
        figures = found[key] = Layer(call.op, call.layer, call.line, width=units.shape[1])
        if call.op in CUT_OFF:
            figures.alive = (units > 0).any(0)
        if call.op in FLAT_ENDS:
            low, high = FLAT_ENDS[call.op]
            figures.flat = float(((y < low) | (y > high)).mean())
        if with_rank and y.ndim == 2 and np.isfinite(y).all():
            figures.rank = effective_rank(y)
    return found


def effective_rank(rows: np.ndarray) -> float:
    """Into how many directions the differences between rows go, each counted by its share.

        r = (sum of v)^2 / sum of v^2        v: the variances along the principal directions
    Shapes:  rows (N, D) -> a number from 1 to min(N - 1, D)
    Source:  participation ratio; Bell & Dean 1970, "Atomic vibrations in vitreous silica".
    >>> effective_rank(np.array([[1.0, 0, 0], [-1, 0, 0]])), round(effective_rank(np.eye(4)), 6)
    (1.0, 3.0)
    """
    x = rows[:ROWS].astype(np.float64)
    x = x - x.mean(0)
    gram = x @ x.T if len(x) <= x.shape[1] else x.T @ x
    total, squares = float(np.trace(gram)), float((gram ** 2).sum())
    return total ** 2 / squares if squares > 0 else 1.0


def alike(rows: np.ndarray) -> float:
    """How much of the rows is their common mean: 1 where all rows are the same, about 1/N for N random ones.

        y = |mean row|^2 / mean |row|^2
    """
    x = rows[:ROWS].reshape(len(rows[:ROWS]), -1).astype(np.float64)
    size = float((x ** 2).sum(1).mean())
    return float((x.mean(0) ** 2).sum() / size) if size > 0 else 1.0


def size_of(array: Any) -> float:
    """The root mean square; the square of a huge float32 would overflow."""
    x = np.asarray(array, np.float64)
    return float(np.sqrt(np.mean(x * x))) if x.size else 0.0


def slopes_of(graph: Graph | None, names: dict[int, str], parameters: list) -> list[Slope]:
    """Figures on every parameter that has a gradient."""
    found = []
    for place, p in enumerate(parameters):
        if p._grad is None:
            continue
        call = graph.first_use.get(id(p)) if graph is not None else None
        found.append(Slope(names.get(id(p), f"parameter {place}"), p._data.ndim,
                           call.number if call else place,
                           size_of(p._grad._data), size_of(p._data), is_table=call is not None
                           and call.op == "rows_of", layer=call.layer if call else "",
                           line=call.line if call else ""))
    return sorted(found, key=lambda slope: slope.order)
