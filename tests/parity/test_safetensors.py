"""Files from the safetensors package are read here, and files from here are read there."""

import io

import numpy as np
import pytest

import pellucid
from pellucid.io import CorruptFile, load, load_arrays, read_metadata, save, save_arrays

safetensors = pytest.importorskip("safetensors")
numpy_side = pytest.importorskip("safetensors.numpy")

ARRAYS = {
    "layer.weight": np.random.RandomState(0).randn(4, 5).astype(np.float32),
    "half": np.arange(3, dtype=np.float16), "double": np.array([[np.pi]]), "scalar": np.array(7),
    "empty": np.empty((0, 3), np.float32),
    "mask": np.array([True, False, True]), "ü ö": np.arange(5, dtype=np.int8),
    "bytes": np.arange(7, dtype=np.uint8), "i16": np.array([-1], np.int16),
    "u64": np.array([2**63], np.uint64),
    "int": np.array([-5, 5], np.int32), "u16": np.array([9], np.uint16), "u32": np.array([9], np.uint32),
}


def same(a, b):
    assert set(a) == set(b)
    for name in a:
        assert a[name].dtype == b[name].dtype and a[name].shape == b[name].shape, name
        np.testing.assert_array_equal(a[name], b[name])


def test_they_read_ours(tmp_path):
    path = tmp_path / "ours.safetensors"
    save_arrays(ARRAYS, path, {"format": "np", "note": "naïve"})
    same(ARRAYS, numpy_side.load_file(path))
    with safetensors.safe_open(path, "np") as file:
        assert file.metadata() == {"format": "np", "note": "naïve"}


def test_we_read_theirs(tmp_path):
    path = tmp_path / "theirs.safetensors"
    numpy_side.save_file(ARRAYS, path, {"note": "naïve"})
    same(ARRAYS, load_arrays(path))
    assert read_metadata(path) == {"note": "naïve"}


def test_no_tensors_at_all():
    ours = io.BytesIO()
    save_arrays({}, ours)
    assert numpy_side.load(ours.getvalue()) == {}
    assert load_arrays(io.BytesIO(numpy_side.save({}))) == {}


def test_bfloat16_from_pytorch(tmp_path):
    torch = pytest.importorskip("torch")
    torch_side = pytest.importorskip("safetensors.torch")
    values = torch.randn(50, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)
    special = torch.tensor([float("nan"), float("-inf"), 1e38]).to(torch.bfloat16)
    torch_side.save_file({"x": values, "special": special}, tmp_path / "x")
    loaded = load_arrays(tmp_path / "x")
    np.testing.assert_array_equal(loaded["x"], values.float().numpy())
    assert loaded["special"].tobytes() == special.float().numpy().tobytes()


def test_float8_from_pytorch_is_refused_by_name(tmp_path):
    torch = pytest.importorskip("torch")
    torch_side = pytest.importorskip("safetensors.torch")
    torch_side.save_file({"x": torch.zeros(3).to(torch.float8_e4m3fn)}, tmp_path / "x")
    with pytest.raises(ValueError, match="'x' has dtype 'F8_E4M3'"):
        load_arrays(tmp_path / "x")


def test_weights_travel_to_pytorch_and_back(tmp_path):
    torch = pytest.importorskip("torch")
    torch_side = pytest.importorskip("safetensors.torch")
    there = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4)).state_dict()
    torch_side.save_file(there, tmp_path / "theirs.safetensors")
    here = load(tmp_path / "theirs.safetensors")
    assert set(here) == set(there)
    save(here, tmp_path / "ours.safetensors")
    back = torch_side.load_file(tmp_path / "ours.safetensors")
    for name, tensor in there.items():
        assert torch.equal(back[name], tensor) and back[name].dtype == tensor.dtype


def test_checkpoints_of_pytorch_are_read_and_those_of_old_refused_by_name(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"weight": torch.ones(2)}, tmp_path / "model.pt")
    assert load(tmp_path / "model.pt")["weight"].tolist() == [1, 1]
    torch.save({"weight": torch.ones(2)}, tmp_path / "model.pt", _use_new_zipfile_serialization=False)
    with pytest.raises(CorruptFile, match="model.pt: .*looks like a pickled PyTorch checkpoint"):
        load(tmp_path / "model.pt")


def test_a_checkpoint_equals_what_pytorch_would_give_back(tmp_path):
    """The same nested checkpoint through torch.save and through ours, the state of a real optimiser in it."""
    torch = pytest.importorskip("torch")
    weight = torch.nn.Parameter(torch.ones(2, 3))
    optimizer = torch.optim.AdamW([{"params": [weight], "lr": 0.5}], betas=(0.8, 0.9))
    (weight ** 2).sum().backward()
    optimizer.step()
    theirs = {"model": {"weight": weight.detach()}, "optimizer": optimizer.state_dict(), "epoch": 3}
    torch.save(theirs, tmp_path / "model.pt")
    save(as_arrays(theirs, torch), tmp_path / "model.safetensors")
    expected = as_arrays(torch.load(tmp_path / "model.pt"), torch)
    assert repr(as_arrays(load(tmp_path / "model.safetensors"), pellucid)) == repr(expected)


def as_arrays(value, library):
    """The same structure with NumPy arrays for the tensors of a library."""
    if isinstance(value, library.Tensor):
        return value.numpy()
    if isinstance(value, dict):
        return {key: as_arrays(item, library) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(as_arrays(item, library) for item in value)
    return value
