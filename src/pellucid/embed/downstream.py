"""Classes of texts from their vectors: a head on an encoder that stays as it is, or that learns with it.

    z = W (y - m) / s + b                         logistic regression: m, s of the training texts' vectors
    z = W2 relu(W1 (y - m) / s + b1) + b2         hidden > 0: a network with one hidden layer
    p(class) = softmax(z)

`train_head` looks at each text once and learns from vectors alone, in seconds; `fine_tune` lets the whole
encoder learn too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import Tensor, from_numpy, manual_seed, nn, no_grad
from ..nn import functional as F
from ..optim import LBFGS, Adam, AdamW
from ..optim.lr_scheduler import LambdaLR
from ..train import EarlyStopping, History, Run, accuracy, fit
from .texts import TextEncoder
from .token_batches import TokenBatches
from .training import warm_linear
from .vectors import matrix

Parts = tuple[Sequence[str], Any]                                 # texts, and the number of each one's class


class Standard(nn.Module):
    """Vectors of mean 0 and deviation 1 in each component, by measures that were taken once.

        y = (x - mean) / deviation
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, rows: np.ndarray) -> None:
        super().__init__()
        deviation = rows.std(0)
        self.register_buffer("mean", from_numpy(rows.mean(0)))
        self.register_buffer("deviation", from_numpy(np.where(deviation > 1e-6, deviation, 1)
                                                     .astype(np.float32)))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.deviation


class TextClassifier:
    """An encoder with a head: classes of texts.

    >>> from ..text import Tokenizer
    >>> from .static import StaticEncoder
    >>> words = Tokenizer.train("good bad fine poor", vocab_size=5, kind="words")
    >>> encoder = StaticEncoder(np.eye(5), words)
    >>> made = train_head(encoder, ["good", "bad", "fine", "poor"], [1, 0, 1, 0], ["no", "yes"])
    >>> made.predict(["fine good", "poor poor bad"]).tolist()
    [1, 0]
    """

    def __init__(self, encoder: TextEncoder, head: nn.Module, class_names: Sequence[str]) -> None:
        self.encoder, self.head, self.class_names = encoder, head.eval(), tuple(class_names)
        self.history: History | None = None

    def probabilities(self, texts: Iterable[str], batch_size: int = 32) -> np.ndarray:
        """How likely each class is: N texts -> (N, classes)."""
        vectors = self.encoder.encode(list(texts), batch_size)
        with no_grad():
            return F.softmax(self.head(from_numpy(vectors)), 1).numpy()

    def predict(self, texts: Iterable[str], batch_size: int = 32) -> np.ndarray:
        """The number of the likeliest class of each text, (N,)."""
        return self.probabilities(texts, batch_size).argmax(1)

    def score(self, texts: Sequence[str], y: Any, batch_size: int = 32) -> float:
        """The share of texts whose class is right."""
        return float(np.mean(self.predict(texts, batch_size) == checked(texts, y, self.class_names, "score")))

    def __repr__(self) -> str:
        return f"TextClassifier({self.encoder!r}, classes={', '.join(self.class_names)})"


def checked(texts: Sequence[str], y: Any, class_names: Sequence[str], what: str) -> np.ndarray:
    """The numbers of the texts' classes.

    Raises:  ValueError for as many numbers as not texts, or numbers that no class has, naming the first.
    """
    numbers = np.asarray(y)
    if numbers.shape != (len(texts),) or numbers.dtype.kind not in "iu":
        raise ValueError(f"{what}: wants a whole number for each of {len(texts)} texts, got {numbers.dtype} "
                         f"of shape {numbers.shape}")
    bad = (numbers < 0) | (numbers >= len(class_names))
    if bad.any():
        place = int(bad.argmax())
        raise ValueError(f"{what}: text {place} is of class {numbers[place]}, there are {len(class_names)} "
                         "classes")
    return numbers.astype(np.int64)


def train_head(encoder: TextEncoder, texts: Sequence[str], y: Any, class_names: Sequence[str], *,
               validation: Parts | None = None, hidden: int = 0,
               penalties: Sequence[float] = (1.0,), epochs: int = 50, dropout: float = 0.3, lr: float = 1e-3,
               seed: int = 0, run: Run | None = None, resume: bool = False, verbose: int = 0
               ) -> TextClassifier:
    """Learn classes from an encoder's vectors; the encoder stays as it is.

    hidden      units between vector and classes; 0 for logistic regression
    penalties   of logistic regression: lambda / 2 |W|^2 beside the sum of losses; of several the one with the
                best accuracy on `validation` is taken
    epochs, dropout, lr   of the network; `validation` decides which epoch was best
    run, resume, verbose  as `fit` takes them

    Raises:  ValueError for numbers that do not fit the texts or classes, and several penalties without
             validation.
    """
    numbers = checked(texts, y, class_names, "train_head")
    held = None if validation is None else checked(*validation, class_names, "train_head: validation")
    x = matrix(encoder.encode(texts), "train_head")
    x_val = None if validation is None else encoder.encode(validation[0])
    manual_seed(seed)
    if hidden:
        head, history = network(x, numbers, None if x_val is None else (x_val, held), len(class_names),
                                hidden, epochs, dropout, lr, run, resume, verbose)
        made = TextClassifier(encoder, head, class_names)
        made.history = history
        return made
    if len(penalties) != 1 and x_val is None:
        raise ValueError(f"train_head: {len(penalties)} penalties want `validation` to choose among them")
    heads = [logistic_regression(x, numbers, len(class_names), penalty) for penalty in penalties]
    if x_val is None:
        return TextClassifier(encoder, heads[0], class_names)
    with no_grad():
        right = [accuracy(head(from_numpy(x_val)), held) for head in heads]
    return TextClassifier(encoder, heads[int(np.argmax(right))], class_names)


