"""Small examples for ops and layers: the smallest shapes first, small whole numbers in them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...nn import functional as F
from ...op import REGISTRY, Op
from ...ops.samples import Case
from ...tensor import Tensor, wrap

LARGEST = 80                                                     # elements of an example


@dataclass(frozen=True)
class Subject:
    """What a backward is written for: a function, the names of its inputs, and their shapes in letters.

    shapes: for each input a string of letters, one for each axis ("NC"), or the value that it has always;
            ints:NC stands for whole numbers below the size of the last letter, as labels are.
    """

    name: str
    call: Callable
    inputs: dict[str, Any]
    params: dict[str, Any]
    sample: dict[str, int]                                       # sizes of the letters that are known to fit
    broadcasts: bool = False                                     # does the engine sum its gradients?

    def chosen(self, inputs: list) -> list[int]:
        """Which of the inputs get a gradient."""
        return [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x._tracked]


def _layer(call: Callable, text: str, /, **params: Any) -> tuple[Callable, str, dict]:
    return call, text, params


# As "name letters": the axes of each input.
LAYERS: dict[str, tuple[Callable, str, dict]] = {
    **dict.fromkeys(("Linear", "linear"), _layer(F.linear, "x NC, weight DC, bias D")),
    **dict.fromkeys(("Conv1d", "conv1d"), _layer(F.conv1d, "x NCH, weight OCK, bias O")),
    **dict.fromkeys(("Conv2d", "conv2d"), _layer(F.conv2d, "x NCHW, weight OCKL, bias O")),
    **dict.fromkeys(("MaxPool2d", "max_pool2d"), _layer(F.max_pool2d, "x NCHW", kernel_size=2)),
    **dict.fromkeys(("AvgPool2d", "avg_pool2d"), _layer(F.avg_pool2d, "x NCHW", kernel_size=2)),
    **dict.fromkeys(("Embedding", "embedding"), _layer(
        lambda weight, index: F.embedding(index, weight), "weight VD, index ints:NV")),
    **dict.fromkeys(("LayerNorm", "layer_norm"), _layer(
        lambda x, weight, bias, eps: F.layer_norm(x, tuple(weight.shape), weight, bias, eps),
        "x NC, weight C, bias C", eps=1e-5)),
    **dict.fromkeys(("RMSNorm", "rms_norm"), _layer(
        lambda x, weight, eps: F.rms_norm(x, tuple(weight.shape), weight, eps), "x NC, weight C", eps=1e-5)),
    **dict.fromkeys(("BatchNorm1d", "batch_norm"), _layer(
        lambda x, weight, bias, eps: F.batch_norm(x, None, None, weight, bias, True, eps=eps),
        "x NC, weight C, bias C", eps=1e-5)),
    **dict.fromkeys(("Softmax", "softmax"), _layer(F.softmax, "x NC", dim=-1)),
    **dict.fromkeys(("LogSoftmax", "log_softmax"), _layer(F.log_softmax, "x NC", dim=-1)),
    **dict.fromkeys(("MSELoss", "mse_loss"), _layer(F.mse_loss, "x NC, target NC")),
    **dict.fromkeys(("L1Loss", "l1_loss"), _layer(F.l1_loss, "x NC, target NC")),
    **dict.fromkeys(("CrossEntropyLoss", "cross_entropy"), _layer(F.cross_entropy, "x NC, target ints:NC")),
    **dict.fromkeys(("NLLLoss", "nll_loss"), _layer(F.nll_loss, "x NC, target ints:NC")),
    **dict.fromkeys(("BCEWithLogitsLoss", "binary_cross_entropy_with_logits"), _layer(
        F.binary_cross_entropy_with_logits, "x N, target N")),
    **dict.fromkeys(("Attention", "scaled_dot_product_attention"), _layer(
        F.scaled_dot_product_attention, "q LD, k SD, v SE")),
    "matmul": _layer(lambda x, y: x @ y, "x NK, y KM"),
    **{name: _layer(getattr(F, low), "x NC") for name, low in (
        ("ReLU", "relu"), ("Sigmoid", "sigmoid"), ("Tanh", "tanh"), ("GELU", "gelu"), ("SiLU", "silu"),
        ("ELU", "elu"), ("LeakyReLU", "leaky_relu"), ("Softplus", "softplus"), ("Mish", "mish"),
        ("gelu", "gelu"))}}


def subjects(name: str) -> list[Subject]:
    """What a name stands for; an op has a subject for each of its samples that differ in their settings.

    Raises:  ValueError for an unknown name, with those that are like it.
    """
    if name in LAYERS:
        call, text, params = LAYERS[name]
        return [Subject(name, call, dict(part.split(" ") for part in text.split(", ")), params, {})]
    op = REGISTRY.get(name)
    if op is None or op.rule is None:
        known = sorted({*LAYERS, *(n for n, o in REGISTRY.items() if o.rule is not None)})
        near = difflib.get_close_matches(str(name), known, 3, 0.5)
        lower = {n.lower(): n for n in known}
        near = [lower[n] for n in difflib.get_close_matches(str(name).lower(), lower, 3, 0.5)] or near
        why = "has no gradient" if op is not None else "is unknown"
        raise ValueError(f"check_backward: the op or layer {name!r} {why}"
                         + (f"; did you mean {' or '.join(map(repr, near))}?" if near else
                            "; pellucid.op.REGISTRY has the names"))
    return [_of_sample(op, case) for case in op.samples or ()]


def _of_sample(op: Op, case: Case) -> Subject:
    """A sample of an op with letters in place of the sizes of its arrays."""
    values = case.inputs(0)
    names = [*op.names, *(f"x{i}" for i in range(len(op.names), len(values)))][:len(values)]
    letters: dict[int, str] = {}
    inputs: dict[str, Any] = {}
    for name, value in zip(names, values, strict=True):
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            inputs[name] = "".join(letters.setdefault(n, chr(ord("A") + len(letters))) for n in value.shape)
        else:
            inputs[name] = (value,)
    return Subject(op.name, op.call, inputs, dict(case.params), {letter: n for n, letter in letters.items()},
                   op.promote is not None)


def examples(subject: Subject) -> Iterator[list]:
    """Inputs of growing size, the differentiable ones in float64: those that the function takes."""
    letters = sorted({letter for shape in subject.inputs.values() if isinstance(shape, str)
                      for letter in shape.removeprefix("ints:")})
    for sizes in _sizes(letters, subject.sample):
        for fill in (_counted, _signed, _fractions):
            inputs = [_made(shape, sizes, fill, k) for k, shape in enumerate(subject.inputs.values())]
            total = sum(x._data.size for x in inputs if isinstance(x, Tensor))
            if (0 < total <= LARGEST or subject.sample == sizes) and _works(subject, inputs):
                yield inputs


def _sizes(letters: list[str], sample: dict[str, int]) -> Iterator[dict[str, int]]:
    """Sizes for the letters: all 1, one of them 2, all 2, all different, those of the sample."""
    ones = dict.fromkeys(letters, 1)
    yield ones
    yield from ({**ones, letter: 2} for letter in letters)
    yield dict.fromkeys(letters, 2)
    different = {letter: k + 2 for k, letter in enumerate(letters)}
    yield different
    yield {**different, **{letter: 4 for letter in letters if letter in "HW"}}
    yield from [sample] if sample else []


def _made(shape: Any, sizes: dict[str, int], fill: Callable, k: int) -> Any:
    """Input k."""
    if not isinstance(shape, str):
        value = shape[0]
        return wrap(value) if isinstance(value, np.ndarray) else value
    if shape.startswith("ints:"):
        *axes, last = list(shape.removeprefix("ints:"))
        count = [sizes[letter] for letter in axes]
        return wrap(np.reshape(np.arange(int(np.prod(count)), dtype=np.int64) % sizes[last], count))
    dims = [sizes[letter] for letter in shape]
    return wrap(np.reshape(fill(int(np.prod(dims, dtype=int)), k), dims)).requires_grad_()


def _counted(count: int, k: int) -> np.ndarray:
    """Whole numbers in an order that is none of the usual, and another one for each input."""
    values = np.arange(1.0, count + 1)
    return np.roll(np.concatenate([values[1::2], values[::2]]), k) + k


def _signed(count: int, k: int) -> np.ndarray:
    """Whole numbers of both signs, without 0."""
    values = _counted(count, k)
    return np.where(values % 2 == k % 2, -values, values) if count > 1 else -values


def _fractions(count: int, k: int) -> np.ndarray:
    """Between 0 and 1, for logarithms and probabilities."""
    return _counted(count, k) / (count + k + 1)


def _works(subject: Subject, inputs: list) -> bool:
    """Does the function take these inputs, and give finite numbers with finite slopes?"""
    try:
        y = first_output(subject.call(*inputs, **subject.params))
        if y is None or not y._tracked or not np.isfinite(y._data).all() or not y._data.size:
            return False
        y.sum().backward()
        slopes = [x.grad for x in inputs if isinstance(x, Tensor) and x._tracked]
    except Exception:                                            # not a shape or number for this op
        return False
    for x in inputs:
        if isinstance(x, Tensor) and x._tracked:
            x.grad = None
    return all(slope is None or np.isfinite(slope._data).all() for slope in slopes)


def first_output(y: Any) -> Tensor | None:
    """The result, or the first of several that has a gradient."""
    ys = y if isinstance(y, tuple) else (y,)
    return next((part for part in ys if isinstance(part, Tensor) and part._data.dtype.kind == "f"), None)
