"""Ways through the record: products of local derivatives from one element to another.

    dL/dx[j] = sum over ways of the product of the local derivatives along the way

A way begins at x[j] and goes up, to an element of a result that x[j] went into, and on until L. What all
ways through an element are worth together is known beforehand: (product so far) times (dL/d element). So the
search always goes on with the piece that is worth most, and says what share of the whole it has found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import Any, Protocol

import numpy as np

BRANCHES, VISITS = 6, 400                                        # the strongest elements of a step; in all


@dataclass(frozen=True)
class Link:
    """One factor: the derivative of an element of a step's output by an element of its input."""

    step: int                                                    # the forward step
    output: int                                                  # a value
    output_place: int                                            # flat
    input: int
    input_name: str
    input_place: int
    factor: float


@dataclass
class Way:
    """A chain of factors from an element up to the end, and their product."""

    links: list[Link] = field(default_factory=list)
    product: float = 1.0                                         # with the gradient at the end: 1 for a loss
    end: float = 1.0


class Graph(Protocol):
    """What the search walks on: states that lead to others."""

    def worth(self, state: Any) -> float | None:
        """The gradient at the end if the state is one, else None."""

    def onwards(self, state: Any) -> Iterator[tuple[Link | None, Any, float]]:
        """The links from a state, the states that they lead to, and dL/d of these."""


def strongest(graph: Graph, start: Any, wanted: int) -> list[Way]:
    """The ways from a state that are worth most, strongest first."""
    found: list[Way] = []
    order, visits = count(), 0
    heap: list = [(0.0, next(order), start, (), 1.0)]
    while heap and len(found) < wanted and visits < VISITS:
        _, _, state, links, product = heappop(heap)
        end = graph.worth(state)
        if end is not None:
            found.append(Way(list(links), product * end, end))
            continue
        visits += 1
        for link, following, slope in graph.onwards(state):
            onwards = product * (1.0 if link is None else link.factor)
            worth = -abs(onwards * slope)
            heappush(heap, (0.0 if worth != worth else worth, next(order), following,
                            links if link is None else (*links, link), onwards))
    return sorted(found, key=lambda way: -abs(way.product))


def largest(worths: np.ndarray) -> list[int]:
    """The places of the largest magnitudes, but for zeros."""
    flat = np.abs(np.nan_to_num(worths.reshape(-1), nan=np.inf))
    if flat.size > BRANCHES:
        chosen = np.argpartition(flat, -BRANCHES)[-BRANCHES:]
    else:
        chosen = np.arange(flat.size)
    return [int(i) for i in chosen[np.argsort(-flat[chosen], kind="stable")] if flat[i] > 0]
