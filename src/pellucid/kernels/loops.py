"""The loops behind the twins. Imported at the first use of one, because Numba is imported here.

They take C-contiguous arrays; a matrix is read row by row. Numbers are kept in the arrays' dtype: a literal
such as 0.5 would turn float32 into float64, so constants are typed. Each loop runs over a part of the rows,
or of the columns where it sums over rows, and its driver shares the parts out: see crew. No result depends on
the number of parts.
"""

from __future__ import annotations

import numpy as np

from . import jit
from .crew import BLOCKS, crew, rows_of_block, share

__all__ = ["crew"]

single = np.float32
HALF, ONE, ZERO = single(0.5), single(1), single(0)

# e^x = 2^k e^r with k = round(x / ln 2) and |r| <= ln(2) / 2; ln 2 in two parts, so that k LN2_HIGH is exact.
LOG2_E, LN2_HIGH, LN2_LOW = map(single, (1.4426950408889634, 0.693145751953125, 1.428606820309417e-06))
E2, E3, E4, E5, E6, E7 = (single(1 / n) for n in (2, 6, 24, 120, 720, 5040))
LOWEST, LEAST_POWER = single(-87.3), single(-126)                 # e^x below it is no normal float32: 0

# The normal distribution function Phi(x) = 1/2 + x P(x^2) / Q(x^2) for |x| <= 5.3, fitted to 4e-9.
EDGE = single(5.3)
P0, P1, P2, P3, P4, P5 = map(single, (
    0.3989422541527107, 0.03293528164799884, 0.004627958397689338, 0.00016032879653622833,
    6.378962326512656e-06, 2.4050298281295568e-08))
Q1, Q2, Q3, Q4, Q5 = map(single, (
    0.24922273808198908, 0.028138525283277392, 0.001836539756362029, 7.135017726898027e-05,
    1.237161035493988e-06))
BELL = single(0.3989422804014327)                                # 1 / sqrt(2 pi)


@jit()
def exp(x):
    """e^x for float32 x <= 88, which the compiler does for many numbers at once."""
    k = np.floor(x * LOG2_E + HALF)
    r = (x - k * LN2_HIGH) - k * LN2_LOW
    y = ((((E7 * r + E6) * r + E5) * r + E4) * r + E3) * r + E2
    y = (y * r + ONE) * r + ONE
    power = np.int32((np.int32(max(k, LEAST_POWER)) + 127) << 23).view(np.float32)
    return ZERO if x < LOWEST else y * power


@jit()
def normal_cdf(x):
    """Phi(x), the share of standard normal numbers below x."""
    c = min(max(x, -EDGE), EDGE)
    t = c * c
    p = ((((P5 * t + P4) * t + P3) * t + P2) * t + P1) * t + P0
    q = ((((Q5 * t + Q4) * t + Q3) * t + Q2) * t + Q1) * t + ONE
    y = HALF + c * (p / q)
    return ZERO if x < -EDGE else (ONE if x > EDGE else y)


@jit()
def gelu_part(first, last, x, y, below):
    for i in range(first, last):
        p = normal_cdf(x[i])
        below[i] = p
        y[i] = x[i] * p


@jit()
def gelu(team, x, y, below):
    share(team, x.size, gelu_part, (x, y, below))


@jit()
def gelu_back_part(first, last, g, x, below, dx):
    for i in range(first, last):
        v = x[i]
        dx[i] = g[i] * (below[i] + v * (exp(v * v * -HALF) * BELL))


@jit()
def gelu_back(team, g, x, below, dx):
    share(team, x.size, gelu_back_part, (g, x, below, dx))


@jit()
def silu_part(first, last, x, y, part):
    for i in range(first, last):
        v = x[i]
        power = exp(-abs(v))                                     # at most 1, where e^-v would overflow
        s = (ONE if v >= ZERO else power) / (ONE + power)
        part[i] = s
        y[i] = v * s


@jit()
def silu(team, x, y, part):
    share(team, x.size, silu_part, (x, y, part))


@jit()
def silu_back_part(first, last, g, x, part, dx):
    for i in range(first, last):
        s = part[i]
        dx[i] = g[i] * (s * (ONE + x[i] * (ONE - s)))


@jit()
def silu_back(team, g, x, part, dx):
    share(team, x.size, silu_back_part, (g, x, part, dx))


@jit()
def ordered(bits):
    """The bits of a float32 as an integer that grows with it; the other way round, too."""
    return np.int32(bits ^ (np.int32(bits >> 31) & 0x7fffffff))


@jit()
def largest(bits):
    """The largest float32 of a row, given by its bits: many integers are compared at once, nan is largest."""
    highest = np.int32(-2147483648)
    for j in range(bits.size):
        highest = max(highest, ordered(bits[j]))
    return np.int32(ordered(highest)).view(np.float32)


