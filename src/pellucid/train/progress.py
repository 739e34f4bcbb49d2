"""One line that shows how far training is, and when it will be done."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO


def duration(seconds: float) -> str:
    """Seconds as a person reads them.

    >>> duration(9.4), duration(75), duration(3700)
    ('9s', '1:15', '1:01:40')
    """
    whole = int(round(seconds))
    if whole < 60:
        return f"{whole}s"
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def shown(values: dict[str, Any]) -> str:
    """`loss 0.1234  accuracy 0.9876`"""
    numbers = {name: value for name, value in values.items() if isinstance(value, (int, float))}
    return "  ".join(f"{name} {value:.4f}" if 1e-3 <= abs(value) < 1e4 else f"{name} {value:.4g}"
                     for name, value in numbers.items())


class Progress:
    """A live line on a terminal, a few plain lines elsewhere, nothing with verbose=0."""

    def __init__(self, epochs: int, done: int = 0, verbose: int = 1, stream: TextIO | None = None) -> None:
        self.epochs, self.done, self.stream = epochs, done, stream or sys.stderr
        self.live = bool(verbose) and self.stream.isatty()
        self.plain = bool(verbose) and not self.live
        self.started = self.drawn = time.monotonic()
        self.first = done
        self.width = 0

    def _write(self, text: str, end: str) -> None:
        padding = " " * max(0, self.width - len(text))
        self.stream.write(("\r" if self.live else "") + text + (padding if self.live else "") + end)
        self.stream.flush()
        self.width = 0 if end else len(text)

    def batch(self, epoch: int, batch: int, batches: int | None, values: dict[str, Any]) -> None:
        """Show a batch, ten times a second at the most."""
        now = time.monotonic()
        if not self.live or now - self.drawn < 0.1:
            return
        self.drawn = now
        part = batch / batches if batches else 0.0
        finished = epoch - 1 + part - self.first
        pace = (now - self.started) / finished if finished > 0 else 0.0
        left = (self.epochs - self.first - finished) * pace
        bar = "━" * int(20 * part) + "╌" * (20 - int(20 * part))
        text = f"epoch {epoch}/{self.epochs} {bar} {shown(values)}  {duration(left)} left"
        self._write(text[:200], "")

    def epoch(self, row: dict[str, Any]) -> None:
        """Show a finished epoch; outside a terminal about ten of them in all."""
        self.done = row["epoch"]
        if not (self.live or self.plain):
            return
        values = {k: v for k, v in row.items() if k not in ("epoch", "step", "seconds", "lr")}
        text = f"epoch {row['epoch']}/{self.epochs}  {shown(values)}"
        every = max(1, self.epochs // 10)
        if self.live:
            self._write(text[:200], "")
        elif row["epoch"] % every == 0 or row["epoch"] in (1, self.epochs):
            self._write(text, "\n")

    def end(self, text: str = "") -> None:
        """Finish the line."""
        if self.live and self.width:
            self._write("", "")
            self.stream.write("\r")
        if text and (self.live or self.plain):
            self._write(text, "\n")
