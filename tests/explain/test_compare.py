"""Two models that differ in one known place: it is found."""

from __future__ import annotations

import pytest

import pellucid
from pellucid import nn
from pellucid.explain import compare


def network(library=nn, activation="ReLU"):
    return library.Sequential(library.Linear(4, 5), getattr(library, activation)(),
                              library.Sequential(library.Linear(5, 5), library.Dropout()),
                              library.Linear(5, 2))


def twins(**settings):
    one, other = network(), network(**settings)
    other.load_state_dict(one.state_dict())
    return one, other


def test_equal_models_agree_and_stay_as_they_are():
    one, other = twins()
    one[2].eval()
    state = pellucid.get_rng_state().tolist()
    found = compare(one, other, pellucid.ones(3, 4))
    assert found and found.first is None and len(found.steps) == 7 and "all agree" in repr(found)
    assert [step.path for step in found.steps] == ["0", "1", "2.0", "2.1", "2", "3", ""]
    assert [m.training for m in one.modules()] == [True, True, True, False, False, False, True]
    assert other[2].training and pellucid.get_rng_state().tolist() == state
    assert not any(hooks for m in one.modules() for hooks in m._hooks.values())


def test_a_changed_weight_is_found():
    one, other = twins()
    other[2][0].bias.data[1] += 0.25
    found = compare(one, other, pellucid.ones(3, 4))
    assert not found and found.first.path == "2.0" and found.first.input_difference == 0
    assert found.first.difference == pytest.approx(0.25, rel=1e-4)
    assert found.parameters == ("its bias differs by up to 0.25",) and "2.0 (Linear)" in repr(found)


def test_another_layer_is_found():
    found = compare(*twins(activation="GELU"), pellucid.ones(3, 4))
    assert found.first.path == "1" and found.first.kinds == ("ReLU", "GELU") and found.parameters == ()


def test_another_shape_is_found():
    one, other = twins()
    other[3] = nn.Linear(5, 3)
    found = compare(one, other, pellucid.ones(3, 4))
    assert found.first.path == "3" and found.first.shapes == (((3, 2),), ((3, 3),))


class Own(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.layer, self.factor = nn.Linear(2, 2), factor

    def forward(self, x, y):
        return self.factor * self.layer(self.layer(x) + y)


def test_the_forward_itself_and_several_inputs():
    one, other = Own(1.0), Own(2.0)
    other.load_state_dict(one.state_dict())
    found = compare(one, other, (pellucid.ones(1, 2), pellucid.zeros(1, 2)))
    assert found.first.path == "" and found.first.input_difference == 0 and found.parameters == ()
    assert [(step.path, step.call) for step in found.steps] == [("layer", 0), ("layer", 1), ("", 0)]


def test_a_model_of_pytorch():
    torch = pytest.importorskip("torch")
    theirs = network(torch.nn)
    ours = network()
    state = theirs.state_dict()
    ours.load_state_dict({name: pellucid.tensor(value.numpy()) for name, value in state.items()})
    assert compare(ours, theirs, pellucid.ones(3, 4)) and theirs.training
    ours[3].weight.data[0, 0] += 1
    found = compare(ours, theirs, torch.ones(3, 4))
    assert found.first.path == "3" and found.parameters == ("its weight differs by up to 1",)
    with pytest.raises(TypeError, match="Module of Pellucid or PyTorch"):
        compare(ours, Stranger(), pellucid.ones(3, 4))


class Stranger:
    def named_modules(self):
        return []

    modules = named_modules

    def eval(self):
        return self


def test_what_is_no_model_and_lists_of_numbers():
    model = nn.Linear(2, 2)
    with pytest.raises(TypeError, match="model_b must be a Module of Pellucid or PyTorch, got int"):
        compare(model, 3, pellucid.ones(1, 2))
    assert compare(model, model, [[1.0, 2.0]])
