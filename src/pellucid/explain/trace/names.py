"""Names for what a trace meets: modules by their paths, parameters, inputs, and everything else."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ...nn import Module
from ...nn.parameter import Parameter
from ...tensor import Tensor
from .memory import Memory
from .places import ROOT, name_of, users

IN_PLACE = vars(Tensor)["add_"].__code__                         # of all methods that write into x


class Place:
    """A module as it was met: its path, and the number of the module it is in."""

    def __init__(self, path: str, module: Module, parent: int) -> None:
        self.path, self.module, self.parent = path, module, parent


class Names:
    """The modules and the named tensors of one trace."""

    def __init__(self, memory: Memory, steps_of: dict[int, int], outputs_of: Callable) -> None:
        self.memory = memory
        self.steps_of, self.outputs_of = steps_of, outputs_of    # of a Node's number, of a step
        self.module = -1                                         # the module that runs now
        self.places: list[Place] = []
        self._numbers: dict[int, int] = {}                       # id(module) -> its place
        self._tensors: dict[int, tuple[Tensor, str, str, int]] = {}   # id -> it, name, role, module
        self._given: dict[int, tuple[Tensor, str]] = {}          # inputs of the outermost module
        self._n_roots = 0

    # Modules

    def enter(self, module: Module, args: tuple, kwargs: dict) -> int:
        """The number of a module that is called now."""
        found = self._numbers.get(id(module))
        if found is None:
            found = self._root(module)
        if self.module < 0:
            self._note_inputs(module, args, kwargs)
        return found

    def _root(self, module: Module) -> int:
        """Take up a module that is not part of one known, with all below it."""
        kind, inside = type(module).__name__, self.module
        prefix = "" if not self._n_roots else kind
        if inside >= 0:                                          # made while the other ran
            prefix = ".".join(filter(None, (self.places[inside].path, kind)))
        taken = {place.path for place in self.places}
        n, wanted = 2, prefix
        while prefix in taken:
            prefix, n = f"{wanted} {n}", n + 1
        self._n_roots += inside < 0
        first = len(self.places)
        by_path: dict[str, int] = {}
        for path, each in module.named_modules():
            if id(each) in self._numbers:                        # called by itself before
                by_path[path] = self._numbers[id(each)]
                continue
            parent = by_path.get(path.rpartition(".")[0], -1) if path else inside
            by_path[path] = self._numbers[id(each)] = len(self.places)
            self.places.append(Place(".".join(filter(None, (prefix, path))), each, parent))
        for number in range(first, len(self.places)):
            self._note_tensors(number)
        return by_path[""]

    def _note_tensors(self, number: int) -> None:
        place = self.places[number]
        for role, tensors in (("parameter", place.module._parameters), ("buffer", place.module._buffers)):
            for name, tensor in tensors.items():
                if tensor is not None and id(tensor) not in self._tensors:
                    full = ".".join(filter(None, (place.path, name)))
                    self._tensors[id(tensor)] = tensor, full, role, number

    def _note_inputs(self, module: Module, args: tuple, kwargs: dict) -> None:
        """Call what the outermost module is given by the names of its forward."""
        self._given.clear()
        names: Iterator[str] = iter(())
        if any(isinstance(value, Tensor) for value in args):
            names = iter(inspect.signature(module.forward).parameters)
        for name, value in [*zip(names, args), *kwargs.items()]:  # noqa: B905 (*args has one name)
            if isinstance(value, Tensor):
                self._given[id(value)] = value, name

    def home(self, tensor: Tensor) -> int:
        """The module that a parameter belongs to, -1 if none."""
        found = self._tensors.get(id(tensor))
        return found[3] if found is not None else -1

    # Tensors

    def called(self, tensor: Tensor, name: str, role: str = "input") -> None:
        """Give a tensor its name beforehand."""
        self._tensors[id(tensor)] = tensor, name, role, -1

    def first_seen(self, array: np.ndarray, frame: Any) -> int:
        """Take up an input that no recorded step made; `frame` is the call's own, which has the Tensor."""
        for value in frame.f_locals["inputs"]:
            if isinstance(value, Tensor) and value._data is array:
                return self._take(value, frame)
        return self._named(array, "", "constant")

    def tensor(self, tensor: Tensor, frame: Any) -> int:
        """The value of a tensor, taken up if it is not known."""
        number = self.memory.known(tensor._data)
        return self._take(tensor, frame) if number < 0 else number

    def _take(self, tensor: Tensor, frame: Any) -> int:
        array = tensor._data
        if tensor._base is not None:                             # an alias, or a view that was written to
            number = self.memory.sharing(array)
            if number >= 0:
                self.memory.holds(array, number)
                return number
        number = self._copied(tensor, frame)
        if number >= 0:
            self.memory.holds(array, number)
            return number
        known = self._tensors.get(id(tensor))
        if known is not None and known[0] is tensor:
            return self._named(array, known[1], known[2])
        before = self.memory.before(array)
        if before >= 0 and self.memory.value(before).role:      # changed behind our back
            old = self.memory.value(before)
            return self._named(array, old.name, old.role)
        name = name_of(tensor, users(frame))
        given = self._given.get(id(tensor))
        if not name and given is not None and given[0] is tensor:
            name = given[1]
        leaf = isinstance(tensor, Parameter) or tensor._tracked and tensor._node is None
        role = "parameter" if leaf else "input" if name else "constant"
        if name:
            self._tensors[id(tensor)] = tensor, name, role, -1
        return self._named(array, name, role)

    def _copied(self, tensor: Tensor, frame: Any) -> int:
        """The value that a tensor holds in another array than the one that its step made; -1 if it does not.

        Memory is put into another order for its user, and `x *= y` reads a copy of x as it was.
        """
        node = tensor._node
        step = self.steps_of.get(getattr(getattr(node, "node", node), "number", -1))
        if step is not None:
            number = self.outputs_of(step)[getattr(node, "index", 0)]
            if self.memory.alike(number, tensor._data):
                return number
        caller = frame.f_back
        while caller is not None and caller.f_code is not IN_PLACE:
            caller = caller.f_back if caller.f_code.co_filename.startswith(ROOT) else None
        if caller is not None:
            number = self.memory.known(caller.f_locals["self"]._data)
            if number >= 0 and self.memory.alike(number, tensor._data):
                return number
        return -1

    def _named(self, array: np.ndarray, name: str, role: str) -> int:
        number = self.memory.add(array)
        value = self.memory.value(number)
        value.name, value.role = name, role
        return number

    def written(self, tensor: Tensor, number: int) -> None:
        """A named tensor holds the result of an op now: the value goes by its name."""
        known = self._tensors.get(id(tensor))
        if known is not None and known[0] is tensor:
            self.memory.value(number).name, self.memory.value(number).role = known[1:3]

    def changed(self, tensor: Tensor, number: int) -> None:
        """An optimiser gave a parameter another value."""
        known = self._tensors.get(id(tensor))
        value = self.memory.value(number)
        value.name, value.role = (known[1] if known is not None else ""), "parameter"

    def parameter(self, tensor: Tensor) -> int:
        """The value of a parameter that an optimiser or a backward pass comes to."""
        number = self.memory.known(tensor._data)
        if number < 0:
            known = self._tensors.get(id(tensor))
            if known is None:
                known = tensor, name_of(tensor, users(sys._getframe(1))), "parameter", -1
                self._tensors[id(tensor)] = known
            number = self._named(tensor._data, known[1], "parameter")
        return number

    def gradient(self, leaf: Tensor, number: int) -> None:
        """A value is the gradient of a leaf."""
        value = self.memory.value(number)
        value.of, value.role = self.parameter(leaf), "gradient"

    def gradient_of(self, leaf: Tensor) -> int:
        """The value that leaf.grad holds, -1 for none; it may have been changed since backward."""
        if leaf._grad is None:
            return -1
        number = self.memory.known(leaf._grad._data)
        if number < 0:
            number = self.memory.add(leaf._grad._data)
            self.gradient(leaf, number)
        elif self.memory.value(number).of is None:               # the result of an op: clipped, for instance
            self.memory.value(number).of = self.parameter(leaf)
        return number
