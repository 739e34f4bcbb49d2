"""History: what happened in each epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class History:
    """One row per epoch: {"epoch": 1, "loss": ..., "val_loss": ..., "lr": ..., "seconds": ..., metrics}.

    >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    >>> history["loss"], history.best("loss")
    ([0.5, 0.25], {'epoch': 2, 'loss': 0.25})
    """

    def __init__(self, rows: list[dict[str, Any]] | None = None) -> None:
        self.rows = rows if rows is not None else []
        self.stopped: str | None = None                          # why training ended before the last epoch

    def __getitem__(self, name: str) -> list[Any]:
        if self.rows and all(name not in row for row in self.rows):
            known = ", ".join(sorted({key for row in self.rows for key in row}))
            raise KeyError(f"history: nothing is called {name!r}; there are {known}")
        return [row[name] for row in self.rows if name in row]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    def __repr__(self) -> str:
        return f"History({len(self.rows)} epochs, last {self.rows[-1] if self.rows else None})"

    def best(self, name: str = "val_loss", mode: str = "min") -> dict[str, Any]:
        """The row in which `name` was smallest (or largest, mode='max')."""
        rows = [row for row in self.rows if name in row]
        if not rows:
            raise KeyError(f"history: nothing is called {name!r}")
        return (min if mode == "min" else max)(rows, key=lambda row: row[name])
