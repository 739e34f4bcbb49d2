"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from __future__ import annotations

from collections import OrderedDict

import pytest

import pellucid
from pellucid import nn


def names(module):
    return [type(m).__name__ for m in module]


def test_sequential():
    s = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    assert len(s) == 3 and s[-1] is s[2]
    assert names(s[1:]) == ["Tanh", "Linear"] and type(s[:2]) is nn.Sequential
    assert s(pellucid.ones(5, 2)).shape == (5, 1)
    s[1] = nn.ReLU()
    assert s.append(nn.Sigmoid()) is s and names(s) == ["Linear", "ReLU", "Linear", "Sigmoid"]
    s.insert(1, nn.GELU()).insert(-1, nn.SiLU())
    assert names(s) == ["Linear", "GELU", "ReLU", "Linear", "SiLU", "Sigmoid"]
    del s[1]
    assert list(s._modules) == ["0", "1", "2", "3", "4"]
    del s[1:3]
    assert names(s) == ["Linear", "SiLU", "Sigmoid"] and type(s.pop(0)) is nn.Linear
    s.extend([nn.Tanh(), nn.ReLU()])
    assert names(s + nn.Sequential(nn.ELU())) == ["SiLU", "Sigmoid", "Tanh", "ReLU", "ELU"]
    assert len(s * 2) == len(2 * s) == 8
    s *= 2
    s += [nn.CELU()]
    assert len(s) == 9
    assert nn.Sequential()(3) == 3


def test_sequential_with_names():
    s = nn.Sequential(OrderedDict(first=nn.Tanh(), second=nn.ReLU()))
    assert s.first is s[0] and list(s[1:]._modules) == ["second"]
    with pytest.raises(KeyError, match="the entries are named first, second"):
        s.insert(0, nn.Tanh())
    assert list(s.append(nn.GELU())._modules) == ["first", "second", "2"]


def test_module_list():
    net = nn.ModuleList([nn.Linear(1, 1) for _ in range(3)])
    net.append(nn.Tanh()).insert(0, nn.ReLU())
    net += [nn.Identity()]
    assert names(net) == ["ReLU", "Linear", "Linear", "Linear", "Tanh", "Identity"]
    assert names(net[1:3]) == ["Linear", "Linear"] and type(net[::2]) is nn.ModuleList
    assert names(net + [nn.GELU()])[-1] == "GELU" and len(list(net.parameters())) == 6
    assert names(reversed(list(net)))[0] == "Identity"
    del net[0]
    assert "0.weight" in net.state_dict()
    with pytest.raises(NotImplementedError, match=r"\[ModuleList\] is missing"):
        net(1)


def test_module_dict():
    d = nn.ModuleDict({"a": nn.Linear(1, 1)})
    d["b"] = nn.Tanh()
    d.update([("c", nn.ReLU())])
    d.update(nn.ModuleDict({"d": nn.GELU()}))
    assert list(d) == list(d.keys()) == ["a", "b", "c", "d"] and "a" in d and len(d) == 4
    assert dict(d.items())["c"] is d["c"] and names(d.values()) == ["Linear", "Tanh", "ReLU", "GELU"]
    assert type(d.pop("b")) is nn.Tanh
    del d["c"]
    assert list(d.state_dict()) == ["a.weight", "a.bias"] and d.a is d["a"]
    d.clear()
    assert not len(d)


def test_parameter_list():
    p = nn.ParameterList([pellucid.ones(2), nn.Parameter(pellucid.zeros(3)), "text"])
    p.append(pellucid.ones(1)).extend([pellucid.ones(4)])
    p += [pellucid.ones(5)]
    assert len(p) == 6 and all(isinstance(v, nn.Parameter) for v in p if not isinstance(v, str))
    assert [k for k, _ in p.named_parameters()] == ["0", "1", "3", "4", "5"] and p[-1].shape == (5,)
    p[0] = pellucid.ones(7)
    assert p[0].shape == (7,) and len(p[1:4]) == 3 and p[2] == "text"


def test_parameter_dict():
    d = nn.ParameterDict({"a": pellucid.ones(2)})
    d["b"] = pellucid.ones(3)
    d.update([("c", 5)])
    assert list(d) == ["a", "b", "c"] and isinstance(d["b"], nn.Parameter) and d.b is d["b"]
    assert list(d.state_dict()) == ["a", "b"] and d.get("z") is None and d.setdefault("z", 1) == 1
    assert d.pop("z") == 1 and "z" not in d and list(d.copy()) == ["a", "b", "c"]
    assert list(d | {"y": pellucid.ones(1)}) == ["a", "b", "c", "y"] and d.popitem() == ("c", 5)
    del d["a"]
    assert len(d) == 1 and [k for k, _ in d.items()] == ["b"] and next(d.values()).shape == (3,)
    d.clear()
    assert not d.keys()
    with pytest.raises(KeyError):
        d["b"]


LIST = nn.ModuleList([nn.Tanh()])
WRONG = {
    "no module": (TypeError, "must be a Module or None, got int", lambda: nn.Sequential(nn.Tanh(), 3)),
    "a dict": (TypeError, "must be a Module or None, got dict", lambda: nn.Sequential({"a": nn.Tanh()})),
    "one module": (TypeError, "ModuleList.extend should be called with an iterable, but got Tanh",
                   lambda: nn.ModuleList(nn.Tanh())),
    "a tensor": (TypeError, "ParameterList.extend should be called with an iterable, but got Tensor",
                 lambda: nn.ParameterList(pellucid.ones(3))),
    "index": (IndexError, "index 7 is out of range for 1 entries", lambda: LIST[7]),
    "text index": (TypeError, "cannot be interpreted as an integer", lambda: LIST["a"]),
    "place": (IndexError, "insert: index 5 is out of range", lambda: LIST.insert(5, nn.Tanh())),
    "inserted": (TypeError, "insert: module must be a Module, got str", lambda: LIST.insert(0, "a")),
    "key": (TypeError, "module name must be a string, got int", lambda: nn.ModuleDict({3: nn.Tanh()})),
    "triple": (ValueError, "element #0 has length 3; 2 is required",
               lambda: nn.ModuleDict([("a", nn.Tanh(), 1)])),
    "no pairs": (TypeError, "ModuleDict.update should be called with an iterable, but got int",
                 lambda: nn.ModuleDict(3)),
    "parameter key": (TypeError, "a key must be a string, got int", lambda: nn.ParameterDict({3: 1})),
    "times": (ValueError, "1 time or more, not 0", lambda: nn.Sequential(nn.Tanh()) * 0),
    "sum": (TypeError, "unsupported operand", lambda: nn.Sequential(nn.Tanh()) + 3),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_told(name):
    error, message, call = WRONG[name]
    with pytest.raises(error, match=message):
        call()
