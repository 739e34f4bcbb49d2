"""addition: an encoder and a decoder with attention learn to add from nothing but examples.

Reaches   >= 99 % of 10,000 sums that it has never seen right in every digit
Protocol  the million pairs of numbers from 0 to 999 are parted at random (seed 0): a tenth for testing, a
          fiftieth for validation, the rest to train on; 10,000 and 2,000 of the first two are drawn without
          repetition, 80,000 of the last by drawing each number below 10, below 100 or below 1,000, all three
          equally often; read as text, such as 37+485, padded with blanks; the sum is written units first, as
          one adds by hand, in four digits; Adam, cosine schedule, gradients clipped, 8 epochs; the weights of
          the best validation epoch are tested once, writing on after their own digits
Seconds   75 on 2 cores

Short sums show where the units stand. Of pairs drawn evenly 99 in 100 have a number of three digits: after
four epochs on 50,000 of them every digit was right but the units, which were guessed.

Source: Zaremba & Sutskever 2014, "Learning to Execute", arXiv:1410.4615; the network: Bahdanau, Cho & Bengio
        2015, "Neural Machine Translation by Jointly Learning to Align and Translate", arXiv:1409.0473.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import optim, randperm, tensor
from ..models.seq2seq import Seq2Seq, Seq2SeqConfig
from ..tensor import wrap
from ..train import EarlyStopping, Watch, fit
from .gpt import per_letter
from .job import Job

EXPECTED = {"test_accuracy": 0.99}
SIGNS = np.array(list("0123456789+ "))
"""What is read: digits, the plus, and blanks at the end. Only digits are written."""


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 8
    digits: int = 3             # of each number, at most
    train_sums: int = 80_000
    validation_sums: int = 2_000
    test_sums: int = 10_000
    embedding: int = 32
    hidden: int = 64
    batch_size: int = 128
    lr: float = 5e-3
    clip: float = 1.0           # of the gradient's norm


class Sums:
    """Batches of ((source, answer), answer) in a new order each pass: the decoder writes after the answer.

    Shapes:  source (N, J), answer (N, I)
    """

    def __init__(self, source: np.ndarray, answer: np.ndarray, batch_size: int, shuffle: bool) -> None:
        self.source, self.answer, self.batch_size, self.shuffle = source, answer, batch_size, shuffle

    def __len__(self) -> int:
        return -(-len(self.source) // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        n = len(self.source)
        order = randperm(n).numpy() if self.shuffle else np.arange(n)
        for i in range(0, n, self.batch_size):
            rows = order[i:i + self.batch_size]
            answer = wrap(self.answer[rows])
            yield (wrap(self.source[rows]), answer), answer


def written(a: np.ndarray, b: np.ndarray, digits: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums as they are read and written: signs of "a+b" and blanks, the digits of a + b from the units up.

    Shapes:  a and b (N,) -> source (N, 2 digits + 1), answer (N, digits + 1)
    >>> source, answer = written(np.array([37]), np.array([485]), 3)
    >>> "".join(SIGNS[source[0]]), answer.tolist()
    ('37+485 ', [[2, 2, 5, 0]])
    """
    place = {sign: i for i, sign in enumerate(SIGNS)}
    texts = [f"{i}+{j}".ljust(2 * digits + 1) for i, j in zip(a.tolist(), b.tolist(), strict=True)]
    source = np.array([[place[sign] for sign in text] for text in texts], np.int64)
    return source, (a + b)[:, None] // 10 ** np.arange(digits + 1) % 10


