"""What one step computed: every recorded operation with its arrays, its module and the user's line.

A Node says which operation made a tensor, and from what. It does not say which module called it, on which
line, and it lets go of arrays that no rule reads. While a Recorder is on, a Call is kept beside each Node.
"""

from __future__ import annotations

import linecache
import os
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping
from textwrap import shorten
from typing import Any

import numpy as np

from ...nn.hooks import register_module_forward_hook, register_module_forward_pre_hook
from ...node import Node, node_of
from ...tensor import Tensor

PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) + os.sep
# Folders of the package that use it as a person does: their lines are worth showing.
USERS = tuple(os.path.join(PACKAGE, name) + os.sep for name in ("recipes", "models"))
# Operations that hand the values on, though not always all of them and not always in their places.
VIEWS = {"reshape", "view", "transpose", "permute", "squeeze", "unsqueeze", "getitem", "cast", "clone",
         "drop",
         "drop_to_floor", "backward_gate", "row_major", "flatten", "expand", "swapaxes"}


def line_of_user() -> tuple[str, int]:
    """File and number of the innermost line that is not part of the library, ("", 0) if there is none."""
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if not path.startswith("<") and (not path.startswith(PACKAGE) or path.startswith(USERS)):
            return path, frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return "", 0


def shown_line(place: tuple[str, int]) -> str:
    """A place as text: the file's name, the number, and what stands there.

    >>> shown_line(("", 0))
    ''
    """
    path, number = place
    if not path:
        return ""
    text = shorten(linecache.getline(path, number).strip(), 90, placeholder=" ...")
    return f"{os.path.basename(path)}:{number}" + (f"   {text}" if text else "")


class Call:
    """One recorded operation."""

    __slots__ = ("op", "number", "arrays", "edges", "params", "y", "modules", "place")

    def __init__(self, node: Node, arrays: list, edges: list, y: Any, modules: tuple, place: tuple) -> None:
        self.op, self.number, self.params = node.op.name, node.number, node.params
        self.arrays, self.edges, self.y = arrays, edges, y
        self.modules, self.place = modules, place              # the modules it was called in, outermost first

    def __repr__(self) -> str:
        return f"<{self.op} {np.shape(self.y)} in {self.path or 'no module'}>"

    @property
    def path(self) -> str:
        """The path of the innermost module, from the outermost one."""
        if not self.modules:
            return ""
        root, inner = self.modules[0], self.modules[-1]
        return next((name for name, module in root.named_modules() if module is inner), type(inner).__name__)

    @property
    def layer(self) -> str:
        """The innermost module in words: its path and its class."""
        if not self.modules:
            return ""
        kind = type(self.modules[-1]).__name__
        return f"{self.path} ({kind})" if self.path else kind

    @property
    def line(self) -> str:
        return shown_line(self.place)


class Recorder:
    """Keeps a Call beside every Node while it is on."""

    def __init__(self) -> None:
        self.calls: dict[int, Call] = {}
        self.older: dict[int, Call] = {}                       # of the step before: a GAN's samples serve two
        self.modules: list[Any] = []                            # those that are being called, outermost first
        self.outputs: list[tuple[Any, tuple, Any]] = []       # of outermost modules: (module, inputs, output)
        self._off: list[Any] = []
        self._init: Any = None

    def start(self) -> None:
        """Begin to record."""
        if self._init is not None:
            return
        self._init = Node.__init__
        Node.__init__ = self._noting(self._init)                 # type: ignore[method-assign]
        self._off = [register_module_forward_pre_hook(self._enter).remove,
                     register_module_forward_hook(self._leave, always_call=True).remove]

    def stop(self) -> None:
        """Record no more. What was recorded stays."""
        if self._init is not None:
            Node.__init__ = self._init                           # type: ignore[method-assign]
            self._init = None
            for off in self._off:
                off()
        self.modules = []

    def forget(self) -> None:
        """A step is over: forget what was recorded before it began."""
        self.calls, self.older, self.outputs = {}, self.calls, []

    def __enter__(self) -> Recorder:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _noting(self, init: Any) -> Any:
        def noting(node: Node, op: Any, inputs: Any, raw: Any, edges: list, params: dict, saved: Any,
                   y: Any) -> None:
            arrays = list(raw)                                   # the Node drops those that no rule reads
            init(node, op, inputs, raw, edges, params, saved, y)
            self.calls[node.number] = Call(node, arrays, edges, y, tuple(self.modules), line_of_user())
        return noting

    def _enter(self, module: Any, _inputs: Any) -> None:
        self.modules.append(module)

    def _leave(self, module: Any, inputs: Any, output: Any) -> None:
        while self.modules and self.modules.pop() is not module:
            pass
        if not self.modules and isinstance(output, Tensor):
            self.outputs.append((module, inputs, output))

    def graph(self, loss: Tensor) -> Graph:
        """The recorded calls that a loss was computed from."""
        return Graph(loss, ChainMap(self.calls, self.older), list(self.outputs))


class Graph:
    """The calls that a loss was computed from, in the order in which they were made."""

    def __init__(self, loss: Tensor, calls: Mapping[int, Call], outputs: list) -> None:
        self.loss = float(np.asarray(loss._data).mean()) if loss._data.size else float("nan")
        self.outputs, self.known = outputs, calls
        self.leaves: dict[int, Tensor] = {}                      # the tensors it depends on, by id
        self.first_use: dict[int, Call] = {}                     # of each leaf
        self.unknown = False                                     # were some operations made unrecorded?
        found, waiting, seen = [], [node_of(loss._node)], set()
        while waiting:
            node = waiting.pop()
            if node is None or id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, Tensor):
                self.leaves[id(node)] = node
                continue
            if node.number in calls:
                found.append(calls[node.number])
            else:
                self.unknown = True
            waiting += [node_of(edge) for edge in node.edges]
        self.calls = sorted(found, key=lambda call: call.number)
        self.by_number = {call.number: call for call in self.calls}
        for call in self.calls:
            for edge in call.edges:
                if isinstance(edge, Tensor):
                    self.first_use.setdefault(id(edge), call)

    def __iter__(self) -> Iterator[Call]:
        return iter(self.calls)

    def source(self, call: Call, index: int = 0, through: Any = ()) -> Call | None:
        """The call that made an input, past those whose operation is in `through`."""
        while index < len(call.edges):
            node = node_of(call.edges[index])
            made = self.by_number.get(node.number) if isinstance(node, Node) else None
            if made is None or made.op not in through:
                return made
            call, index = made, 0
        return None

    def has(self, tensor: Tensor) -> bool:
        """Does the loss depend on this tensor?"""
        return id(tensor) in self.leaves
