"""Traces of whole networks: every step is computed again from the record alone."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.explain.retold import Retold

import pellucid
import pellucid.nn.functional as F
from pellucid import nn, optim, tensor
from pellucid.explain.trace import Trace, trace
from pellucid.op import REGISTRY
from pellucid.tensor import OpError


@pytest.fixture(autouse=True)
def _seeded():
    pellucid.manual_seed(0)


def xor():
    x = tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    return model, x, tensor([[0.0], [1.0], [1.0], [0.0]])


def names_of(told, numbers):
    return [told["values"][i]["name"] for i in numbers]


def steps_of(told, phase, op=None):
    return [step for step in told["steps"] if step["phase"] == phase and op in (None, step["op"])]


def test_an_mlp_on_xor_with_its_update():
    model, x, y = xor()
    optimizer, criterion = optim.Adam(model.parameters(), lr=0.1), nn.BCEWithLogitsLoss()
    before = [p.detach().numpy().copy() for p in model.parameters()]
    with trace(title="xor") as t:
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    read = Retold(t)
    told = read.told
    assert told["title"] == "xor" and told["version"] == 1 and told["cut"] is None
    assert read.check() == 10
    assert [len(told["order"][phase]) for phase in ("forward", "backward", "update")] == [5, 5, 4]
    first = told["steps"][0]
    assert first["op"] == "linear" and first["input_names"] == ["x", "weight", "bias"]
    assert names_of(told, [i["value"] for i in first["inputs"]]) == ["x", "0.weight", "0.bias"]
    roles = [told["values"][i["value"]]["role"] for i in first["inputs"]]
    assert roles == ["input", "parameter", "parameter"]
    assert told["modules"][first["module"]]["kind"] == "Linear"
    assert told["modules"][first["module"]]["path"] == "0"
    assert told["lines"][first["line"]]["text"] == "loss = criterion(model(x), y)"
    assert told["lines"][first["line"]]["file"] == "test_trace.py"
    assert told["values"][told["loss"]]["data"] == [pytest.approx(loss.item())]
    assert told["ops"]["tanh"]["derivatives"]["x"] == "dx = g (1 - y^2)"
    assert "linear 2, tanh 1, linear 1" in told["order"]["why"]
    for step, p, old in zip(steps_of(told, "update"), model.parameters(), before, strict=True):
        assert step["op"] == "Adam" and step["settings"]["lr"] == 0.1 and step["number"] == 1
        np.testing.assert_array_equal(read.array(step["parameter"]), old)
        np.testing.assert_array_equal(read.array(step["gradient"]), p.grad.numpy())
        np.testing.assert_array_equal(read.array(step["after"]), p.detach().numpy())
        np.testing.assert_allclose(read.array(step["update"]), read.array(step["after"]) - old)
        np.testing.assert_allclose(read.array(step["state"]["exp_avg"]), 0.1 * p.grad.numpy(), 1e-5, 1e-8)
        assert told["values"][step["gradient"]]["name"] == told["values"][step["parameter"]]["name"] + ".grad"


def test_a_small_cnn():
    model = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Flatten(), nn.Dropout(0.5), nn.Linear(12, 2))
    t = trace(model, pellucid.randn(4, 1, 4, 4), tensor([0, 1, 1, 0]), F.cross_entropy)
    read = Retold(t)
    assert read.check() == len(read.steps)
    weight = next(v for v in read.values if v["name"] == "0.weight.grad")
    np.testing.assert_array_equal(read.array(weight["id"]), model[0].weight.grad.numpy())


def test_an_lstm():
    model = nn.LSTM(3, 4, batch_first=True)
    t = trace(model, pellucid.randn(2, 5, 3), None, lambda made: made[0].pow(2).mean())
    read = Retold(t)
    assert read.check() == len(read.steps)
    step = steps_of(read.told, "forward", "lstm_layer")[0]
    assert len(step["outputs"]) == 3
    back = steps_of(read.told, "backward", "lstm_layer")[0]
    assert back["of"] == step["id"] and len(back["g"]) == 3
    grads = {v["name"]: v["id"] for v in read.values if v["name"].endswith(".grad")}
    np.testing.assert_array_equal(read.array(grads["weight_hh_l0.grad"]), model.weight_hh_l0.grad.numpy())


def test_a_transformer_of_two_layers():
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    model = nn.TransformerEncoder(layer, 2)
    t = trace(model, pellucid.randn(2, 3, 8), pellucid.randn(2, 3, 8), nn.MSELoss())
    read = Retold(t)
    assert read.check() == len(read.steps)
    paths = {read.told["modules"][step["module"]]["path"] for step in steps_of(read.told, "forward")}
    assert {"layers.0.self_attn", "layers.1.linear2"} <= paths
    module = next(m for m in read.told["modules"] if m["path"] == "layers.1.linear2")
    assert read.told["modules"][module["parent"]]["path"] == "layers.1"
    sums = [v for v in read.values if v["parts"] and v["role"] == "gradient"]
    assert sums                                                  # where the residual connections meet
    for value in sums:
        total = sum(read.array(part).astype(np.float64) for part in value["parts"])
        np.testing.assert_allclose(read.array(value["id"]), total, 1e-5, 1e-7)


class Cube(pellucid.autograd.Function):
    """Raise to the third power.

        y = x^3
        dx = 3 g x^2
    """

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x * x

    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return 3 * g * x * x


def test_a_function_of_the_users_own():
    x = tensor([1.0, 2.0], requires_grad=True)
    with trace() as t:
        y = Cube.apply(x)
        y.sum().backward()
    read = Retold(t)
    forward, back = steps_of(read.told, "forward", "Cube")[0], steps_of(read.told, "backward", "Cube")[0]
    assert back["of"] == forward["id"] and forward["input_names"] == ["x"]
    assert read.array(forward["outputs"][0]).tolist() == [1.0, 8.0]
    assert read.array(back["gradients"][0]).tolist() == [3.0, 12.0]
    page = read.told["ops"]["Cube"]
    assert page["formula"] == ["y = x^3"] and page["derivatives"] == {"x": "dx = 3 g x^2"}
    assert "ctx.save_for_backward(x)" in page["code"]["forward"]
    inside = [step for step in read.steps if step["phase"] == "forward" and step["inside"] is not None]
    assert {step["inside"] for step in inside} == {back["id"]}   # the products of its backward
    assert str(t.why(x.grad, 1)).count("Cube") and t.why(x.grad, 1).recomputed == 12


def test_gradients_that_add_up_are_named():
    w = tensor([1.0, 2.0], requires_grad=True)
    with trace() as t:
        (w * w).sum().backward()
        (3 * w).sum().backward()
    read = Retold(t)
    last = [v for v in read.values if v["name"] == "w.grad"][-1]
    assert read.array(last["id"]).tolist() == [5.0, 7.0]
    assert [read.array(part).tolist() for part in last["parts"]] == [[2.0, 4.0], [3.0, 3.0]]
    first = read.values[last["parts"][0]]
    assert [read.array(part).tolist() for part in first["parts"]] == [[1.0, 2.0], [1.0, 2.0]]
    assert t.why(w.grad, 1).recomputed == 7


def test_views_changes_in_place_and_detached_aliases_are_the_values_they_hold():
    x = pellucid.zeros(2, 3)
    w = tensor([1.0, 2.0, 3.0], requires_grad=True)
    with trace() as t:
        h = x + w
        h[0] = w * 5
        h *= 2
        part = h[1:]
        loss = (part * h.detach()[1:]).sum() + h[0].sum()
        loss.backward()
    read = Retold(t)
    read.check()
    final = [step for step in read.steps if step["op"] == "mul" and step["phase"] == "forward"]
    assert len(final) == 3
    makers = {v for step in steps_of(read.told, "forward") for v in step["outputs"]}
    taken = {i["value"] for step in steps_of(read.told, "forward") for i in step["inputs"] if "value" in i}
    unmade = {read.values[v]["name"] for v in taken - makers}
    assert unmade == {"x", "w"}                                  # everything else has a step that made it
    assert steps_of(read.told, "forward", "overwrite")
    for i in range(3):
        found = t.why(w.grad, i)
        assert found.value == w.grad[i].item() and found.recomputed == pytest.approx(found.value)


def test_sgd_by_hand_under_no_grad_goes_on_from_the_same_values():
    w = tensor([1.0, 2.0], requires_grad=True)
    with trace() as t:
        for _ in range(2):
            (w * w).sum().backward()
            with pellucid.no_grad():
                w -= 0.25 * w.grad
                w.grad = None
    read = Retold(t)
    products = [s for s in steps_of(read.told, "forward", "mul") if len(s["inputs"]) == 2
                and all("value" in i for i in s["inputs"])]
    first, second = (s["inputs"][0]["value"] for s in products)
    assert names_of(read.told, [first, second]) == ["w", "w"]
    assert read.array(second).tolist() == [0.5, 1.0]
    assert any(second in s["outputs"] for s in steps_of(read.told, "forward", "sub"))


def test_numbers_that_change_behind_our_back_are_new_values():
    array = np.ones(3, np.float32)
    x = pellucid.from_numpy(array)
    with trace() as t:
        a = x + 1
        array[:] = 5
        b = x + 1
    read = Retold(t)
    assert read.check() == 2
    one, two = (s["inputs"][0]["value"] for s in read.steps)
    assert one != two and names_of(read.told, [one, two]) == ["x", "x"]
    assert a.tolist() == [2, 2, 2] and b.tolist() == [6, 6, 6]


def test_second_derivatives_are_steps_of_their_own():
    x = tensor([2.0], requires_grad=True)
    with trace() as t:
        y = x ** 3
        slope, = pellucid.autograd.grad(y, x, create_graph=True)
        slope.backward()
    read = Retold(t)
    assert x.grad.item() == 12
    inside = [step for step in read.steps if step["phase"] == "forward" and step["inside"] is not None]
    assert inside and all(read.steps[step["inside"]]["phase"] == "backward" for step in inside)
    assert all(step["of"] is not None for step in steps_of(read.told, "backward"))


def test_a_module_called_twice_and_two_models():
    shared = nn.Linear(2, 2)
    judge = nn.Sequential(nn.Linear(2, 1))
    with trace() as t:
        judge(shared(shared(pellucid.ones(1, 2)))).sum().backward()
    told = t.to_json()
    assert [m["path"] for m in told["modules"]] == ["", "Sequential", "Sequential.0"]
    linear = steps_of(told, "forward", "linear")
    assert [step["module"] for step in linear] == [0, 0, 2]
    grad = next(v for v in told["values"] if v["name"] == "weight.grad")
    assert len(grad["parts"]) == 2
    assert t.why(shared.weight.grad, (0, 0)).recomputed == pytest.approx(shared.weight.grad[0, 0].item())


def test_a_gradient_that_a_hook_replaced_is_no_sum():
    w = tensor([1.0, 2.0], requires_grad=True)
    with trace() as t:
        y = w * 3
        y.register_hook(lambda g: pellucid.from_numpy(g.numpy() * 5))
        y.sum().backward()
    read = Retold(t)
    product = steps_of(read.told, "backward", "mul")[0]
    assert read.array(product["g"][0]).tolist() == [5, 5] and read.values[product["g"][0]]["parts"] is None
    assert t.why(w.grad, 0).recomputed == 15 == t.why(w.grad, 0).explained


def test_outputs_that_no_gradient_came_to():
    x = pellucid.randn(5, requires_grad=True)
    with trace() as t:
        values, _ = pellucid.sort(x)
        a, b = values.split([2, 3])
        a.sum().backward()
    assert Retold(t).check() == len(t)
    assert b.requires_grad


def test_the_table_names_each_step():
    model, x, y = xor()
    t = trace(model, x, y, nn.MSELoss())
    lines = t.table().split("\n")
    assert len(lines) == len(t) + 1 and lines[0].startswith("#  phase")
    assert "linear" in lines[1] and "4x2, 4x2, 4 -> 4x4" in lines[1] and "test_trace.py:" in lines[1]
    assert t.table(2).split("\n")[-1] == f"and {len(t) - 2} more steps"
    assert repr(t) == "<trace of 10 steps: 5 forward, 5 backward, 0 update>"


def test_large_arrays_are_summarised_and_keep_all_keeps_them():
    x = pellucid.randn(300, 300)
    x[0, 0], x[0, 1] = float("nan"), float("inf")
    told = trace(nn.Identity(), x, None, None).to_json()
    assert told["steps"] == []
    for keep, kept in (("small", False), ("all", True), (90000, True), (89999, False)):
        t = trace(nn.ReLU(), x, keep=keep)
        value = t.to_json(budget=None)["values"][0]
        assert (value["data"] is not None) is kept and (value["corner"] is None) is kept
        assert value["nan"] == 1 and value["inf"] == 1 and sum(value["histogram"]["counts"]) == 89998
        finite = x.numpy()[np.isfinite(x.numpy())].astype(np.float64)
        wanted = [finite.min(), finite.max(), finite.mean(), finite.std(), np.linalg.norm(finite)]
        assert [value[k] for k in ("min", "max", "mean", "std", "norm")] == pytest.approx(wanted, 1e-5)
        assert ("keep='all'" in (t.to_json()["cut"] or "")) is not kept
    corner = trace(nn.ReLU(), x).to_json()["values"][0]["corner"]
    assert corner["shape"] == [8, 8] and corner["data"][:2] == ["nan", "inf"]
    np.testing.assert_array_equal(np.array(corner["data"][8:]), x.numpy()[:8, :8].reshape(-1)[8:])


def test_memory_is_bounded():
    x = pellucid.randn(512, 512)
    with trace(limit=20) as t:
        for _ in range(50):
            x = x.tanh()
    assert len(t) == 20 and t.recorder.memory.kept == 0
    assert "The first 20 steps were recorded; 30 further ones were not" in t.to_json()["cut"]
    assert "20 steps" in t.table().split("\n")[-1]


def test_the_numbers_in_the_json_keep_to_a_budget():
    t = trace(nn.Linear(64, 64), pellucid.randn(16, 64))
    small, whole = (len(json.dumps(t.to_json(budget))) for budget in (3000, None))
    assert small < 15000 < 25000 < whole
    assert "left out" in t.to_json(3000)["cut"]


def test_the_page_is_written_whole_and_shown_in_notebooks(tmp_path):
    pytest.importorskip("pellucid.explain.trace.page")
    t = trace(nn.Tanh(), tensor([0.5, 1.0]))
    t.to_html(tmp_path / "trace.html")
    text = (tmp_path / "trace.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") or text.startswith("<!doctype html>")
    assert [p.name for p in tmp_path.iterdir()] == ["trace.html"]
    assert t._repr_html_().startswith("<iframe") and "</iframe>" in t._repr_html_()
    with pytest.raises(FileNotFoundError):
        t.to_html(tmp_path / "missing" / "trace.html")


@pytest.mark.parametrize("given, wanted", [
    ({"keep": "some"}, "keep must be 'small', 'all' or a number of elements, got 'some'"),
    ({"limit": 0}, "limit must be a whole number from 1, got 0"),
    ({"x": tensor([1.0])}, "go with a model"),
    ({"model": nn.Tanh()}, "a model needs x"),
    ({"model": nn.Tanh(), "x": tensor([1.0]), "y": tensor([1.0])}, "y is for a loss"),
    ({"model": 3, "x": tensor([1.0])}, "must be a module or a function, got int"),
])
def test_bad_input(given, wanted):
    with pytest.raises((TypeError, ValueError), match=wanted):
        trace(**given)


def test_the_module_can_be_called():
    from pellucid import explain

    with explain.trace() as t:
        tensor([1.0]).exp()
    assert len(t) == 1 and len(explain.trace(nn.Tanh(), tensor([0.5]))) == 1
    assert explain.trace.trace is trace


def test_nothing_recorded_yet():
    t = Trace()
    assert repr(t) == "<trace, nothing recorded yet>"
    with pytest.raises(RuntimeError, match="nothing has been recorded yet"):
        t.to_json()


@pytest.mark.parametrize("loss, told", [("mse", "got str"), (nn.MSELoss, "got the class MSELoss itself")])
def test_a_loss_that_is_no_function_is_refused(loss, told):
    with pytest.raises(TypeError, match=rf"loss must be a function of \(output, y\), {told}"):
        trace(nn.Linear(2, 1), pellucid.ones(1, 2), pellucid.ones(1, 1), loss)


def test_a_budget_is_a_number_of_bytes():
    t = trace(nn.Tanh(), pellucid.ones(1))
    with pytest.raises(OpError, match="budget must be a whole number of bytes or None, got 'much'"):
        t.to_json(budget="much")


def test_ops_are_kept_as_python_reads_them_fastest():
    """An object's own dict, once asked for, stays, and attributes are read more slowly ever after."""
    import gc

    def has_dict(op):
        return any(type(each) is dict and "rule" in each for each in gc.get_referents(op))

    plain = [op for op in REGISTRY.values() if not has_dict(op)]
    with trace():
        pellucid.ones(2).exp()
    assert not any(map(has_dict, plain))
