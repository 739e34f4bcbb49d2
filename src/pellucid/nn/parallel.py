"""`torch.nn.parallel` on one device: the module computes the whole batch by itself."""

from __future__ import annotations

from typing import Any

from ..absent import absent
from .module import Module

__all__ = ["DataParallel"]


class DataParallel(Module):
    """Split each batch over the GPUs. There are none, so the module gets all of it, as in PyTorch.

    Its state_dict has the module's keys with "module." before them.
    """

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None,
                 dim: int = 0) -> None:
        super().__init__()
        self.module: Module = module
        self.device_ids: list = []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)


data_parallel = absent("nn.parallel.data_parallel", "there are no devices to split a batch over")
DistributedDataParallel = absent("nn.parallel.DistributedDataParallel",
                                 "everything is computed in one process")
