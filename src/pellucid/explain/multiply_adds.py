"""Count the multiply-adds of what is computed inside: products of matrices, convolutions, recurrent steps.

One multiply-add is one product and the sum it goes into: a (2, 3) times a (3, 4) takes 2 * 4 * 3 = 24. What
is done number by number (activations, biases, normalisation, softmax) is left out, as it is by custom: it is
a small part of the work of most networks.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..op import REGISTRY, Op


def _matmul(y: Any, x: Any, *_: Any) -> int:
    return y[0].size * x.shape[-1]


def _linear(y: Any, _x: Any, weight: Any, *_: Any) -> int:
    return y[0].size * weight.shape[-1]


def _bilinear(y: Any, _x1: Any, _x2: Any, weight: Any, *_: Any) -> int:
    return y[0].size * math.prod(weight.shape[1:])


def _windows(y: Any, _x: Any, weight: Any, *_: Any) -> int:
    return y[0].size * math.prod(weight.shape[1:])               # each output reads C / groups windows


def _windows_back(_y: Any, x: Any, weight: Any, *_: Any) -> int:
    return x.size * math.prod(weight.shape[1:])                  # transposed: each input writes to windows


def _attention(y: Any, q: Any, k: Any, v: Any, *_: Any) -> int:
    n_scores = y[0].size // max(v.shape[-1], 1) * k.shape[-2]    # leading dimensions, L and S
    return n_scores * (q.shape[-1] + v.shape[-1])


def _recurrent(_y: Any, x: Any, *rest: Any) -> int:
    weights = [w for w in rest if w is not None and w.ndim == 2]
    return x.shape[0] * sum(w.size for w in weights)


def _lstm(y: Any, x: Any, _h0: Any, _c0: Any, *rest: Any) -> int:
    return _recurrent(y, x, *rest)


def _rnn(y: Any, x: Any, _h0: Any, *rest: Any) -> int:
    return _recurrent(y, x, *rest)


COUNTS: dict[str, Callable] = {
    "matmul": _matmul, "linear": _linear, "bilinear": _bilinear, "convolution": _windows,
    "convolution_input": _windows_back, "attention": _attention, "rnn_layer": _rnn, "gru_layer": _rnn,
    "lstm_layer": _lstm}


@contextlib.contextmanager
def counting(tell: Callable[[int], Any]) -> Iterator[None]:
    """Inside, call tell(n) at each op that takes n multiply-adds; ops within ops are not counted again."""
    inside = [False]

    def counted(op: Op, forward: Callable, count: Callable) -> Callable:
        def run(*inputs: Any, **params: Any) -> Any:
            if inside[0]:
                return forward(*inputs, **params)
            inside[0] = True
            try:
                y, saved = forward(*inputs, **params)
            finally:
                inside[0] = False
            tell(int(count([np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))], *inputs)))
            return y, saved
        return run

    ops = {REGISTRY[name]: count for name, count in COUNTS.items()}
    before = {op: op.forward for op in ops}
    try:
        for op, count in ops.items():
            op.forward = counted(op, before[op], count)
        yield
    finally:
        for op, forward in before.items():
            op.forward = forward
