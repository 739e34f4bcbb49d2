"""Local derivatives of recorded steps: from the inputs as they were, by the op's own rule.

    row      dy[k] / dx           the rule, given 1 at k and 0 elsewhere
    column   dy / dx[j]           the rule is linear in g: the derivative of its result's element j by g
"""

from __future__ import annotations

import numpy as np

from ...autograd import enable_grad, grad
from ...op import Op
from ...tensor import OpError, Tensor, wrap
from .recorder import Call, Recorder

MOST_ROWS = 4096                                                 # asked one by one where a rule hides its g


class Factors:
    """The recorded forward steps, called again where a derivative is wanted."""

    def __init__(self, recorder: Recorder, names: list[str]) -> None:
        self.recorder, self.names = recorder, names
        self._again: dict[int, tuple[list, list]] = {}

    def array(self, number: int) -> np.ndarray:
        """The numbers of a value.

        Raises:  ValueError where they were not kept.
        """
        value = self.recorder.memory.value(number)
        if value.data is None:
            raise OpError(f"why: the numbers of {self.names[number]}, of shape {value.shape}, were not kept; "
                          "trace(keep='all') keeps them")
        return value.array

    def again(self, step: int) -> tuple[list, list]:
        """The inputs of a step as leaves (None where there is no derivative), and its outputs from these."""
        if step not in self._again:
            event: Call = self.recorder.events[step]
            leaves: list = []
            given: list = []
            for entry in event.inputs:
                value = wrap(np.array(self.array(entry))) if isinstance(entry, int) else entry[0]
                if isinstance(entry, int) and value._data.dtype.kind == "f":
                    value.requires_grad_()
                    leaves.append(value)
                else:
                    leaves.append(None)
                given.append(value)
            call = event.what.call if isinstance(event.what, Op) else event.what.apply
            with enable_grad():
                made = call(*given, **event.params)
            outs = [out for out in (made if isinstance(made, tuple) else (made,)) if isinstance(out, Tensor)]
            self._again[step] = leaves, outs
        return self._again[step]

    def pull(self, step: int, gs: list) -> list[np.ndarray | None]:
        """The gradients of a step's inputs for gradients of its outputs (None: none came)."""
        leaves, outs = self.again(step)
        chosen = [leaf for leaf in leaves if leaf is not None]
        pairs = [(out, wrap(g)) for out, g in zip(outs, gs, strict=True)
                 if g is not None and out.requires_grad]
        if not chosen or not pairs:
            return [None] * len(leaves)
        ys, slopes = zip(*pairs, strict=True)
        found = iter(grad(list(ys), chosen, list(slopes), retain_graph=True, allow_unused=True))
        made = [None if leaf is None else next(found) for leaf in leaves]
        return [None if g is None else g._data for g in made]

    def column(self, step: int, position: int, place: int) -> list[np.ndarray | None]:
        """For each output, the derivative of all its elements by one element of an input."""
        leaves, outs = self.again(step)
        leaf = leaves[position]
        found: list[np.ndarray | None] = [None] * len(outs)
        for i, out in enumerate(outs):
            if leaf is not None and out.requires_grad:
                found[i] = self._column(out, leaf, place)
        return found

    def _column(self, out: Tensor, leaf: Tensor, place: int) -> np.ndarray | None:
        g = wrap(np.zeros_like(out._data)).requires_grad_()
        try:
            with enable_grad():
                slope, = grad([out], [leaf], [g], create_graph=True, allow_unused=True)
                if slope is None:
                    return None
                if slope.requires_grad:
                    column, = grad([slope.reshape(-1)[place]], [g], allow_unused=True, retain_graph=True)
                    if column is not None:
                        return column._data
        except (RuntimeError, TypeError, NotImplementedError):   # a backward that leaves the graph
            pass
        return _row_by_row(out, leaf, place)


def _row_by_row(out: Tensor, leaf: Tensor, place: int) -> np.ndarray:
    """The same by as many calls of the rule as the output has elements."""
    if out._data.size > MOST_ROWS:
        raise OpError(f"why: the backward of a step with {out._data.size} outputs cannot be differentiated, "
                      f"and one by one is for {MOST_ROWS} at the most")
    column = np.zeros_like(out._data)
    flat = column.reshape(-1)
    for k in range(flat.size):
        g = np.zeros_like(out._data)
        g.reshape(-1)[k] = 1
        slope, = grad([out], [leaf], [wrap(g)], retain_graph=True, allow_unused=True)
        flat[k] = 0 if slope is None else slope._data.reshape(-1)[place]
    return column
