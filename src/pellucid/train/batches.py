"""What `fit` may be given as data, made into batches of (x, target, weight)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..ops.create import as_tensor
from ..tensor import OpError, Tensor
from ..utils.data import DataLoader, Dataset, TensorDataset


def loader(data: Any, name: str, batch_size: int, shuffle: bool, sample_weight: Any = None) -> Any:
    """A DataLoader for `data`: one already, a Dataset, or a pair of arrays (x, y).

    Raises:  RuntimeError for no samples, sizes that differ, or nan in x; TypeError for anything else.
    """
    if isinstance(data, (tuple, list)) and 1 <= len(data) <= 3:
        tensors = [_tensor(part, f"{name}[{i}]") for i, part in enumerate(data)]
        if sample_weight is not None:
            tensors.append(_tensor(np.asarray(sample_weight, np.float32), "sample_weight"))
        sizes = [tuple(t.shape) for t in tensors]
        if len({shape[:1] for shape in sizes}) > 1:
            raise OpError(f"fit: the parts of {name} must have the same number of samples, "
                          f"got shapes {sizes}")
        data = TensorDataset(*tensors)
    elif sample_weight is not None:
        raise TypeError("fit: sample_weight goes with arrays; let a Dataset give (x, y, weight)")
    if isinstance(data, Dataset):
        if hasattr(data, "__len__") and len(data) == 0:
            raise OpError(f"fit: {name} has no samples")
        data = DataLoader(data, batch_size=batch_size, shuffle=shuffle)
    if isinstance(data, (Tensor, np.ndarray)) or not hasattr(data, "__iter__"):
        raise TypeError(f"fit: {name} must be a DataLoader, a Dataset or a pair (x, y), "
                        f"got {type(data).__name__}")
    return data


def _tensor(value: Any, name: str) -> Tensor:
    """A tensor for an array; float64 becomes float32, for that is what models compute in."""
    tensor = value if isinstance(value, Tensor) else as_tensor(
        np.asarray(value, np.float32) if np.asarray(value).dtype == np.float64 else np.asarray(value))
    data = tensor._data
    if data.dtype.kind == "f" and not np.isfinite(data).all():
        place = np.argwhere(~np.isfinite(data))[0].tolist()
        raise OpError(f"fit: {name} holds {data[tuple(place)]} at {place}; clean or impute the data first")
    return tensor


def parts(batch: Any) -> tuple[Any, Any, Any]:
    """(x, target, weight) of a batch: a pair, a triple, or x alone, which is its own target."""
    if isinstance(batch, (tuple, list)):
        if len(batch) == 1:
            return batch[0], batch[0], None
        if len(batch) in (2, 3):
            return batch[0], batch[1], batch[2] if len(batch) == 3 else None
        raise OpError(f"fit: a batch must be (x, y) or (x, y, weight), got {len(batch)} parts")
    return batch, batch, None


def size(x: Any) -> int:
    """Samples in a batch."""
    if isinstance(x, dict):
        return size(next(iter(x.values())))
    if isinstance(x, (tuple, list)):
        return size(x[0])
    return len(x) if x.ndim else 1


def count(loader: Any) -> int | None:
    """Batches in a pass, None when nobody knows."""
    try:
        return len(loader)
    except TypeError:
        return None


def generators(loaders: list[Any]) -> list[Any]:
    """The generators that belong to loaders and samplers, each once."""
    found: list[Any] = []
    for each in loaders:
        samplers = [getattr(each, "sampler", None), getattr(each, "batch_sampler", None)]
        for owner in (each, *samplers, *(getattr(s, "sampler", None) for s in samplers)):
            generator = getattr(owner, "generator", None)
            if generator is not None and not any(generator is f for f in found):
                found.append(generator)
    return found
