"""Class labels: which of C classes is right. What a loss asks of them, and how rows and labels are paired."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...ops import loss as ops
from ...tensor import OpError, Tensor, wrap
from .reduction import floating, not_empty, tensors
from .warning import warn_user


class LabelError(OpError, IndexError):
    """A label that names no class. PyTorch raises IndexError here, and RuntimeError in some losses."""


class Lookout:
    """Looks for probabilities where scores belong: at calls 1, 2, 4, 8, ..., until it has warned once."""

    def __init__(self) -> None:
        self.calls, self.warned = 0, False

    def look(self, name: str, rows: np.ndarray, fix: str) -> None:
        self.calls += 1
        if self.warned or self.calls & (self.calls - 1):
            return
        sample = rows[:16]
        if sample.size and sample.shape[1] > 1 and sample.min() >= 0 and \
                np.abs(sample.sum(axis=1, dtype=np.float64) - 1).max() < 1e-3:
            self.warned = True
            warn_user(f"{name}: every row of input lies in [0, 1] and sums to 1, so it seems to hold "
                      f"probabilities; {fix}")


class Rows:
    """Scores as rows (N, C), their labels (N,), and the shape that one loss per label has."""

    def __init__(self, name: str, input: Tensor, target: Tensor, ignore_index: int | None = None) -> None:
        tensors(name, input=input, target=target)
        floating(name, input=input)
        self.name = name
        self.x, self.shape = as_rows(name, input)
        self.labels = self._checked(input._data.shape, target)
        self.kept: np.ndarray | None = None                      # which labels count; None for all
        n_classes = self.x._data.shape[1]
        may_ignore = ignore_index is not None and 0 <= ignore_index < n_classes
        if may_ignore or (self.labels.size and self.labels.view(np.uint64).max() >= n_classes):
            self._sort_out(target, ignore_index, n_classes)      # a negative label is a huge unsigned one

    def _checked(self, shape: tuple, target: Tensor) -> np.ndarray:
        labels = target._data
        if labels.dtype.kind not in "iu":
            hint = "target.long() makes them so" if labels.shape == self.shape else \
                f"class probabilities would have the shape {shape} of input"
            raise OpError(f"{self.name}: target must hold labels, integers, got {target.dtype} of shape "
                          f"{labels.shape}; {hint}")
        if labels.shape != self.shape and not (self.shape == () and labels.shape == (1,)):
            hint = ": target.squeeze(1) fits" if labels.shape == (*self.shape[:1], 1, *self.shape[1:]) else ""
            raise OpError(f"{self.name}: input of shape {shape} wants one label per row, target of shape "
                          f"{self.shape}; got {labels.shape}{hint}")
        return labels.reshape(-1).astype(np.int64)               # a copy: the target may be written to later

    def _sort_out(self, target: Tensor, ignore_index: int | None, n_classes: int) -> None:
        """Leave out ignored labels, and complain about the first that names no class."""
        kept = self.labels != ignore_index
        wrong = kept & ((self.labels < 0) | (self.labels >= n_classes))
        if wrong.any():
            first = int(np.argmax(wrong))
            place = np.unravel_index(first, target._data.shape) if target._data.ndim else ()
            where = ", ".join(map(str, place))
            raise LabelError(f"{self.name}: target[{where}] is {self.labels[first]}, but input has "
                             f"{n_classes} classes: labels must lie in [0, {n_classes - 1}]")
        if not kept.all():
            self.kept, self.labels = kept, np.where(kept, self.labels, 0)

    def weights(self, weight: Tensor | None) -> Tensor | None:
        """How much each label counts: its class's weight, 0 where it is ignored; None when all count 1."""
        if weight is None:
            return None if self.kept is None else wrap(self.kept.astype(self.x._data.dtype))
        of_label = class_weights(self.name, weight, self.x)._data[self.labels]
        return wrap(of_label if self.kept is None else of_label * self.kept)

    def reduced(self, losses: Tensor, weight: Tensor | None, reduction: str, total: Any = None) -> Tensor:
        """One loss per label, weighted and reduced; the mean is divided by the sum of the weights.

        total: what to divide by, where the losses have been weighted already
        """
        if weight is not None and total is None:
            total = weight
            losses = losses * weight
        if self.kept is not None:                                # 0 even where the loss is infinite
            losses = losses.masked_fill(wrap(~self.kept), 0)
        if reduction == "none":
            return losses.reshape(self.shape)
        if reduction == "sum":
            return losses.sum()
        not_empty(self.name, losses)
        return losses.mean() if total is None else losses.sum() / total.sum()


def as_rows(name: str, input: Tensor) -> tuple[Tensor, tuple]:
    """Scores (C,), (N, C) or (N, C, d1, ...) as rows (N d1 ..., C), and the shape of one loss per label."""
    shape = input._data.shape
    if len(shape) == 2:
        return input, shape[:1]
    if len(shape) == 1:
        return input.reshape((1, shape[0])), ()
    if not shape:
        raise OpError(f"{name}: input must have a dimension of classes, got a tensor without dimensions")
    last = input.permute((0, *range(2, len(shape)), 1))
    return last.reshape((-1, shape[1]) if last._data.size else (int(np.prod(last.shape[:-1])), shape[1])), \
        (shape[0], *shape[2:])


def class_weights(name: str, weight: Tensor, rows: Tensor) -> Tensor:
    """The weights of the classes, one for each."""
    tensors(name, weight=weight)
    if weight._data.shape != rows._data.shape[1:]:
        raise OpError(f"{name}: weight must have one number for each of the {rows._data.shape[1]} classes, "
                      f"got shape {weight._data.shape}")
    return weight


def smoothed(rows: Rows, weight: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy per label when classes weigh w and labels are smoothed by s.

        l = -sum over c of w[c] q[c] ln p[c]     q = 1 - s at the label, plus s / C everywhere
    """
    n_classes = rows.x._data.shape[1]
    q = np.full(rows.x._data.shape, smoothing / n_classes, rows.x._data.dtype)
    q[np.arange(len(rows.labels)), rows.labels] += 1 - smoothing
    return ops.cross_entropy_of_probabilities(rows.x,
                                              wrap(q * class_weights(rows.name, weight, rows.x)._data))


def right_classes(name: str, target: Tensor, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows of labels that end at the first -1, as labels (-1 behind the end) and as truth values (N, C)."""
    if target._data.dtype.kind not in "iu":
        raise OpError(f"{name}: target must hold labels, integers, got {target.dtype}")
    labels = target._data.reshape(shape).astype(np.int64)
    listed = np.where(np.logical_or.accumulate(labels == -1, axis=1), -1, labels)
    if listed.size and not (-1 <= listed.min() and listed.max() < shape[1]):
        row, place = np.argwhere((listed < -1) | (listed >= shape[1]))[0]
        raise LabelError(f"{name}: target[{row}, {place}] is {listed[row, place]}, but input has {shape[1]} "
                         f"classes: labels must lie in [0, {shape[1] - 1}], and -1 ends a row")
    right = np.zeros(shape, bool)
    rows, places = np.nonzero(listed >= 0)
    right[rows, listed[rows, places]] = True
    return listed, right
