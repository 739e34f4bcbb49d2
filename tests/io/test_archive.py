"""Files in PyTorch's form: what they bring back, and what they may not make."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict, deque
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid import nn, optim
from pellucid.io import CorruptFile
from pellucid.serialization import add_safe_globals, clear_safe_globals, get_safe_globals, safe_globals


class Net(nn.Module):
    """What a script defines and saves whole."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(3, 4), nn.Linear(4, 3)
        self.second.weight = nn.Parameter(pellucid.ones(3, 4))
        self.norm = nn.BatchNorm1d(3)
        self.settings = {"words", "more"}

    def forward(self, x: pellucid.Tensor) -> pellucid.Tensor:
        return self.norm(self.second(nn.functional.relu(self.first(x))))


def saved(obj: Any) -> io.BytesIO:
    file = io.BytesIO()
    pellucid.save(obj, file)
    return io.BytesIO(file.getvalue())


def test_a_whole_model_comes_back() -> None:
    model = Net()
    model(pellucid.randn(5, 3)).sum().backward()
    with safe_globals([Net]):
        again = pellucid.load(saved(model))
    assert type(again) is Net and again.settings == {"words", "more"}
    for (name, a), (other, b) in zip(model.state_dict().items(), again.state_dict().items(), strict=True):
        assert name == other and np.array_equal(a.numpy(), b.numpy())
    model.eval(), again.eval()
    x = pellucid.randn(2, 3)
    assert np.array_equal(model(x).detach().numpy(), again(x).detach().numpy())
    optim.SGD(again.parameters(), lr=0.1).step()                 # it can be trained on


@pytest.mark.parametrize("make", [
    lambda: nn.Transformer(4, 2, 1, 1, 8), lambda: nn.LSTM(2, 3, 2), lambda: nn.Bilinear(2, 2, 1),
    lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.GELU())])
def test_layers_need_no_leave(make: Any) -> None:
    layer = make()
    again = pellucid.load(saved(layer))
    assert repr(again) == repr(layer)
    for a, b in zip(layer.parameters(), again.parameters(), strict=True):
        assert isinstance(b, nn.Parameter) and b.requires_grad and np.array_equal(a.detach().numpy(),
                                                                                 b.detach().numpy())


def test_tied_weights_stay_tied() -> None:
    model = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5))
    model[1].weight = model[0].weight
    again = pellucid.load(saved(model))
    assert again[1].weight is again[0].weight


@pytest.mark.parametrize("obj", [{1, 2}, b"bytes", [1j], frozenset({1}), {"x": deque([1, 2])}, slice(1, 2),
                                 [pellucid.float32, pellucid.device("cpu"), pellucid.Size([1, 2])]])
def test_objects_that_the_plain_form_lacks(obj: Any) -> None:
    assert pellucid.load(saved(obj)) == obj


def test_an_optimizer() -> None:
    weight = nn.Parameter(pellucid.ones(2))
    again = pellucid.load(saved([optim.SGD([weight], lr=0.5), weight]))
    assert again[0].param_groups[0]["lr"] == 0.5 and again[0].param_groups[0]["params"][0] is again[1]


def test_a_class_of_the_script_must_be_named() -> None:
    file = saved(Net()).getvalue()
    with pytest.raises(pickle.UnpicklingError, match=r"holds a .*test_archive.Net, .*add_safe_globals"):
        pellucid.load(io.BytesIO(file))
    assert isinstance(pellucid.load(io.BytesIO(file), weights_only=False), Net)
    add_safe_globals([Net])
    assert get_safe_globals() == [Net] and isinstance(pellucid.load(io.BytesIO(file)), Net)
    clear_safe_globals()
    with safe_globals([(Net, f"{Net.__module__}.Net")]):
        assert isinstance(pellucid.load(io.BytesIO(file)), Net)
    assert get_safe_globals() == []


def test_the_environment_can_lift_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")
    assert isinstance(pellucid.load(saved(Net())), Net)
    with pytest.raises(pickle.UnpicklingError):
        pellucid.load(saved(Net()), weights_only=True)


