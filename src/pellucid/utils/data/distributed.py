"""Each process its own part of a data set."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized

from ...generator import Generator
from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every num_replicas-th index, from `rank` on, of an order that all processes draw alike.

    The order depends on seed + epoch: call `set_epoch` before each. What is left over is filled up from the
    front, or left out with drop_last=True, so that all parts are equally long.

    Raises:  NotImplementedError without num_replicas and rank: no processes are connected here; ValueError
             for a rank outside [0, num_replicas).
    """

    def __init__(self, dataset: Sized, num_replicas: int | None = None, rank: int | None = None,
                 shuffle: bool = True, seed: int = 0, drop_last: bool = False) -> None:
        if num_replicas is None or rank is None:
            raise NotImplementedError("DistributedSampler: torch.distributed is not in Pellucid; give "
                                      "num_replicas and rank")
        if not 0 <= rank < num_replicas:
            raise ValueError(f"DistributedSampler: rank must be from 0 to {num_replicas - 1}, got {rank}")
        self.dataset, self.num_replicas, self.rank, self.epoch = dataset, num_replicas, rank, 0
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        left_over = len(dataset) % num_replicas if drop_last else 0
        self.num_samples = math.ceil((len(dataset) - left_over) / num_replicas)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        n = len(self.dataset)
        order = list(range(n))
        if self.shuffle:
            order = Generator().manual_seed(self.seed + self.epoch).permutation(n).tolist()
        if not self.drop_last and order:
            order = (order * math.ceil(self.total_size / n))[:self.total_size]
        return iter(order[self.rank:self.total_size:self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """The order of another epoch."""
        self.epoch = epoch
