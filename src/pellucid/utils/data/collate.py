"""From a list of samples to a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...ops.create import as_tensor, tensor
from ...ops.join import stack
from ...tensor import Tensor


def default_collate(batch: Sequence[Any]) -> Any:
    """Stack samples: tensors and arrays along a new first dimension, numbers to a tensor, structures by part.

    Floats become float64 tensors and ints int64, as in PyTorch; strings stay a list.
    Raises:  TypeError for samples of another type, RuntimeError for sequences of different lengths.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch), 0)
    if isinstance(first, (np.ndarray, np.generic)) and first.dtype.kind not in "USO":
        return as_tensor(np.stack([np.asarray(b) for b in batch]))
    if isinstance(first, (bool, int)):
        return tensor(list(batch))
    if isinstance(first, float):
        return as_tensor(np.array(batch, np.float64))
    if isinstance(first, (str, bytes)):
        return list(batch)
    if isinstance(first, Mapping):
        parts = {key: default_collate([sample[key] for sample in batch]) for key in first}
        return type(first)(parts)  # type: ignore[call-arg]
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*(default_collate(part) for part in zip(*batch, strict=True)))
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("default_collate: the samples of this batch have different lengths: "
                               f"{sorted({len(sample) for sample in batch})}; pass a collate_fn")
        return [default_collate(part) for part in zip(*batch, strict=True)]
    raise TypeError("default_collate: samples must be tensors, arrays, numbers, strings, dicts or sequences, "
                    f"got {type(first).__name__}; pass a collate_fn")


def default_convert(data: Any) -> Any:
    """Turn the arrays in one sample into tensors; leave the rest as it is."""
    if isinstance(data, (np.ndarray, np.generic)) and data.dtype.kind not in "USO":
        return as_tensor(data)
    if isinstance(data, Mapping):
        parts = {key: default_convert(value) for key, value in data.items()}
        return type(data)(parts)  # type: ignore[call-arg]
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, (list, tuple)):
        return [default_convert(value) for value in data]
    return data
