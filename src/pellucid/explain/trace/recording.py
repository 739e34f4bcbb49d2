"""Trace: what was recorded, and what can be asked of it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...tensor import OpError, Tensor
from .hooks import Hooks
from .places import users
from .recorder import Recorder

if TYPE_CHECKING:
    from ...nn import Module
    from .why import Explanation

_running: list[str] = []                                         # where the trace that runs was begun
_lock = threading.Lock()


class Trace:
    """A record of ops, rules and updates, in the order in which they happened. `trace` makes one.

    keep:  how many numbers are kept: "small" (of arrays up to 65536 elements; of larger ones a summary and a
           corner), "all", or a number of elements in place of 65536. With "small" or a number no more than
           64 MiB are kept in all.
    limit: how many steps are recorded; what comes after is counted and left out.
    title: the heading of the page
    """

    def __init__(self, *, keep: str | int = "small", limit: int = 5000, title: str = "Trace",
                 steps: int | None = None) -> None:
        if keep not in ("small", "all") and not (type(keep) is int and keep >= 0):
            raise OpError(f"trace: keep must be 'small', 'all' or a number of elements, got {keep!r}")
        for name, value in (("limit", limit), ("steps", steps)):
            if not (name == "steps" and value is None or isinstance(value, int) and value >= 1):
                raise OpError(f"trace: {name} must be a whole number from 1, got {value!r}")
        self.title = title
        self._keep, self._limit, self._wanted = keep, limit, steps
        self._recorder: Recorder | None = None
        self._hooks: Hooks | None = None
        self.answered: Any = None                                # what `why` need not find out again

    # Recording

    def __enter__(self) -> Trace:
        if self._recorder is not None:
            raise RuntimeError("trace: this trace has been recorded already; begin another with trace()")
        user = users(sys._getframe(1))
        place = f"{os.path.basename(user.f_code.co_filename)}, line {user.f_lineno}" if user else "elsewhere"
        with _lock:
            if _running:
                raise RuntimeError(f"trace: another trace is running, begun in {_running[0]}; there can "
                                   "be one at a time")
            _running.append(place)
        self._recorder = recorder = Recorder(self._keep, self._limit)
        recorder.wanted, recorder.stop = self._wanted, self.stop
        self._hooks = Hooks(recorder)
        try:
            self._hooks.install()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Record no more. The end of the `with` block does it, and the last of the steps asked for."""
        if self._hooks is not None:
            self._hooks.remove()
            self._hooks = None
            _running.clear()

    @property
    def running(self) -> bool:
        """Is it still recording?"""
        return self._hooks is not None

    @property
    def recorder(self) -> Recorder:
        """What was noted.

        Raises:  RuntimeError for a trace that has recorded nothing yet.
        """
        if self._recorder is None:
            raise RuntimeError("trace: nothing has been recorded yet; use `with trace() as t:`, or "
                               "trace(model, x, y, loss)")
        return self._recorder

    # Reading

    def __repr__(self) -> str:
        if self._recorder is None:
            return "<trace, nothing recorded yet>"
        phases = self.order()
        told = ", ".join(f"{len(phases[name])} {name}" for name in ("forward", "backward", "update"))
        return f"<trace of {len(self.recorder.events)} steps: {told}>"

    def __len__(self) -> int:
        return len(self.recorder.events)

    def order(self) -> dict[str, list[int]]:
        """The numbers of the steps of each phase, in the order in which they happened."""
        from .order import phases

        return phases(self.recorder.events)

    def table(self, first: int | None = None) -> str:
        """The steps as lines of text, all or the first so many."""
        from .as_json import cut
        from .table import table

        return table(self.to_json(budget=0) | {"cut": cut(self)}, first)

    def to_json(self, budget: int | None = 1_000_000) -> dict[str, Any]:
        """The whole record as what JSON can hold; `json.dumps` makes text of it.

        budget: how many bytes the arrays' numbers may take as text: the smallest arrays come first, of the
                others there is a corner. None gives all that was kept.
        """
        from .as_json import as_json

        return as_json(self, budget)

    def to_html(self, path: str | os.PathLike[str], budget: int | None = 1_000_000) -> None:
        """Write one page that shows everything and works offline, whole or not at all.

        budget: see to_json
        Raises:  FileNotFoundError where the folder does not exist.
        """
        from ...io import write_text
        from .page import html

        write_text(path, html(self.to_json(budget)))

    def _repr_html_(self) -> str:
        """A notebook shows the page in a frame of its own."""
        import html as entities

        from .page import html

        return (f'<iframe title="{entities.escape(self.title)}" style="width:100%;height:640px;border:0" '
                f'srcdoc="{entities.escape(html(self.to_json()))}"></iframe>')

    def why(self, tensor: Tensor | str, index: Any = None, *, paths: int = 3) -> Explanation:
        """Say where one number came from: print the answer, or read it.

        tensor: a recorded tensor: a result, an input, a parameter's .grad; or the name of its value
        index:  which element; a scalar needs none
        paths:  how many ways through the network are shown: the strongest

        Raises:  ValueError for a tensor that was not recorded, IndexError for an element that there is not.
        """
        from .why import explain

        deaf, self.recorder.deaf = self.recorder.deaf, True      # the ops that it calls are no steps
        try:
            return explain(self, tensor, index, paths)
        finally:
            self.recorder.deaf = deaf


def trace(model: Module | None = None, x: Any = None, y: Any = None,
          loss: Callable[..., Tensor] | None = None, *, keep: str | int = "small", limit: int = 5000,
          title: str | None = None) -> Trace:
    """Record what is computed: `with trace() as t: ...`, or of one call, `trace(model, x, y, loss)`.

        forward   output = model(x)             x may be a tuple of several inputs
                  value  = loss(output, y)      loss(output) where y is None
        backward  value.backward()              if there is a loss

    While it runs each op costs about as much again; otherwise it costs nothing. One trace runs at a time, and
    it hears the thread that began it.

    keep, limit, title: see Trace

    Raises:  RuntimeError if a trace runs already; whatever the model raises, with all put back.
    >>> from pellucid import nn, tensor
    >>> t = trace(nn.Tanh(), tensor([0.5]))
    >>> t
    <trace of 1 steps: 1 forward, 0 backward, 0 update>
    """
    if model is None:
        if x is not None or y is not None or loss is not None:
            raise TypeError("trace: x, y and loss go with a model: trace(model, x, y, loss)")
        return Trace(keep=keep, limit=limit, title=title or "Trace")
    if not callable(model):
        raise TypeError(f"trace: model must be a module or a function, got {type(model).__name__}")
    if loss is not None and (not callable(loss) or isinstance(loss, type)):
        kind = f"the class {loss.__name__} itself" if isinstance(loss, type) else type(loss).__name__
        raise TypeError(f"trace: loss must be a function of (output, y), got {kind}")
    if x is None or y is not None and loss is None:
        missing = "a model needs x" if x is None else "y is for a loss, and there is none"
        raise TypeError(f"trace: {missing}")
    recorded = Trace(keep=keep, limit=limit, title=title or f"Trace of {type(model).__name__}")
    inputs = x if isinstance(x, tuple) else (x,)
    with recorded:
        names = ["x"] if len(inputs) == 1 else [f"x{i}" for i in range(len(inputs))]
        for name, value in [*zip(names, inputs, strict=True), ("y", y)]:
            if isinstance(value, Tensor):
                recorded.recorder.names.called(value, name)
        output = model(*inputs)
        if loss is not None:
            value = loss(output) if y is None else loss(output, y)
            value.backward()
    return recorded

