"""Views and writes in place: random programs give PyTorch's values, leaves, gradients and refusals."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from tests import programs

import pellucid

torch = pytest.importorskip("torch")

# Where PyTorch is stricter than it must be, and we go on:
STRICTER = (
    "is a view and is being modified inplace",                   # outputs of unbind and chunk
    "unsupported operation",                                     # an operand that overlaps the target
    "A view was created in no_grad mode",
)


def attempt(library, tensors, step):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            programs.step(library, tensors, *step)
        except programs.ERRORS as error:
            return error
    return None


def gradients(library, tensors):
    """The gradients of the leaves, or the error of backward."""
    try:
        programs.loss(library, tensors).backward()
    except RuntimeError as error:
        return error
    return [t.grad.numpy() if t.is_leaf and t.grad is not None else None for t in tensors]


def repeats(t):
    return any(size > 1 and step == 0 for size, step in zip(t.shape, t.stride(), strict=True))


def same_state(theirs, ours):
    for x, y in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(y.detach().numpy(), x.detach().numpy(), rtol=1e-9, err_msg="value")
        assert tuple(y.shape) == tuple(x.shape)
        assert (y.requires_grad, y.is_leaf) == (x.requires_grad, x.is_leaf)


def compare(program):
    theirs, ours = programs.leaves(torch, programs.start()), programs.leaves(pellucid, programs.start())
    for step in program:
        target = ours[step[1] % len(ours)]
        if step[0] in programs.WRITES and repeats(target):
            continue                                             # we refuse to write into a repeated element
        refused, ours_refused = attempt(torch, theirs, step), attempt(pellucid, ours, step)
        if refused and any(words in str(refused) for words in STRICTER):
            return "stricter"
        assert (refused is None) == (ours_refused is None), f"{step}: {refused!r} but ours {ours_refused!r}"
        try:
            [(t.is_leaf, t.requires_grad) for t in theirs]
        except RuntimeError:
            return "stricter"
        same_state(theirs, ours)
    wanted, found = gradients(torch, theirs), gradients(pellucid, ours)
    if isinstance(wanted, Exception) or isinstance(found, Exception):
        assert isinstance(wanted, Exception), f"ours alone refuses: {found!r}"
        return "refused"                                         # ours may know the gradient all the same
    for g, h in zip(wanted, found, strict=True):
        assert (g is None) == (h is None)
        if g is not None:
            np.testing.assert_allclose(h, g, rtol=1e-9, atol=1e-12)
    return "equal"


@given(programs.programs())
@settings(max_examples=250)
def test_programs(program):
    compare(program)


@given(programs.programs({*programs.VIEWS, "add_", "mul_", "set_first", "copy_", "leaf", "mul",
                          "tanh"} - {"detach"}))
@settings(max_examples=120)
def test_programs_of_views_and_writes(program):
    compare(program)


def test_most_programs_run_to_the_end():
    """A comparison that always ends early compares nothing."""
    rng = np.random.RandomState(0)
    names = sorted(programs.STEPS)
    ends = [compare([(rng.choice(names),
                      *rng.randint(0, 12, 3).tolist()) for _ in range(6)]) for _ in range(60)]
    assert ends.count("equal") > 35 and "refused" in ends


@pytest.mark.parametrize("program", [
    [("detach", 3, 0, 0), ("first", 6, 0, 0), ("mul_", 7, 1, 0)],
    # a detached alias starts a past of its own
    [("copy_", 2, 0, 0)],                                            # copying a leaf does not make one
    [("zero_", 3, 0, 0)],                                            # all is overwritten: zeros
    [("permute", 5, 0, 0), ("reshape", 6, 0, 0), ("mul_", 7, 7, 0)],
    # a view only thanks to the base's layout
    [("tanh", 3, 0, 0), ("shift_", 6, 0, 0)],                        # tanh needs its result
    [("mul", 3, 1, 0), ("shift_", 3, 0, 0)],                         # mul needs its input
    [("mul", 3, 2, 0), ("shift_", 3, 0, 0)],
    # but not when the other one is a constant
    [("slice_rows", 3, 0, 0), ("mul", 6, 1, 0), ("set_first", 3, 1, 0)],
    [("reshape", 3, 0, 0), ("slice_rows", 6, 0, 1), ("tanh_", 7, 0, 0), ("mul", 3, 6, 0)],
    [("shift_", 0, 0, 0)], [("slice_rows", 0, 0, 0), ("shift_", 6, 0, 0)], [("shift_unrecorded", 0, 0, 0)],
])
def test_remarkable_programs(program):
    assert compare(program) in ("equal", "refused")


def test_versions():
    for library in (torch, pellucid):
        x = library.ones(3)
        y, z = x[1:], x.detach()
        counts = [x._version, y._version]
        x.add_(1)
        counts += [x._version, y._version, z._version]
        y.mul_(2)
        z[0] = 5
        counts += [x._version, y._version, z._version, x.clone()._version]
        with library.no_grad():
            x += 1
        counts += [x._version]
        if library is torch:
            theirs = counts
    assert counts == theirs