def archive(pickled: bytes, **entries: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("a/data.pkl", pickled)
        for name, content in entries.items():
            made.writestr(f"a/data/{name}", content)
    return io.BytesIO(file.getvalue())


def calling(module: str, name: str, *arguments: Any) -> bytes:
    """A pickle that calls a function of this name."""
    body = pickle.dumps(arguments, protocol=2)[2:-1]
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + body + b"R."


@pytest.mark.parametrize("module, name", [
    ("os", "system"), ("builtins", "eval"), ("__builtin__", "exec"), ("numpy", "load"),
    ("pellucid", "load"), ("pellucid.io.archive", "zipfile"), ("pellucid.ops.create", "np.load"),
    ("pellucid.io.atomic", "write_text"), ("pellucid.extras", "need"), ("pellucid.run", "run_script"),
    ("torch", "load"), ("torch.nn.modules.linear", "Linear"), ("functools", "partial"), ("posix", "system"),
    ("pellucid.nn.functional", "importlib"), ("pellucid.ops.protocol", "Tensor.__init__.__globals__")])
def test_nothing_else_is_called(module: str, name: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match="is not made with weights_only=True"):
        pellucid.load(archive(calling(module, name, "x")))


def tensor_of(offset: int, size: tuple, stride: tuple) -> bytes:
    """A pickle of a tensor in PyTorch's way, over one storage of 8 floats."""
    class Pickler(pickle.Pickler):
        def persistent_id(self, obj: Any) -> Any:
            return obj.told if isinstance(obj, Storage) else None

        def reducer_override(self, obj: Any) -> Any:
            return obj.reduced if isinstance(obj, Rebuilt) else NotImplemented

    file = io.BytesIO()
    Pickler(file, protocol=2).dump(Rebuilt(offset, size, stride))
    return file.getvalue().replace(f"c{__name__}\n".encode(), b"ctorch._utils\n")


class Storage:
    told = ("storage", "FloatStorage", "0", "cpu", 8)


def _rebuild_tensor_v2() -> None:
    """Its name stands in the pickle."""


class Rebuilt:
    def __init__(self, *place: Any) -> None:
        self.reduced = (_rebuild_tensor_v2, (Storage(), *place, False, OrderedDict()))


@pytest.mark.parametrize("place, expected", [
    ((0, (8,), (1,)), None), ((1, (2, 3), (3, 1)), None), ((0, (3, 2), (1, 3)), None),
    ((8, (0, 2), (2, 1)), None), ((0, (9,), (1,)), "does not lie"), ((6, (2, 2), (2, 1)), "does not lie"),
    ((-1, (2,), (1,)), "does not lie"), ((7, (2,), (-1,)), "does not lie"), ((0, (2, 2), (1,)), "damaged")])
def test_a_tensor_must_lie_in_its_memory(place: Any, expected: str | None) -> None:
    pickled = tensor_of(*place)
    memory = np.arange(8, dtype=np.float32)
    pickled = pickled.replace(b"X\x0c\x00\x00\x00FloatStorage", b"ctorch\nFloatStorage\n")
    file = archive(pickled, **{"0": memory.tobytes()})
    if expected:
        with pytest.raises(CorruptFile, match=expected):
            pellucid.load(file)
        return
    offset, size, stride = place
    found = pellucid.load(file).numpy()
    assert found.shape == size
    assert all(found[i] == memory[offset + np.dot(i, stride)] for i in np.ndindex(size))


def test_not_an_archive_of_ours() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("readme.txt", "hello")
    with pytest.raises(CorruptFile, match="without a data.pkl"):
        pellucid.load(io.BytesIO(file.getvalue()))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_random_damage_raises_nothing_else(place: int, byte: int, cut: bool) -> None:
    content = bytearray(DAMAGED)
    place %= len(content)
    content[place] = byte
    try:
        pellucid.load(io.BytesIO(bytes(content[:place] if cut else content)))
    except (CorruptFile, pickle.UnpicklingError):
        pass


DAMAGED = saved({"set": {1}, "layer": nn.Linear(2, 2)}).getvalue()


def test_a_failed_save_keeps_the_old_file(tmp_path: Any) -> None:
    path = tmp_path / "model.pt"
    pellucid.save({1}, path)
    with pytest.raises(TypeError, match=r"the object\[1\] is a function"):
        pellucid.save([1, lambda: 1], path)
    assert pellucid.load(path) == {1} and len(list(tmp_path.iterdir())) == 1
