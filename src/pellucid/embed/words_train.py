"""Training of word vectors on a corpus: skip-gram, CBOW and GloVe."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ops.words import glove_steps, negative_sampling_steps
from ..text.progress import Progress
from .words_text import Corpus, cooccurrences, windows

METHODS = ("skip-gram", "cbow", "glove")
PIECE = 100_000                                                   # words that are looked at together
DRAWN = 1 << 20                                                   # length of the table one draws words from


@dataclass(frozen=True)
class HowToTrain:
    """How word vectors are trained."""

    method: str = "skip-gram"
    dimension: int = 100
    window: int = 5             # words on either side; each word's window is drawn from 1 to this
    negatives: int = 5          # words drawn at random for each that was there
    epochs: int = 5
    lr: float = 0.1             # falls to 0; GloVe's falls by itself
    subsample: float = 1e-4     # of words more frequent than this, a part is passed over; 0 for none
    power: float = 0.75         # negatives are drawn by their frequency to this power
    batch: int = 16             # bags whose slopes are added up before a step
    most: float = 100.0         # GloVe: pairs count in full from here on
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise ValueError(f"words: method is {self.method!r}, wants one of {', '.join(METHODS)}")
        for name in ("dimension", "window", "negatives", "epochs", "batch"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"words: {name} must be an integer of at least 1, got {value!r}")
        for name, least in (("lr", 0), ("most", 0), ("subsample", -1), ("power", -1)):
            if not least < getattr(self, name) < np.inf:
                raise ValueError(f"words: {name} must be {'above' if least == 0 else 'at least'} 0, got "
                                 f"{getattr(self, name)!r}")


@dataclass
class Trained:
    """What training leaves: vectors of words as they foretell, and as they are foretold; losses by epoch."""

    inputs: np.ndarray
    outputs: np.ndarray
    losses: list[float]


def train_words(corpus: Corpus, how: HowToTrain, *, show_progress_bar: bool = False) -> Trained:
    """Train vectors of a corpus' words.

    Shapes:  inputs, outputs (V, D) float32
    Raises:  ValueError for a corpus of fewer than two words, and if the numbers grew beyond all bounds.
    """
    if len(corpus.words) < 2 or len(corpus.ids) < 2:
        raise ValueError(f"words: a corpus of {len(corpus.words)} different words teaches nothing; wants 2")
    made = (_glove if how.method == "glove" else _negative_sampling)(corpus, how, show_progress_bar)
    if not (np.isfinite(made.inputs).all() and np.isfinite(made.outputs).all()):
        raise ValueError(f"words: the vectors hold NaN or infinity after training; lr {how.lr} is too large")
    return made


def kept_share(counts: np.ndarray, subsample: float) -> np.ndarray:
    """The share of each word's occurrences that is kept.

        min(1, sqrt(t / f) + t / f)              with its frequency f, and t = subsample
    Differs: the paper has 1 - sqrt(t / f); this is what its authors' program does.
    """
    if subsample == 0:
        return np.ones(len(counts))
    rarity = subsample * counts.sum() / counts
    return np.minimum(1, np.sqrt(rarity) + rarity)


def _negative_sampling(corpus: Corpus, how: HowToTrain, shown: bool) -> Trained:
    """Skip-gram and CBOW."""
    rng = np.random.default_rng(how.seed)
    shape = len(corpus.words), how.dimension
    inputs = ((rng.random(shape) - 0.5) / how.dimension).astype(np.float32)
    outputs = np.zeros(shape, np.float32)
    shares, drawn_from = kept_share(corpus.counts, how.subsample), table_of(corpus.counts, how.power)
    pieces = list(corpus.pieces(PIECE))
    total, done, losses = len(pieces) * how.epochs, 0, []
    progress = Progress(f"training {how.method}", total, " pieces", shown=shown)
    for _ in range(how.epochs):
        loss, count = 0.0, 0
        for number in rng.permutation(len(pieces)):
            ids, paragraphs = pieces[number]
            flat, starts, targets = bags(ids, paragraphs, how, shares, drawn_from, rng)
            n_steps = -(-len(targets) // how.batch)
            rates = how.lr * np.maximum(1 - (done + np.arange(n_steps) / max(n_steps, 1)) / total, 1e-4)
            loss += negative_sampling_steps(inputs, outputs, flat, starts, targets, rates, batch=how.batch)
            count, done = count + len(targets), done + 1
            progress.to(done)
        losses.append(loss / max(count, 1))
    progress.end(f"loss {losses[-1]:.4f}")
    return Trained(inputs, outputs, losses)


def table_of(counts: np.ndarray, power: float) -> np.ndarray:
    """Words, each as often as it is to be drawn: in proportion to its count to a power, once at least."""
    weights = counts ** power
    times = np.maximum(1, np.round(DRAWN * weights / weights.sum()).astype(np.int64))
    return np.repeat(np.arange(len(counts)), times)


def bags(ids: np.ndarray, paragraphs: np.ndarray, how: HowToTrain, shares: np.ndarray,
         drawn_from: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a piece of a corpus teaches: bags of words, and for each the word it foretells and drawn ones.

    Shapes:  flat (sum of sizes,), starts (N + 1,), targets (N, 1 + negatives); -1 for a drawn word that was
             the true one
    """
    kept = rng.random(len(ids)) < shares[ids]
    ids, paragraphs = ids[kept], paragraphs[kept]
    middles, others = windows(ids, paragraphs, rng.integers(1, how.window + 1, len(ids)))
    if how.method == "skip-gram":
        flat, wanted = ids[middles], ids[others]
        starts = np.arange(len(flat) + 1)
    else:
        sizes = np.bincount(middles, minlength=len(ids))
        flat, wanted = ids[others], ids[sizes > 0]
        starts = np.concatenate([[0], np.cumsum(sizes[sizes > 0])])
    drawn = drawn_from[rng.integers(0, len(drawn_from), (len(wanted), how.negatives))]
    return flat, starts, np.column_stack([wanted, np.where(drawn == wanted[:, None], -1, drawn)])


def _glove(corpus: Corpus, how: HowToTrain, shown: bool) -> Trained:
    rng = np.random.default_rng(how.seed)
    rows, columns, times = cooccurrences(corpus, how.window)
    if not len(rows):
        raise ValueError("words: no two words of the corpus stand in one paragraph")
    logs, weights = np.log(times), np.minimum(1, (times / how.most) ** how.power)
    count, size = len(corpus.words), how.dimension
    first = (rng.random((2, count, size + 1)) - 0.5).astype(np.float32) / size
    tables = (*(np.ascontiguousarray(first[side, :, :size]) for side in range(2)),
              *(first[side, :, size].copy() for side in range(2)))
    squares = np.ones((2, count, size + 1), np.float32)           # as the authors begin, and not at 0
    losses = []
    progress = Progress("training glove", how.epochs, " epochs", shown=shown)
    for epoch in range(how.epochs):
        order = rng.permutation(len(rows))
        loss = glove_steps(tables, squares, rows[order], columns[order], logs[order], weights[order],
                           lr=how.lr, eps=1e-10, batch=how.batch)
        losses.append(loss / len(rows))
        progress.to(epoch + 1)
    progress.end(f"loss {losses[-1]:.4f}")
    return Trained(tables[0], tables[1], losses)
