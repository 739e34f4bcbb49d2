"""Traces of random programs of views, writes in place and uses: values and gradients are found again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from tests import programs
from tests.explain.retold import Retold

import pellucid
from pellucid import tensor
from pellucid.explain.trace import trace


@given(programs.programs(longest=8))
@settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
def test_programs(steps):
    with trace() as t:
        tensors = programs.leaves(pellucid, programs.start())
        for step in steps:
            try:
                programs.step(pellucid, tensors, *step)
            except programs.ERRORS:
                continue
        total = programs.loss(pellucid, tensors)
        try:
            total.backward()
        except programs.ERRORS:
            return
    read = Retold(t)
    read.check()
    for leaf in tensors:
        if leaf.requires_grad and leaf.is_leaf and leaf.grad is not None:
            explain(t, leaf)


def explain(t, leaf):
    """The rules nearest to a gradient give it again, and the ways through small graphs are all of it."""
    for index in list(np.ndindex(tuple(leaf.shape)))[:2]:
        found = t.why(leaf.grad, index, paths=1)
        wanted = leaf.grad[index].item()
        assert found.value == wanted
        assert found.recomputed == pytest.approx(wanted, 1e-4, 1e-6)


def test_all_ways_of_a_program_add_up():
    with trace() as t:
        a = tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        b = (a * a).T
        b[0] = b[1].clone() * a[0]
        (b * b.detach()).sum().backward()
    for index in np.ndindex(2, 2):
        found = t.why(a.grad, index, paths=100)
        assert found.explained == pytest.approx(found.value) == a.grad[index].item()
