"""Lazy layers: the weights of the layers they become, known to optimizers before, loaded by their shapes."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import pellucid  # noqa: E402

BOTH = (pellucid, torch)
CASES = [
    ("LazyLinear", (5,), {}, (4, 3)), ("LazyLinear", (5,), {"bias": False}, (2, 4, 3)),
    ("LazyLinear", (5,), {}, (3,)),
    ("LazyConv1d", (4, 3), {}, (2, 6, 9)), ("LazyConv2d", (4, 3), {"groups": 2, "padding": 1}, (2, 6, 8, 8)),
    ("LazyConv2d", (4, 3), {}, (6, 8, 8)), ("LazyConv3d", (2, 2), {}, (1, 3, 4, 4, 4)),
    ("LazyConvTranspose1d", (4, 3), {}, (2, 6, 9)),
    ("LazyConvTranspose2d", (4, 3), {"stride": 2}, (2, 6, 5, 5)),
    ("LazyBatchNorm1d", (), {}, (4, 3)), ("LazyBatchNorm2d", (), {"affine": False}, (4, 3, 2, 2)),
    ("LazyBatchNorm3d", (), {}, (2, 3, 2, 2, 2)), ("LazyInstanceNorm1d", (), {"affine": True}, (2, 3, 7)),
    ("LazyInstanceNorm2d", (), {}, (2, 3, 4, 4))]


def made(library, name, arguments, options):
    library.manual_seed(0)
    return getattr(library.nn, name)(*arguments, **options)


@pytest.mark.parametrize("name, arguments, options, shape", CASES, ids=lambda v: str(v))
def test_the_first_input_tells(name, arguments, options, shape):
    x = np.random.RandomState(0).standard_normal(shape).astype("f4")
    results = []
    for library in BOTH:
        layer = made(library, name, arguments, options)
        before = repr(layer)
        parameters = list(layer.parameters())
        y = layer(library.from_numpy(x))
        assert all(p is q for p, q in zip(parameters, layer.parameters(), strict=True))
        assert all(type(p) is library.nn.Parameter for p in parameters)
        results.append((before, repr(layer), type(layer).__name__, y.detach().numpy(),
                        {key: value.numpy() for key, value in layer.state_dict().items()}))
    ours, theirs = results
    assert ours[2] == theirs[2] == name[4:] and ours[1] == theirs[1]
    np.testing.assert_allclose(ours[3], theirs[3], rtol=1e-4, atol=1e-5)
    assert list(ours[4]) == list(theirs[4])
    for key in ours[4]:
        np.testing.assert_allclose(ours[4][key], theirs[4][key], rtol=1e-5, atol=1e-6)


def test_a_network_and_its_optimizer():
    found = []
    for library in BOTH:
        library.manual_seed(0)
        nn = library.nn
        model = nn.Sequential(nn.LazyConv2d(3, 3), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(),
                              nn.LazyLinear(2))
        optimizer = library.optim.Adam(model.parameters(), lr=0.1)
        x = library.from_numpy(np.random.RandomState(0).standard_normal((4, 2, 6, 6)).astype("f4"))
        losses = []
        for _ in range(4):
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        found.append(losses)
        assert type(model[4]) is nn.Linear
    np.testing.assert_allclose(*found, rtol=1e-3)


@pytest.mark.parametrize("name, arguments, options, shape", CASES[:10:3], ids=lambda v: str(v))
def test_a_state_tells(name, arguments, options, shape):
    layer = made(pellucid, name, arguments, options)
    layer(pellucid.ones(*shape))
    before = pellucid.get_rng_state().numpy().copy()
    again = made(pellucid, name, arguments, options)
    pellucid.set_rng_state(pellucid.from_numpy(before))
    again.load_state_dict(layer.state_dict())
    assert np.array_equal(pellucid.get_rng_state().numpy(), before) and type(again) is type(layer)
    for key, value in layer.state_dict().items():
        assert np.array_equal(value.numpy(), again.state_dict()[key].numpy())


def test_before_the_first_input():
    layer = pellucid.nn.LazyLinear(3)
    assert layer.has_uninitialized_params() and repr(layer.weight) == "<UninitializedParameter>"
    assert pellucid.nn.parameter.is_lazy(layer.weight)
    for ask in (lambda: layer.weight.shape, lambda: layer.weight.numel(),
                lambda: layer(pellucid.tensor(1.0))):
        with pytest.raises(RuntimeError, match="first input|does not tell"):
            ask()
    twin = copy.deepcopy(layer).double()
    assert twin(pellucid.ones(2, 4).double()).dtype == pellucid.float64
    with pytest.raises(TypeError):
        pellucid.nn.LazyLinear()
