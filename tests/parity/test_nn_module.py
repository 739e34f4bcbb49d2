"""Modules against PyTorch: names, repr, state in both directions, hooks in order, clipping, errors."""

from __future__ import annotations

import inspect
import operator
import warnings
from collections import OrderedDict

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import as_array, both_raise  # noqa: E402

import pellucid  # noqa: E402

BOTH = (pellucid, torch)


def network(m):
    """One module of each kind, nested, with a shared one and one used twice."""
    nn = m.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(7, 4, padding_idx=0)
            self.body = nn.Sequential(OrderedDict(inner=nn.Linear(4, 5), norm=nn.BatchNorm1d(5),
                                                  act=nn.ReLU(True)))
            self.blocks = nn.ModuleList([nn.Linear(5, 5), nn.Linear(5, 5), nn.LayerNorm(5), nn.ModuleList()])
            self.heads = nn.ModuleDict({"a": nn.Linear(5, 2),
                                        "b": nn.Sequential(nn.Linear(5, 5), nn.Dropout(0.1))})
            self.tied = nn.Linear(4, 7, bias=False)
            self.tied.weight = self.embed.weight
            self.again = self.blocks[0]
            self.free = nn.Parameter(m.ones(3))
            self.register_parameter("none", None)
            self.register_buffer("state", m.zeros(2))
            self.register_buffer("hidden", m.ones(1), persistent=False)
            self.loss = nn.CrossEntropyLoss(m.ones(2))

        def forward(self, x):
            y = self.body(self.embed(x))
            for block in self.blocks[:3]:
                y = block(y) + self.again(y)
            return self.heads["a"](y) * self.free.sum()

    m.manual_seed(3)
    return Net()


def test_names_and_repr():
    ours, theirs = network(pellucid), network(torch)
    assert repr(ours) == repr(theirs)
    for method in ("named_parameters", "named_buffers", "named_modules", "named_children"):
        assert [k for k, _ in getattr(ours, method)()] == [k for k, _ in getattr(theirs, method)()]
    for method in ("named_parameters", "named_buffers", "named_modules"):
        assert [k for k, _ in getattr(ours, method)(prefix="p", remove_duplicate=False)] == [
            k for k, _ in getattr(theirs, method)(prefix="p", remove_duplicate=False)]
    assert [k for k, _ in ours.named_parameters(recurse=False)] == [
        k for k, _ in theirs.named_parameters(recurse=False)]
    assert list(ours.state_dict()) == list(theirs.state_dict())


def test_repr_of_containers():
    for make in (lambda m: m.nn.ParameterList([m.ones(2, 3), 5, m.tensor(1.0)]),
                 lambda m: m.nn.ParameterList([m.ones(2)]), lambda m: m.nn.ParameterList(),
                 lambda m: m.nn.Sequential(m.nn.ParameterDict({"a": 5, "b": "x"}),
                                           m.nn.ParameterList([1, 2])),
                 lambda m: m.nn.Sequential(OrderedDict(a=m.nn.Sequential(), b=m.nn.ModuleList())),
                 lambda m: m.nn.ModuleList([m.nn.Sequential(m.nn.ReLU(), m.nn.ReLU()) for _ in range(3)]),
                 lambda m: m.nn.ModuleDict(), lambda m: m.nn.Module(),
                 lambda m: m.nn.ModuleList([m.nn.ReLU(), None])):
        assert repr(make(pellucid)).replace("pellucid", "torch") == repr(make(torch))


def test_state_goes_both_ways_and_gives_the_same_outputs():
    ours, theirs = network(pellucid), network(torch)
    places = np.array([1, 0, 3, 6, 6])
    for p in theirs.parameters():
        p.data.normal_()
    assert repr(ours.load_state_dict(theirs.state_dict())) == "<All keys matched successfully>"
    expected = theirs(torch.tensor(places))
    np.testing.assert_allclose(as_array(ours(pellucid.tensor(places))), as_array(expected), rtol=1e-4,
                               atol=1e-4)
    back = network(torch)
    back.load_state_dict({name: torch.from_numpy(value.numpy()) for name, value in ours.state_dict().items()})
    for name, value in ours.state_dict().items():
        np.testing.assert_array_equal(value.numpy(), back.state_dict()[name].numpy())


