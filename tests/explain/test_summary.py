"""Counts of layers, outputs, parameters and multiply-adds against those made by hand."""

from __future__ import annotations

import random

import numpy as np
import pytest

import pellucid
from pellucid import Tensor, nn
from pellucid.explain import Summary
from pellucid.op import REGISTRY
from pellucid.tensor import OpError


def row(found: Summary, path: str):
    return next(row for row in found.rows if row.path == path)


def test_mlp():
    found = pellucid.summary(nn.Sequential(nn.Linear(10, 20), nn.ReLU(), nn.Linear(20, 3)), (4, 10))
    assert [r.path for r in found.rows] == ["", "0", "1", "2"]
    assert [r.parameters for r in found.rows] == [283, 10 * 20 + 20, 0, 20 * 3 + 3]
    assert [r.multiply_adds for r in found.rows] == [1040, 4 * 10 * 20, 0, 4 * 20 * 3]
    assert [r.output_shapes for r in found.rows] == [((4, 3),), ((4, 20),), ((4, 20),), ((4, 3),)]
    assert found.parameters == found.trainable == 283 and found.parameter_bytes == 4 * 283
    assert found.activation_bytes == 4 * (80 + 80 + 12)


def test_lenet():
    model = nn.Sequential(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5),
                          nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Tanh(),
                          nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10))
    found = pellucid.summary(model, (1, 1, 28, 28))
    assert found.parameters == 61_706
    assert row(found, "0").output_shapes == ((1, 6, 28, 28),) and row(found, "0").parameters == 156
    assert row(found, "0").multiply_adds == 28 * 28 * 6 * 25
    assert row(found, "3").multiply_adds == 10 * 10 * 16 * 6 * 25
    assert found.multiply_adds == 117_600 + 240_000 + 48_000 + 10_080 + 840


def test_transformer_encoder():
    width, inner, length, batch = 8, 16, 5, 2
    model = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 2, inner, batch_first=True), 2)
    found = pellucid.summary(model, (batch, length, width))
    layer = 4 * width * width + 4 * width + 2 * width * inner + inner + width + 4 * width
    assert found.parameters == 2 * layer == row(found, "layers").parameters
    attended = batch * length * 4 * width * width + batch * 2 * length * length * width
    work = attended + batch * length * 2 * width * inner
    assert row(found, "layers.0.self_attn").multiply_adds == attended
    assert found.multiply_adds == 2 * work == row(found, "layers").multiply_adds
    assert row(found, "layers").calls == 0 and row(found, "layers").output_shapes == ()
    assert row(found, "layers.1.linear1").output_shapes == ((batch, length, inner),)
    assert row(found, "layers.0.self_attn.out_proj").calls == 0
    assert "not called" in str(found)


def test_lstm_gives_several_outputs():
    found = pellucid.summary(nn.LSTM(3, 4, num_layers=2, bidirectional=True), (5, 2, 3))
    first, second = 4 * 4 * (3 + 4), 4 * 4 * (8 + 4)
    assert found.rows[0].output_shapes == ((5, 2, 8), (4, 2, 4), (4, 2, 4))
    assert found.parameters == 2 * (first + 32) + 2 * (second + 32)
    assert found.multiply_adds == 5 * 2 * 2 * (first + second)


@pytest.mark.parametrize("layer, shape, count", [
    (nn.GRU(3, 4), (5, 2, 3), 10 * 12 * 7), (nn.RNN(3, 4), (5, 2, 3), 10 * 4 * 7),
    (nn.LSTM(3, 4, proj_size=2), (5, 2, 3), 10 * (16 * 3 + 16 * 2 + 2 * 4)),
    (nn.Conv1d(4, 6, 3, groups=2), (2, 4, 10), 2 * 8 * 6 * 2 * 3),
    (nn.ConvTranspose2d(3, 5, 2, stride=2), (1, 3, 4, 4), 4 * 4 * 3 * 5 * 4),
    (nn.Bilinear(3, 4, 5), [(2, 3), (2, 4)], 2 * 5 * 3 * 4), (nn.LSTMCell(3, 4), (2, 3), 2 * 16 * 7)],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else "")
