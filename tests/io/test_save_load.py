import io
import json
import math
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid.engine import Tensor
from pellucid.io import CorruptFile, load, load_arrays, read_metadata, save, save_arrays


def through(obj):
    file = io.BytesIO()
    save(obj, file)
    return load(io.BytesIO(file.getvalue()))


def same(a, b):
    """Equal in structure, types, order, bits and dtypes; arrays come back as tensors."""
    if isinstance(a, np.ndarray | Tensor):
        a = a if isinstance(a, np.ndarray) else a.detach().numpy()
        assert isinstance(b, Tensor) and not b.requires_grad
        b = b.numpy()
        assert a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    elif isinstance(a, dict):
        assert isinstance(b, dict) and len(a) == len(b)
        for pair_a, pair_b in zip(a.items(), b.items(), strict=True):
            same(pair_a, pair_b)
    elif isinstance(a, list | tuple):
        assert type(a) is type(b) and len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    else:
        assert type(a) is type(b) and (a == b or (math.isnan(a) and math.isnan(b)))


CHECKPOINT = {
    "model": {"fc1.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "fc1.bias": np.zeros(2, "f2")},
    "optimizer": {
        "state": {0: {"step": np.array(3.0, np.float32), "exp_avg": np.ones((2, 3), np.float32)},
                  1: {"step": np.array(3.0, np.float32), "exp_avg": np.ones(2, np.float32)}},
        "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "amsgrad": False, "maximize": None,
                          "params": [0, 1]}]},
    "epoch": 3, "best_loss": float("inf"), "note": "naïve \N{SNOWMAN} \ud800", "empty": [{}, [], (), ""],
    "random": (True, -2**70, -0.0, float("nan"), {(1, "a"): None, None: 1, 2.5: 2, False: 3}),
}


def test_a_checkpoint_comes_back_exactly(tmp_path):
    save(CHECKPOINT, tmp_path / "last.safetensors")
    same(CHECKPOINT, load(tmp_path / "last.safetensors"))
    same(CHECKPOINT, through(CHECKPOINT))


def test_every_safetensors_reader_sees_readable_names():
    file = io.BytesIO()
    save(CHECKPOINT, file)
    names = list(load_arrays(io.BytesIO(file.getvalue())))
    assert names == ["model.fc1.weight", "model.fc1.bias",
                     "optimizer.state.0.step", "optimizer.state.0.exp_avg",
                     "optimizer.state.1.step", "optimizer.state.1.exp_avg"]


def test_a_state_dict_is_a_plain_safetensors_file():
    state = OrderedDict(weight=pellucid.ones(2, 3), bias=pellucid.zeros(2))
    file = io.BytesIO()
    save(state, file)
    assert read_metadata(io.BytesIO(file.getvalue())) == {"format": "pt"}
    loaded = load(io.BytesIO(file.getvalue()))
    same(dict(state), loaded)


def test_any_safetensors_file_gives_tensors():
    file = io.BytesIO()
    save_arrays({"b": np.arange(3), "a": np.array([1.5])}, file)
    loaded = load(io.BytesIO(file.getvalue()), map_location="cpu", weights_only=True)
    same({"b": np.arange(3), "a": np.array([1.5])}, loaded)


@pytest.mark.parametrize("obj", [
    3, None, "text", 2.5, [], {}, (1, [2, (3,)]), np.arange(3.0), np.array(7), {"__metadata__": np.zeros(2)},
    {"a": {"b": np.zeros(1)}, "a.b": np.ones(1)}, {"a": {1: np.zeros(1), "1": np.ones(1)}},
    {"": np.zeros(1)}, {"x": np.zeros(1), 1: np.ones(1)}, {"\ud800": [np.zeros(1)]}, {"tensor": "model"},
    [{"dict": []}]], ids=ascii)
def test_whatever_it_is(obj):
    same(obj, through(obj))


def test_a_tensor_with_a_past():
    x = pellucid.ones(3, requires_grad=True)
    same(np.full(3, 2.0, np.float32), through(x * 2))


def test_loading_gives_memory_of_its_own():
    x = np.zeros(3)
    loaded = through([x, x])
    loaded[0].numpy()[:] = 7
    assert x.max() == 0 and loaded[1].numpy().max() == 0


def test_dtypes_that_tensors_lack_stay_arrays():
    state = ("MT19937", np.arange(624, dtype=np.uint32), 624)
    loaded = through(state)
    assert isinstance(loaded[1], np.ndarray) and loaded[1].dtype == np.uint32
    np.testing.assert_array_equal(loaded[1], state[1])


def test_numpy_scalars_become_numbers():
    loaded = through({"a": np.float64(0.1), "b": np.float32(0.5), "c": np.int64(3), "d": np.bool_(True)})
    same({"a": 0.1, "b": 0.5, "c": 3, "d": True}, loaded)


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
leaves = scalars | st.sampled_from([np.zeros(2, np.float32), np.array(1), np.ones((0, 3)), np.array([True])])
nested = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple)
    | st.dictionaries(scalars | st.tuples(scalars), inner, max_size=3), max_leaves=10)


