"""What a check of gradients found, to read and as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One wrong slope: how the entry of an output changes with the entry of an input."""

    output: tuple[int, ...]
    input: tuple[int, ...]
    analytic: float                                              # by the backward pass
    numeric: float                                               # by differences


@dataclass(frozen=True)
class Finding:
    """What is wrong with the gradient of one input, and why that may be.

    cause is one of: factor, sign, transpose, broadcast, kink, missing, nan, rounding, shape, linear, unknown;
    for a backward that is no such function: error, count.
    """

    input: str
    output: int
    cause: str
    explanation: str
    n_wrong: int = 0
    n_all: int = 0
    entries: tuple[Entry, ...] = ()                              # the worst first

    def __str__(self) -> str:
        count = f": {self.n_wrong} of {self.n_all} slopes are wrong" if self.n_all else ""
        lines = [f"the gradient of {self.input}{count}"]
        if self.entries:
            lines.append(f"  {'output entry':>14}  {'input entry':>14}  {'analytic':>14}  {'numeric':>14}")
        lines += [f"  {entry.output!s:>14}  {entry.input!s:>14}  {entry.analytic:>14.8g}  "
                  f"{entry.numeric:>14.8g}" for entry in self.entries]
        return "\n".join([*lines, f"  likely cause ({self.cause}): {self.explanation}"])


@dataclass(frozen=True, repr=False)
class Report:
    """The outcome of a check: true where all gradients are right, else the findings."""

    right: bool
    title: str
    findings: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return "\n".join([self.title, *map(str, self.findings)])
