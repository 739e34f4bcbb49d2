"""What a row of the bench is: a workload written once, run by every side from the same weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Work:
    """A workload that is ready to run."""

    step: Callable[[], Any]                             # one step; gives its loss, its output, or nothing
    tensors: Mapping[str, Any] = field(default_factory=dict)     # weights and data at its start, by name
    peak_mib: Callable[[], float] | None = None         # where the side's own peak memory is not what counts
    disk_mib: Callable[[], float] | None = None         # for a row about what lies on the disk


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str                                           # the workload in words, for the table
    build: Callable[[ModuleType], Work]                 # takes `pellucid`, `torch`, or what looks like them
    flops: float | None = None                          # of the matrix products in one step
    shape: Any = None                                   # from which an adapter builds it in its own way


class NoAdapter(Exception):
    """A peer cannot run a row: it has no such layer, or nobody has written it for it."""


def dense(rows: int, *widths: int) -> float:
    """Floating-point operations of a chain of linear layers, forward.

    Each multiplies rows x width by width x next: a product and a sum per element of the weight and row.

    >>> dense(2, 3, 5)
    60.0
    """
    return 2.0 * rows * sum(a * b for a, b in zip(widths, widths[1:], strict=False))


def training(rows: int, *widths: int) -> float:
    """Operations of a chain of linear layers, forward and backward.

    The backward pass has two products as large as the forward one, for the weight and for the input. The
    first layer's input is data, which needs no gradient.

    >>> training(2, 3, 5)                               # 60 forward, 60 for the weight
    120.0
    >>> training(1, 2, 3, 4)                            # 12 + 24, twice, and 24 once more
    96.0
    """
    return 2 * dense(rows, *widths) + dense(rows, *widths[1:])


def convolution(batch: int, channels: tuple[int, int], kernel: int, out: tuple[int, int]) -> float:
    """Operations of a two-dimensional convolution, forward, counted directly: no transform saves any.

    >>> convolution(1, (2, 3), 3, (4, 4))               # 16 places, each 3 x 18 products and sums
    1728.0
    """
    return 2.0 * batch * channels[0] * channels[1] * kernel**2 * out[0] * out[1]


def recurrence(batch: int, steps: int, wide: int, hidden: int, gates: int) -> float:
    """Operations of a recurrent layer, forward and backward.

    Each of its steps multiplies the input and the state by the weights of every gate. Neither the input nor
    the state before the first step needs a gradient.

    >>> recurrence(1, 1, 2, 3, 4)                       # 48 for the input, 72 for the state, each twice
    240.0
    >>> recurrence(1, 2, 2, 3, 4)                       # the second state's gradient goes to the first
    552.0
    """
    inputs, states = dense(batch, wide, gates * hidden), dense(batch, hidden, gates * hidden)
    return steps * (2 * inputs + 3 * states) - states
