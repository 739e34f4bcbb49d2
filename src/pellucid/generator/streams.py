"""How PyTorch's CPU turns the words of a Mersenne Twister into random numbers.

Everything starts from one sequence of 32-bit words w0, w1, ... that the seed fixes. A distribution is a
recipe that eats words; give two programs the same words and the same recipes, and they draw the same numbers,
however the calls are interleaved. These are the recipes that PyTorch 2.13 follows on the CPU:

    one float32   eats a word,   u = (w mod 2^24) / 2^24
    one float64   eats two,      u = ((w0 2^32 + w1) mod 2^53) / 2^53
    integers      eat one, or two for a span of 2^28 and more, and take the remainder
    normals       eat uniforms in blocks of 16 (Box-Muller), or in pairs when there are fewer than 16

Uniform numbers, integers, permutations and yes-or-no draws agree with PyTorch bit for bit; numbers that went
through a logarithm or a cosine agree to the rounding of those functions (1e-6 for float32).
Source:  Matsumoto & Nishimura 1998, "Mersenne Twister", ACM TOMACS 8(1); the recipes by observing PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

ndarray = np.ndarray
CHUNK = 1 << 14                                                  # words at a time: they stay in the cache
UNIT32, UNIT64 = np.float32(2.0**-24), 2.0**-53
MASK24, MASK53 = np.uint32((1 << 24) - 1), np.uint64((1 << 53) - 1)


class DrawError(RuntimeError, ValueError):
    """Bad argument of a draw. Caught as RuntimeError (PyTorch's choice) and as ValueError (NumPy's)."""


def count(shape: Any) -> int:
    """How many elements an array of this shape has; `shape` is an int or a sequence of ints."""
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if any(size < 0 for size in sizes):
        raise DrawError(f"shape: sizes must not be negative, got {sizes}")
    return math.prod(int(size) for size in sizes)


def memory_order(array: ndarray) -> list[int]:
    """The axes of an array from the outermost to the innermost in memory: PyTorch's loops nest in this order.

    A sort by insertion that passes over the axes which repeat one element (stride 0): they keep their place.
    """
    order = list(range(array.ndim))[::-1]                        # innermost first
    for start in range(1, array.ndim):
        place = start
        for earlier in range(start - 1, -1, -1):
            ours, theirs = ((abs(array.strides[order[i]]), array.shape[order[i]]) for i in (place, earlier))
            if ours[0] == 0 or theirs[0] == 0:
                continue
            if ours < theirs:                                    # small steps, then small sizes, inside
                order[place], order[earlier] = order[earlier], order[place]
                place = earlier
            elif ours[0] > theirs[0]:
                break
    return order[::-1]


def laid_out_like(array: ndarray, draw: Callable[[tuple[int, ...]], ndarray]) -> ndarray:
    """Numbers in the shape of `array`, drawn in the order in which its elements lie in memory.

    draw  makes an array of a given shape, filled in row-major order
    """
    if array.flags.c_contiguous:
        return draw(array.shape)
    order = memory_order(array)
    return draw(tuple(array.shape[axis] for axis in order)).transpose(np.argsort(order))


class Streams:
    """Words and real numbers, as methods that return NumPy arrays.

    `choices.Choices` adds whole numbers and choices, `Generator` the seed and the state.
    """

    _bits: np.random.MT19937
    _spare: float | None = None                                  # second half of the last pair of normals

    def words(self, n: int) -> ndarray:
        """The next n words, uint32."""
        out = np.empty(n, np.uint32)
        for i in range(0, n, CHUNK):
            out[i:i + CHUNK] = self._bits.random_raw(min(CHUNK, n - i))
        return out

    def double_words(self, n: int) -> ndarray:
        """The next n pairs of words as uint64, the first word of each pair on top."""
        out = np.empty(n, np.uint64)
        for piece, pairs in self.double_pieces(n):
            out[piece] = pairs
        return out

    def double_pieces(self, n: int) -> Iterator[tuple[slice, ndarray]]:
        """The same piece by piece, for those who need not keep it: where a piece goes, what it holds."""
        for i in range(0, n, CHUNK):
            raw = self._bits.random_raw(2 * min(CHUNK, n - i))
            pairs = raw[0::2] << np.uint64(32)
            pairs |= raw[1::2]
            yield slice(i, i + CHUNK), pairs

    def unit(self, n: int, dtype: Any = np.float32) -> ndarray:
        """n numbers in [0, 1): multiples of 2^-24 (float32) or of 2^-53 (float64)."""
        if np.dtype(dtype) == np.float64:
            u = np.empty(n)
            for piece, pairs in self.double_pieces(n):
                pairs &= MASK53
                np.multiply(pairs.view(np.int64), UNIT64, out=u[piece])
            return u
        narrow = self.words(n)
        narrow &= MASK24
        u = narrow.view(np.int32).astype(np.float32)             # signed converts faster than unsigned
        u *= UNIT32
        return u

    def uniform(self, shape: Any, low: float = 0.0, high: float = 1.0, dtype: Any = np.float32) -> ndarray:
        """Numbers spread evenly over [low, high).

            y = u (high - low) + low         rounded once; float16 is computed in float32
        """
        dtype = np.dtype(dtype)
        if not low <= high or high - low > np.finfo(dtype).max:
            raise DrawError(f"uniform: low must not be above high, and their distance a {dtype}, "
                              f"got low={low}, high={high}")
        work = np.dtype(np.float64 if dtype == np.float64 else np.float32)
        u = self.unit(count(shape), work)
        if (low, high) != (0, 1):
            for i in range(0, len(u), CHUNK):
                u[i:i + CHUNK] = stretch(u[i:i + CHUNK], work.type(low), work.type(high))
        y = u.astype(dtype, copy=False)
        if (low, high) != (0, 1) or dtype == np.float16:
            y[y == dtype.type(high)] = dtype.type(low)           # rounding may reach the excluded end
        return y.reshape(shape)

    def normal(self, shape: Any, mean: float = 0.0, std: float = 1.0, dtype: Any = np.float32,
               contiguous: bool = True) -> ndarray:
        """Normal numbers by Box and Muller's method: two uniforms give two independent normals.

            r = sqrt(-2 log u1)      z1 = r cos(2 pi u2)      z2 = r sin(2 pi u2)      y = mean + std z

        16 numbers or more into contiguous memory come in blocks of 16, the rest in pairs.
        Source:  Box & Muller 1958, "A Note on the Generation of Random Normal Deviates",
                 Ann. Math. Statist. 29(2).
        """
        if not std >= 0:
            raise DrawError(f"normal: std must not be negative, got {std}")
        n, dtype = count(shape), np.dtype(dtype)
        z = self._blocks(n, dtype) if n >= 16 and contiguous else self._pairs(n)
        if (mean, std) != (0, 1):
            z *= z.dtype.type(std)
            z += z.dtype.type(mean)
        return z.astype(dtype, copy=False).reshape(shape)

    def _blocks(self, n: int, dtype: np.dtype) -> ndarray:
        """n >= 16 standard normals. When 16 does not divide n, the last 16 are drawn again.

        float16 draws only its whole blocks before that; the other types a uniform for every element.
        """
        whole = n // 16 * 16
        u = self.unit(whole if dtype == np.float16 else n, np.float64 if dtype == np.float64 else np.float32)
        box_muller(u[:whole])
        if n == whole:
            return u
        z = u if len(u) == n else np.empty(n, u.dtype)
        z[:whole] = u[:whole]
        z[n - 16:] = box_muller(self.unit(16, u.dtype))
        return z

    def _pairs(self, n: int) -> ndarray:
        """n standard normals in float64, two at a time; an odd one out waits for the next call."""
        z = np.empty(n)
        start = 0
        if n and self._spare is not None:
            z[0], self._spare, start = self._spare, None, 1
        rest = n - start
        if rest:
            u = self.unit(rest + rest % 2, np.float64).reshape(-1, 2)
            r, angle = np.sqrt(-2.0 * np.log1p(-u[:, 1])), 2.0 * np.pi * u[:, 0]
            both = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1).reshape(-1)
            z[start:] = both[:rest]
            if rest % 2:
                self._spare = float(both[-1])
        return z

    def log_normal(self, shape: Any, mean: float = 1.0, std: float = 2.0, dtype: Any = np.float32) -> ndarray:
        """exp of normal numbers: y = exp(mean + std z)."""
        if not std > 0:
            raise DrawError(f"log_normal: std must be positive, got {std}")
        with np.errstate(over="ignore"):
            return np.exp(self._pairs(count(shape)) * std + mean).astype(dtype).reshape(shape)

    def exponential(self, shape: Any, lambd: float = 1.0, dtype: Any = np.float32) -> ndarray:
        """Waiting times of events that come at the rate `lambd`: y = -log(1 - u) / lambd."""
        if not lambd > 0:
            raise DrawError(f"exponential: lambd must be positive, got {lambd}")
        u = self.unit(count(shape), np.float64)
        return (-1.0 / lambd * np.log1p(-u)).astype(dtype).reshape(shape)

    def geometric(self, shape: Any, p: float, dtype: Any = np.float32) -> ndarray:
        """Trials up to the first success, of probability p each: y = ceil(log u / log(1 - p))."""
        if not 0 < p < 1:
            raise DrawError(f"geometric: p must lie in (0, 1), got {p}")
        with np.errstate(divide="ignore", invalid="ignore"):
            y = np.ceil(np.log(self.unit(count(shape), np.float64)) / math.log1p(-p))
            return y.astype(dtype).reshape(shape)

    def cauchy(self, shape: Any, median: float = 0.0, sigma: float = 1.0, dtype: Any = np.float32) -> ndarray:
        """The ratio of two normals, so wide that it has no mean: y = median + sigma tan(pi (u - 1/2))."""
        if not sigma > 0:
            raise DrawError(f"cauchy: sigma must be positive, got {sigma}")
        u = self.unit(count(shape), np.float64)
        with np.errstate(over="ignore"):
            return (median + sigma * np.tan(np.pi * (u - 0.5))).astype(dtype).reshape(shape)


def stretch(u: ndarray, low: Any, high: Any) -> ndarray:
    """u (high - low) + low with a single rounding, as a fused multiply-add gives it.

    float32 goes through float64, where the product is exact. float64 carries the rounding errors of the
    product (Dekker's) and of the sum (Knuth's) along and adds them at the end.
    """
    if u.dtype == np.float32:
        wide = u.astype(np.float64)
        wide *= np.float64(high - low)
        wide += np.float64(low)
        return wide.astype(np.float32)
    span = high - low
    split = 134217729.0                                          # 2^27 + 1 cuts 53 bits into 26 + 27
    u_top, span_top = split * u - (split * u - u), split * span - (split * span - span)
    u_low, span_low = u - u_top, span - span_top
    product = u * span
    lost = ((u_top * span_top - product) + u_top * span_low + u_low * span_top) + u_low * span_low
    total = product + low
    back = total - product
    return total + (((product - (total - back)) + (low - back)) + lost)


def box_muller(u: ndarray) -> ndarray:
    """Turn uniforms into standard normals in place. In each 16 the first 8 give radii, the last 8 angles."""
    blocks = u.view(f"V{8 * u.itemsize}").reshape(-1, 2)         # 8 numbers as one item: copied at once
    r, angle = (half.copy().view(u.dtype) for half in blocks.T)
    np.subtract(1, r, out=r)                                     # (0, 1]: its logarithm is finite
    np.log(r, out=r)
    r *= -2
    np.sqrt(r, out=r)
    angle *= u.dtype.type(2 * np.pi)
    z = np.cos(angle)
    z *= r
    blocks[:, 0] = z.view(blocks.dtype)
    np.sin(angle, out=z)
    z *= r
    blocks[:, 1] = z.view(blocks.dtype)
    return u
