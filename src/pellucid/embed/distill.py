"""From a transformer to a table: what a slow encoder knows of each token, kept for a fast one.

    e_t = teacher([CLS] t [SEP])                   each token of the vocabulary, alone
    W_t = (e_t - mean e) P                         P: the principal directions of all e
    W_t = W_t a / (a + p_t)                        p_t: the token's share of all; frequent ones say little
    W   = argmin mean over sentences of 1 - cos(mean of W_t over the sentence, (teacher(s) - mean) P)

The first three lines need no data but counts, the last one sentences of any kind, without labels.

Source:  Tulkens & van Dongen 2024, "Model2Vec: Turn any Sentence Transformer into a Small Fast Model", and
         its Tokenlearn; Arora, Liang & Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence
         Embeddings".
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .. import Tensor, manual_seed
from ..optim import Adam
from ..optim.lr_scheduler import LambdaLR
from ..text.progress import Progress
from ..train import History, Run, fit
from .static import StaticEncoder
from .texts import TextEncoder
from .token_batches import TokenBatches
from .training import PairModel, warm_linear
from .vectors import unit

TOKENS_AT_ONCE = 256
END = re.compile(r"(?:(?<=[.!?])|(?<=[.!?][\"'”’)]))\s+(?=[\"'“‘(]*[A-Z])")
PARAGRAPH = re.compile(r"\n\s*\n")
NOWHERE = re.compile(r"\[(PAD|MASK|unused\d+)\]|<(pad|mask|unused\d+)>")


def sentences_of(texts: Iterable[str], shortest: int = 5, longest: int = 24) -> list[str]:
    """The sentences of some texts that have so many words, each once.

    >>> sentences_of(["It was late. The moon rose over the river! Yes."])
    ['The moon rose over the river!']
    """
    found = (" ".join(sentence.split()) for text in texts for paragraph in PARAGRAPH.split(text)
             for sentence in END.split(" ".join(paragraph.split())))
    return list(dict.fromkeys(each for each in found if shortest <= each.count(" ") + 1 <= longest))


def some_of(sentences: Sequence[str], count: int, seed: int = 0) -> list[str]:
    """So many of the sentences, drawn at random; all where there are fewer."""
    order = np.random.default_rng(seed).permutation(len(sentences))[:count]
    return [sentences[place] for place in order]


def useless(encoder: TextEncoder, count: int) -> np.ndarray:
    """Which tokens stand in no text: [CLS], [SEP], [PAD], [MASK] and places kept free; (V,) of bool."""
    vocabulary = encoder.tokenizer.vocab
    around = set(encoder.tokenize([""])[0])
    named = [number for token, number in vocabulary.items() if number in around or NOWHERE.fullmatch(token)]
    found = np.ones(count, bool)
    found[list(vocabulary.values())] = False
    found[named] = True
    return found


def token_vectors(teacher: TextEncoder, show_progress_bar: bool = False) -> np.ndarray:
    """What an encoder makes of each token alone, between the tokens that it puts around a text: (V, C)."""
    count = max(teacher.tokenizer.vocab.values()) + 1
    around = np.array(teacher.tokenize([""])[0], np.int32)
    before, after = around[:1], around[1:]
    progress = Progress("tokens", count, shown=show_progress_bar)
    result = np.empty((count, teacher.dimension), np.float32)
    for start in range(0, count, TOKENS_AT_ONCE):
        numbers = range(start, min(start + TOKENS_AT_ONCE, count))
        result[numbers] = teacher.vectors([np.concatenate([before, np.array([number], np.int32), after])
                                           for number in numbers])
        progress.to(start + len(numbers))
    progress.end(f"{count:,} tokens")
    return result


def principal_directions(rows: np.ndarray, count: int) -> np.ndarray:
    """The directions in which rows differ most, the first one most: (N, C) -> (C, count)."""
    centred = rows - rows.mean(0)
    _, directions = np.linalg.eigh(centred.T @ centred)           # the smallest variance first
    return np.ascontiguousarray(directions[:, ::-1][:, :count])


def turned_away(vectors: Tensor, wanted: Tensor) -> Tensor:
    """How far vectors point elsewhere: the mean of 1 - cos, both of length 1."""
    return 1 - (vectors * wanted).sum(1).mean()


def distill(teacher: TextEncoder, sentences: Sequence[str] = (), dimension: int = 256, *,
            smoothing: float = 1e-3, verbose: int = 1, **how: Any) -> StaticEncoder:
    """A StaticEncoder that answers as a slow encoder does.

    sentences    of any kind, without labels; without them nothing is refined (see `table_of`)
    dimension    of the table; at most the teacher's
    smoothing    the share of all tokens at which a vector is halved
    how          the refinement: what `refine` takes

    Raises:  ValueError for a dimension beyond the teacher's, or sentences without any token.
    """
    encoder, basis = table_of(teacher, sentences, dimension, smoothing=smoothing, verbose=verbose)
    if len(sentences):
        refine(encoder, teacher, basis, sentences, verbose=verbose, **how)
    return encoder


def table_of(teacher: TextEncoder, sentences: Sequence[str] = (), dimension: int = 256, *,
             smoothing: float = 1e-3, verbose: int = 1) -> tuple[StaticEncoder, np.ndarray]:
    """A table of what a slow encoder makes of each token alone, and its principal directions (C, dimension).

    Tokens that are frequent in the sentences get shorter vectors. Without sentences tokens are weighed by the
    logarithm of their number, which grows as they get rarer in BERT's vocabulary.
    """
    if not isinstance(dimension, int) or not 1 <= dimension <= teacher.dimension:
        raise ValueError(f"distill: dimension is {dimension!r}, wants 1 to {teacher.dimension}, the "
                         "teacher's")
    rows = token_vectors(teacher, verbose > 0)
    used = ~useless(teacher, len(rows))
    basis = principal_directions(rows[used], dimension)
    table = np.where(used[:, None], (rows - rows[used].mean(0)) @ basis, 0)
    if not len(sentences):
        table *= np.log1p(np.cumsum(used))[:, None]
    encoder = StaticEncoder(table, teacher.tokenizer, max_seq_length=teacher.max_seq_length)
    if len(sentences):
        encoder.weigh(sentences, smoothing)
    lengths = np.linalg.norm(encoder.weight[used], axis=1)
    encoder.weight[:] /= max(float(lengths.mean()), 1e-30)        # one rate of learning fits all teachers
    return encoder, basis


def refine(encoder: StaticEncoder, teacher: TextEncoder, basis: np.ndarray, sentences: Sequence[str], *,
           epochs: int = 4, batch_size: int = 256, lr: float = 3e-3, validation: int = 1000, seed: int = 0,
           run: Run | str | os.PathLike[str] | None = None, resume: bool = False, verbose: int = 1
           ) -> History:
    """Turn the table's vectors of sentences to where the teacher's point: Adam, the rate falling to 0.

    basis        the directions in which the teacher's vectors are looked at, (C, dimension)
    validation   sentences that are held out, at most a tenth
    run, resume, verbose   as `fit` takes them
    """
    vectors = teacher.encode(sentences, show_progress_bar=verbose > 0)
    wanted = unit((vectors - vectors.mean(0)) @ basis, "refine")
    manual_seed(seed)
    tokens = encoder.tokens(list(sentences))
    held = min(validation, len(tokens) // 10)
    parts = [TokenBatches(encoder, tokens[part], wanted[part], batch_size, shuffle)
             for part, shuffle in ((slice(held, None), True), (slice(held), False))]
    model = PairModel(encoder)
    optimizer = Adam(model.parameters(), lr=lr)
    steps = epochs * len(parts[0])
    return fit(model, parts[0], validation=parts[1] if held else None, loss=turned_away, optimizer=optimizer,
               epochs=epochs, scheduler=LambdaLR(optimizer, lambda step: warm_linear(step, 0, steps)),
               step_scheduler="batch", run=run if isinstance(run, Run) or run is None else Run(run),
               resume=resume, verbose=verbose)
