"""Draws by rejection: propose a number, accept it with the right probability, else propose again.

How many words a number eats is not known beforehand, so these go element by element, as PyTorch does on the
CPU, and draw its numbers: Gamma, Poisson and Binomial, and what is made of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .streams import DrawError, Streams

ndarray = np.ndarray
BLOCK = 256                                                      # uniforms fetched at a time


class Reader:
    """The float64 uniforms and normals of a stream one by one, quickly; `close` gives back what is unread."""

    def __init__(self, stream: Streams) -> None:
        self.stream: Any = stream
        self.numbers: list[float] = []
        self.at = 0

    def uniform(self) -> float:
        """The next number in [0, 1)."""
        if self.at == len(self.numbers):
            self.start = self.stream._bits.state                 # where this block begins
            self.numbers, self.at = self.stream.unit(BLOCK, np.float64).tolist(), 0
        self.at += 1
        return self.numbers[self.at - 1]

    def normal(self) -> float:
        """The next standard normal; they come in pairs, and the second waits in the stream."""
        if self.stream._spare is not None:
            z, self.stream._spare = self.stream._spare, None
            return z
        u1, u2 = self.uniform(), self.uniform()
        r, angle = math.sqrt(-2.0 * math.log1p(-u2)), 2.0 * math.pi * u1
        self.stream._spare = r * math.sin(angle)
        return r * math.cos(angle)

    def close(self) -> None:
        """Put the stream where the last number that was read ended."""
        if self.numbers and self.at < len(self.numbers):
            self.stream._bits.state = self.start
            self.stream.unit(self.at, np.float64)


def draw_each(stream: Streams, draw: Callable[..., float], *parameters: ndarray) -> ndarray:
    """One number for each element of the parameters, which have one shape, in row-major order."""
    reader = Reader(stream)
    y = np.empty(parameters[0].shape, np.float64)
    flat = y.reshape(-1)
    try:
        for i, values in enumerate(zip(*(p.reshape(-1).tolist() for p in parameters), strict=True)):
            flat[i] = draw(reader, *values)
    finally:
        reader.close()
    return y


def standard_gamma(stream: Streams, concentration: ndarray) -> ndarray:
    """Numbers of the gamma distribution of rate 1, float64.

        y = d (1 + c z)^3        d = concentration - 1/3, c = 1 / sqrt(9 d), z normal and accepted
        below 1: a draw for concentration + 1 times u^(1 / concentration)

    Source:  Marsaglia & Tsang 2000, "A Simple Method for Generating Gamma Variables", ACM TOMS 26(3).
    """
    if not (concentration >= 0).all():
        raise DrawError("standard_gamma: concentration must not be negative")
    third = np.float32(1) / np.float32(3)                        # PyTorch's, also for float64
    a = np.where(concentration < 1, concentration + concentration.dtype.type(1), concentration)
    d = a - concentration.dtype.type(third)                      # rounded as PyTorch rounds it
    with np.errstate(divide="ignore"):
        power = np.where(concentration < 1, 1 / concentration, 0)
    return draw_each(stream, _gamma, d.astype(np.float64), power.astype(np.float64))


def _gamma(reader: Reader, d: float, power: float) -> float:
    scale = 1.0
    if power:
        if math.isinf(power):
            return 0.0
        scale = (1 - reader.uniform()) ** power
    c = 1 / math.sqrt(9 * d)
    while True:
        z = reader.normal()
        root = 1 + c * z
        if root <= 0:
            continue
        v, u, square = root * root * root, 1 - reader.uniform(), z * z
        if u < 1 - 0.0331 * square * square:                     # certainly below the bell
            return scale * d * v
        if math.log(u) < 0.5 * square + d * (1 - v + math.log(v)):
            return scale * d * v


def poisson(stream: Streams, rate: ndarray) -> ndarray:
    """How many events come in a unit of time at a given rate, float64.

        below 10: count how many uniforms can be multiplied before the product is under e^-rate
        from 10:  transformed rejection

    Source:  Knuth 1969, "Seminumerical Algorithms", 3.4.1; Hoermann 1993, "The transformed rejection method
             for generating Poisson random variables", Insurance: Mathematics and Economics 12.
    """
    if not (rate >= 0).all():
        raise DrawError("poisson: every rate must be 0 or more")
    return draw_each(stream, _poisson, rate)


def _poisson(reader: Reader, rate: float) -> float:
    if rate >= 10:
        return _poisson_by_rejection(reader, rate)
    if rate == 0:
        return 0.0
    count, product, limit = 0, 1.0, math.exp(-rate)
    while True:
        product *= reader.uniform()
        if product <= limit:
            return float(count)
        count += 1


def _poisson_by_rejection(reader: Reader, rate: float) -> float:
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)
    log_rate = math.log(rate)
    while True:
        u = reader.uniform() - 0.5
        v = reader.uniform()
        s = 0.5 - abs(u)
        k = math.floor((2 * a / s + b) * u + rate + 0.43)
        if s >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or s < 0.013 and v > s:
            continue
        if math.log(v) + math.log(inverse_alpha) - math.log(a / (s * s) + b) <= (
                -rate + k * log_rate - math.lgamma(k + 1)):
            return float(k)


def binomial(stream: Streams, count: ndarray, prob: ndarray) -> ndarray:
    """How many of `count` trials succeed, each with the probability `prob`, float64.

        few expected: add up geometric waiting times until they exceed count
        10 or more:   transformed rejection

    Source:  Hoermann 1993, "The generation of binomial random variates", J. Stat. Comput. Simul. 46.
    """
    if not ((count >= 0) & (count == np.floor(count))).all():
        raise DrawError("binomial: every count must be a whole number of 0 or more")
    if not ((prob >= 0) & (prob <= 1)).all():
        raise DrawError("binomial: every prob must lie in [0, 1]")
    return draw_each(stream, _binomial, count, prob)


def _binomial(reader: Reader, count: float, prob: float) -> float:
    if count <= 0 or prob <= 0:
        return 0.0
    if prob >= 1:
        return count
    if prob > 0.5:                                               # count the failures instead
        return count - _binomial_of_small(reader, count, 1 - prob)
    return _binomial_of_small(reader, count, prob)


def _binomial_of_small(reader: Reader, count: float, prob: float) -> float:
    if count * prob >= 10:
        return _binomial_by_rejection(reader, count, prob)
    successes, trials, log_fail = 0, 0.0, math.log1p(-prob)
    while True:
        u = reader.uniform()
        trials += math.ceil(math.log(u) / log_fail) if u else math.inf
        if trials > count:
            return float(successes)
        successes += 1


def _stirling_rest(k: float) -> float:
    """log k! minus Stirling's formula for it, by its series in 1 / (k + 1)."""
    if k <= 9:
        return (math.lgamma(k + 1) - (k + 0.5) * math.log(k + 1) + (k + 1) - 0.5 * math.log(2 * math.pi))
    square = (k + 1) * (k + 1)
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _binomial_by_rejection(reader: Reader, count: float, prob: float) -> float:
    deviation = math.sqrt(count * prob * (1 - prob))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * prob
    c = count * prob + 0.5
    v_r = 0.92 - 4.2 / b
    odds = prob / (1 - prob)
    alpha = (2.83 + 5.1 / b) * deviation
    m = math.floor((count + 1) * prob)
    while True:
        u = reader.uniform() - 0.5
        v = reader.uniform()
        s = 0.5 - abs(u)
        k = math.floor((2 * a / s + b) * u + c)
        if s >= 0.07 and v <= v_r:
            return float(k)
        if k < 0 or k > count:
            continue
        v = math.log(v * alpha / (a / (s * s) + b))
        bound = ((m + 0.5) * math.log((m + 1) / (odds * (count - m + 1)))
                 + (count + 1) * math.log((count - m + 1) / (count - k + 1))
                 + (k + 0.5) * math.log(odds * (count - k + 1) / (k + 1))
                 + _stirling_rest(m) + _stirling_rest(count - m) - _stirling_rest(k)
                 - _stirling_rest(count - k))
        if v <= bound:
            return float(k)