def drawn(settings: Settings) -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs (a, b) to train on, for validation and for testing; no pair is in two of them."""
    random, many = np.random.RandomState(settings.seed), 10 ** settings.digits
    fate = random.random_sample((many, many))                    # of each pair
    parts = []
    for low, high, n in ((0.1, 0.12, settings.validation_sums), (0.0, 0.1, settings.test_sums)):
        a, b = np.nonzero((fate >= low) & (fate < high))
        chosen = random.choice(len(a), n, replace=False)
        parts.append((a[chosen], b[chosen]))
    n = 2 * settings.train_sums                                  # more than enough: 88 in 100 may be kept
    a, b = (random.randint(0, 10 ** random.randint(1, settings.digits + 1, n)) for _ in range(2))
    kept = np.flatnonzero(fate[a, b] >= 0.12)[:settings.train_sums]
    return [(a[kept], b[kept]), *parts]


def exact(scores: Any, answer: Any) -> float:
    """The share of sums right in every digit. Right after right digits is right after its own digits too."""
    right = scores.detach().numpy().argmax(-1) == answer.numpy()
    return float(right.all(1).mean())


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    pairs = drawn(s)
    (x, y), (x_val, y_val), (x_test, y_test) = [written(a, b, s.digits) for a, b in pairs]
    model = Seq2Seq(Seq2SeqConfig(len(SIGNS), 10, s.digits + 1, s.embedding, s.hidden))
    train = Sums(x, y, s.batch_size, shuffle=True)
    optimizer = optim.Adam(model.parameters(), lr=s.lr)
    job.run.describe(model=repr(model), parameters=sum(p.numel() for p in model.parameters()))
    fit(model, train, validation=Sums(x_val, y_val, 500, shuffle=False), loss=per_letter, optimizer=optimizer,
        epochs=s.epochs, metrics={"accuracy": exact}, clip_grad_norm=s.clip, step_scheduler="batch",
        scheduler=optim.lr_scheduler.CosineAnnealingLR(optimizer, s.epochs * len(train)),
        callbacks=[EarlyStopping("val_loss", s.epochs), Watch(job.run)],
        run=job.run, resume=job.resume, verbose=job.verbose)

    answers = np.concatenate([model.write(tensor(x_test[i:i + 500]))[0] for i in range(0, len(x_test), 500)])
    right = (answers == y_test).all(1)
    observe(job, model, x_test, y_test, answers)
    carries = carried(*pairs[2], s.digits)
    return {"test_accuracy": float(right.mean()), "test_digit_accuracy": float((answers == y_test).mean()),
            "test_wrong": int((~right).sum()),
            **{f"accuracy_{n}_carries": float(right[carries == n].mean()) for n in range(s.digits + 1)
               if (carries == n).any()}}


def carried(a: np.ndarray, b: np.ndarray, digits: int) -> np.ndarray:
    """How many times one carries when adding by hand.

    >>> carried(np.array([37, 999, 120]), np.array([485, 1, 45]), 3).tolist()
    [2, 3, 0]
    """
    return sum((a % 10 ** i + b % 10 ** i >= 10 ** i).astype(int) for i in range(1, digits + 1))


def observe(job: Job, model: Seq2Seq, x_test: np.ndarray, y_test: np.ndarray, answers: np.ndarray) -> None:
    """Where it looks while it writes: at six sums, and on average; and its mistakes."""
    from .. import plot

    _, weights = model.write(tensor(x_test[:2000]))
    sources = ["\N{OPEN BOX}" if sign == " " else sign for sign in SIGNS]
    signs = [[sources[i] for i in row] for row in x_test]
    lengths = (SIGNS[x_test[:2000]] != " ").sum(1)
    one_of_each = np.unique(lengths, return_index=True)[1]       # the first task of each length
    shown = list(dict.fromkeys([*one_of_each[::-1].tolist(), *range(6)]))[:6]
    titles = [f"{''.join(SIGNS[x_test[i]]).strip()} = {number(answers[i])}" for i in shown]
    job.figure("where it looks", lambda: plot.alignments(
        [weights[i] for i in shown], [signs[i] for i in shown], [answers[i] for i in shown], titles),
        "Sums of the test part. Each row is a digit of the sum, the units first, as they are written; each "
        "column a sign of the task; the darker a square, the more weight that sign had when that digit was "
        "written. It looks at the two digits that must be added, from right to left, wherever they stand: "
        "nobody told it where they are, nor that digits are added in pairs. What it carries from one digit "
        "to the next it must keep in its state.")
    full = np.flatnonzero(lengths == lengths.max())
    job.figure("where it looks on average", lambda: plot.alignments(
        [weights[full].mean(0)], [[*"abc"[:job.settings.digits], "+", *"def"[:job.settings.digits]]],
        [[f"10^{i}" for i in range(job.settings.digits + 1)]], columns=1),
        f"The mean over {len(full):,} sums of two numbers of {job.settings.digits} digits, abc + def, of the "
        "test part.")
    wrong = np.flatnonzero((answers != y_test).any(1))
    lines = [f"{''.join(SIGNS[x_test[i]]):8} = {number(y_test[i]):>5}, wrote {number(answers[i])}"
             for i in wrong[:30]]
    if lines:
        count = f"{len(wrong):,} of {len(x_test):,} sums; {len(lines)} of them"
        job.texts("Mistakes", {count: "\n".join(lines)},
                  "What it got wrong of the sums that it had never seen.")


def number(digits: np.ndarray) -> int:
    """The number of digits that are written units first.

    >>> number(np.array([2, 2, 5, 0]))
    522
    """
    return int((digits * 10 ** np.arange(len(digits))).sum())
