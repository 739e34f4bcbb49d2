"""What a trace knows about arrays: which value an array holds, and that value's numbers.

An array is known by its identity and its content together. The identity alone would not do: an array that
was freed leaves its place to another, and a change in place puts new numbers into an old one. The content
alone would not do either: two results may be equal by chance. So a value is found again when the very same
array still holds the very same numbers; the array itself is not kept alive.
"""

from __future__ import annotations

from typing import Any
from weakref import ref

import numpy as np

SMALL = 4096                                                     # bytes that are compared in full
USUAL = 65536                                                    # elements up to which numbers are kept
MOST = 1 << 26                                                   # bytes of numbers that are kept in all
SAMPLE, BINS, CORNER = 256, 20, 8


class Value:
    """One array as it was at one moment: its numbers if they are kept, else a summary of them."""

    name, role = "", ""                                          # given when the trace is read
    of: int | None = None                                        # of a gradient: the value it belongs to
    parts: list[int] | None = None                               # of a sum: what was added up

    def __init__(self, shape: tuple, dtype: np.dtype, data: bytes | tuple) -> None:
        self.shape, self.dtype = shape, dtype
        self.told = None if isinstance(data, bytes) else data    # its summary, once it was asked for
        self.data = data if isinstance(data, bytes) else None

    @property
    def array(self) -> np.ndarray:
        """The numbers as they were. A check of `data` comes first."""
        assert self.data is not None
        return np.frombuffer(self.data, self.dtype).reshape(self.shape)

    @property
    def nbytes(self) -> int:
        """The bytes that the array took."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize

    def summary(self) -> tuple[dict[str, Any], dict | None, dict | None]:
        """Its numbers in short, its histogram and, where the numbers are not kept, a corner of it."""
        if self.told is None:
            self.told = (*summarised(self.array), None)
        return self.told


class Memory:
    """The values of one trace, by number, and the arrays that hold them."""

    def __init__(self, keep: str | int) -> None:
        self.largest: int | None = keep if isinstance(keep, int) else USUAL if keep == "small" else None
        self.rows: list[tuple] = []                              # shape, dtype, numbers or summary
        self._values: dict[int, Value] = {}
        self._plain = self.largest is None or self.largest >= SMALL
        self.kept, self.left_out = 0, 0                          # bytes; values without their numbers
        # id of an array -> a weak reference to it, its value, what to compare, and whether that is all of it
        self._arrays: dict[int, tuple[Any, int, bytes, bool]] = {}

    def value(self, number: int) -> Value:
        """A value by its number."""
        found = self._values.get(number)
        if found is None:                                        # made late: most are not looked at in a run
            found = self._values[number] = Value(*self.rows[number])
        return found

    @property
    def values(self) -> list[Value]:
        """All values, in the order of their numbers."""
        return [self.value(number) for number in range(len(self.rows))]

    def known(self, array: np.ndarray) -> int:
        """The number of the value that an array holds now, -1 if it is not known."""
        found = self._arrays.get(id(array))
        if found is not None and found[0]() is array and found[2] == (
                array.tobytes() if found[3] else fingerprint(array)):
            return found[1]
        return -1

    def before(self, array: np.ndarray) -> int:
        """The number of the value that an array held when it was last seen, -1 if it never was."""
        found = self._arrays.get(id(array))
        return found[1] if found is not None and found[0]() is array else -1

    def add(self, array: np.ndarray) -> int:
        """Take up the value that an array holds now; return its number."""
        rows = self.rows
        number, size = len(rows), array.nbytes
        if size <= SMALL and self._plain and self.kept < MOST:
            content = array.tobytes()
            self.kept += size
            rows.append((array.shape, array.dtype, content))
            self._arrays[id(array)] = ref(array), number, content, True
        else:
            self._arrays[id(array)] = ref(array), number, self._add_large(array), size <= SMALL
        return number

    def _add_large(self, array: np.ndarray) -> bytes:
        """The same where the numbers may be too many to keep, or to compare."""
        numbers: bytes | tuple
        if self.largest is None or array.size <= self.largest and self.kept + array.nbytes < MOST:
            numbers = array.tobytes()
            self.kept += array.nbytes
        else:
            numbers = (*summarised(array), corner(array))
            self.left_out += 1
        self.rows.append((array.shape, array.dtype, numbers))
        return array.tobytes() if array.nbytes <= SMALL else fingerprint(array)

    def holds(self, array: np.ndarray, number: int) -> None:
        """Note that an array holds a value that is known already."""
        small = array.nbytes <= SMALL
        content = array.tobytes() if small else fingerprint(array)
        self._arrays[id(array)] = ref(array), number, content, small

    def of(self, array: np.ndarray) -> int:
        """The number of the value that an array holds now, taken up if it is not known."""
        number = self.known(array)
        return self.add(array) if number < 0 else number

    def alike(self, number: int, array: np.ndarray) -> bool:
        """Are an array's numbers those of a value, as far as these are kept?"""
        value = self.value(number)
        if value.shape != array.shape or value.dtype != array.dtype:
            return False
        if value.data is not None:
            return value.data == array.tobytes()
        return value.summary()[0] == summarised(array)[0]

    def sharing(self, array: np.ndarray) -> int:
        """The number of the value in exactly this memory, held by another array; -1 if there is none."""
        place = where(array)
        for reference, number, _, _ in reversed(list(self._arrays.values())):
            other = reference()
            if other is not None and other.shape == array.shape and where(other) == place and \
                    self.known(other) == number:
                return number
        return -1


