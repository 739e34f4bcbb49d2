"""Losses for sequences whose answer is shorter than the input."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...ops.ctc import NEVER, ctc
from ...tensor import OpError, Tensor, wrap
from .labels import LabelError
from .reduction import chosen, floating, not_empty, tensors

Lengths = Tensor | Sequence[int] | int


def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths: Lengths, target_lengths: Lengths,
             blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> Tensor:
    """Surprise at a text when each moment of a longer input guesses a letter or a blank.

        l = -ln sum over all ways to stretch the text over the input of the product of p[t, letter]
    A way repeats letters and puts blanks between them; equal neighbours need a blank. "mean" divides each l
    by its target's length, at least 1, and averages. zero_infinity puts 0 where no way is short enough.

    Shapes:  log_probs (T, N, C) or (T, C), log_softmax of the scores; targets (N, S), or all in one row;
             lengths (N,) or () -> (), or (N,) or () for reduction="none"
    Source:  Graves, Fernandez, Gomez & Schmidhuber 2006, "Connectionist Temporal Classification", ICML.
    Differs: the gradient is that of log_probs; PyTorch adds e^log_probs, which log_softmax takes away again.
    Raises:  RuntimeError for lengths that do not fit; IndexError for a letter that is no class, or the blank.
    """
    reduction = chosen(reduction)
    tensors("ctc_loss", log_probs=log_probs, targets=targets)
    floating("ctc_loss", log_probs=log_probs)
    shape = log_probs._data.shape
    if len(shape) not in (2, 3) or 0 in shape:
        raise OpError(f"ctc_loss: log_probs must be (T, N, C) or (T, C), none of them 0, got shape {shape}")
    if not 0 <= blank < shape[-1]:
        raise OpError(f"ctc_loss: blank must be one of the {shape[-1]} classes, got {blank}")
    x = log_probs if len(shape) == 3 else log_probs.unsqueeze(1)
    n_rows = x._data.shape[1]
    inputs = _lengths("input_lengths", input_lengths, n_rows, shape[0])
    lengths = _lengths("target_lengths", target_lengths, n_rows, targets._data.size)
    texts = _texts(targets._data, lengths, blank, shape[-1])
    losses = ctc(x, texts, inputs, lengths, blank=blank)
    impossible = losses._data > -NEVER / 10
    if impossible.any():
        losses = losses.masked_fill(wrap(impossible), 0.0 if zero_infinity else float("inf"))
    if reduction == "mean":
        not_empty("ctc_loss", losses)
        return (losses / wrap(np.maximum(lengths, 1).astype(losses._data.dtype))).mean()
    if reduction == "sum":
        return losses.sum()
    return losses if len(shape) == 3 else losses.reshape(())


def _lengths(name: str, given: Any, n_rows: int, longest: int) -> np.ndarray:
    lengths = np.asarray(given._data if isinstance(given, Tensor) else given)
    if lengths.dtype.kind not in "iu":
        raise OpError(f"ctc_loss: {name} must hold integers, got {lengths.dtype}")
    lengths = lengths.reshape(-1)
    if lengths.shape != (n_rows,):
        raise OpError(f"ctc_loss: {name} must hold a length for each of {n_rows} rows, got {lengths.size}")
    if (lengths < 0).any() or (lengths > longest).any():
        wrong = lengths[(lengths < 0) | (lengths > longest)][0]
        raise OpError(f"ctc_loss: {name} must lie between 0 and {longest}, got {wrong}")
    return lengths


def _texts(targets: np.ndarray, lengths: np.ndarray, blank: int, n_classes: int) -> np.ndarray:
    """The targets as rows (N, L); what lies behind a target's end is filled with one of its letters."""
    if targets.dtype.kind not in "iu":
        raise OpError(f"ctc_loss: targets must hold integers, got {targets.dtype}")
    width = int(lengths.max(initial=0))
    if targets.ndim == 2 and (targets.shape[0] != len(lengths) or targets.shape[1] < width):
        raise OpError(f"ctc_loss: targets of shape {targets.shape} do not hold {len(lengths)} texts of up to "
                      f"{width} letters")
    if targets.ndim != 2 and targets.size != (total := int(lengths.sum())):
        raise OpError(f"ctc_loss: target_lengths add up to {total}, targets hold {targets.size} letters")
    inside = np.arange(width) < lengths[:, None]
    letters = targets[:, :width][inside] if targets.ndim == 2 else targets.reshape(-1)
    wrong = (letters < 0) | (letters >= n_classes) | (letters == blank)
    if wrong.any():
        raise LabelError(f"ctc_loss: targets must hold letters from 0 to {n_classes - 1} other than the "
                         f"blank {blank}, got {letters[wrong][0]}")
    texts = np.full(inside.shape, (blank + 1) % n_classes)
    texts[inside] = letters
    return texts
