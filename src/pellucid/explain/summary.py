"""What a model consists of: its layers, what comes out of each, and what they cost."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..dtypes import as_dtype, get_default_dtype
from ..nn import Module
from ..nn.undisturbed import arrays_in, hooked, undisturbed
from ..ops import zeros
from ..tensor import OpError, Tensor
from .multiply_adds import counting

__all__ = ["Row", "Summary", "summary"]

HEADS = ("Layer", "Kind", "Output", "Parameters", "Multiply-adds", "Output bytes")


@dataclass(frozen=True)
class Row:
    """One module of a model. Counts are of the module with all that is below it."""

    path: str                                                    # "" for the model itself
    kind: str                                                    # its class
    output_shapes: tuple[tuple[int, ...], ...]                   # of each tensor of the first call's output
    parameters: int                                              # elements, each parameter once
    multiply_adds: int                                           # over all calls
    output_bytes: int                                            # over all calls
    calls: int                                                   # 0: its weights may be used from above
    shared_with: str | None = None                               # the path that the same module stands at

    @property
    def depth(self) -> int:
        """How many modules it lies in."""
        return self.path.count(".") + 1 if self.path else 0


@dataclass(frozen=True, repr=False)
class Summary:
    """The table of a model: `rows` as data, `print` shows it, notebooks draw it."""

    rows: tuple[Row, ...]                                        # in the order of registration
    input_shapes: tuple[tuple[int, ...], ...]
    parameters: int                                              # elements, each parameter once
    trainable: int                                               # of them, those that require grad
    multiply_adds: int
    parameter_bytes: int
    buffer_bytes: int
    activation_bytes: int                                        # outputs of the modules that call no other

    def __repr__(self) -> str:
        return "\n".join([*_aligned([HEADS, *map(_cells, self.rows)]), *self._totals()])

    def _totals(self) -> list[str]:
        lines = [f"Inputs          {_shapes(self.input_shapes)}",
                 f"Parameters      {self.parameters:,}, of which {self.trainable:,} are trained",
                 f"Multiply-adds   {self.multiply_adds:,} in one forward pass",
                 f"Memory          parameters {_bytes(self.parameter_bytes)}, buffers "
                 f"{_bytes(self.buffer_bytes)}, outputs of layers {_bytes(self.activation_bytes)}"]
        if any(row.calls == 0 and row.parameters for row in self.rows):
            lines.append("-               not called: the module above calls its parts, or uses its weights")
        return lines

    def _repr_html_(self) -> str:
        def line(cells: Sequence[str], tag: str) -> str:
            styles = [f"text-align:{side};white-space:pre" for side in ["left"] * 3 + ["right"] * 3]
            made = (f"<{tag} style='{style}'>{html.escape(cell)}</{tag}>"
                    for cell, style in zip(cells, styles, strict=True))
            return f"<tr>{''.join(made)}</tr>"
        body = "".join(line(_cells(row), "td") for row in self.rows)
        totals = "".join(f"<div style='white-space:pre'>{html.escape(text)}</div>" for text in self._totals())
        return f"<table><thead>{line(HEADS, 'th')}</thead><tbody>{body}</tbody></table>{totals}"


def summary(model: Module, input_shape: Any, *, dtypes: Any = None) -> Summary:
    """Run a model once on zeros of the given shape, and tell what each layer gives and costs.

        multiply-adds of Linear          outputs * in_features
                         Conv            outputs * (C / groups) * kernel size
                         LSTM            rows * (4 H C + 4 H H)          rows = T B, per layer and direction
                         attention       2 B H L S D for q k^T and a v
    input_shape: the shape with the batch, (1, 3, 32, 32); for several inputs a tuple or list of shapes. A
                 Tensor in place of a shape is given to the model as it is.
    dtypes:      of the inputs, one or a list; usually that of the parameters. Models that begin with an
                 embedding want int64.
    Counts are of ops that multiply matrices, convolve, attend or recur, wherever they are called: in a layer,
    or in a forward of one's own. What is done number by number is not counted, nor are ops written in NumPy.
    A module that stands in several places, or is called several times, has its parameters counted once and
    its work each time. The forward pass runs in evaluation mode under no_grad; modes, hooks and random
    states are afterwards as they were. Lazy layers take their sizes from this pass.

    Raises:  RuntimeError naming the module that failed, for an input that does not fit.
    >>> from pellucid import nn
    >>> print(summary(nn.Sequential(nn.Linear(4, 3), nn.ReLU()), (2, 4)))
    Layer       Kind    Output  Parameters  Multiply-adds  Output bytes
    Sequential          (2, 3)          15             24          24 B
      0         Linear  (2, 3)          15             24          24 B
      1         ReLU    (2, 3)           0              0          24 B
    Inputs          (2, 4)
    Parameters      15, of which 15 are trained
    Multiply-adds   24 in one forward pass
    Memory          parameters 60 B, buffers 0 B, outputs of layers 48 B
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: model must be a pellucid.nn.Module, got {type(model).__name__}")
    inputs = _inputs(model, input_shape, dtypes)
    visit = _Visit(model)
    visit.run(inputs)
    parameters = list(model.parameters())
    return Summary(tuple(visit.rows()), tuple(tuple(x.shape) for x in inputs),
                   _elements(parameters), _elements(p for p in parameters if p.requires_grad),
                   visit.multiply_adds[id(model)], _size_of(parameters), _size_of(model.buffers()),
                   sum(visit.output_bytes[number] for number in visit.leaves()))


