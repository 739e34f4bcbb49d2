"""fit: the training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..autograd import no_grad
from ..nn.utils import clip_grad_norm_, clip_grad_value_
from ..optim.lr_scheduler import ReduceLROnPlateau
from . import batches, finite, snapshot
from .callbacks import Callback
from .history import History
from .metrics import NAMED
from .progress import Progress, duration, shown
from .run import Run
from .weighting import class_weights, weighted

KEEP_EVERY = 5.0                                                 # seconds between writes of checkpoints


def fit(model: Any, train: Any, *, loss: Callable, optimizer: Any, epochs: int, validation: Any = None,
        metrics: Any = (), callbacks: Iterable[Callback] = (), scheduler: Any = None,
        step_scheduler: str = "epoch", batch_size: int = 32, shuffle: bool = True,
        class_weight: Any = None, sample_weight: Any = None,
        clip_grad_norm: float | None = None, clip_grad_value: float | None = None, accumulate: int = 1,
        run: Run | str | None = None, resume: bool = False, verbose: int = 1) -> History:
    """Train a model, and return what happened in each epoch.

        for each batch:  prediction = model(x);  L = loss(prediction, target);  L.backward()
                         optimizer.step()

    train, validation  a DataLoader, a Dataset, or a pair (x, y) of arrays
    metrics            names ("accuracy") or {name: function(prediction, target) -> float}; also as val_<name>
    scheduler          stepped after each epoch, or after each step with step_scheduler="batch"
    class_weight       {class: weight} or one weight per class; sample_weight: one weight per row of (x, y)
    accumulate         batches whose mean gradient makes one step
    run                a folder (or Run) that gets metrics.jsonl and the checkpoints best and last
    resume             go on from the run's last checkpoint: the uninterrupted run's result, bit for bit
    verbose            0 is silent; else one live line on a terminal, about ten lines elsewhere

    Raises:  NonFiniteLoss naming epoch, batch and the first module whose output was not finite;
             KeyboardInterrupt after the checkpoints are written; RuntimeError or TypeError for data that
             is none.
    """
    _check_parts(model, loss, optimizer)
    training = Training(model, train, loss, optimizer, epochs, validation, metrics, list(callbacks),
                        scheduler, batch_size, shuffle, sample_weight, run, verbose)
    training.step_scheduler, training.accumulate = _checked(step_scheduler, accumulate)
    training.table = None if class_weight is None else class_weights(class_weight)
    training.clip_norm, training.clip_value = clip_grad_norm, clip_grad_value
    if resume:
        training.resume()
    return training.train()


def _check_parts(model: Any, loss: Any, optimizer: Any) -> None:
    """Refuse a loss that cannot be called, and an optimizer that would leave the model as it is."""
    if not callable(loss):
        raise TypeError(f"fit: loss must be a function of (prediction, target), got {loss!r}")
    groups = getattr(optimizer, "param_groups", None)
    if groups is None:
        raise TypeError("fit: optimizer must be one of pellucid.optim, made from model.parameters(), "
                        f"got {optimizer!r}")
    own = {id(parameter) for parameter in model.parameters()}
    if own and not any(id(parameter) in own for group in groups for parameter in group["params"]):
        raise ValueError("fit: optimizer holds none of the model's parameters, so the model would not learn; "
                         "make it from model.parameters()")


def _checked(step_scheduler: str, accumulate: int) -> tuple[str, int]:
    if step_scheduler not in ("epoch", "batch"):
        raise ValueError(f"fit: step_scheduler must be 'epoch' or 'batch', got {step_scheduler!r}")
    if not isinstance(accumulate, int) or accumulate < 1:
        raise ValueError(f"fit: accumulate must be a positive number of batches, got {accumulate!r}")
    return step_scheduler, accumulate


class Training:
    """One call of fit: what callbacks see."""

    def __init__(self, model: Any, train: Any, loss: Callable, optimizer: Any, epochs: int, validation: Any,
                 metrics: Any, callbacks: list[Callback], scheduler: Any, batch_size: int, shuffle: bool,
                 sample_weight: Any, run: Run | str | None, verbose: int) -> None:
        if not isinstance(epochs, int) or epochs < 0:
            raise ValueError(f"fit: epochs must be a number of at least 0, got {epochs!r}")
        self.model, self.loss, self.optimizer, self.epochs = model, loss, optimizer, epochs
        self.loader = batches.loader(train, "train", batch_size, shuffle, sample_weight)
        self.validation = None if validation is None else batches.loader(validation, "validation",
                                                                         max(batch_size, 256), False)
        self.metrics = _named(metrics)
        self.callbacks, self.scheduler = callbacks, scheduler
        self.run = Run(run) if run is not None and not isinstance(run, Run) else run
        self.generators = batches.generators([self.loader])
        self.history = History()
        self.epoch = self.step = 0
        self.verbose = verbose
        self.step_scheduler, self.accumulate = "epoch", 1
        self.table: np.ndarray | None = None                     # of the weights of classes
        self.clip_norm: float | None = None
        self.clip_value: float | None = None
        self.monitor, self.mode = ("val_loss" if validation is not None else "loss"), "min"
        self.best_row: dict[str, Any] | None = None
        self.best_weights: Any = None
        self.before = 0.0                                        # seconds of earlier, interrupted parts
        self.started = time.monotonic()
        self.batch: Any = None
        self._stopping: str | None = None

    def seconds(self) -> float:
        """Seconds spent training, those before an interruption included."""
        return self.before + time.monotonic() - self.started

    def stop(self, reason: str) -> None:
        """End training after this epoch."""
        self._stopping = reason

    def watch(self, monitor: str, mode: str) -> None:
        """Choose what `best` means: the smallest (or largest) value of one entry of the rows."""
        self.monitor, self.mode = monitor, mode

    def restore_best(self) -> None:
        """Load the weights of the best epoch."""
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)

    def resume(self) -> None:
        """Go back to the end of the last epoch that the run kept."""
        if self.run is None:
            raise ValueError("fit: resume=True needs run=, the folder of the interrupted run")
        snapshot.put(self, self.run.load("last"))
        if self.run.path("best.safetensors").exists():
            self.best_weights = self.run.load("best")

    def train(self) -> History:
        """Run the epochs that are left."""
        progress = Progress(self.epochs, self.epoch, self.verbose)
        self.started = time.monotonic()
        for callback in self.callbacks:
            callback.on_fit_begin(self)
        self.kept_at, self.state = 0.0, snapshot.take(self)
        try:
            while self.epoch < self.epochs and self._stopping is None:
                row = self._one_epoch(progress)
                self._after_epoch(row)
                progress.epoch(row)
            self.history.stopped = self._stopping
        except BaseException as error:
            kept = self._keep_all()
            if isinstance(error, KeyboardInterrupt):
                progress.end(f"interrupted in epoch {self.epoch + 1}; {kept}")
            for callback in self.callbacks:
                callback.on_fit_failed(self, error)
            raise
        self._keep_all()
        for callback in self.callbacks:
            callback.on_fit_end(self)
        last = {k: v for k, v in (self.history.rows[-1] if self.history.rows else {}).items()
                if k not in ("epoch", "step", "seconds", "lr")}
        progress.end(f"{self.epoch} epochs in {duration(self.seconds())}  {shown(last)}"
                     + (f"  (stopped: {self._stopping})" if self._stopping else ""))
        return self.history

    def _one_epoch(self, progress: Progress) -> dict[str, Any]:
        """One pass over the training data, and one over the validation data."""
        started, model = time.monotonic(), self.model
        for callback in self.callbacks:
            callback.on_epoch_begin(self)
        model.train()
        self.optimizer.zero_grad()
        n_batches, sums = batches.count(self.loader), Means()
        for number, batch in enumerate(self.loader, 1):
            self.batch = batch
            x, target, weight = batches.parts(batch)
            prediction = model(*x) if isinstance(x, (tuple, list)) else model(x)
            loss = self._loss(prediction, target, weight)
            value = float(loss.detach()._data)
            if not np.isfinite(value):
                self._not_finite(value, number, x, target)
            before = (number - 1) // self.accumulate * self.accumulate
            group = min(self.accumulate, (n_batches or number) - before)
            (loss / group if group > 1 else loss).backward()
            if number % self.accumulate == 0 or number == n_batches:
                self._step()
            sums.add({"loss": value, **self._measure(prediction, target)}, batches.size(x))
            for callback in self.callbacks:
                callback.on_batch_end(self, value)
            progress.batch(self.epoch + 1, number, n_batches, sums.means())
        if not sums.count:
            raise ValueError("fit: the training data gave no batch (is it shorter than batch_size with "
                             "drop_last?)")
        if n_batches is None and self.accumulate > 1 and number % self.accumulate:
            self._step()
        row = {"epoch": self.epoch + 1, "step": self.step, "lr": float(self.optimizer.param_groups[0]["lr"]),
               **sums.means(), **self.evaluate()}
        for callback in self.callbacks:
            callback.on_validation_end(self, row)
        row["seconds"] = round(time.monotonic() - started, 4)
        return row

    def _loss(self, prediction: Any, target: Any, weight: Any) -> Any:
        if weight is None and self.table is None:
            return self.loss(prediction, target)
        return weighted(self.loss, prediction, target, weight, self.table)

    def _step(self) -> None:
        """Clip, tell the callbacks, take a step, clear the gradients."""
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        if self.clip_norm is not None:
            clip_grad_norm_(parameters, self.clip_norm)
        if self.clip_value is not None:
            clip_grad_value_(parameters, self.clip_value)
        for callback in self.callbacks:
            callback.on_backward_end(self)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.step += 1
        if self.scheduler is not None and self.step_scheduler == "batch":
            self.scheduler.step()

    def _measure(self, prediction: Any, target: Any) -> dict[str, float]:
        return {name: float(metric(prediction, target)) for name, metric in self.metrics.items()}

    def evaluate(self) -> dict[str, float]:
        """Loss and metrics on the validation data, in eval mode."""
        if self.validation is None:
            return {}
        sums = Means()
        self.model.eval()
        with no_grad():
            for batch in self.validation:
                x, target, weight = batches.parts(batch)
                prediction = self.model(*x) if isinstance(x, (tuple, list)) else self.model(x)
                value = float(self._loss(prediction, target, weight)._data)
                sums.add({"loss": value, **self._measure(prediction, target)}, batches.size(x))
        self.model.train()
        return {f"val_{name}": value for name, value in sums.means().items()}

    def _not_finite(self, value: float, number: int, x: Any, target: Any) -> None:
        def again() -> Any:
            return self.model(*x) if isinstance(x, (tuple, list)) else self.model(x)

        why = finite.explain(self.model, again, x, target)
        raise finite.NonFiniteLoss(f"the loss is {value} in epoch {self.epoch + 1}, batch {number}: {why}")

    def _after_epoch(self, row: dict[str, Any]) -> None:
        """Count the epoch, step the schedule, remember the best weights, keep what must not be lost."""
        self.epoch += 1
        self.history.rows.append(row)
        if isinstance(self.scheduler, ReduceLROnPlateau):
            self.scheduler.step(row.get("val_loss", row["loss"]))
        elif self.scheduler is not None and self.step_scheduler == "epoch":
            self.scheduler.step()
        sign = 1 if self.mode == "min" else -1
        value = row.get(self.monitor)
        if value is not None and (self.best_row is None or sign * value < sign * self.best_row[self.monitor]):
            self.best_row = dict(row)
            self.best_weights = snapshot.copied(dict(self.model.state_dict()))
            self.best_is_new = True
        for callback in self.callbacks:
            callback.on_epoch_end(self, row)
        self.state = snapshot.take(self)
        if time.monotonic() - self.kept_at > KEEP_EVERY:
            self._keep_all()

    best_is_new = False

    def _keep_all(self) -> str:
        """Write the checkpoints and the rows; return a sentence on it."""
        if self.run is None:
            return "nothing was kept, as fit got no run="
        if self.best_is_new and self.best_weights is not None:
            self.run.save("best", self.best_weights)
            self.best_is_new = False
        self.run.save("last", self.state)
        self.run.write_rows("metrics.jsonl", self.state["rows"])
        self.kept_at = time.monotonic()
        epoch = self.state["epoch"]
        return f"{self.run.folder} holds the state after epoch {epoch}, resume goes on from there"


class Means:
    """Means over samples, from means over batches."""

    def __init__(self) -> None:
        self.sums: dict[str, float] = {}
        self.count = 0

    def add(self, values: dict[str, float], n: int) -> None:
        for name, value in values.items():
            self.sums[name] = self.sums.get(name, 0.0) + value * n
        self.count += n

    def means(self) -> dict[str, float]:
        return {name: total / self.count for name, total in self.sums.items()} if self.count else {}


def _named(metrics: Any) -> dict[str, Callable]:
    if isinstance(metrics, dict):
        return metrics
    chosen = {}
    for metric in [metrics] if isinstance(metrics, str) or callable(metrics) else metrics:
        if callable(metric):
            chosen[getattr(metric, "__name__", "metric")] = metric
        elif metric in NAMED:
            chosen[metric] = NAMED[metric]
        else:
            raise ValueError(f"fit: no metric is called {metric!r}; there are {', '.join(NAMED)}, or pass "
                             "a function")
    return chosen
