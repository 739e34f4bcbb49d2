"""Weights and data from one side to another: a file per tensor, read straight into the memory it is for.

Nothing is held twice on the way, so that the exchange does not show in either side's peak memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def save(folder: Path, tensors: Mapping[str, Any]) -> None:
    """Write tensors by name."""
    index = []
    for number, (name, tensor) in enumerate(tensors.items()):
        array = _array(tensor)
        array.tofile(folder / str(number))
        index.append([name, array.dtype.str, list(array.shape)])
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")


def load(folder: Path, tensors: Mapping[str, Any]) -> None:
    """Fill tensors with what another side saved under the same names."""
    index = _index(folder)
    names = [name for name, _, _ in index]
    if sorted(names) != sorted(tensors):
        raise ValueError(f"the other side has other tensors: {sorted(set(names) ^ set(tensors))}")
    for number, (name, dtype, shape) in enumerate(index):
        array = _array(tensors[name])
        if (array.dtype.str, list(array.shape)) != (dtype, shape):
            raise ValueError(f"{name} is {array.dtype.str} {list(array.shape)} here, {dtype} {shape} there")
        if array.size:
            with open(folder / str(number), "rb") as file:
                file.readinto(memoryview(array.reshape(-1)).cast("B"))


def arrays(folder: Path) -> dict[str, Any]:
    """What another side saved, as NumPy arrays."""
    import numpy as np

    return {name: np.fromfile(folder / str(number), dtype).reshape(shape)
            for number, (name, dtype, shape) in enumerate(_index(folder))}


def _index(folder: Path) -> list[tuple[str, str, list[int]]]:
    return json.loads((folder / "index.json").read_text(encoding="utf-8"))


def _array(tensor: Any) -> Any:
    """The memory of a tensor; it must lie in C's order, as the file does."""
    array = tensor.detach().numpy()
    if not array.flags.c_contiguous:
        raise ValueError(f"a tensor of shape {list(array.shape)} is not contiguous")
    return array
