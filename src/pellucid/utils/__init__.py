"""PyTorch's `torch.utils`: here it holds `data` and `checkpoint`."""

from . import checkpoint, data

__all__ = ["checkpoint", "data"]
