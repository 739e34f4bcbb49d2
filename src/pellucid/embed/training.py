"""Train an encoder on pairs of texts, look at people's judgements after each pass, keep the best."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .. import Tensor, nn
from ..optim import AdamW
from ..optim.lr_scheduler import LambdaLR
from ..train import Callback, History, Run, fit
from .augment import Augmenter
from .losses import Cosine, InfoNCE
from .pairs import PairBatches, PairSet, Wanted
from .static import StaticEncoder
from .texts import TextEncoder


class PairModel(nn.Module):
    """What `fit` trains: an encoder's model, from the tokens of a batch to vectors, text after text."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.model = encoder.model
        self._embed = encoder.embed

    def forward(self, *inputs: Tensor) -> Tensor:
        return self._embed(*inputs)


class PairLoss:
    """The loss of a batch's vectors: `loss` where pairs belong together, `scored` where they have scores."""

    def __init__(self, loss: Callable[..., Tensor], scored: Callable[..., Tensor]) -> None:
        self.loss, self.scored = loss, scored

    def __call__(self, vectors: Tensor, wanted: Wanted) -> Tensor:
        columns = vectors.chunk(wanted.columns)
        if wanted.scores is None:
            return self.loss(*columns)
        return self.scored(*columns, wanted.scores)


class Evaluation(Callback):
    """After each pass, numbers from `evaluate(encoder)`, as val_<name>; the largest `monitor` is the best.

    The weights of the best pass come back at the end.
    """

    def __init__(self, encoder: TextEncoder, evaluate: Callable[[TextEncoder], dict[str, float]],
                 monitor: str) -> None:
        self.encoder, self.evaluate, self.monitor = encoder, evaluate, monitor

    def on_fit_begin(self, training: Any) -> None:
        training.watch(f"val_{self.monitor}", "max")

    def on_validation_end(self, training: Any, row: dict[str, Any]) -> None:
        row.update({f"val_{name}": value for name, value in self.evaluate(self.encoder).items()})

    def on_fit_end(self, training: Any) -> None:
        training.restore_best()


def train_encoder(encoder: TextEncoder, train: PairSet | Sequence[PairSet], *,
                  validation: PairSet | Sequence[PairSet] | None = None,
                  evaluate: Callable[[TextEncoder], dict[str, float]] | None = None,
                  monitor: str = "spearman", loss: Callable[..., Tensor] | None = None,
                  scored: Callable[..., Tensor] | None = None, augment: Augmenter | None = None,
                  epochs: int = 10, batch_size: int = 128, lr: float | None = None, warmup: float = 0.1,
                  weight_decay: float = 0.01, clip: float = 1.0, callbacks: Iterable[Callback] = (),
                  run: Run | str | os.PathLike[str] | None = None, resume: bool = False,
                  verbose: int = 1) -> History:
    """Train an encoder on pairs, and return what happened in each pass.

    train, validation  PairSets, or several of either
    evaluate           a function of the encoder that gives named numbers, logged as val_<name> after each
                       pass
    monitor            which of them is largest in the best pass; without `evaluate` the validation loss
                       decides
    loss, scored       for pairs that belong together (InfoNCE), for pairs with scores (Cosine)
    augment            another form of each text of the sets without scores, each time (see `augment`)
    lr                 the largest; it rises for a share `warmup` of all steps, then falls on a line to 0;
                       by default 5e-4 for transformers, 0.05 for tables
    clip               of the gradient's norm
    callbacks, run, resume, verbose   as `fit` takes them

    Raises:  as `fit` and `PairBatches`.
    """
    sets, held = ([each] if isinstance(each, PairSet) else list(each or ()) for each in (train, validation))
    batches = PairBatches(encoder, sets, batch_size, augment=augment)
    largest = lr if lr is not None else 0.05 if isinstance(encoder, StaticEncoder) else 5e-4
    model = PairModel(encoder)
    optimizer = AdamW([p for p in model.parameters() if p.requires_grad], lr=largest,
                      weight_decay=weight_decay)
    steps = epochs * len(batches)
    schedule = LambdaLR(optimizer, lambda step: warm_linear(step, round(warmup * steps), steps))
    watched = [] if evaluate is None else [Evaluation(encoder, evaluate, monitor)]
    looked_at = PairBatches(encoder, held, batch_size, shuffle=False) if held else None
    return fit(model, batches, validation=looked_at, loss=PairLoss(loss or InfoNCE(), scored or Cosine()),
               optimizer=optimizer, epochs=epochs, scheduler=schedule, step_scheduler="batch",
               clip_grad_norm=clip, callbacks=[*watched, *callbacks],
               run=run if isinstance(run, Run) or run is None else Run(run),
               resume=resume, verbose=verbose)


def warm_linear(step: int, warmup: int, steps: int) -> float:
    """The share of the learning rate at a step: a line up from 0, then a line down to 0.

    >>> [round(warm_linear(step, 10, 100), 2) for step in (0, 9, 10, 55, 100)]
    [0.1, 1.0, 1.0, 0.5, 0.0]
    """
    if step < warmup:
        return (step + 1) / warmup
    return max(0.0, (steps - step) / max(1, steps - warmup))
