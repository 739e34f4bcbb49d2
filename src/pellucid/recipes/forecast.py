"""forecast: LSTM, GRU and TCN foresee airline passengers and a transformer's heat, against simple rules.

Reaches   on both series the mean absolute error of each network is below that of repeating the last season:
          airline passengers at most 0.6 of it, ETTh1 at most 0.9
Protocol  airline passengers, 144 months: 8 years to train on, 2 for validation, the last 2 for testing, 24
          months are seen, 12 foreseen; ETTh1's oil temperature: 12, 4 and 4 months as the data's authors
          split it, 96 hours are seen, 24 foreseen; the parts follow each other in time and are never shuffled
          across, a forecast belongs to the part in which all that it foresees lies, the scale is measured on
          the training part; seed 0, Adam; the weights of the best validation epoch are tested once, at every
          month or hour of the test part
Seconds   60 on 2 cores

Source: Hyndman & Athanasopoulos 2021, "Forecasting: Principles and Practice", section 5.2 (the rules);
        Zhou et al. 2021, "Informer", arXiv:2012.07436 (ETTh1 and its split).
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import Tensor, datasets, manual_seed, nn, no_grad, optim, tensor
from ..models.tcn import TCN, TCNConfig
from ..nn import functional as F
from ..train import EarlyStopping, Watch, fit
from .job import Job

KINDS, RULES = ("lstm", "gru", "tcn"), ("naive", "seasonal naive", "drift")
EXPECTED = {"airline_mae_ratio_at_most": 0.6, "etth1_mae_ratio_at_most": 0.9}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 10            # over ETTh1
    airline_epochs: int = 200   # over 61 windows of the passengers
    patience: int = 3           # epochs without a better validation loss; ten times as many of the passengers
    hidden: int = 32            # units, or channels: more learn the training years by heart
    lr: float = 2e-3
    batch_size: int = 64
    airline_batch_size: int = 16


@dataclass(frozen=True)
class Task:
    """A series, what of it is foreseen, how far one looks back and ahead, and where its parts end."""

    name: str
    series: Any
    variable: str
    past: int
    future: int
    sizes: tuple[int, int, int]                          # training, validation, test
    is_growing: bool = False                             # in proportion: then logarithms are what adds up

    def values(self) -> np.ndarray:
        """The variable as the networks see it, (T,)."""
        found = self.series.column(self.variable)[:sum(self.sizes)].astype(np.float64)
        return np.log(found) if self.is_growing else found

    def part(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """What is seen (N, past) and what comes (N, future), for the forecasts of one part.

        What is seen may reach back into the part before: it lies in the past.
        """
        end = int(np.sum(self.sizes[:number + 1]))
        begin = 0 if number == 0 else int(np.sum(self.sizes[:number])) - self.past
        return datasets.windows(self.values()[begin:end], self.past, self.future)

    def units(self, values: np.ndarray) -> np.ndarray:
        """Values in the series' own units."""
        return np.exp(values) if self.is_growing else values


def tasks() -> tuple[Task, Task]:
    """Both series with their parts."""
    return (Task("airline", datasets.airline_passengers(), "passengers", 24, 12, (96, 24, 24), True),
            Task("etth1", datasets.etth1(), "OT", 96, 24, (8640, 2880, 2880)))


class Recurrent(nn.Module):
    """A recurrent layer that reads a window; its last state foresees the whole horizon.

    Shapes:  x (B, T, 1) -> (B, future)
    """

    def __init__(self, layer: type, hidden: int, future: int) -> None:
        super().__init__()
        self.layer = layer(1, hidden, batch_first=True)
        self.head = nn.Linear(hidden, future)

    def forward(self, x: Tensor) -> Tensor:
        states, _ = self.layer(x)                                                # (B, T, hidden)
        return self.head(states[:, -1])


def network(kind: str, task: Task, hidden: int) -> nn.Module:
    """A network for a task, with its weights as they start."""
    if kind == "tcn":
        n_blocks = int(np.ceil(np.log2((task.past - 1) / 4 + 1)))                # so that it sees the window
        return TCN(TCNConfig(1, task.future, hidden, n_blocks))
    return Recurrent({"lstm": nn.LSTM, "gru": nn.GRU}[kind], hidden, task.future)


def level(x: np.ndarray, period: int) -> np.ndarray:
    """The mean of the last season of each window, (N, 1): from there the networks count.

    A series that has risen beyond all that was seen in training would leave them at a loss otherwise.
    """
    return x[:, -period:].mean(1, keepdims=True)


def rules(task: Task) -> dict[str, np.ndarray]:
    """What needs no learning: the last value, the last season, and the straight line through first and last.

        naive           y[T + h] = y[T]
        seasonal naive  y[T + h] = y[T + h - period]
        drift           y[T + h] = y[T] + h (y[T] - y[1]) / (T - 1)        in the series' own units
    """
    x, _ = task.part(2)
    history = task.units(task.values())
    seen, ahead = task.units(x), np.arange(1, task.future + 1)
    last = np.sum(task.sizes[:2]) + np.arange(len(x))[:, None] - 1               # place of y[T], from 0
    slope = (history[last] - history[0]) / last
    season = -task.series.period + np.arange(task.future) % task.series.period
    return {"naive": np.repeat(seen[:, -1:], task.future, 1), "seasonal naive": seen[:, season],
            "drift": seen[:, -1:] + slope * ahead}


