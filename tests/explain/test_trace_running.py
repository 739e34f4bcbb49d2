"""A trace while it runs: what it exchanges is put back, one at a time, its own thread alone."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import pellucid
from pellucid import anomaly, autograd, engine, inplace, nn, node, optim, storage, tensor
from pellucid.explain.trace import trace
from pellucid.function import Function, FunctionNode
from pellucid.op import REGISTRY
from pellucid.optim.optimizer import Optimizer


def state():
    """Everything that a trace exchanges."""
    places = [(node, "next_number"), (node.Node, "pull"), (anomaly, "_pull"), (FunctionNode, "pull"),
              (autograd, "walk"), (autograd, "backward"), (autograd, "_accumulate"), (Function, "apply"),
              (nn.Module, "__call__"), (inplace, "touch"), (storage, "settle"), (engine, "note_view"),
              (Optimizer, "step"), (Optimizer, "__init__"), (optim.LBFGS, "step")]
    return [vars(place)[name] for place, name in places] + [op.forward for op in REGISTRY.values()]


def same(before):
    return all(a is b for a, b in zip(before, state(), strict=True))


def test_everything_is_put_back():
    before = state()
    with trace():
        assert not any(a is b for a, b in zip(before, state(), strict=True))
    assert same(before)


def test_an_exception_leaves_all_restored_and_the_record_readable():
    before = state()
    with pytest.raises(ZeroDivisionError), trace() as t:
        tensor([1.0]) + 1
        raise ZeroDivisionError
    assert same(before) and t.to_json()["steps"][0]["op"] == "add"
    with pytest.raises(RuntimeError, match="linear"):
        trace(nn.Linear(3, 1), pellucid.ones(2, 2))
    assert same(before)


def test_an_error_in_an_op_or_a_rule_does_not_make_the_trace_deaf():
    class Broken(autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1

        @staticmethod
        def backward(ctx, g):
            raise ValueError("broken")

    x = tensor([1.0], requires_grad=True)
    with trace() as t:
        with pytest.raises(RuntimeError):
            pellucid.ones(2) + pellucid.ones(3)
        with pytest.raises(ValueError, match="broken"):
            Broken.apply(x).backward()
        x.tanh().backward()
    assert [s["op"] for s in t.to_json()["steps"]] == ["Broken", "tanh", "tanh"]


def test_one_trace_at_a_time():
    with trace() as t, pytest.raises(RuntimeError, match="another trace is running, begun in test_tra"):
        with trace():
            pass
    with pytest.raises(RuntimeError, match="recorded already"), t:
        pass
    with trace() as again:
        tensor([1.0]).exp()
    assert len(again) == 1


def test_other_threads_are_not_heard():
    def work():
        x = tensor([1.0], requires_grad=True)
        nn.Tanh()(x * 2).sum().backward()

    with trace() as t:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        tensor([1.0]).exp()
    assert [s["op"] for s in t.to_json()["steps"]] == ["exp"]


def test_the_same_numbers_come_out():
    def train(traced):
        pellucid.manual_seed(3)
        model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Dropout(0.5),
                              nn.Linear(8, 2))
        optimizer = optim.AdamW(model.parameters(), lr=0.1)
        x, y = pellucid.randn(4, 1, 4, 4), tensor([0, 1, 1, 0])
        losses = []
        for _ in range(3):
            optimizer.zero_grad(set_to_none=False)
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            optimizer.step()
            losses.append(loss.item())
        return losses, [p.detach().numpy() for p in model.parameters()]

    plain = train(False)
    with trace() as t:
        traced = train(True)
    assert plain[0] == traced[0]
    for a, b in zip(plain[1], traced[1], strict=True):
        np.testing.assert_array_equal(a, b)
    updates = [s for s in t.to_json()["steps"] if s["phase"] == "update"]
    assert [s["number"] for s in updates] == [1] * 6 + [2] * 6 + [3] * 6


def test_anomaly_checks_go_on_inside_and_after():
    x = tensor([0.0], requires_grad=True)
    with trace() as t, anomaly.detect_anomaly(), pytest.raises(RuntimeError, match="nan"):
        (x.sqrt() * 0).backward()
    assert [s["phase"] for s in t.to_json()["steps"]].count("backward") >= 1
    with anomaly.detect_anomaly():
        with trace() as inner, pytest.raises(RuntimeError, match="nan"):
            (x.sqrt() * 0).backward()
        with pytest.raises(RuntimeError, match="nan"):
            (x.sqrt() * 0).backward()
    assert len(inner) and node.Node.pull is anomaly._pull


def test_optimisers_with_a_closure_and_of_the_users_own():
    class Mine(optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 0.5})

        def step(self, closure=None):
            for group in self.param_groups:
                for p in group["params"]:
                    p.data.add_(p.grad, alpha=-group["lr"])

    w = tensor([1.0, 2.0], requires_grad=True)
    with trace() as t:
        lbfgs = optim.LBFGS([w], max_iter=2)

        def closure():
            lbfgs.zero_grad()
            loss = (w * w).sum()
            loss.backward()
            return loss

        lbfgs.step(closure)
        mine = Mine([w])
        closure()
        mine.step()
    steps = [s for s in t.to_json()["steps"] if s["phase"] == "update"]
    assert [s["op"] for s in steps] == ["LBFGS", "Mine"]
    told = t.to_json()["values"]
    last = steps[-1]
    assert told[last["after"]]["data"] == w.tolist() and told[last["parameter"]]["name"] == "w"
    expected = [a - 0.5 * b for a, b in zip(told[last["parameter"]]["data"], told[last["gradient"]]["data"],
                                            strict=True)]
    assert told[last["after"]]["data"] == pytest.approx(expected)


def test_it_stops_after_the_steps_asked_for():
    from pellucid.explain.trace import Trace

    before, w = state(), tensor([1.0], requires_grad=True)
    with Trace(steps=2) as t:
        optimizer = optim.SGD([w], lr=0.1)
        for _ in range(5):
            (w * w).sum().backward()
            optimizer.step()
        assert not t.running and same(before)
    assert [s["number"] for s in t.to_json()["steps"] if s["phase"] == "update"] == [1, 2]
    with Trace(steps=2) as t:
        for _ in range(5):
            (w * w).sum().backward()
    assert sum(s["phase"] == "backward" for s in t.to_json()["steps"]) == 4
