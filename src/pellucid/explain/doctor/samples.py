"""Faults in the data alone: scale, labels, rows in both parts, series out of order, a scaler that saw all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .finding import Finding

MOST = 2000                                                      # samples that are looked at
NEIGHBOURS = 2 ** 21                                             # distances between samples, at most


def findings(x: np.ndarray, y: np.ndarray | None, x_val: np.ndarray | None = None) -> Iterator[Finding]:
    """Everything that inputs, targets and validation inputs show."""
    x = np.asarray(x)
    if x.dtype.kind == "f" and x.size:
        if not np.isfinite(x).all():
            bad = np.argwhere(~np.isfinite(x))
            yield Finding("inputs not finite", f"{len(bad)} of {x.size} inputs are nan or infinite, the "
                          f"first is {x[tuple(bad[0])]} at {bad[0].tolist()}.", confidence=0.99)
            return
        yield from scale(x)
        if y is not None:
            yield from labels_fit(x, np.asarray(y))
    if x_val is not None and len(x) and len(x_val):
        x_val = np.asarray(x_val)
        leaked = list(windows(x, x_val))
        yield from leaked
        if not leaked:
            yield from overlap(x, x_val)
        yield from scaler(x, x_val)


def scale(x: np.ndarray) -> Iterator[Finding]:
    """Inputs far from unit size, or features of very unequal size."""
    rows = x[:MOST].reshape(len(x[:MOST]), -1).astype(np.float64)
    spread, size = rows.std(0), float(np.sqrt((rows ** 2).mean()))
    if len(rows) > 1 and not spread.any():
        yield Finding("inputs constant", f"all {len(rows)} inputs are equal.", confidence=0.98)
        return
    moving = spread[spread > 0]
    told = f"inputs lie between {rows.min():.4g} and {rows.max():.4g}, root mean square {size:.3g}"
    # The recipes' inputs have sizes of 0.3 to 1.7, pixels from 0 to 255 about 80, a price in thousands 1000s.
    if size > 20 or size < 0.01:
        yield Finding("inputs not scaled", f"{told}.", confidence=0.95, numbers={"size": size})
    elif x.ndim == 2 and len(moving) > 1 and moving.max() > 100 * np.median(moving) and moving.max() > 10:
        yield Finding("inputs not scaled", f"{told}; feature {int(spread.argmax())} has a deviation of "
                      f"{moving.max():.3g}, the middle one of {np.median(moving):.3g}.", confidence=0.9,
                      numbers={"size": size})
    elif size > 5 and abs(rows.mean()) > 5 * max(float(spread.max()), 1e-12):
        yield Finding("inputs not scaled", f"{told}; their mean {rows.mean():.3g} is many times their "
                      f"largest deviation {spread.max():.3g}.", confidence=0.85, numbers={"size": size})


def label_range(y: np.ndarray, n_classes: int, ignored: int = -100) -> Iterator[Finding]:
    """Labels that are the number of no class."""
    y = np.asarray(y)
    y = y[y != ignored]
    if y.size and (y.min() < 0 or y.max() >= n_classes):
        wrong = int(((y < 0) | (y >= n_classes)).sum())
        yield Finding("labels out of range", f"labels go from {y.min()} to {y.max()}, the network has "
                      f"{n_classes} outputs: labels 0 to {n_classes - 1} are possible; {wrong} of {y.size} "
                      "are not.",
                      confidence=0.99, numbers={"lowest": int(y.min()), "n_classes": n_classes})


def labels_fit(x: np.ndarray, y: np.ndarray) -> Iterator[Finding]:
    """Labels that a sample's nearest neighbours do not tell, though labels of the row before or after do.

        z = (share of samples whose nearest neighbour has their label - chance) / its standard error
    Measured, with up to 1,448 samples: z is 16 for iris, 32 for circles, 111 for the digits, 96 for MNIST, 14
    for CIFAR-10, and between -0.5 and 0.6 for the same labels in another order. Chance is the sum over
    classes of share^2.
    """
    is_classes = y.dtype.kind in "iub" or y.size > 0 and bool(np.isin(y, (0, 1)).all())
    if not is_classes or y.size != len(x) or len(x) < 60:
        return
    chosen = np.sort(np.random.RandomState(0).permutation(len(x))[:int(NEIGHBOURS ** 0.5)])
    labels = y.ravel().astype(np.int64)[chosen]
    shares = np.bincount(labels - labels.min()) / len(labels)
    chance = float((shares ** 2).sum())
    if chance > 0.9 or len(labels) < 3 * (shares > 0).sum():
        return
    nearest = neighbours(x[chosen])
    error = np.sqrt(chance * (1 - chance) / len(labels))
    agreed = float((labels[nearest] == labels).mean())
    z = (agreed - chance) / error
    if z > 3:
        return
    full = y.ravel().astype(np.int64)
    moved = {by: (float((np.roll(full, by)[chosen][nearest] == np.roll(full,
                                                                       by)[chosen]).mean()) - chance) / error
             for by in (-2, -1, 1, 2)}
    by, best = max(moved.items(), key=lambda item: item[1])
    told = (f"a sample's nearest neighbour has the same label for {agreed:.1%} of {len(labels)} samples, by "
            f"chance it would be {chance:.1%} ({z:+.1f} standard errors)")
    if best > 6:
        yield Finding("labels do not fit the inputs", f"{told}; labels moved by {by} agree {best:+.0f} "
                      "standard errors above chance.", confidence=0.97, numbers={"moved_by": by})
    else:                                                       # parity has no neighbours either: not certain
        yield Finding("labels do not fit the inputs", told + ".", confidence=0.7, numbers={"moved_by": 0})


def neighbours(x: np.ndarray) -> np.ndarray:
    """For each row the number of the nearest other one, features scaled alike.

    Shapes:  x (N, ...) -> (N)
    """
    rows = x.reshape(len(x), -1).astype(np.float32)
    if rows.shape[1] <= 100:                                   # pixels have one scale; columns of a table not
        rows = (rows - rows.mean(0)) / (rows.std(0) + 1e-6)
    squares = (rows ** 2).sum(1)
    distances = squares[:, None] - 2 * rows @ rows.T + squares
    np.fill_diagonal(distances, np.inf)
    return distances.argmin(1)


def keys(rows: np.ndarray) -> list[bytes]:
    """Each row as bytes, to be compared in sets."""
    flat = np.ascontiguousarray(rows.reshape(len(rows), -1))
    return [row.tobytes() for row in flat]


def overlap(x: np.ndarray, x_val: np.ndarray) -> Iterator[Finding]:
    """Validation rows that stand in the training set, more than copies within the training set explain."""
    train, validation = keys(x), keys(x_val.astype(x.dtype))
    known = set(train)
    shared = sum(key in known for key in validation)
    share, copies = shared / len(validation), 1 - len(known) / len(train)
    # Of iris's 150 flowers 2 are copies: one of a fold's 30. Where x has few values, copies are natural.
    if shared >= 3 and share > 0.05 + 2 * copies:
        yield Finding("train and validation overlap", f"{shared} of {len(validation)} validation inputs "
                      f"({share:.0%}) stand in the training set too; {copies:.1%} of it are copies of its "
                      "own.",
                      confidence=0.97, numbers={"shared": shared})


def windows(x: np.ndarray, x_val: np.ndarray) -> Iterator[Finding]:
    """Validation windows whose neighbours in time, one step before and one after, are training windows."""
    if x.ndim < 2 or x.shape[1] < 4 or x.dtype.kind != "f" or x.shape[1:] != x_val.shape[1:]:
        return
    lively = [part for part in x_val if part[1:-1].std() > 0]
    if len(lively) < 5:
        return
    val = np.stack(lively).astype(x.dtype)
    heads, tails = set(keys(x[:, :-1])), set(keys(x[:, 1:]))
    between = sum(a in heads and b in tails for a, b in zip(keys(val[:, 1:]), keys(val[:, :-1]), strict=True))
    if between > 0.2 * len(val):
        yield Finding("time series shuffled", f"{between} of {len(val)} validation windows have both "
                      "neighbours in time, one step before and one step after, in the training "
                      "set.", confidence=0.97,
                      numbers={"between": between})


def scaler(x: np.ndarray, x_val: np.ndarray) -> Iterator[Finding]:
    """Train and validation rows that are exactly standardised only when taken together."""
    if x.ndim != 2 or x.dtype.kind != "f" or x_val.ndim != 2 or x.shape[1] != x_val.shape[1]:
        return
    together = np.concatenate([x, x_val]).astype(np.float64)
    spread = together.std(0)
    moving = spread > 1e-6
    if not moving.any() or len(x) < 10:
        return
    mean, deviation = np.abs(together.mean(0)[moving]).max(), np.abs(spread[moving] - 1).max()
    own = np.abs(x[:, moving].astype(np.float64).mean(0)).max()
    if mean < 2e-5 and deviation < 2e-3 and own > 50 * max(mean, 1e-6):
        yield Finding("scaler fitted on all data", "train and validation together have means of at most "
                      f"{mean:.1g} and deviations within {deviation:.1g} of 1; the training part alone has "
                      f"means up to {own:.2g}.", confidence=0.95)
        return
    low, high = together.min(0)[moving], together.max(0)[moving]
    exact = [np.allclose(part, value, atol=1e-6) for part, value in ((low, 0), (high, 1))]
    inside = int(((x.min(0)[moving] > 1e-6) | (x.max(0)[moving] < 1 - 1e-6)).sum())
    if all(exact) and inside and moving.sum() > 1:
        yield Finding("scaler fitted on all data", "every feature of train and validation together goes "
                      f"exactly from 0 to 1; in the training part alone {inside} of {int(moving.sum())} do "
                      "not.",
                      confidence=0.85)


def imbalance(y: Any, n_classes: int) -> dict[int, int]:
    """How often each class occurs."""
    counts = np.bincount(np.asarray(y).ravel().astype(np.int64), minlength=n_classes)
    return dict(enumerate(counts.tolist()))
