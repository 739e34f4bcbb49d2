"""Whole numbers, shuffles and choices out of a random stream; `streams` has the stream itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .streams import MASK53, DrawError, Streams, count, laid_out_like

ndarray = np.ndarray
TWO_WORDS_FROM = 1 << 28                                         # spans this wide take 64-bit draws


class Choices(Streams):
    """Draws from finitely many outcomes, as methods that return NumPy arrays."""

    def randint(self, low: int, high: int, shape: Any, dtype: Any = np.int64) -> ndarray:
        """Integers in [low, high): y = w mod (high - low) + low. The dtype must hold them exactly."""
        low, high, dtype = int(low), int(high), np.dtype(dtype)
        least, most = whole_range(dtype)
        if low >= high:
            raise DrawError(f"randint: low must be below high, got low={low}, high={high}")
        if low < least or high - 1 > most:
            raise DrawError(f"randint: {dtype} holds the integers from {least} to {most}, "
                            f"got low={low}, high={high}")
        return self._remainders(low, high - low, shape, dtype)

    def random(self, shape: Any, dtype: Any = np.int64, low: int | None = None,
               high: int | None = None) -> ndarray:
        """The integers of `Tensor.random_`: in [low, high), else all from 0 that the dtype holds exactly."""
        dtype = np.dtype(dtype)
        most = whole_range(dtype)[1]
        if low is None and high is None:
            if dtype in (np.int64, np.float64):                  # two words, however narrow the span
                y = self.double_words(count(shape)) % np.uint64(most + 1)
                return y.astype(dtype).reshape(shape)
            y32 = self.words(count(shape))
            return (y32 % np.uint32(most + 1)).astype(dtype).reshape(shape)
        if low == -(1 << 63) and high is None:                   # all 64 bits
            return self.double_words(count(shape)).view(np.int64).astype(dtype).reshape(shape)
        return self.randint(low or 0, most + 1 if high is None else high, shape, dtype)

    def _remainders(self, base: int, span: int, shape: Any, dtype: np.dtype) -> ndarray:
        n = count(shape)
        if span < TWO_WORDS_FROM:
            w = self.words(n)
            w -= w // np.uint32(span) * np.uint32(span)          # twice as fast as w % span
        else:
            w = self.double_words(n)
            if span < 1 << 64:
                w %= np.uint64(span)
        y = w.astype(np.int64)
        y += base
        return y.astype(dtype, copy=False).reshape(shape)

    def permutation(self, n: int) -> ndarray:
        """The numbers 0 ... n-1 shuffled by Fisher and Yates' method, int64.

            for i = 0 ... n-2:   swap y[i] and y[i + w_i mod (n - i)]

        Source:  Durstenfeld 1964, "Algorithm 235: Random permutation", CACM 7(7).
        Differs: PyTorch shuffles otherwise from n = 214,748,364 on.
        """
        if n < 0:
            raise DrawError(f"permutation: n must not be negative, got {n}")
        target = np.arange(n)
        if n > 1:
            target[:-1] += self.words(n - 1) % np.arange(n, 1, -1, dtype=np.uint32)
        return apply_swaps(target)

    def bernoulli(self, p: float, shape: Any, dtype: Any = np.float32) -> ndarray:
        """1 with probability p, else 0: y = (u < p), where u is a float64 for every dtype."""
        if not 0 <= p <= 1:
            raise DrawError(f"bernoulli: p must lie in [0, 1], got {p}")
        y = np.empty(count(shape), np.bool_)
        below = np.uint64(math.ceil(p * 2.0**53))                # u < p without making u
        for piece, pairs in self.double_pieces(len(y)):
            pairs &= MASK53
            np.less(pairs, below, out=y[piece])
        return y.astype(dtype, copy=False).reshape(shape)

    def bernoulli_each(self, p: ndarray, like: ndarray | None = None) -> ndarray:
        """1 with a probability of its own for each element, else 0: y = (u < p), u in the precision of p.

        like  an array to take shape, dtype and order in memory from; p itself by default
        """
        like = p if like is None else like
        if p.dtype.kind != "f" or not ((p >= 0) & (p <= 1)).all():
            raise DrawError("bernoulli: every p must be a float in [0, 1]")
        u = laid_out_like(like, lambda shape: self.unit(like.size, p.dtype).reshape(shape))
        return np.asarray(u < p).astype(like.dtype)               # NumPy makes a scalar of 0-d results

    def multinomial(self, probabilities: ndarray, num_samples: int, replacement: bool = False) -> ndarray:
        """Draw categories, each row of `probabilities` (weights that need not sum to 1) being a distribution.

        Without replacement (and for one sample) the winners of a race are taken: the category with weight p
        arrives after an exponential time t / p, and the first `num_samples` arrivals count.
        With replacement a uniform u picks the category whose stretch of the cumulative sum it falls into.

        Shapes:  (C,) -> (num_samples,), (N, C) -> (N, num_samples); int64.
        Source:  Efraimidis & Spirakis 2006, "Weighted random sampling with a reservoir",
                 Inf. Process. Lett. 97(5).
        """
        check_weights(probabilities, num_samples, replacement)
        if num_samples == 1 or not replacement:
            p = probabilities
            with np.errstate(divide="ignore", invalid="ignore"):
                speed = p / laid_out_like(p, lambda shape: self.exponential(shape, dtype=p.dtype))
            if num_samples == 1:
                return speed.argmax(axis=-1, keepdims=True)
            return np.argsort(-speed, axis=-1, kind="stable")[..., :num_samples]
        rows = probabilities.reshape(-1, probabilities.shape[-1])
        total = np.cumsum(rows, axis=1, dtype=np.promote_types(rows.dtype, np.float32))
        total /= total[:, -1:].copy()
        u = self.unit(len(rows) * num_samples, np.float64).reshape(len(rows), num_samples)
        y = np.empty(u.shape, np.int64)
        for row, stretches, place in zip(y, total, u, strict=True):
            row[:] = np.searchsorted(stretches, place)
        return y.reshape(*probabilities.shape[:-1], num_samples)


def apply_swaps(target: ndarray) -> ndarray:
    """What 0 ... n-1 becomes when step i = 0 ... n-1 swaps positions i and target[i] >= i, without the loop.

    Step i puts into position i, for good, what position target[i] holds by then. Only an earlier step with
    the same target can have changed that: the latest such step, i', left there what its position i' held. And
    that was left there by the latest step that aimed at i', and so on: chains of about log n links, followed
    by doubling.
    """
    step = np.arange(len(target))
    moved = target != step
    late = step[moved]
    goal = target[moved]
    latest = step.copy()                                         # by position: the last step that aims at it
    latest[goal] = late                                          # (assigned in order: the last one stays)
    held = latest.copy()                                         # by position: what it holds in its own turn
    while not np.array_equal(held, further := held[held]):
        held = further
    earlier = np.where(moved, -1, step)                          # by step: the one before with this target
    while late.size:                                             # peel off the last step of each target
        head = latest[goal]
        behind = head != late
        late, goal, head = late[behind], goal[behind], head[behind]
        earlier[head] = late
        latest[goal] = late
    return np.where(earlier < 0, target, held[earlier])


def whole_range(dtype: np.dtype) -> tuple[int, int]:
    """The integers from ... to that the dtype holds without gaps."""
    if dtype.kind == "f":
        digits = np.finfo(dtype).nmant + 1
        return -(1 << digits), 1 << digits
    if dtype.kind == "b":
        return 0, 1
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def check_weights(p: ndarray, num_samples: int, replacement: bool) -> None:
    """Refuse what `multinomial` cannot draw from."""
    if p.ndim not in (1, 2) or p.dtype.kind != "f":
        raise DrawError(f"multinomial: probabilities must be floats of shape (C,) or (N, C), "
                        f"got {p.dtype} {p.shape}")
    if num_samples < 1:
        raise DrawError(f"multinomial: num_samples must be at least 1, got {num_samples}")
    if not replacement and num_samples > p.shape[-1]:
        raise DrawError(f"multinomial: {p.shape[-1]} categories cannot give {num_samples} samples "
                        "without replacement")
    if not (np.isfinite(p).all() and (p >= 0).all()):
        raise DrawError("multinomial: probabilities must be finite and not negative")
    if not (p.sum(axis=-1) > 0).all():
        raise DrawError("multinomial: the probabilities of a row sum to 0")
