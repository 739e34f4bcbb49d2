"""The order of batches, splits and samplers beside PyTorch's, for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import pellucid as pl  # noqa: E402
from pellucid.utils import data as ours  # noqa: E402

theirs = torch.utils.data


def both(make, seed=3):
    """What `make(library, its data module)` gives under both libraries from the same seed."""
    results = []
    for library, module in ((pl, ours), (torch, theirs)):
        library.manual_seed(seed)
        results.append([make(library, module), library.rand(3).tolist()])
    return results


def as_lists(batches):
    return [[part.tolist() for part in batch] if isinstance(batch, (list, tuple)) else batch.tolist()
            for batch in batches]


def dataset(library, module, n=23):
    x = library.arange(n * 2).reshape(n, 2).to(library.float32)
    return module.TensorDataset(x, library.arange(n))


@pytest.mark.parametrize("options", [dict(batch_size=5), dict(batch_size=5, shuffle=True),
                                     dict(batch_size=4, shuffle=True, drop_last=True), dict(batch_size=None),
                                     dict(shuffle=True), dict(batch_size=7, shuffle=True, num_workers=0)],
                         ids=str)
def test_batches_of_two_passes(options):
    def make(library, module):
        loader = module.DataLoader(dataset(library, module), **options)
        return [as_lists(loader), as_lists(loader), len(loader)]

    mine, other = both(make)
    assert mine == other


def test_a_loader_with_its_own_generator():
    def make(library, module):
        generator = library.Generator().manual_seed(11)
        loader = module.DataLoader(dataset(library, module), batch_size=6, shuffle=True, generator=generator)
        return [as_lists(loader), as_lists(loader)]

    mine, other = both(make)
    assert mine == other


@pytest.mark.parametrize("make", [
    lambda lib, mod: list(mod.RandomSampler(range(10), replacement=True, num_samples=75)),
    lambda lib, mod: list(mod.RandomSampler(range(10), num_samples=25)),
    lambda lib, mod: list(mod.RandomSampler(range(10), generator=lib.Generator().manual_seed(1))),
    lambda lib, mod: list(mod.SubsetRandomSampler([5, 3, 9, 1])),
    lambda lib, mod: list(mod.WeightedRandomSampler([0.1, 5.0, 2.0, 0.0], 20)),
    lambda lib, mod: list(mod.WeightedRandomSampler([0.1, 5.0, 2.0, 0.5], 3, replacement=False)),
    lambda lib, mod: list(mod.BatchSampler(mod.SequentialSampler(range(10)), 3, False)),
    lambda lib, mod: list(mod.BatchSampler(mod.RandomSampler(range(10)), 3, True)),
    lambda lib, mod: [list(s.indices) for s in mod.random_split(range(10), [7, 3])],
    lambda lib, mod: [list(s.indices) for s in mod.random_split(range(11), [0.5, 0.3, 0.2])],
    lambda lib, mod: [list(s.indices) for s in
                      mod.random_split(range(5), [2, 3], lib.Generator().manual_seed(42))],
])
def test_samplers_and_splits(make):
    mine, other = both(make)
    assert mine == other


def test_collating_structures():
    samples = [{"a": 1, "b": (2.5, np.arange(2)), "c": "x", "d": [True, 3]} for _ in range(3)]
    mine, other = ours.default_collate(samples), theirs.default_collate(samples)
    assert mine.keys() == other.keys() and mine["c"] == other["c"]
    for a, b in ((mine["a"], other["a"]), (mine["b"][0], other["b"][0]), (mine["b"][1], other["b"][1]),
                 (mine["d"][0], other["d"][0]), (mine["d"][1], other["d"][1])):
        assert a.tolist() == b.tolist() and str(a.dtype).split(".")[1] == str(b.dtype).split(".")[1]


def test_a_dataset_of_python_objects_and_concatenation():
    def make(library, module):
        class Squares(module.Dataset):
            def __len__(self):
                return 7

            def __getitem__(self, i):
                return i, float(i * i)

        both_halves = Squares() + module.Subset(Squares(), [1, 2])
        return as_lists(module.DataLoader(both_halves, batch_size=4, shuffle=True))

    mine, other = both(make)
    assert mine == other


def test_a_stream():
    def make(library, module):
        class Stream(module.IterableDataset):
            def __iter__(self):
                return iter(range(7))

        return as_lists(module.DataLoader(Stream(), batch_size=3)) + \
            as_lists(module.DataLoader(Stream(), batch_size=3, drop_last=True))

    mine, other = both(make)
    assert mine == other
