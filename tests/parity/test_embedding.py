"""Tables of vectors against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

PLACES = np.array([[1, 2, 4, 5], [4, 3, 2, 4]])


def functional(m):
    return m.nn.functional if m is torch else pellucid.nn.functional


@pytest.mark.parametrize("options", [{}, {"padding_idx": 4}, {"padding_idx": -2},
                                     {"scale_grad_by_freq": True},
                                     {"padding_idx": 4, "scale_grad_by_freq": True}])
@pytest.mark.parametrize("dtype", [np.int64, np.int32])
def test_embedding(options, dtype):
    second = not options.get("scale_grad_by_freq")                # PyTorch has no second derivative there
    agree(lambda m, i, w: functional(m).embedding(i, w, **options), PLACES.astype(dtype), (6, 3),
          second=second)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (5,), (2, 3, 2)])
def test_embedding_of_other_shapes(shape):
    places = np.random.RandomState(0).randint(0, 4, shape)
    agree(lambda m, i, w: functional(m).embedding(i, w), np.asarray(places), (4, 3))


@pytest.mark.parametrize("norm_type", [2.0, 1.0])
def test_embedding_with_max_norm(norm_type):
    def look_up(m, i, w):
        table = w.detach().clone()
        y = functional(m).embedding(i, table, max_norm=0.9, norm_type=norm_type)
        return [y, table]
    agree(look_up, PLACES, (6, 3))


def test_embedding_raises_where_pytorch_raises():
    for wrong in (np.array([6]), np.array([-1]), np.array([1.0], np.float32)):
        assert "embedding" in both_raise(lambda m, i, w: functional(m).embedding(i, w), wrong, (6, 3))
    message = both_raise(lambda m, i, w: functional(m).embedding(i, w), np.array([2, 6]), (6, 3))
    assert "2 to 6" in message and "(6, 3)" in message
    for wrong in (6, -7):
        with pytest.raises((AssertionError, ValueError)):
            torch.nn.functional.embedding(torch.tensor([1]), torch.zeros(6, 3), padding_idx=wrong)
        with pytest.raises(ValueError, match="padding_idx"):
            pellucid.nn.functional.embedding(pellucid.tensor([1]), pellucid.zeros(6, 3), padding_idx=wrong)


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding", [None, 4])
def test_embedding_bag(mode, padding):
    def bags(m, i, w):
        return functional(m).embedding_bag(i, w, mode=mode, padding_idx=padding)

    def flat(m, i, w):
        offsets = m.tensor([0, 3, 3, 5])
        return functional(m).embedding_bag(i.reshape(-1), w, offsets, mode=mode, padding_idx=padding)

    def last(m, i, w):
        offsets = m.tensor([0, 3, 5, 8])
        return functional(m).embedding_bag(i.reshape(-1), w, offsets, mode=mode, include_last_offset=True)
    for function in (bags, flat, last):
        agree(function, PLACES, (6, 3), second=False)


def test_embedding_bag_with_weights():
    agree(lambda m, i, w, s: functional(m).embedding_bag(i, w, per_sample_weights=s, mode="sum"), PLACES,
          (6, 3), (2, 4),
          second=False)
    agree(lambda m, i, w, s: functional(m).embedding_bag(i.reshape(-1), w, m.tensor([0, 0, 5]),
                                                         per_sample_weights=s,
                                                         mode="sum", padding_idx=4), PLACES, (6, 3), (8,),
                                                         second=False)


def test_embedding_bag_raises_where_pytorch_raises():
    weights = {
        "mode": lambda m, i, w: functional(m).embedding_bag(i, w, mode="median"),
        "offsets": lambda m, i, w: functional(m).embedding_bag(i, w, m.tensor([0, 2])),
        "no offsets": lambda m, i, w: functional(m).embedding_bag(i[0], w),
        "first offset": lambda m, i, w: functional(m).embedding_bag(i[0], w, m.tensor([1, 2])),
        "samples": lambda m, i, w: functional(m).embedding_bag(i, w, per_sample_weights=w[:2, :2],
                                                               mode="sum"),
    }
    for call in weights.values():
        assert "embedding_bag" in both_raise(call, PLACES, (6, 3))
    with pytest.raises((NotImplementedError, RuntimeError), match="per_sample_weights"):
        pellucid.nn.functional.embedding_bag(pellucid.tensor(PLACES), pellucid.ones(6, 3),
                                             per_sample_weights=pellucid.ones(2, 4))