@jit("reassoc")
def softmax_part(first, last, bits, x, y):
    """bits are those of x, as integers."""
    size = x.shape[1]
    for i in range(first, last):
        top = largest(bits[i])
        total = ZERO
        for j in range(size):
            e = exp(x[i, j] - top)
            y[i, j] = e
            total += e
        total = ONE / total
        for j in range(size):
            y[i, j] *= total


@jit()
def softmax(team, bits, x, y):
    share(team, x.shape[0], softmax_part, (bits, x, y))


@jit("reassoc")
def softmax_back_part(first, last, g, y, dx):
    size = y.shape[1]
    for i in range(first, last):
        total = y.dtype.type(0)
        for j in range(size):
            total += g[i, j] * y[i, j]
        for j in range(size):
            dx[i, j] = y[i, j] * (g[i, j] - total)


@jit()
def softmax_back(team, g, y, dx):
    share(team, y.shape[0], softmax_back_part, (g, y, dx))


@jit("reassoc")
def layer_norm_part(first, last, x, weight, bias, eps, normed, scale, y):
    """weight and bias may be empty: then they are 1 and 0."""
    size = x.shape[1]
    number = x.dtype.type
    part = number(1) / number(size)
    for i in range(first, last):
        total = number(0)
        for j in range(size):
            total += x[i, j]
        mean = total * part
        total = number(0)
        for j in range(size):
            d = x[i, j] - mean
            total += d * d
        s = number(1) / np.sqrt(total * part + number(eps))
        scale[i, 0] = s
        for j in range(size):
            n = (x[i, j] - mean) * s
            normed[i, j] = n
            y[i, j] = n
        if weight.size:
            for j in range(size):
                y[i, j] = normed[i, j] * weight[j]
        if bias.size:
            for j in range(size):
                y[i, j] += bias[j]


@jit()
def layer_norm(team, x, weight, bias, eps, normed, scale, y):
    share(team, x.shape[0], layer_norm_part, (x, weight, bias, eps, normed, scale, y))


@jit("reassoc")
def layer_norm_back_part(first, last, g, normed, scale, weight, dx, sums):
    """Blocks of rows, each of which has a place of its own in sums (BLOCKS, 2, C)."""
    rows, size = g.shape
    number = g.dtype.type
    part = number(1) / number(size)
    for block in range(first, last):
        own = np.zeros((2, size), g.dtype)
        for i in rows_of_block(rows, block):
            mean, along = number(0), number(0)
            for j in range(size):
                h = g[i, j] * weight[j]
                mean += h
                along += h * normed[i, j]
                own[0, j] += g[i, j] * normed[i, j]
                own[1, j] += g[i, j]
            if not dx.size:
                continue
            mean, along = mean * part, along * part
            for j in range(size):
                dx[i, j] = (g[i, j] * weight[j] - mean - normed[i, j] * along) * scale[i, 0]
        sums[block] = own


@jit()
def layer_norm_back(team, g, normed, scale, weight, dx):
    """The sums for weight and bias (2, C); dx may be empty, when no gradient for x is wanted."""
    sums = np.empty((BLOCKS, 2, g.shape[1]), g.dtype)
    share(team, BLOCKS, layer_norm_back_part, (g, normed, scale, weight, dx, sums))
    return sums.sum(0)


@jit("reassoc")
def cross_entropy_part(first, last, bits, x, labels, smoothing, e, total, y):
    """e^(x - max x) and its sum are what the rule wants; bits as in softmax."""
    size = x.shape[1]
    for i in range(first, last):
        top = largest(bits[i])
        whole = ZERO
        for j in range(size):
            power = exp(x[i, j] - top)
            e[i, j] = power
            whole += power
        aim = x[i, labels[i]] - top
        if smoothing:
            along = ZERO
            for j in range(size):
                along += x[i, j] - top
            aim = aim * (ONE - smoothing) + along / single(size) * smoothing
        total[i] = whole
        y[i] = np.log(whole) - aim


@jit()
def cross_entropy(team, bits, x, labels, smoothing, e, total, y):
    share(team, x.shape[0], cross_entropy_part, (bits, x, labels, smoothing, e, total, y))


@jit()
def cross_entropy_back_part(first, last, g, e, total, labels, smoothing, dx):
    size = e.shape[1]
    number = e.dtype.type
    for i in range(first, last):
        part, everywhere = g[i] / total[i], g[i] * (smoothing / number(size))
        for j in range(size):
            dx[i, j] = e[i, j] * part - everywhere
        dx[i, labels[i]] += g[i] * (smoothing - number(1))


@jit()
def cross_entropy_back(team, g, e, total, labels, smoothing, dx):
    share(team, e.shape[0], cross_entropy_back_part, (g, e, total, labels, smoothing, dx))


@jit()
def add_rows_part(first, last, rows, places, y):
    for i in range(places.size):
        place = places[i]
        for j in range(first, last):
            y[place, j] += rows[i, j]


@jit()
def add_rows(team, rows, places, y):
    share(team, rows.shape[1], add_rows_part, (rows, places, y))
