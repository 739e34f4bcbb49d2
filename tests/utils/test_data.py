"""Loading data: threads, errors, and what needs no PyTorch to be checked."""

from __future__ import annotations

import threading
import time

import pytest

import pellucid as pl
from pellucid.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    StackDataset,
    TensorDataset,
    get_worker_info,
    random_split,
)


class Rows(Dataset):
    def __init__(self, n=10, fail_at=None):
        self.n, self.fail_at, self.threads = n, fail_at, set()

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        self.threads.add(threading.current_thread().name)
        if i == self.fail_at:
            raise OSError(f"row {i} cannot be read")
        return i


def lists(loader):
    return [batch.tolist() for batch in loader]


def test_a_background_thread_gives_the_same_batches_in_the_same_order():
    rows = Rows(50)
    pl.manual_seed(5)
    plain = lists(DataLoader(rows, batch_size=4, shuffle=True))
    pl.manual_seed(5)
    loader = DataLoader(rows, batch_size=4, shuffle=True, num_workers=2, prefetch_factor=3)
    assert lists(loader) == plain and "pellucid-dataloader" in rows.threads


def test_an_error_in_the_background_is_raised_here():
    with pytest.raises(OSError, match="row 7 cannot be read"):
        lists(DataLoader(Rows(fail_at=7), batch_size=2, num_workers=1))


def test_the_background_thread_ends_with_its_iterator():
    iterator = iter(DataLoader(Rows(1000), batch_size=1, num_workers=1))
    next(iterator)
    iterator.close()
    assert not any(t.name == "pellucid-dataloader" for t in threading.enumerate())


def test_worker_info():
    seen = []

    class Looks(Rows):
        def __getitem__(self, i):
            seen.append(get_worker_info())
            return i

    lists(DataLoader(Looks(2), num_workers=1))
    assert seen[0].id == 0 and get_worker_info() is None


@pytest.mark.parametrize("options, message", [
    (dict(batch_size=0), "batch_size must be a positive integer, got 0"),
    (dict(num_workers=-1), "num_workers must be at least 0, got -1"),
    (dict(sampler=[0], shuffle=True), "sampler and shuffle=True exclude each other"),
    (dict(batch_sampler=[[0]], batch_size=3), "batch_sampler excludes batch_size"),
    (dict(batch_size=None, drop_last=True), "drop_last needs a batch_size"),
    (dict(prefetch_factor=2), "prefetch_factor needs num_workers"),
])
def test_options_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        DataLoader(Rows(), **options)


def test_errors_of_data_sets():
    with pytest.raises(RuntimeError, match=r"same first size, got \(3, 1\), \(2,\)"):
        TensorDataset(pl.zeros(3, 1), pl.zeros(2))
    with pytest.raises(ValueError, match="is the data set empty"):
        RandomSampler([])
    with pytest.raises(ValueError, match=r"add up to 9, the data set has 10 samples"):
        random_split(Rows(), [4, 5])
    with pytest.raises(IndexError, match="index 20 is out of range for 20 samples"):
        ConcatDataset([Rows(), Rows()])[20]
    with pytest.raises(ValueError, match=r"same length, got \[10, 3\]"):
        StackDataset(Rows(), Rows(3))
    with pytest.raises(ValueError, match="batch_size must be a positive integer, got 2.5"):
        BatchSampler([1], 2.5, False)
    with pytest.raises(NotImplementedError, match="must define __iter__"):
        list(DataLoader(IterableDataset()))


def test_samples_that_do_not_stack():
    class Ragged(Rows):
        def __getitem__(self, i):
            return list(range(i))

    with pytest.raises(RuntimeError, match="different lengths.*pass a collate_fn"):
        list(DataLoader(Ragged(3), batch_size=3))
    with pytest.raises(TypeError, match="got object; pass a collate_fn"):
        list(DataLoader([object()], batch_size=1))


def test_stacked_and_subset_rows_come_at_once():
    x = pl.arange(20).reshape(10, 2)
    part, _ = random_split(TensorDataset(x, x[:, 0]), [6, 4], pl.Generator().manual_seed(0))
    (a, b), = list(DataLoader(part, batch_size=6))
    assert a.tolist() == [[2 * i, 2 * i + 1] for i in part.indices] and b.tolist() == a[:, 0].tolist()


def test_random_transforms_in_the_background_do_not_depend_on_its_pace():
    class Noisy(Rows):
        def __getitem__(self, i):
            return pl.rand(()).item()

    def passes(pause):
        pl.manual_seed(3)
        seen = []
        for batch in DataLoader(Noisy(12), batch_size=3, num_workers=1):
            time.sleep(pause)
            seen += [*batch.tolist(), pl.rand(()).item()]        # the model draws as well
        return seen

    assert passes(0.0) == passes(0.01)
