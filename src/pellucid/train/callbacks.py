"""Callbacks: code that `fit` calls while it trains."""

from __future__ import annotations

import math
from typing import Any


class Callback:
    """Override what you need. `training` has model, optimizer, history, epoch, step, stop(reason)."""

    def on_fit_begin(self, training: Any) -> None: ...

    def on_epoch_begin(self, training: Any) -> None: ...

    def on_backward_end(self, training: Any) -> None:
        """The gradients are there, the step is not yet taken."""

    def on_batch_end(self, training: Any, loss: float) -> None: ...

    def on_validation_end(self, training: Any, row: dict[str, Any]) -> None:
        """The epoch's numbers are there, and the best epoch is not yet chosen: add numbers of your own."""

    def on_epoch_end(self, training: Any, row: dict[str, Any]) -> None: ...

    def on_fit_end(self, training: Any) -> None: ...

    def on_fit_failed(self, training: Any, error: BaseException) -> None:
        """Training ends by an error or an interruption, which is raised again after this; no on_fit_end."""

    def state_dict(self) -> dict[str, Any]:
        """What must be kept so that a resumed run goes on alike."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None: ...


class EarlyStopping(Callback):
    """Stop when a metric has not improved for `patience` epochs, and give the best weights back.

        improved:  value < best - min_delta   (mode 'max': value > best + min_delta)
    """

    def __init__(self, monitor: str = "val_loss", patience: int = 10, min_delta: float = 0.0,
                 mode: str = "min") -> None:
        if mode not in ("min", "max"):
            raise ValueError(f"EarlyStopping: mode must be 'min' or 'max', got {mode!r}")
        if patience < 0:
            raise ValueError(f"EarlyStopping: patience must be at least 0 epochs, got {patience}")
        self.monitor, self.patience, self.min_delta, self.mode = monitor, patience, min_delta, mode
        self.best, self.waited = math.inf if mode == "min" else -math.inf, 0

    def on_fit_begin(self, training: Any) -> None:
        training.watch(self.monitor, self.mode)

    def on_epoch_end(self, training: Any, row: dict[str, Any]) -> None:
        if self.monitor not in row:
            raise KeyError(f"EarlyStopping: no {self.monitor!r} in this run; there are {', '.join(row)}")
        value = row[self.monitor]
        sign = 1 if self.mode == "min" else -1
        if sign * value < sign * self.best - self.min_delta:
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited > self.patience:
            training.stop(f"{self.monitor} has not improved on {self.best:.6g} for {self.waited} epochs")

    def on_fit_end(self, training: Any) -> None:
        training.restore_best()

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "waited": self.waited}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.best, self.waited = state["best"], state["waited"]