@settings(max_examples=150)
@given(nested)
def test_round_trip(obj):
    same(obj, through(obj))


class Plain:
    def __reduce__(self):
        raise TypeError("never")


@pytest.mark.parametrize("obj, error, problem", [
    ({"args": {"m": Plain()}}, TypeError, r"the object\['args'\]\['m'\] is a Plain, wants tensors, arrays"),
    ([lambda: 1], TypeError, r"the object\[0\] is a function"),
    ({"x": np.array(["a"])}, TypeError, "'x' has dtype <U1"),
])
def test_what_cannot_be_saved(tmp_path, obj, error, problem):
    path = tmp_path / "last"
    path.write_bytes(b"old")
    with pytest.raises(error, match=problem):
        save(obj, path)
    assert path.read_bytes() == b"old" and len(list(tmp_path.iterdir())) == 1


def test_a_module_is_told_to_give_its_state():
    class Model:
        def state_dict(self):
            return {}
    with pytest.raises(TypeError, match=r"is a Model, .*; save its state_dict\(\) instead"):
        save(Model(), io.BytesIO())


def test_what_contains_itself_is_refused():
    endless = []
    endless.append({"x": endless})
    with pytest.raises(ValueError, match=r"save: the object\[0\]\['x'\]\[0\]\['x'\]... is nested deeper"):
        save(endless, io.BytesIO())


def test_deep_enough():
    deep = 1
    for _ in range(99):
        deep = {"x": deep}
    same(deep, through(deep))


def described(structure, **arrays):
    file = io.BytesIO()
    text = structure if isinstance(structure, str) else json.dumps(structure)
    save_arrays(arrays or {"a": np.zeros(1)}, file, {"pellucid.structure": text})
    return io.BytesIO(file.getvalue())


@pytest.mark.parametrize("structure, problem", [
    ("{", "damaged"), ("[" * 100_000, "nested too deeply"), ("[" * 400 + "]" * 400, "nested too deeply"),
    ({"tensor": "b"}, "damaged: 'b'"), ({"tensor": ["a"]}, "damaged"), ({"tensor": None}, "damaged"),
    ([{"tensor": "a"}, {"tensor": "a"}], "damaged: 'a'"), ([], "leaves out 1 of the tensors"),
    ({"float": "1"}, "unknown tag"), ({"tuple": 3}, "unknown tag"), ({"dict": {}}, "unknown tag"),
    ({"code": "print()"}, "unknown tag"), ({}, "0 names"), ({"tuple": [], "dict": []}, "2 names"),
    ({"dict": [1]}, "damaged"), ({"dict": [[1, 2, 3]]}, "damaged"), ({"dict": [[[], 1]]}, "unhashable"),
    ({"dict": [[{"dict": []}, 1]]}, "unhashable"), ({"dict": [[1, 1], [1, 2]]}, "key appears twice"),
    ({"dict": [[{"tensor": "a"}, 1]]}, "damaged"), ("9" * 9999, "damaged"),
])
def test_a_damaged_structure(structure, problem):
    with pytest.raises(CorruptFile, match=f"^<BytesIO>: its structure .*{problem}"):
        load(described(structure))


@settings(max_examples=300)
@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
def test_random_damage_raises_nothing_else(place, byte, cut):
    file = io.BytesIO()
    save(CHECKPOINT, file)
    content = bytearray(file.getvalue())
    place %= len(content)
    content[place] = byte
    try:
        load(io.BytesIO(bytes(content[:place] if cut else content)))
    except CorruptFile:
        pass


def test_a_failed_save_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / "last.safetensors"
    save({"epoch": 1}, path)

    def full(*_):
        raise OSError(28, "No space left on device")
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left on device.*last.safetensors"):
        save({"epoch": 2}, path)
    assert load(path) == {"epoch": 1} and len(list(tmp_path.iterdir())) == 1


def test_training_goes_on_from_a_checkpoint(tmp_path):
    """A real model and optimiser: saved, loaded and trained on, they do what they would have done anyway."""
    from pellucid import nn, optim

    def fresh():
        pellucid.manual_seed(0)
        model = nn.Linear(3, 2)
        return model, optim.Adam(model.parameters(), lr=0.1)

    def train(model, optimizer):
        for step in range(3):
            optimizer.zero_grad()
            (model(pellucid.ones(4, 3) * step) ** 2).sum().backward()
            optimizer.step()

    model, optimizer = fresh()
    train(model, optimizer)
    save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "last")
    train(model, optimizer)
    resumed, its_optimizer = fresh()
    checkpoint = load(tmp_path / "last")
    resumed.load_state_dict(checkpoint["model"])
    its_optimizer.load_state_dict(checkpoint["optimizer"])
    train(resumed, its_optimizer)
    same({name: tensor.numpy() for name, tensor in model.state_dict().items()}, dict(resumed.state_dict()))