def logistic_regression(x: np.ndarray, y: np.ndarray, classes: int, penalty: float = 1.0) -> nn.Module:
    """Weights that make the classes likeliest, by LBFGS over all rows at once.

        L = mean cross entropy(W (x - m) / s + b, y) + lambda / (2 N) |W|^2
    Shapes:  x (N, C), y (N,)
    """
    if not penalty >= 0:
        raise ValueError(f"logistic_regression: penalty must be at least 0, got {penalty!r}")
    scale = Standard(x)
    with no_grad():
        rows, targets = scale(from_numpy(x)), from_numpy(y)
    layer = nn.Linear(x.shape[1], classes)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = LBFGS(layer.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(layer(rows), targets) + penalty / (2 * len(x)) * (layer.weight ** 2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    return nn.Sequential(scale, layer).eval()


def network(x: np.ndarray, y: np.ndarray, validation: Any, classes: int, hidden: int, epochs: int,
            dropout: float, lr: float, run: Run | None, resume: bool, verbose: int
            ) -> tuple[nn.Module, History]:
    """A hidden layer between vectors and classes, by Adam."""
    head = nn.Sequential(Standard(x), nn.Linear(x.shape[1], hidden), nn.ReLU(), nn.Dropout(dropout),
                         nn.Linear(hidden, classes))
    stopping = [] if validation is None else [EarlyStopping("val_loss", 10)]
    history = fit(head, (x, y), validation=validation, loss=F.cross_entropy,
                  optimizer=Adam(head.parameters(), lr=lr), epochs=epochs, batch_size=64, callbacks=stopping,
                  metrics="accuracy", run=run, resume=resume, verbose=verbose)
    return head.eval(), history


class Headed(nn.Module):
    """An encoder's model with a head, from the tokens of a batch to what softmax makes into probabilities."""

    def __init__(self, encoder: TextEncoder, head: nn.Module) -> None:
        super().__init__()
        self.model, self.head = encoder.model, head
        self._embed = encoder.embed

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.head(self._embed(*inputs))


def fine_tune(encoder: TextEncoder, texts: Sequence[str], y: Any, class_names: Sequence[str], *,
              validation: Parts | None = None, head: nn.Module | None = None, epochs: int = 3,
              batch_size: int = 32, lr: float = 2e-5, head_lr: float = 1e-3, weight_decay: float = 0.01,
              dropout: float = 0.1, warmup: float = 0.1, seed: int = 0, run: Run | None = None,
              resume: bool = False, verbose: int = 1) -> TextClassifier:
    """Learn classes and the whole encoder together; the encoder itself changes.

    head       a module from vectors to classes that knows something already, as that of `train_head`; else
               a linear layer
    lr         of the encoder, which knows much already; one that starts from random weights wants 1e-3
    head_lr    of the head
    validation the epoch with the best accuracy on it is kept
    warmup     the share of all steps in which the rates rise, before they fall to 0
    run, resume, verbose  as `fit` takes them

    Raises:  as `train_head`.
    """
    numbers = checked(texts, y, class_names, "fine_tune")
    held = None
    if validation is not None:
        held = TokenBatches(encoder, encoder.tokens(list(validation[0])),
                            checked(*validation, class_names, "fine_tune: validation"), batch_size, False)
    batches = TokenBatches(encoder, encoder.tokens(list(texts)), numbers, batch_size)
    manual_seed(seed)
    chosen = head or nn.Sequential(nn.Dropout(dropout), nn.Linear(encoder.dimension, len(class_names)))
    model = Headed(encoder, chosen)
    optimizer = AdamW([{"params": [p for p in encoder.model.parameters() if p.requires_grad], "lr": lr},
                       {"params": list(chosen.parameters()), "lr": head_lr}], weight_decay=weight_decay)
    steps = epochs * len(batches)
    schedule = LambdaLR(optimizer, lambda step: warm_linear(step, round(warmup * steps), steps))
    best = [] if held is None else [EarlyStopping("val_accuracy", epochs, mode="max")]
    history = fit(model, batches, validation=held, loss=F.cross_entropy, optimizer=optimizer, epochs=epochs,
                  scheduler=schedule, step_scheduler="batch", metrics="accuracy", clip_grad_norm=1.0,
                  callbacks=best, run=run, resume=resume, verbose=verbose)
    encoder.model.eval()
    made = TextClassifier(encoder, chosen, class_names)
    made.history = history
    return made
