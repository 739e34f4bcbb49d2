"""Files that PyTorch wrote are read: values, dtypes, strides, shared memory, parameters, optimizers."""

from __future__ import annotations

import io

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import pellucid  # noqa: E402


def through(obj, **options):
    file = io.BytesIO()
    torch.save(obj, file)
    return pellucid.load(io.BytesIO(file.getvalue()), **options)


def same(ours, theirs):
    if isinstance(theirs, torch.Tensor):
        assert isinstance(ours, pellucid.Tensor) and ours.requires_grad == theirs.requires_grad
        expected = theirs.detach().float() if theirs.dtype is torch.bfloat16 else theirs.detach()
        assert np.array_equal(ours.detach().numpy(), expected.numpy())
        assert ours.detach().numpy().dtype == expected.numpy().dtype
    elif isinstance(theirs, dict):
        assert isinstance(ours, dict) and list(ours) == list(theirs)
        for key in theirs:
            same(ours[key], theirs[key])
    elif isinstance(theirs, (list, tuple)):
        assert type(ours) is type(theirs) and len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            same(a, b)
    else:
        assert ours == theirs


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "int64", "int32", "int16",
                                   "int8", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3), (4, 5)])
def test_dtypes(dtype, shape):
    same(through(x := (torch.randn(shape) * 3).to(getattr(torch, dtype))), x)


def test_views():
    x = torch.arange(24.0).reshape(4, 6)
    views = {"t": x.T, "part": x[1:3, ::2], "one": x[2, 3], "wide": x[0].expand(3, 6), "all": x}
    ours = through(views)
    same(ours, views)
    ours["all"].numpy()[2, 3] = -1.0                             # they share their memory again
    assert ours["one"].item() == -1.0 and ours["t"][3, 2].item() == -1.0


def test_a_state_dict_and_an_optimizer():
    model = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.randn(2, 1, 5, 5)).sum().backward()
    optimizer.step()
    checkpoint = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3,
                  "best": float("inf"), "size": (1, 2), "name": "net"}
    same(through(checkpoint), checkpoint)
    ours = pellucid.nn.Sequential(pellucid.nn.Conv2d(1, 2, 3), pellucid.nn.BatchNorm2d(2))
    ours.load_state_dict(through(checkpoint)["model"])
    same(dict(ours.state_dict()), dict(model.state_dict()))


def test_parameters_and_leaves():
    same(through([torch.nn.Parameter(torch.ones(2)), torch.ones(3, requires_grad=True)]),
         [torch.nn.Parameter(torch.ones(2)), torch.ones(3, requires_grad=True)])
    assert isinstance(through(torch.nn.Parameter(torch.ones(2))), pellucid.nn.Parameter)


@pytest.mark.parametrize("obj", [torch.float32, {1, 2}, 2j])
def test_other_objects(obj):
    ours = through([obj])[0]
    assert str(ours).removeprefix("pellucid.") == str(obj).removeprefix("torch.")


def test_arrays():
    x = np.arange(6.0).reshape(2, 3)
    assert np.array_equal(through({"x": x, "n": np.float64(2.5)})["x"], x)


def test_whole_modules_of_pytorch_are_refused():
    import pickle

    with pytest.raises(pickle.UnpicklingError, match="torch.nn.modules.linear.Linear"):
        through(torch.nn.Linear(2, 2))
