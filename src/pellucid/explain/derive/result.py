"""What derive found: formulas to read, to print as LaTeX and MathML, and to put numbers into."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...autograd import grad
from ...tensor import Tensor, wrap
from .array import symbolic
from .evaluate import Evaluation
from .exact import exact, sympy

LONGEST = 300                                                    # characters of a formula in a table


@dataclass(frozen=True)
class Numbers:
    """A derivation at numbers: what the formulas give, and what an ordinary run of Pellucid gives."""

    value: np.ndarray                                            # by the formula
    gradients: dict[str, np.ndarray]
    run_value: np.ndarray                                        # by the run
    run_gradients: dict[str, np.ndarray]

    @property
    def difference(self) -> float:
        """The largest difference of the two, over 1 + the size of the numbers."""
        pairs = [(self.value, self.run_value), *((self.gradients[k], self.run_gradients[k])
                                                 for k in self.gradients)]
        return max(float(np.max(np.abs(a - b) / (1 + np.abs(b)), initial=0.0)) for a, b in pairs)

    def __repr__(self) -> str:
        lines = [f"{'':<14}{'by the formula':>20}{'by Pellucid':>20}"]
        for name, a, b in [("value", self.value, self.run_value),
                           *((f"d{k}", self.gradients[k], self.run_gradients[k]) for k in self.gradients)]:
            for place in np.ndindex(*a.shape):
                label = name + (str(list(place)) if place else "")
                lines.append(f"{label:<14}{a[place]:>20.10g}{b[place]:>20.10g}")
        return "\n".join(lines)


@dataclass(repr=False)
class Derivation:
    """The formulas of a function's value and of its gradient by every input.

    value and gradients[name] are NumPy arrays of SymPy expressions; symbols[name] has those of the inputs,
    g those of the gradient that comes in (1 where the value is one number). proofs[name] says how the
    gradient was found to be SymPy's derivative of the value, `assumed` on what side of a condition the
    formulas hold, `ops` which ops ran.
    """

    call: Callable
    symbols: dict[str, np.ndarray]
    g: Any
    value: np.ndarray
    gradients: dict[str, np.ndarray]
    point: dict
    assumed: tuple = ()
    ops: tuple[str, ...] = ()
    proofs: dict[str, str] = field(default_factory=dict)

    def at(self, **inputs: Any) -> Numbers:
        """The formulas and an ordinary run, both at these numbers (for the inputs not named, at some).

        >>> from pellucid import exp
        >>> from pellucid.explain.derive import derive
        >>> derive(exp, x=()).at(x=0)
                            by the formula         by Pellucid
        value                            1                   1
        dx                               1                   1
        """
        point = dict(self.point)
        for name, value in inputs.items():
            if name not in self.symbols:
                raise ValueError(f"at: {name!r} is no input made of symbols; those are {list(self.symbols)}")
            array = np.asarray(value.detach()._data if isinstance(value, Tensor) else value)
            if array.shape != self.symbols[name].shape:
                raise ValueError(f"at: {name} has shape {array.shape}, its symbols "
                                 f"{self.symbols[name].shape}")
            point.update({symbol: exact(number) for symbol, number in
                          zip(self.symbols[name].flat, array.flat, strict=True)})
        return self._at(point)

    def _at(self, point: dict) -> Numbers:
        at = Evaluation(point, 30)
        value, gradients = _floats(self.value, at), {k: _floats(v, at) for k, v in self.gradients.items()}
        tensors = {k: wrap(_floats(v, at)).requires_grad_() for k, v in self.symbols.items()}
        y = self.call(tensors)
        g = wrap(_floats(np.asarray(self.g), at))
        found = grad([y], list(tensors.values()), [g], allow_unused=True)
        run = {k: np.zeros(v._data.shape) if d is None else np.asarray(d._data)
               for (k, v), d in zip(tensors.items(), found, strict=True)}
        return Numbers(value, gradients, np.asarray(y.detach()._data), run)

    def rows(self) -> list[tuple[str, str, Any]]:
        """Every formula: its name, its name in LaTeX, the expression."""
        made = [("value" + _place(i), "L" if not i else f"y_{{{_label(i)}}}", self.value[i])
                for i in np.ndindex(*self.value.shape)]
        for name, symbols in self.symbols.items():
            made += [(f"d{symbols[i]}" if symbols.size > 1 or i else f"d{name}",
                      rf"\frac{{\partial L}}{{\partial {sympy().latex(symbols[i])}}}",
                      self.gradients[name][i]) for i in np.ndindex(*symbols.shape)]
        return made

    def latex(self) -> str:
        """All formulas as one block of LaTeX; L is the value, or sum g y where it has several elements."""
        lines = [rf"{name} &= {sympy().latex(formula)}" for _, name, formula in self.rows()]
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def mathml(self) -> str:
        """All formulas as a table of MathML."""
        rows = "".join(f"<mtr><mtd>{_left(name)}</mtd><mtd><mo>=</mo></mtd><mtd>{mathml(formula)}</mtd></mtr>"
                       for name, _, formula in self.rows())
        return (f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">'
                f'<mtable columnalign="right center left">{rows}</mtable></math>')

    def checked(self) -> str:
        """One sentence on how the gradients were checked, and what was assumed."""
        ways = "; ".join(f"d{name}: {way}" for name, way in self.proofs.items())
        held = "; ".join(str(condition) for condition in self.assumed)
        return f"against SymPy's derivative: {ways}" + (f" (holds for {held})" if held else "")

    def __repr__(self) -> str:
        rows = self.rows()
        width = max(len(name) for name, _, _ in rows) + 2
        return "\n".join(f"{name:<{width}}{_short(str(formula))}" for name, _, formula in rows)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _repr_html_(self) -> str:
        return f"<div>{self.mathml()}<p><small>{html.escape(self.checked())}</small></p></div>"


def mathml(formula: Any) -> str:
    """One formula as presentation MathML, without the element math around it."""
    text = str(sympy().mathml(symbolic(formula).item(), printer="presentation"))
    return re.sub(r"&(?!lt;|gt;|amp;|quot;)\w+;", lambda named: html.unescape(named[0]), text)


def _floats(formulas: Any, at: Evaluation) -> np.ndarray:
    plain = np.asarray(formulas)
    return np.reshape(np.array([float(at(formula)) for formula in plain.flat], np.float64), plain.shape)


def _left(name: str) -> str:
    """The name of a row in MathML: dW_11 as a derivative of L."""
    if not name.startswith("d"):
        return f"<mtext>{html.escape(name)}</mtext>"
    by = mathml(sympy().Symbol(name[1:]))
    return f"<mfrac><mrow><mo>&#x2202;</mo><mi>L</mi></mrow><mrow><mo>&#x2202;</mo>{by}</mrow></mfrac>"


def _place(place: tuple) -> str:
    return str(list(place)) if place else ""


def _label(place: tuple) -> str:
    return ",".join(str(n + 1) for n in place)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... ({len(text)} characters)"