def test_multiply_adds_of_layers(layer, shape, count):
    assert pellucid.summary(layer, shape).multiply_adds == count


class Twice(nn.Module):
    """One layer under two names, called three times; a product of its own; tied weights."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = self.first
        self.tied = nn.Linear(4, 4, bias=False)
        self.tied.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        x = self.tied(self.second(self.first(self.first(x))))
        return x @ x.T


def test_shared_and_reused_modules():
    found = pellucid.summary(Twice(), (3, 4))
    assert found.parameters == 20 and row(found, "tied").parameters == 16
    assert row(found, "first").calls == 3 and row(found, "first").multiply_adds == 3 * 48
    assert row(found, "second").shared_with == "first"
    assert found.multiply_adds == 4 * 48 + 3 * 3 * 4
    assert "first (3 calls)" in str(found) and "same as first" in str(found)


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(7, 4)

    def forward(self, tokens: Tensor, x: Tensor) -> dict:
        return {"sum": self.words(tokens) + x, "x": x}


def test_several_inputs_and_dtypes():
    found = pellucid.summary(TwoInputs(), [(2, 3), (4,)], dtypes=[pellucid.int64, pellucid.float32])
    assert found.rows[0].output_shapes == ((2, 3, 4), (4,)) and found.input_shapes == ((2, 3), (4,))
    given = pellucid.summary(TwoInputs(), [pellucid.tensor([1, 2]), (4,)])
    assert given.rows[0].output_shapes[0] == (2, 4)
    with pytest.raises(RuntimeError, match="one for each of 2 inputs, got 1"):
        pellucid.summary(TwoInputs(), [(2, 3), (4,)], dtypes=[pellucid.int64])


class Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(3), nn.Dropout()
        self.drop.eval()

    def forward(self, x: Tensor) -> Tensor:
        assert not pellucid.is_grad_enabled() and not self.training
        return self.drop(self.norm(x)) + pellucid.randn(3) + np.random.rand() + random.random()


def test_the_model_and_the_random_states_stay():
    model = Noisy()
    before = [state.tolist() for state in model.state_dict().values()]
    states = pellucid.get_rng_state().tolist(), np.random.get_state()[2], random.getstate()
    pellucid.summary(model, (2, 3))
    assert states == (pellucid.get_rng_state().tolist(), np.random.get_state()[2], random.getstate())
    assert [m.training for m in model.modules()] == [True, True, False]
    assert [state.tolist() for state in model.state_dict().values()] == before
    assert not any(hooks for m in model.modules() for hooks in m._hooks.values())


def test_errors_name_the_module():
    model = nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.ReLU(), nn.Linear(5, 2)))
    with pytest.raises(RuntimeError, match=r"summary: 1\.1 \(Linear\) failed, called with \(2, 3\): "):
        pellucid.summary(model, (2, 4))
    assert model.training and not any(hooks for m in model.modules() for hooks in m._hooks.values())
    assert not any("counting" in op.forward.__qualname__ for op in REGISTRY.values())
    with pytest.raises(RuntimeError, match="Embedding.*dtypes=pellucid.int64"):
        pellucid.summary(nn.Embedding(3, 2), (2,))
    with pytest.raises(RuntimeError, match="tuple of sizes"):
        pellucid.summary(model, ((2, "x"),))
    with pytest.raises(TypeError, match="Module"):
        pellucid.summary(len, (2,))


def test_html_and_lazy_layers():
    found = pellucid.summary(nn.Sequential(nn.LazyLinear(3)), (2, 5))
    assert found.parameters == 18 and row(found, "0").kind == "Linear"
    page = found._repr_html_()
    assert page.count("<tr>") == 3 and "&lt;" not in page and "Multiply-adds" in page


def test_frozen_parameters_are_not_trained():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    model[0].requires_grad_(False)
    found = pellucid.summary(model, (3, 2))
    assert found.parameters == 10 and found.trainable == 4 and found.buffer_bytes == 4 * 2 + 4 * 2 + 8


def test_a_number_is_no_shape():
    with pytest.raises(OpError, match=r"must be a tuple of sizes with the batch.*got 4"):
        pellucid.summary(nn.Linear(4, 2), 4)
