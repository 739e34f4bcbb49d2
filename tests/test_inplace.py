"""Views and writes in place: random programs against finite differences, the version rules, shared memory."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from tests import programs

import pellucid
from pellucid.inplace import Changed
from pellucid.op import REGISTRY

# Steps through which the derivative is that of the values (detach and no_grad cut it on purpose).
SMOOTH = set(programs.STEPS) - {"detach", "leaf", "constant", "shift_unrecorded", "copy_unrecorded",
                                "shift_detached",
                                "set_where", "masked_fill_"}


def run(program, arrays):
    """Run what can be run of a program; the steps that raised, the leaves and the loss."""
    tensors = programs.leaves(pellucid, arrays)
    done = []
    for step in program:
        try:
            programs.step(pellucid, tensors, *step)
        except programs.ERRORS:
            continue
        done.append(step)
    return done, tensors[:2], programs.loss(pellucid, tensors)


def slope(program, arrays, which, place, eps=1e-6):
    """d(loss)/d(one number of one leaf), from the values alone."""
    values = []
    for sign in (1, -1):
        moved = [a.copy() for a in arrays]
        moved[which][place] += sign * eps
        values.append(run(program, moved)[2].item())
    return (values[0] - values[1]) / (2 * eps)


def check_slopes(program):
    arrays = programs.start()
    done, leaves, loss = run(program, arrays)
    try:
        loss.backward()
    except RuntimeError as error:
        assert "modified by an inplace operation" in str(error)
        return False
    for which, leaf in enumerate(leaves):
        grad = np.zeros(leaf.shape) if leaf.grad is None else leaf.grad.numpy()
        for place in np.ndindex(*leaf.shape):
            np.testing.assert_allclose(grad[place], slope(done, arrays, which, place), rtol=2e-5, atol=1e-6)
    return True


@given(programs.programs(SMOOTH, longest=8))
@settings(max_examples=60)
def test_gradients_of_programs(program):
    check_slopes(program)


def test_the_check_notices_a_lost_write(monkeypatch):
    program = [("slice_rows", 3, 0, 1), ("scale_", 6, 0, 0)]
    assert check_slopes(program)
    monkeypatch.setattr("pellucid.inplace.rewrite_base", lambda view, value: None)
    with pytest.raises(AssertionError):
        check_slopes(program)


def leaf(*values):
    return pellucid.tensor(values, dtype=pellucid.float64, requires_grad=True)


def test_a_write_is_seen_by_every_view_and_by_the_base():
    x = pellucid.zeros(2, 3)
    row, column, flat, whole = x[0], x[:, 1], x.reshape(-1), x.detach()
    row[1] = 5
    assert x[0, 1] == column[0] == flat[1] == whole[0, 1] == 5
    flat.fill_(2)
    assert (x == 2).all() and (row == 2).all()


def test_the_gradient_of_a_view_made_before_the_write():
    w = leaf(3.0)
    x = pellucid.zeros(4, dtype=pellucid.float64)
    part = x[1:3]
    x[2] = w * 2
    (part.sum() * 5).backward()
    assert part.requires_grad and w.grad.tolist() == [10.0]


def test_a_view_of_a_detached_alias_leaves_the_original_alone():
    x, w = pellucid.zeros(3), leaf(2.0)
    alias = x.double().detach()
    alias[0] = w[0]
    assert alias.requires_grad and not x.requires_grad
    origin = pellucid.zeros(3, dtype=pellucid.float64)
    cut = origin.detach()
    cut[1:].mul_(w)
    assert cut.requires_grad and not origin.requires_grad and origin._version == cut._version == 1


@pytest.mark.parametrize("write", [
    lambda x: x.add_(1), lambda x: x.__setitem__(0, 1.0), lambda x: x.zero_(), lambda x: x.copy_(x.detach()),
    lambda x: x[1:].mul_(2), lambda x: x.view(-1)[0].fill_(3), lambda x: x.masked_fill_(x > 0, 0.0),
    lambda x: x.__iadd__(1), lambda x: x.index_fill_(0, pellucid.tensor([0]), 1.0),
])
def test_a_leaf_that_requires_grad_is_changed_under_no_grad_only(write):
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        write(x)
    assert x.tolist() == [1.0, 2.0] and x._version == 0
    with pellucid.no_grad():
        write(x)
    assert x.is_leaf and x.requires_grad and x._version > 0


def test_what_a_rule_needs_must_not_change():
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y * y
    y[0] = 5
    with pytest.raises(RuntimeError,
                       match="gradient of mul needs its input number . of shape .* modified by an inplace"):
        z.sum().backward()
    y = x.exp()
    y += 1
    with pytest.raises(RuntimeError, match="gradient of exp needs its own result"):
        y.sum().backward()


def test_a_change_seen_through_an_alias_counts_too():
    x = leaf(1.0, 2.0)
    for change in (lambda y: y.detach().add_(1), lambda y: y.view(2, 1)[0].add_(1)):
        y = x * 1
        z = y * y
        change(y)
        with pytest.raises(RuntimeError, match="modified by an inplace"):
            z.sum().backward()


@pytest.mark.parametrize("take", [
    lambda x, i: x[i], lambda x, i: x.take(i), lambda x, i: x.index_put((i,), x[:2] * 3),
    lambda x, i: x.index_add(0, i, x[:2]), lambda x, i: x.index_copy(0, i, x[:2]), lambda x,
    i: x.put(i, x[:2] * 2),
    lambda x, i: x.index_fill(0, i, 1.0), lambda x, i: x.index_select(0, i), lambda x, i: x.gather(0, i),
    lambda x, i: x.scatter(0, i, x[:2] * 2), lambda x, i: x.scatter_add(0, i, x[:2]),
])
def test_places_may_change_afterwards_or_backward_raises(take):
    grads = []
    for change in (False, True):
        x, index = leaf(1.0, 2.0, 3.0), pellucid.tensor([0, 1])
        y = take(x, index)
        if change:
            index += 1
        try:
            (y * pellucid.tensor([1.0, 10.0, 100.0])[:len(y)]).sum().backward()
        except RuntimeError as error:
            assert change and "modified by an inplace" in str(error)
            return
        grads.append(x.grad.tolist())
    assert grads[0] == grads[1]


def test_what_no_wanted_gradient_reads_may_change():
    x = leaf(1.0, 2.0)
    factor = pellucid.tensor([3.0, 4.0], dtype=pellucid.float64)
    y = x * 1
    z = y * factor
    y.zero_()                                                    # z = y factor: dy reads factor only
    z.sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]
    y = x + 1
    y.mul_(2).add_(3).div_(2)
    y.sum().backward()
    assert x.grad.tolist() == [4.0, 5.0]


def test_changed_data_keep_their_shape_and_refuse_the_rest():
    node = type("Node", (), {"op": pellucid.exp.op})
    gone = Changed(node, "its own result", np.ones((2, 3)))
    assert gone.shape == (2, 3) and gone.ndim == 2 and gone.dtype == np.float64
    x = np.ones(3)
    uses = [lambda: x * gone, lambda: gone * x, lambda: gone[0], lambda: -gone, lambda: np.exp(gone),
            lambda: gone.sum(),
            lambda: np.sum(gone), lambda: np.asarray(gone), lambda: 1 - gone, lambda: gone ** 2,
            lambda: x @ gone,
            lambda: gone > 0, lambda: pellucid.tensor(x) * gone, lambda: gone == 0, lambda: list(gone)]
    for use in uses:
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            use()


def test_an_overwritten_past_gets_zeros():
    x = leaf(1.0, 2.0)
    y = x * 2
    y.zero_()
    assert y.requires_grad and not y.is_leaf
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


def test_copying_from_a_leaf_links_to_it():
    x = leaf(1.0, 2.0)
    y = pellucid.zeros(2, dtype=pellucid.float64)
    y.copy_(x)
    assert not y.is_leaf
    (y * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0] and x.is_leaf


def test_what_repeats_cannot_be_written_to_what_does_not_can():
    x = pellucid.ones(3)
    with pytest.raises(RuntimeError, match="repeats one element"):
        x.expand(2, 3).add_(1)
    x.expand(1, 3).add_(1)
    assert x.tolist() == [2, 2, 2]


def test_shapes_and_dtypes_of_writes():
    x = pellucid.zeros(2, 3, dtype=pellucid.int64)
    x[0] = 1.9
    assert x[0].tolist() == [1, 1, 1]
    x[...] = pellucid.ones(1, 1, 2, 3)
    with pytest.raises(RuntimeError, match="shape"):
        x[0] = pellucid.ones(2)
    with pytest.raises(RuntimeError, match="shape"):
        x.copy_(pellucid.ones(1, 2, 3))
    with pytest.raises(RuntimeError, match="cannot hold"):
        x.add_(1.5)
    with pytest.raises(RuntimeError, match=r"has shape \(2, 3\)"):
        pellucid.zeros(3).add_(pellucid.ones(2, 3))


@pytest.mark.parametrize("value", [300, -1000, float("inf"), float("nan")])
def test_numbers_that_an_integer_tensor_cannot_hold(value):
    x = pellucid.zeros(3, dtype=pellucid.uint8)
    for write in (lambda: x.fill_(value), lambda: x.__setitem__(0, value),
                  lambda: x.masked_fill_(x == 0, value)):
        with pytest.raises(RuntimeError):
            write()
    assert not x.any()


def test_detach_in_place():
    x = leaf(1.0)
    y = (x * 2).detach_()
    assert y.is_leaf and not y.requires_grad
    with pytest.raises(RuntimeError, match="view"):
        (x * 2)[0:].detach_()


def test_reading_only_memory_is_refused():
    array = np.ones(3)
    array.flags.writeable = False
    with pytest.raises(RuntimeError, match="read-only"):
        pellucid.from_numpy(array).add_(1)


def test_views_are_freed_without_the_garbage_collector():
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0) * 1
        part = x[0:]
        part.mul_(2)
        gone = weakref.ref(x)
        del x, part
        assert gone() is None
    finally:
        gc.enable()


# Its method, unfold, tells the engine by itself that the windows share memory.
TOLD = {"sliding_windows", "strided"}
CASES = [pytest.param(op, case, id=f"{op.name}-{i}") for op in REGISTRY.values()
         if op.body.__module__.startswith("pellucid.") and op.name not in TOLD for i,
         case in enumerate(op.samples or ())]


def parts(value):
    """All arrays in a value or in nested tuples of values."""
    if isinstance(value, np.ndarray):
        return [value]
    return [a for item in value for a in parts(item)] if isinstance(value, (tuple, list)) else []


@pytest.mark.parametrize("op, case", CASES)
def test_results_own_their_memory_and_so_does_what_is_saved(op, case):
    """Memory that two hold without the engine's knowledge would make a write change the other unseen."""
    inputs = case.inputs(0)
    y, saved = op.forward(*inputs, **case.params)
    floats = [a for a in parts(inputs) if a.dtype.kind == "f"]
    shared = [np.shares_memory(a, b) for a in parts(y) for b in parts(inputs)]
    assert op.view or not any(shared), "y shares an input's memory"
    kept = [a for a in parts(saved) if a.dtype.kind == "f"]
    assert not any(np.shares_memory(a, b) for a in kept for b in [*floats, *parts(y)]), "saved shares memory"
