"""Convolutions hide in what order their results lie: views, writes and arrays are as of row-major ones."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pellucid
from pellucid.nn import functional as F
from pellucid.op import REGISTRY
from pellucid.storage import hides


@pytest.fixture(params=[((2, 3, 6, 5), (4, 3, 2, 2)), ((20, 3, 9, 9), (6, 3, 5, 5))],
                ids=["channels innermost", "samples innermost"])
def y(request):
    """The result of a convolution, with a past."""
    shape, kernel = request.param
    return F.conv2d(pellucid.randn(shape, requires_grad=True), pellucid.randn(kernel))


def test_the_order_is_hidden_and_kept_from_layer_to_layer(y):
    for made in (y, F.relu(y), y + 1, F.max_pool2d(y, 2), F.batch_norm(y, None, None, training=True)):
        assert hides(made) and not made._data.flags.c_contiguous
        assert made.is_contiguous() and not hides(made)              # settled by the question
    assert not hides(y.t() if y.ndim == 2 else y.sum(1))


def test_a_view_shares_memory_with_the_result_and_with_older_views(y):
    kept = y.detach().clone().numpy()
    part, old = y[1:], y.permute(0, 2, 3, 1)
    flat = y.view(y.shape[0], -1)
    with pellucid.no_grad():
        flat.mul_(2)
        part[0, 0] = 5
    kept = kept * 2
    kept[1, 0] = 5
    for found in (y, flat.view(y.shape), old.permute(0, 3, 1, 2)):
        np.testing.assert_array_equal(found.detach().numpy(), kept)


def test_gradients_flow_through_a_view_and_a_write_into_it():
    results = []
    for convolve in (lambda x, w: F.conv2d(x, w), lambda x, w: F.conv2d(x, w).clone().contiguous()):
        pellucid.manual_seed(0)
        x, w = pellucid.randn(2, 3, 6, 5, requires_grad=True), pellucid.randn(4, 3, 2, 2)
        y = convolve(x, w)
        flat = y.view(2, -1)
        flat[0, :7] = 0
        (flat * y.reshape(2, -1)).sum().backward()
        results.append(x.grad.numpy())
    np.testing.assert_allclose(*results, rtol=1e-5, atol=1e-6)


def test_what_would_be_a_copy_goes_its_own_way_at_the_first_write():
    """Channels innermost are a view here, and a copy in row-major memory; so they may not see the write."""
    y = F.conv2d(pellucid.randn(2, 3, 6, 5), pellucid.randn(4, 3, 2, 2))
    last, rows = y.permute(0, 2, 3, 1).contiguous(), y.permute(0, 2, 3, 1).reshape(-1, 4)
    assert np.may_share_memory(last._data, y._data) and np.may_share_memory(rows._data, y._data)
    before = last.clone()
    y.zero_()
    assert (last == before).all() and (rows == before.view(-1, 4)).all() and not y.any()
    last.fill_(1)
    assert not y.any() and (rows == before.view(-1, 4)).all()


def test_arrays_addresses_and_copies_are_row_major(y):
    y = y.detach()
    assert pickle.loads(pickle.dumps(F.relu(y))).is_contiguous() and copy.deepcopy(F.relu(y)).is_contiguous()
    address = y.data_ptr()
    assert y.view(-1).data_ptr() == address and y.numpy().flags.c_contiguous
    assert y.stride() == (y[0].numel(), y[0, 0].numel(), y.shape[3], 1)
    z = F.relu(y)
    z.data[0] = 3
    assert (z[0] == 3).all()


def test_ops_that_do_not_say_so_hide_nothing():
    """From row-major inputs come row-major results, or the op has `hides`."""
    others = []
    for name, op in REGISTRY.items():
        for case in [] if op.view or op.hides else op.samples or []:
            inputs = [pellucid.tensor(x).contiguous() if isinstance(x, np.ndarray) else x
                      for x in case.inputs(0)]
            made = op.call(*inputs, **case.params)
            for y in made if isinstance(made, tuple) else (made,):
                if y._data.size and not y._data.flags.c_contiguous:
                    others.append(name)
    assert set(others) <= {"sliding_windows", "strided"}         # views; their functions note that themselves


def test_other_orders_are_no_secret():
    """What the user turned stays turned: a view that needs a copy is refused, as in PyTorch."""
    x = pellucid.randn(3, 4)
    for turned in (x.t(), x.t() + 1, pellucid.from_numpy(np.ones((4, 3)).T), F.conv2d(
            pellucid.randn(1, 2, 5, 5), pellucid.randn(3, 2, 2, 2)).permute(0, 2, 3, 1).movedim(1, 2)):
        assert not turned.is_contiguous()
        with pytest.raises(RuntimeError, match="use reshape"):
            turned.view(-1)


def test_dead_views_are_forgotten():
    y = F.conv2d(pellucid.randn(2, 3, 6, 5), pellucid.randn(4, 3, 2, 2))
    for i in range(1000):
        y[i % 2]
    assert len(y._views) <= 64
