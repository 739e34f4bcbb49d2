"""Tables of vectors: look rows up by number (embedding), or their sum, mean or maximum (embedding_bag)."""

from __future__ import annotations

import math

import numpy as np

from ..engine import op
from ..inplace import touch
from ..tensor import OpError, wrap
from .accumulate import add_rows
from .numpy_protocol import stands_for
from .samples import case, ints, n

__all__ = ["embedding", "embedding_bag"]


@op(samples=case(ints(4, 5), n(4, 3)) + case(ints(4, 2, 3), n(4, 3)) + case(ints(4, 0), n(4, 3))
    + case(np.array(2), n(4, 3)))
def rows_of(places, table, *, skip=None, by_frequency=False):
    """Look up rows of a table.

        y = table[places]
        dtable = g summed by place, 0 in row `skip`; divided by how often the place occurs when by_frequency
    Shapes: places (...) of integers, table (V, D) -> (..., D)
    """
    times = np.bincount(np.ravel(places))[places] if by_frequency else ()
    return np.take(table, places, axis=0), (table.shape, times)


@rows_of.vjp
def _(g, _y, saved, places, _table, *, skip=None, by_frequency=False):
    if by_frequency:
        g = g / np.asarray(np.expand_dims(saved[1], -1), g.dtype)
    return None, sum_rows.on(g, places, saved[0][0], skip=skip)


@stands_for(np.take)
def _numpy_take(a, indices, axis):
    return a[(slice(None),) * axis + (indices,)]


@op(samples=case(n(5, 3), ints(4, 5), 4) + case(n(2, 3, 2), ints(4, 2, 3), 4, skip=1)
    + case(n(0, 2), ints(4, 0), 4),
    primitive=True)
def sum_rows(x, places, count, *, skip=None):
    """Add up the rows of x that belong to the same place; those of place `skip` are left out.

        y[p] = sum of x[i] over the i with places[i] = p
        y  = x summed by place
        dx = g[places], 0 where places = skip
    Shapes: x (..., D), places (...) of integers -> (count, D)
    """
    y = add_rows(np.reshape(x, (places.size, x.shape[-1])), np.reshape(places, (-1,)), count)
    if skip is not None:
        y[skip] = 0
    return y, ()


@sum_rows.vjp
def _(g, _y, _saved, _x, places, _count, *, skip=None):
    rows = rows_of.on(places, g)
    return rows if skip is None else np.where(np.expand_dims(places, -1) != skip, rows, 0)


def checked_places(name, places, weight, padding_idx):
    """The integers in `places`, all of them rows of weight; and padding_idx counted from the front."""
    array, count = places._data, weight._data.shape[0]
    if array.dtype.kind not in "iu":
        raise OpError(f"{name}: input must hold integers, the numbers of rows; got {places.dtype}")
    if weight.ndim != 2:
        raise OpError(f"{name}: weight must be a table (V, D), got shape {weight._data.shape}")
    if array.size and not (0 <= np.min(array) and np.max(array) < count):
        raise IndexError(f"{name}: input must lie in [0, {count - 1}], the rows of weight "
                         f"{weight._data.shape}; got {np.min(array)} to {np.max(array)}")
    if padding_idx is not None and not -count <= padding_idx < count:
        raise OpError(f"{name}: padding_idx {padding_idx} is not among the {count} rows of weight")
    return None if padding_idx is None else padding_idx % count


def shorten_rows(places, weight, max_norm, norm_type):
    """Scale the named rows that are longer than max_norm down to it, in place and outside the graph."""
    rows = np.unique(places._data)
    vectors = weight._data[rows]
    lengths = np.linalg.norm(vectors, norm_type, axis=1)
    long = lengths > max_norm
    if np.any(long):
        weight._data[rows[long]] = vectors[long] * (max_norm / (lengths[long] + 1e-7))[:, None]
        touch(weight)


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False,
              sparse=False):
    """Look up vectors in a table by number.

        y = weight[input]
    padding_idx: this row gets no gradient
    max_norm:    rows that are used and longer (in the norm_type-norm) are first scaled down to it, in place
    Shapes:  input (...) of integers, weight (V, D) -> (..., D)
    Raises:  IndexError for a number that is not a row of weight.
    Differs: sparse means nothing, gradients are dense.
    """
    skip = checked_places("embedding", input, weight, padding_idx)
    if max_norm is not None:
        shorten_rows(input, weight, max_norm, norm_type)
    return rows_of(input, weight, skip=skip, by_frequency=bool(scale_grad_by_freq))


