"""100 steps of every optimiser and schedule, beside PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import pellucid as pl  # noqa: E402
from pellucid import optim  # noqa: E402
from pellucid.optim import lr_scheduler as ours  # noqa: E402
from pellucid.tensor import Tensor, wrap  # noqa: E402

theirs = torch.optim.lr_scheduler
SHAPES = [(3, 4), (4,), ()]
CONFIGS = [
    ("SGD", dict(lr=0.05)), ("SGD", dict(lr=0.05, momentum=0.9)), ("SGD", dict(lr=0.05, weight_decay=0.1)),
    ("SGD", dict(lr=0.05, momentum=0.9, dampening=0.2, weight_decay=0.01)),
    ("SGD", dict(lr=0.05, momentum=0.9, nesterov=True)), ("SGD", dict(lr=0.05, maximize=True)),
    ("Adagrad", dict(lr=0.1)), ("Adagrad", dict(lr=0.1, lr_decay=0.1, weight_decay=0.1,
                                                initial_accumulator_value=0.5)),
    ("RMSprop", dict(lr=0.01)), ("RMSprop", dict(lr=0.01, momentum=0.9, centered=True, weight_decay=0.1)),
    ("Adadelta", dict()), ("Adadelta", dict(lr=0.5, rho=0.8, weight_decay=0.1)),
    ("Adam", dict(lr=0.01)), ("Adam", dict(lr=0.01, amsgrad=True, weight_decay=0.1, betas=(0.8, 0.9))),
    ("Adam", dict(lr=0.01, weight_decay=0.1, decoupled_weight_decay=True)),
    ("AdamW", dict(lr=0.01)), ("AdamW", dict(lr=0.01, weight_decay=0.2, amsgrad=True)),
    ("NAdam", dict(lr=0.01)), ("NAdam", dict(lr=0.01, weight_decay=0.1, decoupled_weight_decay=True)),
    ("NAdam", dict(lr=0.01, weight_decay=0.1)),
    ("RAdam", dict(lr=0.01)), ("RAdam", dict(lr=0.01, weight_decay=0.1)),
    ("RAdam", dict(lr=0.01, weight_decay=0.1, decoupled_weight_decay=True)),
    ("Rprop", dict()), ("Rprop", dict(lr=0.1, etas=(0.3, 1.5), step_sizes=(1e-3, 0.5), maximize=True)),
    ("ASGD", dict()), ("ASGD", dict(lr=0.1, lambd=0.01, alpha=0.6, t0=20, weight_decay=0.1)),
    ("Adafactor", dict()), ("Adafactor", dict(lr=0.1, beta2_decay=-0.6, eps=(1e-3, 0.01), d=1.5,
                                              weight_decay=0.1, maximize=True)),
    ("Adamax", dict(lr=0.01)), ("Adamax", dict(lr=0.01, weight_decay=0.1, maximize=True)),
]


def parameters(seed=0, dtype=np.float32):
    rng = np.random.RandomState(seed)
    values = [np.asarray(rng.standard_normal(shape), dtype) for shape in SHAPES]
    mine = [Tensor(v.copy()).requires_grad_() for v in values]
    others = [torch.tensor(v, requires_grad=True) for v in values]
    return mine, others


def close(mine, others, rtol=1e-5):
    for a, b in zip(mine, others, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=rtol, atol=1e-6)


@pytest.mark.parametrize("name, options", CONFIGS, ids=lambda v: v if isinstance(v, str) else "-".join(v))
def test_a_hundred_steps(name, options):
    mine, others = parameters()
    a, b = getattr(optim, name)(mine, **options), getattr(torch.optim, name)(others, **options)
    rng = np.random.RandomState(1)
    for _ in range(100):
        for p, q in zip(mine, others, strict=True):
            g = np.asarray(rng.standard_normal(p._data.shape), np.float32)
            p.grad, q.grad = Tensor(g.copy()), torch.tensor(g)
        a.step()
        b.step()
    close(mine, others)
    same_state(a.state_dict(), b.state_dict())


def same_state(a, b):
    assert a["state"].keys() == b["state"].keys()
    for number, theirs_ in b["state"].items():
        assert a["state"][number].keys() == theirs_.keys()
        for key, value in theirs_.items():
            if isinstance(value, torch.Tensor):
                mine = a["state"][number][key].numpy()
                np.testing.assert_allclose(mine, value.numpy(), rtol=1e-4, atol=1e-6)
    for mine, other in zip(a["param_groups"], b["param_groups"], strict=True):
        assert mine["params"] == other["params"]
        assert {k for k in mine} == {k for k in other}


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "RMSprop", "Adagrad",
                                  "Adadelta", "Adafactor"])
def test_defaults_and_groups(name):
    mine, others = parameters()
    a = getattr(optim, name)([{"params": mine[:1], "lr": 0.5}, {"params": mine[1:]}], lr=0.25)
    b = getattr(torch.optim, name)([{"params": others[:1], "lr": 0.5}, {"params": others[1:]}], lr=0.25)
    for p, q in zip(mine, others, strict=True):
        p.grad, q.grad = Tensor(np.ones_like(p._data)), torch.ones_like(q)
    a.step()
    b.step()
    close(mine, others)
    assert {k: v for k, v in a.defaults.items()} == {k: v for k, v in b.defaults.items()}


def rosenbrock(xy):
    x, y = float(xy[0]), float(xy[1])
    loss = (1 - x) ** 2 + 100 * (y - x * x) ** 2
    return loss, np.array([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)])


@pytest.mark.parametrize("options", [dict(lr=0.1, max_iter=5), dict(line_search_fn="strong_wolfe"),
                                     dict(lr=0.5, line_search_fn="strong_wolfe", history_size=3, max_iter=8)],
                         ids=str)
def test_lbfgs(options):
    start = np.array([-1.2, 1.0])
    p, q = wrap(start.copy()).requires_grad_(), torch.tensor(start, requires_grad=True)
    a, b = optim.LBFGS([p], **options), torch.optim.LBFGS([q], **options)

    def closure_for(x, make):
        def closure():
            loss, g = rosenbrock(x.detach().numpy())
            x.grad = make(g)
            return make(np.asarray(loss))
        return closure

    for _ in range(10):
        a.step(closure_for(p, lambda v: wrap(np.array(v))))
        b.step(closure_for(q, torch.tensor))
        np.testing.assert_allclose(p._data, q.detach().numpy(), rtol=1e-6, atol=1e-9)
    assert a.state_dict()["state"][0]["func_evals"] == b.state_dict()["state"][0]["func_evals"]


SCHEDULES = {
    "StepLR": lambda s, o: s.StepLR(o, 7, 0.5),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 3, 10, 20], 0.3),
    "ConstantLR": lambda s, o: s.ConstantLR(o, 0.25, 6),
    "LinearLR": lambda s, o: s.LinearLR(o, 0.2, 0.9, 12),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.93),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, 30, 2.0),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 9, 0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 5, 2, 0.01),
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda t: 1 / (1 + t)),
    "LambdaLR-each": lambda s, o: s.LambdaLR(o, [lambda t: 1 / (1 + t), lambda t: 0.9 ** t]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda t: 0.95),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 0.8, total_steps=60),
    "OneCycleLR-three": lambda s, o: s.OneCycleLR(o, [0.8, 0.4], epochs=6, steps_per_epoch=10,
                                                  three_phase=True, anneal_strategy="linear"),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 4, 9),
    "CyclicLR-2": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 4, mode="triangular2"),
    "CyclicLR-exp": lambda s, o: s.CyclicLR(o, 0.01, [0.3, 0.2], 5, mode="exp_range", gamma=0.97),
    "CyclicLR-own": lambda s, o: s.CyclicLR(o, 0.01, 0.3, 4, scale_fn=lambda x: 1 / x, cycle_momentum=False),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=5), s.CosineAnnealingLR(o, 20), s.ExponentialLR(o, 0.9)], [5, 25]),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler(
        [s.LinearLR(o, 0.1, total_iters=8), s.StepLR(o, 10, 0.5), s.ExponentialLR(o, 0.97)]),
}


def optimisers():
    mine, others = parameters()
    groups = lambda ps: [{"params": ps[:1]}, {"params": ps[1:], "lr": 0.2}]  # noqa: E731
    options = {"lr": 0.1, "momentum": 0.9}
    return optim.SGD(groups(mine), **options), torch.optim.SGD(groups(others), **options)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules(name):
    a, b = optimisers()
    mine, other = SCHEDULES[name](ours, a), SCHEDULES[name](theirs, b)
    for t in range(60):
        for x, y in zip(a.param_groups, b.param_groups, strict=True):
            np.testing.assert_allclose(x["lr"], y["lr"], rtol=1e-9, atol=1e-15, err_msg=f"{name} at t={t}")
            np.testing.assert_allclose(x["momentum"], y["momentum"], rtol=1e-12)
        np.testing.assert_allclose(mine.get_last_lr(), other.get_last_lr(), rtol=1e-9, atol=1e-15)
        a.step()
        b.step()
        mine.step()
        other.step()


@pytest.mark.parametrize("options", [dict(), dict(mode="max", threshold_mode="abs", patience=2, cooldown=3),
                                     dict(factor=0.5, patience=1, min_lr=0.02),
                                     dict(patience=0, threshold=0.1)],
                         ids=str)
def test_reduce_on_plateau(options, rng):
    a, b = optimisers()
    mine, other = ours.ReduceLROnPlateau(a, **options), theirs.ReduceLROnPlateau(b, **options)
    for metric in np.abs(rng.standard_normal(80)) + 1 / np.arange(1, 81):
        mine.step(float(metric))
        other.step(float(metric))
        assert [g["lr"] for g in a.param_groups] == [g["lr"] for g in b.param_groups]


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_resumes(name):
    if name.endswith("own") or "Lambda" in name or "Multiplicative" in name:
        pytest.skip("functions are not part of a state")
    a, b = optimisers()[0], optimisers()[0]
    first, second = SCHEDULES[name](ours, a), SCHEDULES[name](ours, b)
    for _ in range(17):
        a.step()
        first.step()
    b.load_state_dict(a.state_dict())
    second.load_state_dict(first.state_dict())
    for _ in range(20):
        a.step(), b.step(), first.step(), second.step()
        assert [g["lr"] for g in a.param_groups] == [g["lr"] for g in b.param_groups]


def test_epoch_argument():
    a, b = optimisers()
    mine, other = ours.StepLR(a, 3, 0.5), theirs.StepLR(b, 3, 0.5)
    a.step(), b.step()
    mine.step(10)
    with pytest.warns(UserWarning):
        other.step(10)
    assert a.param_groups[0]["lr"] == b.param_groups[0]["lr"]
    assert pl.float32 is not None
