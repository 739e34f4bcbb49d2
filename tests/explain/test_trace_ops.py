"""Every op of the registry is traced on its samples, and computed again from the record."""

from __future__ import annotations

import numpy as np
import pytest
from tests.explain.retold import Retold

import pellucid
import pellucid.nn
from pellucid import Tensor
from pellucid.explain.trace import trace
from pellucid.op import REGISTRY
from pellucid.tensor import wrap

OPS = [op for op in REGISTRY.values() if op.body.__module__.startswith("pellucid.")]
# Their settings are objects of the library's own, of which JSON has the name alone.
NOT_READ_BACK = {"sparse_product", "backward_gate"}


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_every_op(op):
    case = op.samples[0]
    inputs = [wrap(np.array(v)) if isinstance(v, np.ndarray) else v for v in case.inputs(0, np.float32)]
    for value in inputs:
        if isinstance(value, Tensor) and value._data.dtype.kind == "f" and op.rule is not None:
            value.requires_grad_()
    with trace() as t:
        y = op.call(*inputs, **case.params)
        ys = [out for out in (y if isinstance(y, tuple) else (y,)) if out.requires_grad]
        if ys:
            pellucid.autograd.backward(ys, [wrap(np.full_like(out._data, 0.5)) for out in ys])
    read = Retold(t)
    step = [s for s in read.steps if s["op"] == op.name and s["phase"] == "forward"][0]
    for number, out in zip(step["outputs"], y if isinstance(y, tuple) else (y,), strict=True):
        np.testing.assert_array_equal(read.array(number), out._data)
    assert read.told["ops"][op.name]["formula"], "the docstring's formula was not found"
    if ys:
        assert any(s["of"] == step["id"] for s in read.steps if s["phase"] == "backward")
        assert read.told["ops"][op.name]["derivatives"], "the docstring's derivatives were not found"
    if op.name not in NOT_READ_BACK:
        assert read.check() == len(read.steps) - sum(s["op"] == "overwrite" for s in read.steps)


def test_a_record_that_is_wrong_is_noticed():
    with trace() as t:
        pellucid.tanh(wrap(np.ones(3, np.float32)))
    read = Retold(t)
    read.values[read.steps[0]["outputs"][0]]["data"][0] += 0.01
    with pytest.raises(AssertionError, match="forward of tanh"):
        read.check()
