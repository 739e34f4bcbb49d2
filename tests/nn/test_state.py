"""state_dict and load_state_dict: round trips, one error that lists everything, hooks, extra state."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import pytest

import pellucid
from pellucid import nn


def net():
    return nn.Sequential(OrderedDict(a=nn.Linear(2, 3), b=nn.BatchNorm1d(3), c=nn.Linear(3, 1, bias=False)))


def values(module):
    return {name: value.numpy().copy() for name, value in module.state_dict().items()}


def test_round_trip():
    ours, theirs = net(), net()
    ours(pellucid.randn(4, 2))                                   # moves the running statistics
    report = theirs.load_state_dict(ours.state_dict())
    assert repr(report) == "<All keys matched successfully>" and report.missing_keys == []
    for name, value in values(ours).items():
        np.testing.assert_array_equal(values(theirs)[name], value)
    assert all(a is not b for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_state_shares_memory_and_is_detached():
    module = net()
    state = module.state_dict(prefix="x.")
    assert list(state)[0] == "x.a.weight" and not state["x.a.weight"].requires_grad
    state["x.a.weight"].zero_()
    assert (module.a.weight == 0).all()
    assert module.state_dict(keep_vars=True)["a.weight"] is module.a.weight
    into = OrderedDict(first=1)
    assert module.state_dict(destination=into) is into and list(into)[:2] == ["first", "a.weight"]


def test_arrays_are_taken_and_dtypes_kept():
    module = net()
    state = {name: value.astype(np.float64) for name, value in values(module).items()}
    state["a.weight"] = np.ones((3, 2))
    module.load_state_dict(state)
    assert module.a.weight.dtype == pellucid.float32 and (module.a.weight == 1).all()


def test_one_error_lists_everything_and_loads_the_rest():
    module = net()
    state = module.state_dict()
    del state["a.bias"], state["b.running_mean"]
    state.update({"a.weight": pellucid.zeros(5, 5), "zz": pellucid.zeros(1), "c.more": pellucid.zeros(1),
                  "b.bias": pellucid.full((3,), 7.0), "c.weight": "text"})
    with pytest.raises(RuntimeError) as caught:
        module.load_state_dict(state)
    assert str(caught.value).split("\n\t") == [
        "Error(s) in loading state_dict for Sequential:",
        'Missing key(s) in state_dict: "a.bias", "b.running_mean". ',
        'Unexpected key(s) in state_dict: "zz", "c.more". ',
        "size mismatch for a.weight: copying a param with shape (5, 5) from checkpoint, the shape in current "
        "model is (3, 2).",
        'While copying "c.weight": expected a Tensor or an array, got str']
    assert (module.b.bias == 7).all(), "what fits is loaded before the error"


def test_not_strict():
    module = net()
    report = module.load_state_dict({"zz": pellucid.zeros(1), "b.bias": pellucid.ones(3)}, strict=False)
    assert report.unexpected_keys == ["zz"]
    assert "a.weight" in report.missing_keys and "b.bias" not in report.missing_keys
    assert (module.b.bias == 1).all() and "missing_keys=['a.weight'" in repr(report)
    with pytest.raises(RuntimeError, match="size mismatch"):
        module.load_state_dict({"b.bias": pellucid.ones(4)}, strict=False)
    with pytest.raises(TypeError, match="state_dict must be a dictionary, got int"):
        module.load_state_dict(5)


def test_assign_takes_the_tensors_themselves():
    module = net()
    module.a.weight.requires_grad_(False)
    state = {name: value.clone().double() if value.is_floating_point() else value
             for name, value in module.state_dict().items()}
    module.load_state_dict(state, assign=True)
    assert module.a.weight._data is state["a.weight"]._data and module.a.weight.dtype == pellucid.float64
    assert isinstance(module.a.weight, nn.Parameter) and not module.a.weight.requires_grad
    assert module.a.bias.requires_grad and module.b.running_mean is state["b.running_mean"]


def test_loading_is_a_change_in_place():
    module = nn.Linear(2, 1)
    x = pellucid.ones(1, 2, requires_grad=True)
    y = module(x).sum()
    module.load_state_dict(module.state_dict())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


class Counting(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 5

    def get_extra_state(self):
        return {"calls": self.calls}

    def set_extra_state(self, state):
        self.calls = state["calls"]


def test_extra_state():
    module = nn.Sequential(Counting())
    state = module.state_dict()
    assert state == {"0._extra_state": {"calls": 5}}
    module[0].calls = 0
    module.load_state_dict(state)
    assert module[0].calls == 5
    with pytest.raises(RuntimeError, match='Missing key.*"0._extra_state"'):
        module.load_state_dict({})


def test_hooks_of_saving_and_loading():
    module, seen = net(), []
    module.a.register_state_dict_pre_hook(lambda m, prefix, keep: seen.append(("save", prefix, keep)))
    module.register_state_dict_post_hook(lambda m, state, prefix, metadata: state.popitem() and None)
    assert "c.weight" not in module.state_dict() and seen == [("save", "a.", False)]

    def rename(m, state, prefix, metadata, strict, missing, unexpected, errors):
        state[prefix + "weight"] = state.pop(prefix + "old_weight")

    def forgive(m, report):
        report.missing_keys.remove("c.weight")

    module.a.register_load_state_dict_pre_hook(rename)
    handle = module.register_load_state_dict_post_hook(forgive)
    state = module.state_dict()
    state["a.old_weight"] = state.pop("a.weight") * 0 + 3
    module.load_state_dict(state)
    assert (module.a.weight == 3).all()
    handle.remove()
    with pytest.raises(RuntimeError, match='Missing key.*"c.weight"'):
        module.load_state_dict(state)


def test_a_subclass_may_load_its_own_way():
    class Old(nn.Linear):
        def _load_from_state_dict(self, state_dict, prefix, *rest):
            state_dict[prefix + "weight"] = state_dict.pop(prefix + "w")
            super()._load_from_state_dict(state_dict, prefix, *rest)

    module = nn.Sequential(Old(2, 1, bias=False))
    module.load_state_dict({"0.w": np.ones((1, 2))})
    assert (module[0].weight == 1).all()