def where(array: np.ndarray) -> tuple:
    """Where an array lies in memory, and how it walks through it."""
    return array.__array_interface__["data"][0], array.strides, array.dtype


def fingerprint(array: np.ndarray) -> bytes:
    """Some of the numbers of a large array, spread over it: enough to notice a change."""
    if array.flags.c_contiguous:
        flat = array.reshape(-1)
        return flat[::max(1, flat.size // SAMPLE)].tobytes() + flat[-1:].tobytes()
    steps = tuple(slice(None, None, max(1, size // 8)) for size in array.shape)
    return array[steps].tobytes()


def summarised(array: np.ndarray) -> tuple[dict[str, Any], dict | None]:
    """Smallest, largest, mean, spread and norm of the finite numbers, how many are not, and a histogram.

    >>> summarised(np.array([1.0, 3.0, np.nan]))[0]["mean"]
    2.0
    """
    facts: dict[str, Any] = dict.fromkeys(("min", "max", "mean", "std", "norm")) | {"nan": 0, "inf": 0}
    if array.dtype.kind not in "fiub" or not array.size:
        return facts, None
    numbers = array.astype(np.float64 if array.dtype.kind == "f" and array.itemsize > 4 else
                           np.float32 if array.dtype.kind == "f" else np.float64).reshape(-1)
    finite = np.isfinite(numbers)
    if not finite.all():
        facts["nan"] = int(np.isnan(numbers).sum())
        facts["inf"] = int(numbers.size - finite.sum()) - facts["nan"]
        numbers = numbers[finite]
    if not numbers.size:
        return facts, None
    low, high = float(numbers.min()), float(numbers.max())
    mean = float(numbers.mean(dtype=np.float64))
    with np.errstate(over="ignore"):
        spread = float(np.sqrt(np.mean((numbers - mean) ** 2, dtype=np.float64)))
        norm = float(np.sqrt(np.sum(numbers * numbers, dtype=np.float64)))
    facts.update(min=low, max=high, mean=mean, std=spread, norm=norm)
    if not low < high or not np.isfinite(high - low):
        return facts, None
    try:
        counts, edges = np.histogram(numbers, BINS, (low, high))
    except ValueError:                                           # too close together to be told apart
        return facts, None
    return facts, {"edges": edges.tolist(), "counts": counts.tolist()}


def corner(array: np.ndarray) -> dict[str, Any]:
    """The first numbers along the last two axes, at the beginning of the others."""
    axes = [1] * max(array.ndim - 2, 0) + [CORNER] * min(array.ndim, 2)
    part = array[tuple(slice(size) for size in axes)]
    return {"shape": list(part.shape), "data": part.reshape(-1).tolist()}