class _Visit:
    """One forward pass, and what was noted at each module, by the module's id."""

    def __init__(self, model: Module) -> None:
        self.model = model
        self.paths = {id(module): path for path, module in model.named_modules()}
        self.shapes: dict[int, tuple] = {}
        self.calls, self.output_bytes, self.multiply_adds = (dict.fromkeys(self.paths, 0) for _ in range(3))
        self.callers: set[int] = set()                           # modules that called another
        self.stack: list[tuple[Module, tuple]] = []              # those that run now, and their inputs

    def run(self, inputs: list[Tensor]) -> None:
        with undisturbed(self.model), hooked(self.model.modules(), self._enter, self._leave), \
                counting(self._count):
            try:
                self.model(*inputs)
            except Exception as error:
                raise self._named(error, inputs) from error

    def _enter(self, module: Module, args: tuple) -> None:
        if self.stack:
            self.callers.add(id(self.stack[-1][0]))
        self.stack.append((module, args))

    def _leave(self, module: Module, _args: tuple, output: Any) -> None:
        while self.stack.pop()[0] is not module:                 # those that raised, and were caught above
            pass
        arrays = arrays_in(output)
        self.shapes.setdefault(id(module), tuple(array.shape for array in arrays))
        self.calls[id(module)] += 1
        self.output_bytes[id(module)] += sum(array.nbytes for array in arrays)

    def _count(self, number: int) -> None:
        for key in {id(module) for module, _ in self.stack}:
            self.multiply_adds[key] += number

    def _named(self, error: Exception, inputs: list[Tensor]) -> OpError:
        """The error, with the module that it came from and what that was given."""
        failed, args = self.stack[-1] if self.stack else (self.model, tuple(inputs))
        path = self.paths[id(failed)]
        where = f"{path} ({type(failed).__name__})" if path else f"the model ({type(failed).__name__})"
        given = _shapes(tuple(array.shape for array in arrays_in(args)))
        hint = ""
        if "int" in str(error) and all(x.is_floating_point() for x in inputs):
            hint = "; if the model reads numbers of tokens, say dtypes=pellucid.int64"
        return OpError(f"summary: {where} failed, called with {given}: {error}{hint}")

    def rows(self) -> Iterable[Row]:
        """One row for each path at which a module stands."""
        for path, module in self.model.named_modules(remove_duplicate=False):
            first = self.paths[id(module)]
            yield Row(path, type(module).__name__, self.shapes.get(id(module), ()),
                      _elements(module.parameters()), self._work(module), self.output_bytes[id(module)],
                      self.calls[id(module)], None if first == path else first)

    def _work(self, module: Module) -> int:
        """Multiply-adds in a module; in one that was not called, as a ModuleList, in its parts."""
        if self.calls[id(module)]:
            return self.multiply_adds[id(module)]
        return sum(self._work(child) for child in module.children())

    def leaves(self) -> list[int]:
        """The modules that were called and called no other."""
        return [key for key, calls in self.calls.items() if calls and key not in self.callers]


def _inputs(model: Module, input_shape: Any, dtypes: Any) -> list[Tensor]:
    """Zeros of the given shapes."""
    if not isinstance(input_shape, (tuple, list, Tensor)):
        raise OpError("summary: input_shape must be a tuple of sizes with the batch, as (1, 3, 32, 32), or "
                      f"several of them, got {input_shape!r}")
    one = isinstance(input_shape, Tensor) or all(isinstance(size, (int, np.integer)) for size in input_shape)
    given = [input_shape] if one else list(input_shape)
    usual = next((p.dtype for p in model.parameters() if p.is_floating_point()), get_default_dtype())
    wanted = list(dtypes) if isinstance(dtypes, (tuple, list)) else [dtypes] * len(given)
    if len(wanted) != len(given):
        raise OpError(f"summary: dtypes must be one for each of {len(given)} inputs, got {len(wanted)}")
    made = []
    for shape, dtype in zip(given, wanted, strict=True):
        if isinstance(shape, Tensor):
            made.append(shape)
            continue
        if not (isinstance(shape, (tuple, list)) and all(isinstance(n, (int, np.integer)) and n >= 0
                                                         for n in shape)):
            raise OpError(f"summary: input_shape must be a tuple of sizes, or of such tuples, got {shape!r}")
        made.append(zeros(*shape, dtype=usual if dtype is None else as_dtype(dtype)))
    return made


def _elements(tensors: Iterable[Tensor]) -> int:
    return sum(t.numel() for t in tensors)


def _size_of(tensors: Iterable[Tensor]) -> int:
    return sum(t._data.nbytes for t in tensors)


def _shapes(shapes: Sequence[tuple]) -> str:
    return ", ".join(str(tuple(int(n) for n in shape)) for shape in shapes) or "-"


def _bytes(number: int) -> str:
    """Bytes in the largest unit of which there is one: 1,234 -> 1.2 kB."""
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{number} B" if unit == "B" else f"{size:.1f} {unit}"


def _cells(row: Row) -> tuple[str, ...]:
    name = "  " * row.depth + row.path.rpartition(".")[2] if row.path else row.kind
    notes = [f"{row.calls} calls"] if row.calls > 1 else []
    notes += [f"same as {row.shared_with}"] if row.shared_with is not None else []
    return (name + (f" ({', '.join(notes)})" if notes else ""), row.kind if row.path else "",
            _shapes(row.output_shapes), f"{row.parameters:,}", f"{row.multiply_adds:,}",
            _bytes(row.output_bytes))


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Columns beside each other, words to the left and numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(cell.ljust(width) if i < 3 else cell.rjust(width)
                      for i, (cell, width) in enumerate(zip(line, widths, strict=True))) for line in lines]
