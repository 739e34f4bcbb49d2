"""Sequences of different lengths side by side: padded to one length, or packed without any padding.

A PackedSequence holds the first elements of all sequences, then the second elements of those that have one,
and so on, the longest sequence first. Recurrent layers take it and compute nothing for padding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...ops import full, stack
from ...ops.index import pick, put
from ...ops.pad import pad
from ...tensor import OpError, Tensor, wrap


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """Sequences without padding: their elements time after time, and how many sequences have each.

    data (N, ...) begins with the batch_sizes[0] first elements. sorted_indices puts the caller's sequences in
    order, longest first, and unsorted_indices puts them back; None where they came so. `pack_sequence` and
    `pack_padded_sequence` make them.
    """

    def __new__(cls, data: Tensor, batch_sizes: Tensor, sorted_indices: Tensor | None = None,
                unsorted_indices: Tensor | None = None) -> PackedSequence:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The same with data.to(...)."""
        return self._replace(data=self.data.to(*args, **kwargs))

    def cpu(self) -> PackedSequence:
        """This: it is on the CPU already."""
        return self

    def float(self) -> PackedSequence:
        """The same with data in float32."""
        return self._replace(data=self.data.float())

    def double(self) -> PackedSequence:
        """The same with data in float64."""
        return self._replace(data=self.data.double())

    @property
    def is_cuda(self) -> bool:
        return False

    def is_pinned(self) -> bool:
        return False


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another: result[permutation[i]] = i."""
    if permutation is None:
        return None
    return wrap(np.argsort(permutation._data, kind="stable"))


def pack_padded_sequence(input: Tensor, lengths: Any, batch_first: bool = False,
                         enforce_sorted: bool = True) -> PackedSequence:
    """Take the padding out of padded sequences.

    enforce_sorted: the sequences come longest first already (else they are sorted here)
    Shapes:  input (T, B, ...), with batch_first (B, T, ...); lengths B integers from 1 to T
    Raises:  RuntimeError for lengths that do not fit, and for unsorted ones unless enforce_sorted=False.
    Differs: PyTorch accepts lengths beyond T.
    """
    name = "pack_padded_sequence"
    if input.ndim < 2:
        raise PaddedError(f"{name}: input must be (T, B, ...), got shape {tuple(input.shape)}")
    x = input.transpose(0, 1) if batch_first else input
    sizes = _lengths(name, lengths, x._data.shape[1], x._data.shape[0])
    order = None
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        sizes = sizes[order]
    elif (np.diff(sizes) > 0).any():
        raise OpError(f"{name}: lengths must not grow, got {sizes.tolist()}; enforce_sorted=False sorts them")
    times, which = _places(sizes)
    data = pick(x, (times, which if order is None else order[which]))
    batch_sizes = wrap(np.bincount(times))
    return PackedSequence(data, batch_sizes, None if order is None else wrap(order))


class PaddedError(OpError, IndexError):
    """Too few dimensions: a RuntimeError here, an IndexError in PyTorch."""


def _lengths(name: str, lengths: Any, n_sequences: int, longest: int) -> np.ndarray:
    """The lengths as checked integers."""
    sizes = np.asarray(lengths._data if isinstance(lengths, Tensor) else lengths)
    if sizes.shape != (n_sequences,):
        raise OpError(f"{name}: lengths must hold a length for each of {n_sequences} sequences, got shape "
                      f"{sizes.shape}")
    sizes = sizes.astype(np.int64)
    if n_sequences == 0:
        raise OpError(f"{name}: there is no sequence")
    if sizes.min() < 1 or sizes.max() > longest:
        wrong = sizes[(sizes < 1) | (sizes > longest)][0]
        raise OpError(f"{name}: lengths must lie between 1 and the padded length {longest}, got {wrong}")
    return sizes


def _places(sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Time and sequence of each packed element; sizes do not grow."""
    times, which = np.nonzero(np.arange(sizes[0])[:, None] < sizes)
    return times, which


def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
                        total_length: int | None = None) -> tuple[Tensor, Tensor]:
    """Put the padding back: the inverse of pack_padded_sequence, and the lengths.

    Shapes:  -> (T, B, ...), with batch_first (B, T, ...), T = total_length or that of the longest; (B,)
    Raises:  ValueError for a total_length below the longest sequence's.
    """
    data, batch_sizes, _, unsorted = sequence
    sizes = _sizes(batch_sizes)
    longest = len(batch_sizes._data)
    if total_length is not None and total_length < longest:
        raise OpError(f"pad_packed_sequence: total_length is {total_length}, the longest sequence has "
                      f"{longest}")
    shape = (total_length or longest, len(sizes), *data._data.shape[1:])
    times, which = _places(sizes)
    if unsorted is not None:
        which, sizes = np.argsort(unsorted._data, kind="stable")[which], sizes[unsorted._data]
    padded = put(full(shape, padding_value, dtype=data.dtype), data, (times, which))
    return padded.transpose(0, 1) if batch_first else padded, wrap(sizes)


def _sizes(batch_sizes: Tensor) -> np.ndarray:
    """The length of each sequence, longest first."""
    return np.add.reduce(np.arange(batch_sizes._data[0]) < batch_sizes._data[:, None], axis=0)


def pad_sequence(sequences: Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0,
                 padding_side: str = "right") -> Tensor:
    """Put sequences of different lengths side by side, the shorter ones filled up with padding_value.

    Shapes:  B sequences (L, ...) -> (T, B, ...), with batch_first (B, T, ...), T the largest L
    Raises:  RuntimeError for no sequence, and for sequences that differ in more than their length.
    """
    parts = list(sequences)
    if not parts:
        raise OpError("pad_sequence: received no sequence")
    if padding_side not in ("right", "left"):
        raise OpError(f"pad_sequence: padding_side must be 'right' or 'left', got {padding_side!r}")
    for i, part in enumerate(parts):
        if not part.ndim or part._data.shape[1:] != parts[0]._data.shape[1:]:
            raise OpError(f"pad_sequence: sequence {i} has shape {tuple(part.shape)}, sequence 0 "
                          f"{tuple(parts[0].shape)}: they may differ in their first dimension only")
    longest = max(len(part) for part in parts)
    filled = []
    for part in parts:
        missing = [0, longest - len(part)]
        around = [0, 0] * (part.ndim - 1) + (missing if padding_side == "right" else missing[::-1])
        filled.append(pad(part, around, value=padding_value) if missing[1] else part)
    return stack(filled, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences that pad_sequence put side by side, without padding."""
    x = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    sizes = _lengths("unpad_sequence", lengths, *x._data.shape[:2])
    return [x[i, :size] for i, size in enumerate(sizes.tolist())]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths.

    >>> from pellucid import tensor
    >>> pack_sequence([tensor([1, 2, 3]), tensor([4, 5])]).data
    tensor([1, 4, 2, 5, 3])
    """
    lengths = [len(sequence) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences in a PackedSequence, in the order in which they were packed."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences))
