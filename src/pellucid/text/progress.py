"""One line that tells how far something is, and when it will be done."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    """A line on a terminal, renewed ten times a second; elsewhere a line at the end; none without `shown`.

    `total` is in the unit of `unit`, and 0 if nobody knows it.
    """

    def __init__(self, what: str, total: int, unit: str = "", shown: bool = True,
                 stream: TextIO | None = None) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.stream = stream or sys.stderr
        self.shown = shown
        self.is_live = shown and self.stream.isatty()
        self.started = self.drawn = time.monotonic()
        self.done = 0

    def to(self, done: int) -> None:
        """So much is done."""
        self.done = done
        if not self.is_live:
            return
        now = time.monotonic()
        if now - self.drawn >= 0.1:
            self.drawn = now
            self.stream.write(f"\r{self.line(now)}\x1b[K")
            self.stream.flush()

    def line(self, now: float) -> str:
        """`merges: 1,024 of 4,096, 3 s left`"""
        text = f"{self.what}: {self.done:,}"
        if self.total:
            text += f" of {self.total:,}{self.unit}"
            if self.done:
                text += f", {(now - self.started) * max(self.total - self.done, 0) / self.done:.0f} s left"
        else:
            text += self.unit
        return text

    def end(self, text: str = "") -> None:
        """Finish the line, with what came of it."""
        if self.is_live:
            self.stream.write("\r\x1b[K")
        if self.shown:
            seconds = time.monotonic() - self.started
            self.stream.write(f"{self.what}: {text or f'{self.done:,}{self.unit}'} in {seconds:.1f} s\n")
            self.stream.flush()
