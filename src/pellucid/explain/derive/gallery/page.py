"""A page of the gallery: text, formulas that were proven while it was written, numbers, a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ....extras import need
from ..exact import sympy
from ..proof import equality


class NotProven(AssertionError):
    """A formula that a page states is not what was derived."""


class Page:
    """A page in the making. Its text is Markdown, with formulas as GitHub and notebooks draw them."""

    def __init__(self, name: str, title: str) -> None:
        self.name, self.title = name, title
        self.parts: list[str] = [f"# {title}"]
        self.draw: Callable | None = None
        self.alt = ""

    def say(self, text: str) -> None:
        """A paragraph."""
        self.parts.append(" ".join(text.split()))

    def code(self, text: str) -> None:
        """Lines of Python that the reader may run."""
        self.parts.append(f"```python\n{text.strip()}\n```")

    def formula(self, latex: str) -> None:
        """A formula on lines of its own."""
        self.parts.append(f"$$\n{latex}\n$$")

    def prove(self, *rows: tuple[str, Any, Any] | tuple[str, Any, Any, str]) -> None:
        """Formulas `left = stated`, each compared with what was derived: (left, derived, stated[, latex]).

        latex: how the stated formula is written, where SymPy would write it at length
        Raises:  NotProven where the two differ.
        """
        lines = []
        for left, derived, stated, *written in rows:
            if equality(sympy().sympify(derived), sympy().sympify(stated)) is None:
                raise NotProven(f"{self.name}: {left} is {derived}, not {stated}")
            lines.append(rf"{left} &= {written[0] if written else sympy().latex(stated)}")
        self.formula("\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Numbers beside symbols."""
        lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        for row in rows:
            cells = [value if isinstance(value, str) else f"{value:.6g}" for value in row]
            lines.append("| " + " | ".join(cells) + " |")
        self.parts.append("\n".join(lines))

    def picture(self, alt: str, draw: Callable) -> None:
        """A picture: draw(axes) is called when it is written; alt says what it shows."""
        self.alt, self.draw = alt, draw
        self.parts.append(f"![{alt}](images/{self.name}.svg)")

    def text(self) -> str:
        """The page."""
        return "\n\n".join(self.parts) + "\n"

    def svg(self) -> bytes:
        """The picture; the same bytes in each run."""
        import io

        matplotlib = need("matplotlib", extra="plot")
        figures = need("matplotlib.figure", extra="plot")
        settings = {"svg.hashsalt": self.name, "svg.fonttype": "none", "font.size": 9,
                    "axes.spines.top": False, "axes.spines.right": False, "figure.facecolor": "white"}
        with matplotlib.rc_context(settings):
            figure = figures.Figure(figsize=(5.2, 2.9), layout="constrained")
            assert self.draw is not None
            self.draw(figure)
            stream = io.BytesIO()
            figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
        return stream.getvalue()


BLUE, ORANGE, GREY, GREEN = "#0072b2", "#d55e00", "#777777", "#009e73"    # told apart by colour-blind too


def close(page: Page, *pairs: tuple[Any, Any]) -> None:
    """Numbers of the formula and of the run are the same.

        Raises:  NotProven where they are not.
    """
    for a, b in pairs:
        if not np.allclose(np.asarray(a, float), np.asarray(b, float), 1e-6, 1e-9):
            raise NotProven(f"{page.name}: the formula gives {a}, the run {b}")
