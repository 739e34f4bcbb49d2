"""How elements lie in memory, under PyTorch's names.

Tensors here are strided. A memory format is accepted wherever PyTorch takes one: it changes no value and no
index, only the order in memory, for which NumPy's own order is kept.
"""

from __future__ import annotations

from typing import Any

from . import naming


class layout:                                                    # PyTorch spells both in lower case
    """How a tensor's elements are found: strided is the one way here."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"{naming.library}.{self.name}"

    def __reduce__(self) -> Any:
        return self.name


class memory_format(layout):
    """The order of a tensor's dimensions in memory."""


strided, sparse_coo = layout("strided"), layout("sparse_coo")
contiguous_format, preserve_format = memory_format("contiguous_format"), memory_format("preserve_format")
channels_last, channels_last_3d = memory_format("channels_last"), memory_format("channels_last_3d")