def test_load_reports_as_pytorch_does():
    found = []
    for m in BOTH:
        net = network(m)
        state = {k: v for k, v in net.state_dict().items() if not k.startswith("blocks")}
        state.update({"body.inner.weight": m.zeros(2, 2), "free": m.zeros(4), "extra.weight": m.ones(1),
                      "body.more": m.ones(1), "heads.b.1.weight": m.ones(1), "state.x": m.ones(1)})
        with pytest.raises(RuntimeError) as caught:
            net.load_state_dict(state)
        fitting = {k: v for k, v in state.items() if v.shape != (2, 2) and v.shape != (4,)}
        report = net.load_state_dict(fitting, strict=False)
        found.append((str(caught.value).replace("torch.Size([", "(").replace("])", ")"),
                      list(report.missing_keys), list(report.unexpected_keys)))
    ours, theirs = found
    assert ours[0].replace("(4,)", "(4)").replace("(3,)", "(3)") == theirs[0]
    assert ours[1:] == theirs[1:]


def events(m):
    """What every kind of hook sees, in order, for a small network run twice."""
    seen, nn = [], m.nn
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    with m.no_grad():
        for p in net.parameters():
            p.fill_(0.25)

    def note(kind, name):
        def hook(*args):
            flat = [a for arg in args[1:] for a in (arg if isinstance(arg, tuple) else (arg,))]
            seen.append((kind, name, [None if a is None else a.tolist() for a in flat]))
        return hook

    for name, module in net.named_modules():
        module.register_forward_pre_hook(note("pre", name))
        module.register_forward_hook(note("post", name))
        module.register_full_backward_pre_hook(note("backward pre", name))
        module.register_full_backward_hook(note("backward", name))
    for tracked in (True, False):
        x = m.tensor([[1.0, -2.0]], requires_grad=tracked)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net(x).sum().backward()
    return seen


def test_hooks_come_in_pytorchs_order_and_see_the_same():
    ours, theirs = events(pellucid), events(torch)
    assert [e[:2] for e in ours] == [e[:2] for e in theirs]
    for (kind, name, values), (_, _, expected) in zip(ours, theirs, strict=True):
        assert len(values) == len(expected), (kind, name)
        for value, wanted in zip(values, expected, strict=True):
            assert (value is None) == (wanted is None), (kind, name)
            if value is not None:
                np.testing.assert_allclose(value, wanted, rtol=1e-5, atol=1e-7, err_msg=f"{kind} {name}")


def gradients(m, scale=1.0):
    rng = np.random.RandomState(2)
    parameters = [m.nn.Parameter(m.zeros(shape)) for shape in ((3, 4), (5,), (2, 2))]
    for p in parameters:
        p.grad = m.from_numpy((scale * rng.standard_normal(tuple(p.shape))).astype(np.float32))
    return [*parameters, m.nn.Parameter(m.zeros(1))]             # the last one has no gradient


@pytest.mark.parametrize("norm_type", [2.0, 1.0, 3.0, float("inf"), "inf", 0.5])
@pytest.mark.parametrize("max_norm", [0.5, 3, 100.0])
def test_clip_grad_norm(max_norm, norm_type):
    found = []
    for m in BOTH:
        parameters = gradients(m)
        total = m.nn.utils.clip_grad_norm_(iter(parameters), max_norm, norm_type)
        found.append([as_array(total)] + [as_array(p.grad) for p in parameters[:-1]])
        assert parameters[-1].grad is None
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
        assert ours.dtype == theirs.dtype


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_norms_do_not_underflow_or_overflow(scale):
    p = gradients(pellucid, scale)[0]
    expected = np.linalg.norm(p.grad.numpy().astype(np.float64))
    np.testing.assert_allclose(pellucid.nn.utils.get_total_norm(p.grad).item(), expected, rtol=1e-5)


def test_clip_of_nothing_one_and_infinite():
    for m in BOTH:
        assert m.nn.utils.clip_grad_norm_([], 1.0).item() == 0.0
        one = gradients(m)[0]
        m.nn.utils.clip_grad_norm_(one, 0.1)
        assert abs(one.grad.norm().item() - 0.1) < 1e-5
        one.grad[0, 0] = float("inf")
        with pytest.raises(RuntimeError, match="non-finite|cannot be clipped"):
            m.nn.utils.clip_grad_norm_(one, 0.1, error_if_nonfinite=True)
        assert np.isinf(m.nn.utils.clip_grad_norm_(one, 0.1).item())


