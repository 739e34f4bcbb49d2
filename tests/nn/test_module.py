"""Module: what is found by assigning it, modes, conversion, copies, and errors in the caller's words."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import pellucid
from pellucid import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.Tanh()])
        self.scale = nn.Parameter(pellucid.ones(4))
        self.register_buffer("seen", pellucid.zeros(2))
        self.note = nn.Buffer(pellucid.ones(1), persistent=False)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = block(x)
        return x * self.scale


def test_assignment_registers():
    net = Net()
    assert list(dict(net.named_parameters())) == ["scale", "first.weight", "first.bias", "blocks.0.weight",
                                                 "blocks.0.bias"]
    assert [name for name, _ in net.named_modules()] == ["", "first", "blocks", "blocks.0", "blocks.1"]
    assert [name for name, _ in net.named_children()] == ["first", "blocks"]
    assert [name for name, _ in net.named_buffers()] == ["seen", "note"]
    assert list(net.state_dict()) == ["scale", "seen", "first.weight", "first.bias", "blocks.0.weight",
                                      "blocks.0.bias"]
    assert {"first", "scale", "seen", "note", "forward"} <= set(dir(net))
    assert net.get_submodule("blocks.1") is net.blocks[1] and net.get_submodule("") is net
    assert net.get_parameter("first.weight") is net.first.weight and net.get_buffer("seen") is net.seen


def test_shared_parameters_come_once():
    net = nn.Module()
    net.a = nn.Linear(2, 2)
    net.b = net.a
    net.c = nn.Linear(2, 2)
    net.c.weight = net.a.weight
    assert [name for name, _ in net.named_parameters()] == ["a.weight", "a.bias", "c.bias"]
    assert [name for name, _ in net.named_parameters(remove_duplicate=False)] == [
        "a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"]
    assert list(net.state_dict()) == ["a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"]
    assert len(list(net.modules())) == 3 and len(list(net.children())) == 2
    assert len(list(net.named_modules(remove_duplicate=False))) == 4
    assert len(list(net.modules(remove_duplicate=False))) == 4 > len(list(net.modules()))


def test_reassignment_moves_between_kinds():
    net = Net()
    net.scale = None
    assert net.scale is None
    assert "scale" not in dict(net.named_parameters()) and "scale" not in net.state_dict()
    net.scale = nn.Parameter(pellucid.ones(2))
    net.scale = nn.Parameter(pellucid.zeros(2))
    assert list(net._parameters) == ["scale"]
    net.seen = pellucid.ones(5)
    assert net.get_buffer("seen").shape == (5,)
    net.plain = 3
    net.plain = nn.Linear(1, 1)
    assert "plain" in net._modules and "plain" not in net.__dict__
    del net.plain, net.scale, net.seen
    assert not hasattr(net, "plain") and not hasattr(net, "scale") and not hasattr(net, "seen")
    net.loose = pellucid.ones(2)                                 # a plain tensor is no buffer
    assert "loose" not in net.state_dict() and "loose" in net.__dict__


def test_persistent_can_change():
    net = Net()
    net.register_buffer("seen", net.seen, persistent=False)
    net.register_buffer("note", net.note)
    assert "seen" not in net.state_dict() and "note" in net.state_dict()


def test_parameter_and_buffer():
    x = pellucid.ones(3, requires_grad=True) * 2
    p = nn.Parameter(x)
    assert p.is_leaf and p.requires_grad and p._data is x._data and isinstance(p, pellucid.Tensor)
    assert type(p * 2) is pellucid.Tensor
    assert not nn.Parameter(pellucid.ones(2), requires_grad=False).requires_grad
    assert nn.Parameter().shape == (0,)
    p.grad = pellucid.ones(3)
    again = copy.deepcopy(p)
    assert type(again) is nn.Parameter and again.grad is None and again._data is not p._data
    frozen = pickle.loads(pickle.dumps(nn.Parameter(pellucid.ones(2), requires_grad=False)))
    assert type(frozen) is nn.Parameter and not frozen.requires_grad
    assert pickle.loads(pickle.dumps(nn.Buffer(pellucid.ones(2), persistent=False))).persistent is False
    assert repr(nn.Parameter(pellucid.ones(1))) == "Parameter containing:\ntensor([1.], requires_grad=True)"


def test_modes_apply_and_requires_grad():
    net, seen = Net(), []
    assert net.eval() is net and not any(m.training for m in net.modules())
    net.train()
    assert all(m.training for m in net.modules())
    net.apply(lambda m: seen.append(type(m).__name__))
    assert seen == ["Linear", "Linear", "Tanh", "ModuleList", "Net"]
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())


def test_zero_grad():
    net = Net()
    for zeroed in (True, False):
        net(pellucid.ones(2, 3)).sum().backward()
        net.zero_grad(set_to_none=not zeroed)
        assert all((p.grad is None) != zeroed for p in net.parameters())
        if zeroed:
            assert all((p.grad == 0).all() for p in net.parameters())


def test_conversion_keeps_the_parameters():
    net = Net()
    before = list(net.parameters())
    net.counter = nn.Buffer(pellucid.tensor(3))
    net(pellucid.ones(2, 3)).sum().backward()
    assert net.double() is net
    after = list(net.parameters())
    assert all(a is b for a, b in zip(before, after, strict=True))
    assert all(p.dtype == pellucid.float64 and p.grad.dtype == pellucid.float64 for p in after)
    assert net.seen.dtype == pellucid.float64 and net.counter.dtype == pellucid.int64
    assert net(pellucid.ones(2, 3, dtype=pellucid.float64)).dtype == pellucid.float64
    assert net.to("cpu").half().seen.dtype == pellucid.float16
    assert net.to(pellucid.device("cpu"), pellucid.float32, non_blocking=True).seen.dtype == pellucid.float32
    assert net.to(dtype=pellucid.float64).float().cpu().scale.dtype == pellucid.float32
    assert net.to(pellucid.ones(1, dtype=pellucid.float64)).scale.dtype == pellucid.float64
    assert net.type(pellucid.float32).seen.dtype == pellucid.float32
    assert net.to_empty(device="cpu") is net and net.compile() is None
    for move in (lambda: net.to("cuda"), net.cuda, lambda: net.to_empty(device="cuda")):
        with pytest.raises(RuntimeError, match="CPU only, got 'cuda'"):
            move()
    with pytest.raises(NotImplementedError, match="share_memory is not in Pellucid"):
        net.share_memory()
    with pytest.raises(TypeError, match="must stay floating, got pellucid.int32"):
        net.to(pellucid.int32)


def test_replaced_submodules():
    net = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Linear(2, 1))
    wide = nn.Linear(3, 2)
    net.set_submodule("0.0", wide, strict=True)
    assert net[0][0] is wide and "0.0.weight" in net.state_dict()
    net.set_submodule("0.tail", nn.Tanh())
    assert isinstance(net[0].tail, nn.Tanh)
    for path, error in (("", ValueError), ("5.0", AttributeError), ("1.weight", AttributeError)):
        with pytest.raises(error):
            net.set_submodule(path, nn.ReLU())
    with pytest.raises(AttributeError, match="no attribute `2`"):
        net.set_submodule("2", nn.ReLU(), strict=True)


def test_copies_and_pickles():
    net = Net()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        x = pellucid.ones(2, 3)
        np.testing.assert_array_equal(net(x).detach().numpy(), other(x).detach().numpy())
        other.first.weight.data.zero_()
        assert not (net.first.weight == 0).any()
        assert list(other.state_dict()) == list(net.state_dict()) and repr(other) == repr(net)


def test_copies_keep_what_is_shared():
    net = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False))
    net[1].weight = net[0].weight
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert other[0].weight is other[1].weight and other[0].weight is not net[0].weight


def test_repr():
    assert repr(Net()) == """Net(
  (first): Linear(in_features=3, out_features=4, bias=True)
  (blocks): ModuleList(
    (0): Linear(in_features=4, out_features=4, bias=True)
    (1): Tanh()
  )
)"""

    class Told(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.ReLU()

        def extra_repr(self):
            return "a=1\nb=2"

    assert repr(Told()) == "Told(\n  a=1\n  b=2\n  (inner): ReLU()\n)"


def forgets(name, value):
    """A module that assigns before it calls super().__init__()."""
    class Forgetful(nn.Module):
        def __init__(self):
            setattr(self, name, value)

    return Forgetful


@pytest.mark.parametrize("value, what",
                         [(nn.Module(), "module"), (nn.Parameter(pellucid.ones(1)), "parameters"),
                                         (nn.Buffer(pellucid.ones(1)), "buffer")])
def test_init_was_forgotten(value, what):
    with pytest.raises(AttributeError, match=rf"cannot assign {what} before Module.__init__\(\) "
                                             rf"call.*Forget"):
        forgets("x", value)()


def test_call_without_init():
    with pytest.raises(AttributeError, match=r"must begin with super\(\).__init__\(\)"):
        forgets("x", 3)()(1)


NET = Net()
WRONG = {
    "no forward": (NotImplementedError, r'Module \[Module\] is missing the required "forward" function',
                   lambda: nn.Module()(1)),
    "no attribute": (AttributeError, "'Net' object has no attribute 'missing'", lambda: NET.missing),
    "a number for a module": (TypeError, "Net.first: cannot assign int as a submodule; expected a Module",
                              lambda: setattr(NET, "first", 3)),
    "a tensor for a parameter": (TypeError, "Net.scale: cannot assign Tensor as a parameter; expected a "
                                            "Param",
                                 lambda: setattr(NET, "scale", pellucid.ones(4))),
    "a list for a buffer": (TypeError, "Net.seen: cannot assign list as a buffer; expected a Tensor or None",
                            lambda: setattr(NET, "seen", [1])),
    "a dot": (KeyError, r'parameter name can.+t contain "\."', lambda: NET.register_parameter("a.b", None)),
    "no name": (KeyError, "buffer name can.t be empty", lambda: NET.register_buffer("", None)),
    "a number for a name": (TypeError, "module name must be a string, got int",
                            lambda: NET.add_module(3, None)),
    "taken": (KeyError, "attribute 'forward' already exists", lambda: NET.register_buffer("forward", None)),
    "no parameter": (TypeError, "register_parameter: x must be a Parameter or None, got Tensor",
                     lambda: NET.register_parameter("x", pellucid.ones(1))),
    "no buffer": (TypeError, "register_buffer: x must be a Tensor or None, got int",
                  lambda: NET.register_buffer("x", 3)),
    "no module": (TypeError, "add_module: x must be a Module or None, got int",
                  lambda: NET.add_module("x", 3)),
    "no submodule": (AttributeError, "Linear has no attribute `b`", lambda: NET.get_submodule("first.b")),
    "not a submodule": (AttributeError, "`scale` is not a Module", lambda: NET.get_submodule("scale")),
    "not a parameter": (AttributeError, "`seen` is not a Parameter", lambda: NET.get_parameter("seen")),
    "no such parameter": (AttributeError, "Linear has no attribute `b`",
                          lambda: NET.get_parameter("first.b")),
    "not a buffer": (AttributeError, "`scale` is not a buffer", lambda: NET.get_buffer("scale")),
    "mode": (ValueError, "mode must be True or False, got 3", lambda: NET.train(3)),
    "parameter of a number": (TypeError, "Parameter: data must be a Tensor, got int",
                              lambda: nn.Parameter(3)),
    "parameter of integers": (RuntimeError, "only floating tensors have gradients",
                              lambda: nn.Parameter(pellucid.tensor([1]))),
    "no attribute to delete": (AttributeError, "missing", lambda: delattr(NET, "missing")),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_told(name):
    error, message, call = WRONG[name]
    with pytest.raises(error, match=message):
        call()
