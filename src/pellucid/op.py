"""What is known about one operation: its body, its rule, its faster twins and its sample inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .signature import legacy_rule
from .tensor import Tensor

ALL = ((-1, None),)                                              # of drops: every input
REGISTRY: dict[str, Op] = {}                                     # every op by name; feeds the automatic tests


class Op:
    """One operation. `engine.op` makes it from a body, the body's `.vjp` attaches the rule."""

    def __init__(self, body: Callable, samples: Any, promote: str | None, view: bool,
                 primitive: bool, hides: bool = False) -> None:
        code = body.__code__
        last = code.co_argcount + code.co_kwonlyargcount
        self.name = body.__name__
        self.body = self.forward = body                          # forward may become a kernel
        self.rule: Any = None
        self.rule_twin: Any = None                               # the rule, or a kernel where one is faster
        self.kernels: dict[str, Callable] = {}
        self.rule_kernels: dict[str, Callable] = {}
        self.samples, self.promote, self.view, self.primitive = samples, promote, view, primitive
        self.hides = hides
        self.variadic = bool(code.co_flags & 0x04)               # body(*xs, dim=0)
        self.names = code.co_varnames[:code.co_argcount]
        self.keywords = frozenset(code.co_varnames[code.co_argcount:last])
        self.defaults = body.__defaults__ or ()
        self.drops: tuple = ()                                   # what the rule does not read, see vjp
        self.keeps_y = self.asks_needs = self.reads_nothing = False
        self.through_body = False                                # does create_graph go through the body?
        self.computes_again = False                              # y, where it was changed in place
        self.call: Any = None
        REGISTRY[self.name] = self

    def __repr__(self) -> str:
        return f"<op {self.name}>"

    def vjp(self, rule: Callable | None = None, **only_for: str) -> Callable:
        """Attach the derivative: rule(g, y, saved, *inputs, **params) gives dL/d(input) for each input.

        It returns fresh arrays, or g, or views of g (one alone, or a tuple; what is missing at the end or
        None is no gradient). An argument with a leading underscore is not read, so its data is not kept (it
        comes as None) and may be changed in place before backward. A rule with a keyword `needs` learns for
        which inputs a gradient is wanted. `@mul.vjp(x="y", y="x")` says that x is read for dy only, and y
        for dx only: then x is not kept where y is a constant, as in `x *= 2`.
        """
        if rule is None:
            return lambda rule: self.vjp(rule, **only_for)
        code = rule.__code__
        last = code.co_argcount + code.co_kwonlyargcount
        if self.variadic:                                        # *_xs: none of them is read
            self.drops = ALL if code.co_varnames[last].startswith("_") else ()
        else:
            names = code.co_varnames[3:code.co_argcount]
            unread = {i: None for i, name in enumerate(names) if name.startswith("_")}
            partly = {self.names.index(x): self.names.index(y) for x, y in only_for.items()}
            self.drops = tuple({**unread, **partly}.items())
            self.reads_nothing = len(unread) == len(self.names)  # not one of its inputs
        self.keeps_y = not code.co_varnames[1].startswith("_")
        self.asks_needs = "needs" in code.co_varnames[code.co_argcount:last]
        self.rule = legacy_rule(rule)
        return rule

    def vjp_on_arrays(self, rule: Callable) -> Callable:
        """Attach a rule that runs on arrays alone (loops, writing into arrays).

        With create_graph=True the gradients come through the graph that the body leaves on Tensors, so that
        they can be differentiated again. All inputs are kept for that.
        """
        self.vjp(rule)
        self.drops, self.reads_nothing, self.through_body = (), False, True
        return rule

    def kernel(self, name: str, fits: Callable[..., bool] | None = None, least: int = 0) -> Callable:
        """Attach a twin of the body: same signature, same result, faster.

        It runs in place of the body where fits(*inputs, **params), and the first input has `least` elements
        or more: a measured number. Without `fits` it is only kept, in `kernels`.
        """
        def attach(twin: Callable) -> Callable:
            self.kernels[name] = twin
            if fits is not None:
                self.kernels[name] = _choice(twin, self.body, fits, 0)
                self.forward = _choice(twin, self.forward, fits, least)
            return twin
        return attach

    def vjp_kernel(self, name: str, fits: Callable[..., bool], least: int = 0) -> Callable:
        """Attach a twin of the rule in the same way; fits(g, y, saved, *inputs, **params), and g is counted.

        Under create_graph the rule runs, on Tensors.
        """
        def attach(twin: Callable) -> Callable:
            def rule(*args: Any, **params: Any) -> Any:          # whatever it is by then
                return self.rule(*args, **params)
            self.rule_kernels[name] = _choice(twin, rule, fits, 0)
            self.rule_twin = _choice(twin, rule, fits, least)
            return twin
        return attach

    def on(self, *inputs: Any, **params: Any) -> Any:
        """Run on whatever came, for use in rules: arrays give an array, with a Tensor among them a Tensor."""
        for value in inputs:
            if isinstance(value, Tensor):
                return self.call(*inputs, **params)
        return self.forward(*inputs, **params)[0]


def _choice(twin: Callable, slow: Callable, fits: Callable[..., bool], least: int) -> Callable:
    """The twin for what it fits and is worth it for, else the function that it is a twin of."""
    def run(x: Any, *rest: Any, **params: Any) -> Any:
        first = x[0] if x.__class__ is tuple else x              # slopes of several outputs
        if first.__class__ is np.ndarray and first.size >= least and fits(x, *rest, **params):
            return twin(x, *rest, **params)
        return slow(x, *rest, **params)
    return run