def embedding_bag(input, weight, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False,
                  mode="mean",
                  sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None):
    """Look up vectors in a table and take the sum, mean or maximum over each bag of them.

        y[b] = sum over i in bag b of per_sample_weights[i] weight[input[i]]        mode="sum"
    A bag is a row of a 2-d input, or reaches from offsets[b] to offsets[b + 1] of a 1-d input. An empty bag
    gives 0; numbers equal to padding_idx do not count.
    Shapes:  input (B, L), or input (N,) with offsets (B,); weight (V, D) -> (B, D)
    Raises:  IndexError for a number that is not a row of weight, RuntimeError for per_sample_weights in
             other modes.
    Differs: sparse means nothing, gradients are dense.
    """
    if mode not in ("sum", "mean", "max"):
        raise OpError(f"embedding_bag: mode must be 'sum', 'mean' or 'max', got {mode!r}")
    if per_sample_weights is not None and mode != "sum":
        raise OpError(f"embedding_bag: per_sample_weights go with mode='sum' only, not with {mode!r}")
    skip = checked_places("embedding_bag", input, weight, padding_idx)
    bags, count = bags_of(input, offsets, include_last_offset)
    if per_sample_weights is not None and per_sample_weights.shape != input.shape:
        raise OpError(f"embedding_bag: per_sample_weights has shape {tuple(per_sample_weights.shape)}, input "
                      f"{tuple(input.shape)}")
    if max_norm is not None:
        shorten_rows(input, weight, max_norm, norm_type)
    input = input.reshape(-1)
    weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    if skip is not None:
        kept = np.flatnonzero(input._data != skip)
        input, bags, weights = input[kept], bags[kept], weights if weights is None else weights[kept]
    rows = rows_of(input, weight, by_frequency=bool(scale_grad_by_freq))
    if mode == "max":
        return largest_of_bags(rows, bags, count)
    sums = sum_rows(rows if weights is None else rows * weights.unsqueeze(1), bags, count)
    if mode == "sum":
        return sums
    sizes = np.maximum(np.bincount(bags, minlength=count), 1)
    return sums / wrap(sizes[:, None].astype(sums._data.dtype))


def bags_of(input, offsets, include_last_offset):
    """The bag of each number of the flattened input, and how many bags there are."""
    if input.ndim == 2:
        if offsets is not None:
            raise OpError("embedding_bag: offsets go with a 1-d input, the rows of a 2-d one are the bags")
        return np.repeat(np.arange(input.shape[0]), input.shape[1]), input.shape[0]
    if input.ndim != 1 or offsets is None or offsets.ndim != 1:
        raise OpError("embedding_bag: input must be 2-d, or 1-d with 1-d offsets; got shape "
                      f"{tuple(input.shape)} and offsets {None if offsets is None else tuple(offsets.shape)}")
    starts, total = offsets._data, input.shape[0]
    if starts.size == 0 or starts[0] != 0 or np.any(np.diff(starts) < 0) or starts[-1] > total:
        raise OpError(f"embedding_bag: offsets must start at 0, never fall and stay within the {total} "
                      f"numbers of input; got {starts.tolist()[:8]}")
    if include_last_offset:
        starts, total = starts[:-1], int(starts[-1])
    sizes = np.diff(np.append(starts, total))
    return np.repeat(np.arange(starts.size), sizes), starts.size


def largest_of_bags(rows, bags, count):
    """The maximum over the rows of each bag; the first of equal ones gets the gradient, an empty bag is 0."""
    sizes = np.bincount(bags, minlength=count)
    firsts = np.cumsum(sizes) - sizes
    longest = int(np.max(sizes, initial=0))
    if longest == 0:
        return sum_rows(rows, bags, count)
    inside = np.arange(longest) < sizes[:, None]
    places = np.where(inside, np.arange(longest) + firsts[:, None], 0)
    table = rows_of(wrap(places), rows).masked_fill(wrap(~inside[..., None]), -math.inf)
    return table.max(1).values.masked_fill(wrap(sizes[:, None] == 0), 0.0)
