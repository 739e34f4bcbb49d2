"""Why a gradient is wrong: what the usual mistakes look like in the table of slopes.

The table holds dy[i] / dx[j] for every entry of an output and of an input, once as the backward pass has it
(analytic) and once by differences (numeric). A forgotten minus makes all of one the negative of the other, a
missing transpose exchanges two axes, a forgotten sum leaves zeros: each mistake has its print. Several may
fit by chance in a small example, so what is said is the likely cause.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .report import Entry, Finding

MOST_CORNERS = 50                                                # places at which both sides are looked at


@dataclass(frozen=True)
class Slopes:
    """The slopes of one output by one input, twice: both tables have the output's axes, then the input's."""

    x: np.ndarray
    analytic: np.ndarray
    numeric: np.ndarray
    atol: float
    rtol: float
    sides: Callable | None = None                                # place -> slopes to its left and its right

    def same(self, found: Any, wanted: Any) -> np.ndarray:
        """Where two tables agree."""
        return np.isclose(found, wanted, self.rtol, self.atol, equal_nan=True)

    @property
    def wrong(self) -> np.ndarray:
        """Where the gradient is wrong."""
        return ~self.same(self.analytic, self.numeric)

    @property
    def out_shape(self) -> tuple[int, ...]:
        """The shape of the output."""
        return self.numeric.shape[:self.numeric.ndim - self.x.ndim]

    def nonzero(self, table: np.ndarray) -> np.ndarray:
        """Where there is a slope at all."""
        return np.abs(table) > self.atol

    def columns(self, table: np.ndarray) -> np.ndarray:
        """The table as a matrix: one row for each entry of the output, one column for each of the input."""
        return np.reshape(table, (-1, max(self.x.size, 1)))


def finding(name: str, output: int, slopes: Slopes, most: int = 5) -> Finding | None:
    """What is wrong with one gradient: the entries, worst first, and the likely cause. None: it is right."""
    wrong = slopes.wrong
    if not wrong.any():
        return None
    distance = np.where(wrong, np.abs(slopes.analytic - slopes.numeric), -1.0)
    distance = np.where(np.isnan(distance), np.inf, distance)
    n_out = len(slopes.out_shape)
    entries = []
    for flat in np.argsort(-distance, axis=None, kind="stable")[:min(most, int(wrong.sum()))]:
        place = tuple(int(n) for n in np.unravel_index(flat, wrong.shape))
        entries.append(Entry(place[:n_out], place[n_out:], float(slopes.analytic[place]),
                             float(slopes.numeric[place])))
    cause, words = likely_cause(slopes)
    return Finding(name, output, cause, words, int(wrong.sum()), wrong.size, tuple(entries))


def likely_cause(slopes: Slopes) -> tuple[str, str]:
    """The first of the usual mistakes that explains the whole table: its name, and a sentence about it."""
    for cause, explains in CAUSES:
        words = explains(slopes)
        if words:
            return cause, words
    return "unknown", ("none of the usual mistakes explains all entries; work the first one out by hand, or "
                       "leave terms out of the function until it agrees")


def _not_a_number(slopes: Slopes) -> str:
    if np.isfinite(slopes.analytic).all():
        return ""
    return ("the backward pass gives nan or infinity: it divides by 0, or takes a root or logarithm of what "
            "it should not")


def _rounding(slopes: Slopes) -> str:
    """Inputs that are no doubles, and no more wrong than their rounding makes the differences."""
    if slopes.x.dtype.itemsize >= 8:
        return ""
    off = np.abs(slopes.analytic - slopes.numeric)[slopes.wrong]
    if not np.all(off <= 0.25 * np.abs(slopes.numeric).max(initial=0)):
        return ""
    return (f"the input is {slopes.x.dtype}, of which a difference over so small a step keeps one digit or "
            "two: nothing can be said; check with doubles, x.double()")


def _corner(slopes: Slopes) -> str:
    """All wrong entries lie where the slopes on both sides differ."""
    columns = slopes.columns(slopes.wrong).any(0)
    places = [tuple(int(n) for n in place) for place in np.argwhere(columns.reshape(slopes.x.shape))]
    if slopes.sides is None or len(places) > MOST_CORNERS:
        return ""
    for place in places:
        left, right = slopes.sides(place)
        here: tuple = (..., *place)
        if not ((np.abs(left - right) > 1e-3 * (1 + np.abs(left)))[slopes.wrong[here]]).all():
            return ""
    left, right = slopes.sides(places[0])
    worst = np.unravel_index(int(np.argmax(np.abs(left - right))), left.shape)
    first: tuple = (..., *places[0])
    mine = float(slopes.analytic[first][worst])
    words = (f"the function has a corner at the entry {places[0]}, where the input is "
             f"{slopes.x[places[0]]:.6g}: its slope is {left[worst]:.6g} to the left and {right[worst]:.6g} "
             f"to the right, and differences give their mean. The backward pass gives {mine:.6g}, ")
    fits = slopes.same(mine, left[worst]) or slopes.same(mine, right[worst])
    return words + ("the slope of one side, which is as right as the other: check away from the corner"
                    if fits else "the slope of neither side")


def _nothing(slopes: Slopes) -> str:
    if slopes.nonzero(slopes.analytic).any():
        return ""
    return ("no gradient arrives at all: the backward pass returns zeros or None for this input, or the "
            "graph was cut (detach, numpy, no_grad)")


def _one_factor(slopes: Slopes) -> float | None:
    """The number c with analytic = c numeric everywhere, if there is one."""
    squares = float(np.sum(slopes.numeric ** 2))
    factor = float(np.sum(slopes.analytic * slopes.numeric)) / squares if squares else 0.0
    return factor if factor and slopes.same(slopes.analytic, factor * slopes.numeric).all() else None


def _sign(slopes: Slopes) -> str:
    factor = _one_factor(slopes)
    if factor is not None and abs(factor + 1) < 1e-4:
        return "every entry has the opposite sign: a minus is forgotten, or one too many"
    if factor is None and slopes.same(np.abs(slopes.analytic), np.abs(slopes.numeric)).all():
        return "some entries have the opposite sign, all have the right size: a minus is at the wrong term"
    return ""


def _factor(slopes: Slopes) -> str:
    factor = _one_factor(slopes)
    if factor is None:
        return ""
    minus = " and of the opposite sign" if factor < 0 else ""
    factor = abs(factor)
    number = round(max(factor, 1 / factor))
    if abs(max(factor, 1 / factor) - number) > 1e-3 * number:
        return f"every entry is {factor:.6g} times what it should be{minus}: a factor is missing or too much"
    size = f"{number} times too {'large' if factor > 1 else 'small'}"
    counts = {"the number of entries of the input": slopes.x.size,
              "the number of entries of the output": int(np.prod(slopes.out_shape, dtype=int)),
              **{f"the length of the input's axis {i}": n for i, n in enumerate(slopes.x.shape)},
              **{f"the length of the output's axis {i}": n for i, n in enumerate(slopes.out_shape)}}
    known = next((what for what, count in counts.items() if count == number), None)
    if known:
        return (f"every entry is {size}{minus}, and {number} is {known}: a mean where a sum belongs, or the "
                "reverse")
    return f"every entry is {size}{minus}: a factor of {number} is forgotten, or one too many"


def _transpose(slopes: Slopes) -> str:
    """Two axes of the table exchanged, or those of the gradient and then read in the wrong order."""
    n_out, numeric = len(slopes.out_shape), slopes.numeric
    for a, b in itertools.combinations(range(numeric.ndim), 2):
        if numeric.shape[a] != numeric.shape[b] or b < n_out:
            continue
        if slopes.same(slopes.analytic, np.swapaxes(numeric, a, b)).all():
            if a >= n_out:
                return f"the gradient is transposed: its axes {a - n_out} and {b - n_out} are exchanged"
            return ("a transpose is missing: the gradient is that of the transposed other operand (in a "
                    "product y = x W, dx = g W^T and dW = x^T g)")
    if slopes.x.ndim == 2:
        turned = np.reshape(np.swapaxes(numeric, -1, -2), numeric.shape)
        if slopes.same(slopes.analytic, turned).all():
            return "the gradient is transposed and then reshaped: its numbers stand in the wrong order"
    return ""


def _broadcast(slopes: Slopes) -> str:
    """An input that reaches several entries of the output got the gradient of some of them only."""
    lost = slopes.columns(slopes.wrong & ~slopes.nonzero(slopes.analytic))
    wrong, numeric = slopes.columns(slopes.wrong), slopes.columns(slopes.nonzero(slopes.numeric))
    concerned = wrong.any(0)
    kept = (numeric & ~wrong).any(0)[concerned].all()
    if (lost == wrong).all() and kept and (numeric.sum(0)[concerned] > 1).all():
        return (f"each entry of the input reaches {int(numeric.sum(0)[concerned].max())} entries of the "
                "output, and only part of their gradients is counted: sum over the axes along which the "
                "input was repeated (broadcast)")
    return ""


def _branch(slopes: Slopes) -> str:
    """Right on one side of a threshold and wrong on the other, or zero exactly where it should not be."""
    mine, true = slopes.nonzero(slopes.analytic), slopes.nonzero(slopes.numeric)
    either = mine | true
    if (mine != true)[either].all() and mine.any() and true.any():
        return ("a gradient is there exactly where there should be none, and none where there should be one: "
                "the two branches of the condition are exchanged")
    wrong = slopes.columns(slopes.wrong).any(0)
    values, used = slopes.x.ravel(), slopes.columns(either).any(0)
    bad, good = values[wrong], values[~wrong & used] if (~wrong & used).any() else values[~wrong]
    if not good.size:
        return ""
    for low, high, relation in ((bad, good, "<"), (good, bad, ">")):
        at_zero = low.max() <= 0 <= high.min()
        if low.max() < high.min() and (at_zero or min(bad.size, good.size) > 1):
            threshold = "0" if at_zero else f"about {(low.max() + high.min()) / 2:.4g}"
            return (f"it is wrong only where the input is {relation} {threshold}: the branch of the "
                    "condition for those is wrong, or the condition is")
    return ""


CAUSES: list[tuple[str, Callable[[Slopes], str]]] = [
    ("nan", _not_a_number), ("rounding", _rounding), ("kink", _corner), ("missing", _nothing),
    ("sign", _sign), ("factor", _factor), ("transpose", _transpose), ("broadcast", _broadcast),
    ("kink", _branch)]


def wrong_shape(found: tuple, wanted: tuple) -> tuple[str, str]:
    """What a gradient of the wrong shape tells."""
    said = f"the gradient has shape {found}, its input {wanted}"
    if found == wanted[::-1] or len(wanted) > 1 and found == (*wanted[:-2], wanted[-1], wanted[-2]):
        return "transpose", f"{said}: a transpose is missing, or one too many"
    extra = len(found) - len(wanted)
    axes = [i for i, n in enumerate(found) if i < extra or (wanted[i - extra] == 1 and n != 1)]
    if extra >= 0 and axes and all(n == m or m == 1 for n, m in zip(found[extra:], wanted, strict=True)):
        return "broadcast", (f"{said}: the input was repeated (broadcast) along axes {axes} of the output; "
                             "sum the gradient over them")
    return "shape", said
