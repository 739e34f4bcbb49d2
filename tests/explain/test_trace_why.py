"""`why`: local derivatives along the ways to a number, against derivatives found otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from tests.explain.retold import Retold

import pellucid
from pellucid import nn, optim, tensor
from pellucid.explain.trace import trace
from pellucid.op import REGISTRY


def mlp():
    pellucid.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x = tensor([[0.5, -1.0], [2.0, 0.25]])
    return model, x, trace(model, x, tensor([[1.0], [0.0]]), nn.MSELoss())


def factor_from_json(read, link):
    """A local derivative by central differences, from the numbers in the JSON alone."""
    step = read.steps[link.step]
    position = [entry.get("value") for entry in step["inputs"]].index(link.input)
    inputs = [np.array(value, np.float64) if isinstance(value, np.ndarray) else value
              for value in read.inputs(step)]
    ends = []
    for change in (1e-6, -1e-6):
        moved = [np.array(value) if i == position else value for i, value in enumerate(inputs)]
        moved[position].reshape(-1)[link.input_place] += change
        y = REGISTRY[step["op"]].body(*moved, **read.params(step))[0]
        ends.append(np.asarray(y).reshape(-1)[link.output_place])
    return (ends[0] - ends[1]) / 2e-6


def test_a_gradient_is_the_sum_of_its_ways():
    model, _, t = mlp()
    read = Retold(t)
    for name, parameter in model.named_parameters():
        for index in np.ndindex(tuple(parameter.shape)):
            found = t.why(parameter.grad, index, paths=50)
            assert found.kind == "gradient" and found.name.startswith(f"{name}.grad[")
            assert found.value == parameter.grad[index].item()
            assert found.explained == pytest.approx(found.value, 1e-4, 1e-7)
            assert found.recomputed == pytest.approx(found.value, 1e-5, 1e-8)
            for way in found.ways:
                assert np.prod([link.factor for link in way.links]) == pytest.approx(way.product)
    for link in found.ways[0].links:
        assert link.factor == pytest.approx(factor_from_json(read, link), 1e-4)


def test_the_strongest_few_and_what_they_explain():
    model, _, t = mlp()
    found = t.why(model[0].weight.grad, (0, 1), paths=1)
    every = t.why(model[0].weight.grad, (0, 1), paths=9)
    assert len(found.ways) == 1 and len(every.ways) == 2         # one for each row of the batch
    assert abs(found.ways[0].product) == max(abs(way.product) for way in every.ways)
    text = str(every)
    assert "d tanh 1[" in text and "/ d linear 1[" in text and "y = x W^T + b" in text
    assert "test_trace_why.py:" in text and "recorded: " in text and "% of the whole" in text
    assert repr(every) == text


def test_a_way_of_one_chain_is_the_whole_product():
    w = tensor(3.0, requires_grad=True)
    with trace() as t:
        (w * 2).exp().backward()
    found = t.why(w.grad)
    assert [link.factor for link in found.ways[0].links][0] == 2
    assert found.explained == pytest.approx(2 * np.exp(6)) == found.value
    assert "this way" in str(found) and "difference: 0" in str(found)


def test_a_value_goes_back_to_the_inputs_that_moved_it_most():
    x = tensor([[1.0, 10.0, 0.0]])
    weight = tensor([[4.0, 1.0, 9.0]])
    with trace() as t:
        y = nn.functional.linear(x, weight)
        z = y.tanh() + y
    found = t.why(y, (0, 0), paths=2)
    assert found.kind == "value" and found.value == 14
    assert {source.name for source in found.sources} == {"x[0, 1]", "weight[0, 1]"}
    assert all(source.effect == 10 for source in found.sources)
    deeper = t.why(z, (0, 0), paths=1)
    source = deeper.sources[0]
    slope = 1 - np.tanh(14) ** 2 + 1
    assert source.derivative == pytest.approx(slope * (1 if source.name.startswith("x") else 10))
    assert "these moved it most" in str(deeper)


def test_a_value_in_a_network_against_differences():
    model, x, t = mlp()
    out = t.to_json()["steps"][2]["outputs"][0]
    found = t.why(t.to_json()["values"][out]["name"], (1, 0), paths=4)
    for source in found.sources:
        if source.name.startswith("x["):
            i, j = (int(part) for part in source.name[2:-1].split(","))
            ends = []
            for change in (1e-2, -1e-2):
                moved = x.clone()
                moved[i, j] += change
                ends.append(model(moved)[1, 0].item())
            assert source.derivative == pytest.approx((ends[0] - ends[1]) / 2e-2, 1e-2)
    effects = [abs(source.effect) for source in found.sources]
    assert effects == sorted(effects, reverse=True)


def test_through_time_attention_and_convolution():
    pellucid.manual_seed(1)
    for model, x in ((nn.LSTM(2, 3), pellucid.randn(4, 1, 2)), (nn.Conv1d(2, 3, 2), pellucid.randn(1, 2, 4)),
                     (nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0), pellucid.randn(3, 1, 4))):
        t = trace(model, x, None, lambda made: (made[0] if isinstance(made, tuple) else made).pow(2).sum())
        for parameter in model.parameters():
            index = (0,) * parameter.ndim
            found = t.why(parameter.grad, index)
            assert found.recomputed == pytest.approx(parameter.grad[index].item(), 1e-3, 1e-5)
            assert found.ways


class Hidden(pellucid.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    @pellucid.autograd.once_differentiable
    def backward(ctx, g):
        return pellucid.from_numpy(g.numpy() * 2)


def test_a_function_whose_backward_leaves_the_graph():
    x = tensor([1.0, 2.0], requires_grad=True)
    with trace() as t:
        (Hidden.apply(x) ** 2).sum().backward()
    found = t.why(x.grad, 1)
    assert found.explained == found.recomputed == found.value == 16


def test_updates_inputs_and_numbers_without_a_derivative():
    w = tensor([1.0, 2.0], requires_grad=True)
    optimizer = optim.SGD([w], lr=0.5)
    with trace() as t:
        best = (w * 2).argmax()
        (w * w).sum().backward()
        optimizer.step()
    assert "SGD, made it of 2 by adding -2; the gradient was 4" in str(t.why(w, 1))
    assert "argmax" in str(t.why(best)) and "no derivative" in str(t.why(best))
    x = tensor([1.0])
    with trace() as t:
        x.exp()
    assert "no recorded step made it, it is the input x" in str(t.why(x))


def test_a_question_while_the_trace_runs_adds_no_steps():
    w = tensor([1.0, 2.0], requires_grad=True)
    with trace() as t:
        y = (w * w).sum()
        y.backward()
        steps = len(t)
        assert t.why(w.grad, 1).recomputed == 4 and t.why(y).sources
        assert len(t) == steps
        w.exp()
    assert len(t) == steps + 1


def test_bad_questions():
    model, _, t = mlp()
    grad = model[0].weight.grad
    with pytest.raises(ValueError, match=r"shape \(2,\) was not recorded"):
        t.why(tensor([1.0, 2.0]), 0)
    with pytest.raises(IndexError, match=r"0.weight.grad has shape \(3, 2\), there is no element \(3, 0\)"):
        t.why(grad, (3, 0))
    with pytest.raises(IndexError, match="say which element"):
        t.why(grad)
    with pytest.raises(IndexError, match="there is no element 1"):
        t.why(grad, 1)
    with pytest.raises(TypeError, match="index must be a whole number for each dimension, got 'first'"):
        t.why(grad, "first")
    with pytest.raises(ValueError, match="no value is called 'nothing'; among those recorded are "):
        t.why("nothing", 0)
    with pytest.raises(TypeError, match=r"got NoneType \(has backward run\?\)"):
        t.why(None)
    with pytest.raises(ValueError, match="paths must be a whole number from 1"):
        t.why(grad, (0, 0), paths=0)
    assert t.why(grad, (-1, -1)).value == grad[2, 1].item()
    grad += 1
    with pytest.raises(ValueError, match="was changed since it was recorded"):
        t.why(grad, (0, 0))


def test_numbers_that_were_not_kept():
    x = pellucid.ones(300, 300)
    w = tensor(2.0, requires_grad=True)
    with trace() as t:
        (x * w).sum().backward()
    with pytest.raises(ValueError, match=r"\(300, 300\), were not kept; trace\(keep='all'\) keeps them"):
        t.why(w.grad)
    with trace(keep="all") as t:
        w.grad = None
        (x * w).sum().backward()
    assert t.why(w.grad).recomputed == 90000


def test_the_loss_has_a_name_of_its_own():
    with trace() as t:
        loss = pellucid.tensor([1.0, 2.0], requires_grad=True).square().sum()
        loss.backward()
    assert repr(t.why("loss")) == repr(t.why(loss))
