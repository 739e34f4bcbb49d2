"""Training of word vectors: many small steps on a few rows of large tables, compiled where they can be.

The engine says what is trained (`embed.words_models`): a loss, its gradient by backward, the step of SGD or
Adagrad. It sets every gradient of a table of 20,000 words to zero for a step that changes ten of them, and a
book has millions of such steps. Here the same steps touch only the rows that they change.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kernels import floats
from .accumulate import add_rows

__all__: list[str] = []


def compiled(*tables: np.ndarray) -> bool:
    """Can a loop over the memory of these do the steps?"""
    return all(floats(table) and table.dtype is tables[0].dtype and table.flags.c_contiguous
               and table.flags.writeable for table in tables)


def negative_sampling_steps(inputs: np.ndarray, outputs: np.ndarray, flat: np.ndarray, starts: np.ndarray,
                            targets: np.ndarray, rates: np.ndarray, *, batch: int) -> float:
    """SGD's steps on batches of bags of words, each of which foretells a word, in place.

        h = mean over w in the bag of inputs[w]          s_t = h outputs[targets_t]
        loss = -log sigmoid(s_0) - sum over t >= 1 of log sigmoid(-s_t)
        e_t = lr ((1 if t = 0 else 0) - sigmoid(s_t))    with the loss added up over the batch
        outputs[targets_t] += e_t h      inputs[w] += sum over t of e_t outputs[targets_t] / size of the bag
    Skip-gram's bag is one word, CBOW's all words around. A target of -1 is none. Returns the sum of losses,
    each before its step.

    Shapes:  inputs, outputs (V, D); flat (sum of sizes,); starts (N + 1,); targets (N, 1 + K); rates, one for
             each batch
    Source:  Mikolov, Sutskever, Chen, Corrado & Dean 2013, arXiv:1310.4546, eq. 4.
    """
    if compiled(inputs, outputs):
        from ..kernels import words as loops

        flat, starts, targets = (np.ascontiguousarray(a, np.int64) for a in (flat, starts, targets))
        return float(loops.negative_sampling(inputs, outputs, flat, starts, targets,
                                             np.ascontiguousarray(rates, inputs.dtype), batch))
    loss = 0.0
    for number, first in enumerate(range(0, len(targets), batch)):
        ends = starts[first:first + batch + 1]
        loss += _step(inputs, outputs, flat[ends[0]:ends[-1]], np.diff(ends), targets[first:first + batch],
                      inputs.dtype.type(rates[number]))
    return loss


def _step(inputs: np.ndarray, outputs: np.ndarray, places: np.ndarray, sizes: np.ndarray,
          targets: np.ndarray, lr: Any) -> float:
    """One step on one batch."""
    bags, shares = np.repeat(np.arange(len(sizes)), sizes), (1 / sizes).astype(inputs.dtype)[:, None]
    h = add_rows(inputs[places], bags, len(sizes)) * shares                   # (B, D)
    rows = outputs[targets]                                                   # (B, 1 + K, D)
    scores = np.einsum("bd,btd->bt", h, rows)
    is_there, sign = targets >= 0, np.where(np.arange(targets.shape[1]) == 0, -1, 1)
    loss = np.logaddexp(0, sign * scores)[is_there].sum(dtype=np.float64)
    probability = np.exp(-np.logaddexp(0, -scores))
    errors = np.where(is_there, lr * ((sign < 0) - probability), 0).astype(inputs.dtype)
    back = np.einsum("bt,btd->bd", errors, rows) * shares
    wanted = targets[is_there]
    changed, rank = np.unique(wanted, return_inverse=True)                    # few rows of a large table
    slopes = (errors[..., None] * h[:, None])[is_there]
    outputs[changed] += add_rows(slopes, rank.reshape(-1), len(changed))
    changed, rank = np.unique(places, return_inverse=True)
    inputs[changed] += add_rows(back[bags], rank.reshape(-1), len(changed))
    return float(loss)


def glove_steps(tables: tuple[np.ndarray, ...], squares: np.ndarray, rows: np.ndarray, columns: np.ndarray,
                logs: np.ndarray, weights: np.ndarray, *, lr: float, eps: float, batch: int) -> float:
    """Adagrad's steps on batches of pairs of words that were seen together, in place.

        off = words[i] others[j] + biases[i] + other_biases[j] - log x          loss = f(x) off^2
        square += g^2          parameter -= lr g / (sqrt(square) + eps)         with g the batch's gradient
    Returns the sum of losses, each before its step.

    Shapes:  tables words (V, D), others (V, D), biases (V,), other_biases (V,); squares (2, V, D + 1), the
             biases' last; rows, columns, logs, weights (N,)
    Source:  Pennington, Socher & Manning 2014, "GloVe", eq. 8; Duchi, Hazan & Singer 2011 (Adagrad).
    """
    words, others, biases, other_biases = tables
    kind = words.dtype
    logs, weights = logs.astype(kind, copy=False), weights.astype(kind, copy=False)
    if compiled(*tables, squares):
        from ..kernels import words as loops

        return float(loops.glove(words, others, biases, other_biases, squares, rows, columns, logs, weights,
                                 kind.type(lr), kind.type(eps), batch))
    loss = 0.0
    for first in range(0, len(rows), batch):
        i, j, log, weight = (array[first:first + batch] for array in (rows, columns, logs, weights))
        off = np.einsum("nd,nd->n", words[i], others[j]) + biases[i] + other_biases[j] - log
        loss += float((weight * off * off).sum(dtype=np.float64))
        slope = (2 * weight * off)[:, None]
        slopes = [np.hstack([slope * others[j], slope]), np.hstack([slope * words[i], slope])]
        for side, (table, bias, places) in enumerate(((words, biases, i), (others, other_biases, j))):
            changed, rank = np.unique(places, return_inverse=True)
            g = add_rows(slopes[side], rank.reshape(-1), len(changed))
            squares[side, changed] += g * g
            change = kind.type(lr) * g / (np.sqrt(squares[side, changed]) + kind.type(eps))
            table[changed] -= change[:, :-1]
            bias[changed] -= change[:, -1]
    return loss