def test_clip_grad_value():
    found = []
    for m in BOTH:
        parameters = gradients(m)
        m.nn.utils.clip_grad_value_(parameters, 0.3)
        found.append([as_array(p.grad) for p in parameters[:-1]])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_vectors_of_parameters():
    for m in BOTH:
        parameters = gradients(m)
        vector = m.nn.utils.parameters_to_vector(parameters)
        assert vector.shape == (22,) and vector.requires_grad
        m.nn.utils.vector_to_parameters(m.arange(22.0), parameters)
        assert parameters[1].tolist() == [12.0, 13.0, 14.0, 15.0, 16.0]
        with pytest.raises(TypeError):
            m.nn.utils.vector_to_parameters([1.0], parameters)
    parameters = gradients(pellucid)
    with pytest.raises(RuntimeError, match="the parameters have 22 elements"):
        pellucid.nn.utils.vector_to_parameters(pellucid.ones(21), parameters)


WRONG = {
    "no forward": lambda m: m.nn.Module()(1),
    "no attribute": lambda m: m.nn.Linear(1, 1).missing,
    "a number for a module": lambda m: setattr(m.nn.Sequential(OrderedDict(a=m.nn.Tanh())), "a", 3),
    "a tensor for a parameter": lambda m: setattr(m.nn.Linear(1, 1), "weight", m.ones(1)),
    "a number for a buffer": lambda m: setattr(m.nn.BatchNorm1d(1), "running_mean", 3),
    "a dot": lambda m: m.nn.Module().register_buffer("a.b", None),
    "taken": lambda m: m.nn.Linear(1, 1).register_buffer("weight", None),
    "no parameter": lambda m: m.nn.Module().register_parameter("a", m.ones(1)),
    "no module": lambda m: m.nn.Module().add_module("a", 3),
    "submodule": lambda m: m.nn.Sequential(m.nn.Linear(1, 1)).get_submodule("0.b"),
    "parameter": lambda m: m.nn.Linear(1, 1).get_parameter("b"),
    "mode": lambda m: m.nn.Module().train(3),
    "integer parameter": lambda m: m.nn.Parameter(m.tensor([1])),
    "integer module": lambda m: m.nn.Module().to(m.int32),
    "no dictionary": lambda m: m.nn.Module().load_state_dict(3),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_raises_as_in_pytorch(name):
    assert both_raise(WRONG[name], errors=(Exception,))


def arguments(function):
    """Names and defaults of the arguments; None where Python cannot tell."""
    try:
        found = inspect.signature(function.__init__ if isinstance(function, type) else function)
    except ValueError:
        return None
    if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in found.parameters.values()):
        return None
    return [(p.name, getattr(p.default, "__name__", p.default)) for p in found.parameters.values()]


@pytest.mark.parametrize("where", ["nn", "nn.functional", "nn.utils"])
def test_arguments_are_pytorchs(where):
    ours, theirs = operator.attrgetter(where)(pellucid), operator.attrgetter(where)(torch)
    compared = 0
    for name in dir(ours):
        pair = [arguments(getattr(m, name)) for m in (ours, theirs)
                if callable(getattr(m, name, None)) and not name.startswith("_")]
        if len(pair) == 2 and None not in pair:
            first = "input" if pair[0][0][0] == "x" else pair[0][0][0]
            mine = [(first, pair[0][0][1]), *pair[0][1:]]        # ops call their input x, and take input= too
            # multi_head_attention_forward ends with a batch_first of ours
            assert repr(mine[:len(pair[1])]) == repr(pair[1]), name
            compared += 1
    assert compared > {"nn": 50, "nn.functional": 40, "nn.utils": 4}[where]


def test_a_layer_without_settings_takes_none():
    for name in ("Tanh", "Sigmoid", "LogSigmoid", "Softsign", "Tanhshrink", "Softmax2d"):
        for m in BOTH:
            with pytest.raises(TypeError):
                getattr(m.nn, name)(dim=1)
