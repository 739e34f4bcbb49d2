"""Watch: what each layer does during training, written to layers.jsonl for the report."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..tensor import Tensor
from . import batches
from .callbacks import Callback
from .run import Run

BINS = 30


def summary(values: np.ndarray) -> dict[str, Any]:
    """Norm, mean, spread, range and a histogram of the finite values."""
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        return {"norm": None}
    low, high = float(finite.min()), float(finite.max())
    half = max(0.5, abs(low) / 1000) if low == high else 0.0     # NumPy's own 0.5 is lost beside a huge value
    counts, edges = np.histogram(finite, BINS, (low - half, high + half))
    return {"norm": float(np.sqrt((finite ** 2).sum())), "mean": float(finite.mean()),
            "std": float(finite.std()), "min": low, "max": high,
            "histogram": counts.tolist(), "edges": [float(f"{edge:.6g}") for edge in edges]}


class Watch(Callback):
    """After each epoch (or every few): norms and histograms of weights, gradients and activations.

        update ratio = |change of the weights in the epoch's last step| / |weights|    about 1e-3 is healthy
        dead units   = units whose output was at most 0 for every sample, in layers that cut off at 0

    run: where layers.jsonl goes. every: epochs between two looks. samples: rows of the last batch looked at.
    """

    def __init__(self, run: Run, every: int = 1, samples: int = 256) -> None:
        self.run, self.every, self.samples = run, every, samples
        self.kept = 0                                            # rows in layers.jsonl
        self._gradients: dict[str, np.ndarray] = {}
        self._weights: dict[str, np.ndarray] = {}

    def _due(self, training: Any) -> bool:
        epoch = training.epoch + 1
        return epoch % self.every == 0 or epoch in (1, training.epochs)

    def on_backward_end(self, training: Any) -> None:
        """Keep this step's gradients and weights: the epoch's last step overwrites the others'."""
        if not self._due(training):
            return
        for name, p in training.model.named_parameters():
            if p.grad is not None:
                self._gradients[name] = p.grad._data
                self._weights[name] = p._data.copy()

    def on_epoch_end(self, training: Any, row: dict[str, Any]) -> None:
        epoch = row["epoch"]
        if not self._gradients or not (epoch % self.every == 0 or epoch in (1, training.epochs)):
            return
        rows = []
        for name, p in training.model.named_parameters():
            entry = {"epoch": epoch, "name": name, "kind": "parameter", **summary(p._data)}
            if name in self._gradients:
                g = summary(self._gradients[name])
                old = self._weights[name].astype(np.float64)     # the square of a huge float32 overflows
                change, size = np.linalg.norm(p._data - old), np.linalg.norm(old)
                entry.update(grad_norm=g["norm"], grad_histogram=g.get("histogram"),
                             grad_edges=g.get("edges"),
                             update_ratio=float(change / size) if size > 0 else None)
            rows.append(entry)
        rows += [{"epoch": epoch, **entry} for entry in self.activations(training)]
        self._gradients, self._weights = {}, {}
        self._keep(rows)

    def _keep(self, rows: list[dict[str, Any]]) -> None:
        """Append to layers.jsonl: writing it anew after each epoch would cost the square of the epochs."""
        text = "".join(json.dumps(row) + "\n" for row in rows)
        mode = "a" if self.kept else "w"
        with open(self.run.path("layers.jsonl"), mode, encoding="utf-8", newline="\n") as file:
            file.write(text)
        self.kept += len(rows)

    def activations(self, training: Any) -> list[dict[str, Any]]:
        """The outputs of the innermost modules on the last batch, in eval mode."""
        found: list[dict[str, Any]] = []

        def look(name: str) -> Any:
            def hook(module: Any, inputs: Any, output: Any) -> None:
                if isinstance(output, Tensor) and output._data.dtype.kind == "f":
                    found.append(describe(name, module, output._data))
            return hook

        model = training.model
        x, _, _ = batches.parts(training.batch)
        xs = x if isinstance(x, (tuple, list)) else (x,)
        handles = [m.register_forward_hook(look(name)) for name, m in model.named_modules()
                   if name and next(m.children(), None) is None]
        model.eval()
        try:
            with no_grad():
                model(*(part[:self.samples] if isinstance(part, Tensor) else part for part in xs))
        finally:
            model.train()
            for handle in handles:
                handle.remove()
        return found

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to the rows of the epochs that are kept."""
        rows = self.run.read_rows("layers.jsonl")[:state["rows"]]
        self.run.write_rows("layers.jsonl", rows)
        self.kept = len(rows)


def describe(name: str, module: Any, output: np.ndarray) -> dict[str, Any]:
    """One row on a module's output; dead units are counted where the module cuts off at 0."""
    entry = {"name": name, "kind": "activation", "module": type(module).__name__, **summary(output)}
    if type(module).__name__ in ("ReLU", "ReLU6", "Threshold") and output.ndim > 1:
        units = np.moveaxis(output, 1, -1).reshape(-1, output.shape[1])
        entry.update(units=output.shape[1], dead=int((units <= 0).all(0).sum()))
    return entry