def errors(predicted: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """How far off forecasts are, in the series' units, and in per cent of the truth.

        mae = mean |p - y|          rmse = sqrt mean (p - y)^2          mape = 100 mean |p - y| / |y|
    The last is taken over |y| >= 1 alone: of a temperature near 0 no per cent can be told.
    """
    off, large = np.abs(predicted - truth), np.abs(truth) >= 1
    return {"mae": float(off.mean()), "rmse": float(np.sqrt((off ** 2).mean())),
            "mape": float(100 * (off[large] / np.abs(truth[large])).mean())}


def foreseen(job: Job, task: Task, kind: str, epochs: int, batch_size: int,
             patience: int) -> tuple[np.ndarray, nn.Module, Any]:
    """Train one network on one series; what it foresees in the test part, (N, future) in the series' units.

    It sees how far the window lies from its level, in units of what is usual, and answers likewise.
    """
    s, period = job.settings, task.series.period
    (x, y), (x_val, y_val), (x_test, _) = [task.part(number) for number in range(3)]
    scale = float((x - level(x, period)).std())

    def scaled(seen: np.ndarray, values: np.ndarray) -> np.ndarray:
        return ((values - level(seen, period)) / scale).astype(np.float32)

    manual_seed(s.seed)
    model = network(kind, task, s.hidden)
    part, resume = job.part(f"{task.name}-{kind}")
    history = fit(model, (scaled(x, x)[..., None], scaled(x, y)),
                  validation=(scaled(x_val, x_val)[..., None], scaled(x_val, y_val)), loss=F.l1_loss,
                  optimizer=optim.Adam(model.parameters(), lr=s.lr), epochs=epochs, batch_size=batch_size,
                  callbacks=[EarlyStopping("val_loss", patience), Watch(part, every=max(1, epochs // 10))],
                  run=part, resume=resume, verbose=job.verbose)
    model.eval()
    with no_grad():
        z = model(tensor(scaled(x_test, x_test)[..., None])).numpy()
    return task.units(z * scale + level(x_test, period)), model, history


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    hows = ((s.airline_epochs, s.airline_batch_size, 10 * s.patience), (s.epochs, s.batch_size, s.patience))
    metrics: dict[str, Any] = {}
    weights: dict[str, Any] = {}
    losses: dict[str, list[dict[str, Any]]] = {}
    for task, how in zip(tasks(), hows, strict=True):
        truth, predicted = task.units(task.part(2)[1]), rules(task)
        for kind in KINDS:
            job.say(f"{kind.upper()} on {task.series.name}")
            predicted[kind.upper()], model, history = foreseen(job, task, kind, *how)
            weights.update({f"{task.name}.{kind}.{key}": value for key, value in model.state_dict().items()})
            losses[f"{kind}_{task.name}"] = history.rows
        found = {name: errors(values, truth) for name, values in predicted.items()}
        worst = max(found[kind.upper()]["mae"] for kind in KINDS)
        metrics[f"{task.name}_mae_ratio"] = worst / found["seasonal naive"]["mae"]
        metrics.update({f"{task.name}_{name.lower().replace(' ', '_')}_{error}": value
                        for name, each in reversed(found.items()) for error, value in each.items()})
        falling = {kind.upper(): [row["val_loss"] for row in losses[f"{kind}_{task.name}"]] for kind in KINDS}
        job.lines(f"Validation loss on {task.series.name}", falling,
                  "Mean absolute error on the validation part, in units of the training part's deviation. "
                  "Each network was tested with the weights of its lowest point.", start=1, x_label="epoch",
                  log=False)
        draw(job, task, predicted, truth, found)
    job.keep(weights)
    job.run.describe(model=repr(model), parameters=sum(value.numel() for value in weights.values()))
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1, **{f"{key}_{name}": rows[i][key] for key in ("loss", "val_loss")
                            for name, rows in losses.items() if i < len(rows)}}
        for i in range(max(map(len, losses.values())))])
    return metrics


def draw(job: Job, task: Task, predicted: dict[str, np.ndarray], truth: np.ndarray,
         found: dict[str, dict[str, float]]) -> None:
    """A table of the errors, two forecasts against what came, and how the error grows with the distance."""
    from .. import plot

    unit = {"airline": "thousand passengers", "etth1": "degrees Celsius"}[task.name]
    head = f"{'':14}{'MAE':>8}{'RMSE':>8}{'MAPE':>8}"             # narrow enough for a phone
    lines = [f"{name:14}{e['mae']:8.2f}{e['rmse']:8.2f}{e['mape']:7.1f}%" for name, e in found.items()]
    job.texts(f"Errors on {task.series.name}",
              {f"{len(truth)} forecasts of {task.future} steps, in {unit}": "\n".join([head, *lines])},
              "Mean absolute error, root of the mean squared error, and mean absolute error in per cent of "
              "the truth (where that is at least 1). The first three are rules without any learning.")
    x, _ = task.part(2)
    known = task.units(x)[:, -2 * task.future:]                  # older ones would press the rest together
    for word, at in (("first", 0), ("last", len(truth) - 1)):
        start = int(np.sum(task.sizes[:2])) + at
        labels = task.series.times[start - known.shape[1]:start + task.future]
        shown = {name: values[at] for name, values in predicted.items()}
        job.figure(f"{word} forecast of {task.series.name}", functools.partial(
                       plot.forecasts, known[at], truth[at], shown, labels=labels, y_label=unit,
                       dashed=RULES),
                   "To the left of the dotted line is what was known, to the right what came and what each "
                   "method had foreseen: the networks with whole lines, the rules with broken ones.")
    job.lines(f"Error by distance on {task.series.name}",
              {name: np.abs(values - truth).mean(0).tolist() for name, values in predicted.items()},
              f"Mean absolute error, in {unit}, of the forecast 1, 2, ... {task.future} steps ahead. What "
              "lies far ahead is harder to foresee; the last season does not mind.", x_label="steps ahead",
              start=1, dashed=RULES, log=False)
