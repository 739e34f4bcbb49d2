"""DataLoader: batches of a data set, in PyTorch's order for a seed."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ...generator import Generator, use_in_this_thread
from .collate import default_collate, default_convert
from .dataset import IterableDataset, Subset, TensorDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed


class WorkerInfo(NamedTuple):
    """Which worker a sample is read by: here there is one thread, number 0."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


END = object()                                                   # after the last batch
_worker = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """Inside the loader's background thread: its WorkerInfo. Elsewhere None."""
    return getattr(_worker, "info", None)


class DataLoader:
    """Iterate over a data set in batches.

    shuffle     a new order each pass, PyTorch's for the same seed
    num_workers 0 reads in this thread; more start one background thread, prefetch_factor batches ahead
    generator   whose stream shuffles; by default each pass takes one seed off the global stream
    Differs:    from PyTorch in that workers are one thread, so num_workers, timeout, multiprocessing_context
                and persistent_workers change no result; pin_memory does nothing, there is no other device.
    Raises:     ValueError for options that exclude each other.
    """

    def __init__(self, dataset: Any, batch_size: int | None = 1, shuffle: bool | None = None,
                 sampler: Iterable | None = None, batch_sampler: Iterable | None = None, num_workers: int = 0,
                 collate_fn: Callable | None = None, pin_memory: bool = False, drop_last: bool = False,
                 timeout: float = 0, worker_init_fn: Callable[[int], None] | None = None,
                 multiprocessing_context: Any = None, generator: Generator | None = None, *,
                 prefetch_factor: int | None = None, persistent_workers: bool = False,
                 pin_memory_device: str = "", in_order: bool = True) -> None:
        if num_workers < 0:
            raise ValueError(f"DataLoader: num_workers must be at least 0, got {num_workers}")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError("DataLoader: prefetch_factor needs num_workers > 0")
        stream = isinstance(dataset, IterableDataset)
        if stream and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError("DataLoader: a stream (IterableDataset) is read as it comes; "
                             "shuffle, sampler and batch_sampler do not go with it")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader: sampler and shuffle=True exclude each other")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError("DataLoader: batch_sampler excludes batch_size, shuffle, sampler and "
                                 "drop_last")
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError("DataLoader: drop_last needs a batch_size")
        if sampler is None and not stream:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_size is not None and batch_sampler is None and not stream:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)  # type: ignore[arg-type]
        if stream and batch_size is not None and (not isinstance(batch_size, int) or batch_size <= 0):
            raise ValueError(f"DataLoader: batch_size must be a positive integer or None, got {batch_size!r}")
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.sampler, self.batch_sampler, self.generator = sampler, batch_sampler, generator
        self.num_workers, self.prefetch_factor = num_workers, prefetch_factor or 2
        self.worker_init_fn = worker_init_fn
        self.pin_memory, self.timeout, self.persistent_workers = pin_memory, timeout, persistent_workers
        self._whole = batch_size is not None or batch_sampler is not None
        self.collate_fn = collate_fn or (default_collate if self._whole else default_convert)

    def __len__(self) -> int:
        """Batches per pass."""
        if isinstance(self.dataset, IterableDataset):
            n = len(self.dataset)  # type: ignore[arg-type]
            if self.batch_size is None:
                return n
            return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
        return len(self.batch_sampler if self._whole else self.sampler)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        base_seed = draw_seed(self.generator)                    # PyTorch draws it for its workers here
        return self._batches() if self.num_workers == 0 else _prefetched(self, base_seed)

    def _batches(self) -> Iterator[Any]:
        fetch = self._fetcher()
        for task in self._tasks():
            batch = fetch(task)
            if batch is END:
                return
            yield batch

    def _tasks(self) -> Iterator[Any]:
        """What to fetch, one item per batch: its indices, or None again and again for a stream."""
        if isinstance(self.dataset, IterableDataset):
            return itertools.repeat(None)
        return iter(self.batch_sampler if self._whole else self.sampler)  # type: ignore[arg-type]

    def _fetcher(self) -> Callable[[Any], Any]:
        """The function from a task to a batch; END when a stream is at its end."""
        dataset, collate = self.dataset, self.collate_fn
        if isinstance(dataset, IterableDataset):
            stream = self._stream()
            return lambda _: next(stream, END)
        if not self._whole:
            return lambda index: collate(dataset[index])
        if collate is default_collate and _in_rows(dataset):
            return lambda indices: list(dataset[list(indices)])  # all rows of a batch at once
        many = getattr(dataset, "__getitems__", None)
        return lambda indices: collate(many(indices) if many else [dataset[i] for i in indices])

    def _stream(self) -> Iterator[Any]:
        batch: list = []
        for sample in self.dataset:
            if self.batch_size is None:
                yield self.collate_fn(sample)
                continue
            batch.append(sample)
            if len(batch) == self.batch_size:
                yield self.collate_fn(batch)
                batch = []
        if batch and not self.drop_last:
            yield self.collate_fn(batch)


def _in_rows(dataset: Any) -> bool:
    """Can a list of indices fetch a whole batch, with the result of stacking samples?"""
    while type(dataset) is Subset:
        dataset = dataset.dataset
    return type(dataset) is TensorDataset and not any(t.requires_grad for t in dataset.tensors)


def _prefetched(loader: DataLoader, seed: int) -> Iterator[Any]:
    """The loader's batches, fetched ahead by a background thread; its errors are raised here.

    The order is drawn in this thread, from the streams of this thread.
    """
    tasks: queue.SimpleQueue = queue.SimpleQueue()
    ready: queue.SimpleQueue = queue.SimpleQueue()

    def work() -> None:
        _worker.info = WorkerInfo(0, 1, seed, loader.dataset)
        use_in_this_thread(Generator().manual_seed(seed))        # random transforms do not race the model
        try:
            if loader.worker_init_fn is not None:
                loader.worker_init_fn(0)
            fetch = loader._fetcher()
            while (task := tasks.get()) is not END:
                ready.put((fetch(task), None))
        except BaseException as error:                           # handed over, whatever it is
            ready.put((None, error))

    thread = threading.Thread(target=work, daemon=True, name="pellucid-dataloader")
    thread.start()
    waiting, remaining = 0, loader._tasks()
    try:
        while True:
            for task in itertools.islice(remaining, loader.prefetch_factor * loader.num_workers - waiting):
                tasks.put(task)
                waiting += 1
            if waiting == 0:
                return
            batch, error = ready.get()
            waiting -= 1
            if error is not None:
                raise error
            if batch is END:
                return
            yield batch
    finally:
        tasks.put(END)
        thread.join()


__all__ = ["DataLoader", "Sampler", "get_worker_info"]
