"""Weight and spectral normalisation, and parametrisations of one's own, against PyTorch."""

from __future__ import annotations

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import both_raise, same  # noqa: E402

import pellucid  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm:FutureWarning")
LAYERS = {"Linear(3, 4)": (5, 3), "Conv2d(3, 4, 2)": (2, 3, 4, 4),
          "ConvTranspose1d(3, 4, 2, stride=2)": (2, 3, 5)}
WAYS = {
    "weight_norm": lambda nn, layer: nn.utils.weight_norm(layer),
    "weight_norm of dim 1": lambda nn, layer: nn.utils.weight_norm(layer, dim=1),
    "weight_norm of all": lambda nn, layer: nn.utils.weight_norm(layer, "weight", None),
    "spectral_norm": lambda nn, layer: nn.utils.spectral_norm(layer),
    "spectral_norm by 3": lambda nn, layer: nn.utils.spectral_norm(layer, n_power_iterations=3, eps=1e-6),
    "weight_norm as a parametrization": lambda nn, layer: nn.utils.parametrizations.weight_norm(layer, dim=0),
    "weight_norm of all as a parametrization":
        lambda nn, layer: nn.utils.parametrizations.weight_norm(layer, dim=None),
    "spectral_norm as a parametrization":
        lambda nn, layer: nn.utils.parametrizations.spectral_norm(layer, dim=0),
    "of bias": lambda nn, layer: nn.utils.parametrizations.spectral_norm(layer, "bias", dim=0),
}


def close(ours, theirs):
    for (name, a), (wanted, b) in zip(ours.items(), theirs.items(), strict=True):
        assert name == wanted
        same(a, b, name, rtol=2e-5)


@pytest.mark.parametrize("text", LAYERS)
@pytest.mark.parametrize("way", WAYS)
def test_normalised_layers(text, way):
    """Keys, first values, two passes in training with their gradients, evaluation, a copy."""
    made = {}
    x = np.random.RandomState(0).standard_normal(LAYERS[text]).astype(np.float32)
    for m in (pellucid, torch):
        m.manual_seed(0)
        layer = WAYS[way](m.nn, eval(text, vars(m.nn)))
        found = dict(layer.state_dict(keep_vars=True))
        found = {name: value.detach().clone() for name, value in found.items()}
        for turn in range(2):
            y = layer(m.from_numpy(x))
            (y ** 3).sum().backward()
            found[f"output {turn}"] = y
            found.update({f"gradient of {name} {turn}": p.grad.clone()
                          for name, p in layer.named_parameters()})
        layer.eval()
        found["evaluated"], found["weight"] = layer(m.from_numpy(x)), layer.weight
        if m.nn.utils.parametrize.is_parametrized(layer):        # the others hold results: no copies
            found["copied"] = copy.deepcopy(layer)(m.from_numpy(x))
        made[m] = found, repr(layer)
    close(made[pellucid][0], made[torch][0])
    assert made[pellucid][1] == made[torch][1]


@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
def test_taken_away_again(name):
    for new in (False, True):
        for m in (pellucid, torch):
            m.manual_seed(0)
            nn, layer = m.nn, m.nn.Linear(3, 4)
            layer = getattr(nn.utils.parametrizations if new else nn.utils, name)(layer)
            layer(m.ones(2, 3))
            layer.eval()
            if new:
                nn.utils.parametrize.remove_parametrizations(layer, "weight")
            else:
                getattr(nn.utils, f"remove_{name}")(layer)
            assert type(layer) is nn.Linear and isinstance(layer.weight, nn.Parameter)
            if m is pellucid:
                ours = layer
        close(ours.state_dict(), layer.state_dict())


def symmetric(m):
    class Symmetric(m.nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).transpose(-1, -2)

        def right_inverse(self, x):
            return x.triu()
    return Symmetric()


def doubled(m):
    class Doubled(m.nn.Module):
        def forward(self, x):
            return 2 * x

        def right_inverse(self, x):
            return x / 2
    return Doubled()


def test_parametrizations_of_ones_own():
    """One after the other, set, learned, removed."""
    found = {}
    for m in (pellucid, torch):
        m.manual_seed(0)
        parametrize, layer = m.nn.utils.parametrize, m.nn.Linear(3, 3)
        parametrize.register_parametrization(layer, "weight", symmetric(m))
        parametrize.register_parametrization(layer, "weight", doubled(m))
        assert parametrize.is_parametrized(layer) and not parametrize.is_parametrized(layer, "bias")
        assert parametrize.type_before_parametrizations(layer) is m.nn.Linear
        parts = [layer.weight, *layer.state_dict(keep_vars=True).values()]
        layer(m.ones(2, 3)).sum().backward()
        parts.append(layer.parametrizations.weight.original.grad)
        layer.weight = m.arange(9.0).reshape(3, 3)
        parts += [layer.weight, layer.parametrizations["weight"].original]
        with parametrize.cached():
            parts.append(layer(m.ones(1, 3)))
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
        parts.append(layer.weight)
        assert not parametrize.is_parametrized(layer) and list(layer.state_dict()) == ["bias", "weight"]
        found[m] = parts
    for i, (ours, theirs) in enumerate(zip(found[pellucid], found[torch], strict=True)):
        same(ours, theirs, f"part {i}", rtol=2e-5)


@pytest.mark.parametrize("call", [
    lambda nn: nn.utils.spectral_norm(nn.Linear(3, 4), n_power_iterations=0),
    lambda nn: nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4), n_power_iterations=0),
    lambda nn: nn.utils.spectral_norm(nn.utils.spectral_norm(nn.Linear(3, 4))),
    lambda nn: nn.utils.weight_norm(nn.utils.weight_norm(nn.Linear(3, 4))),
    lambda nn: nn.utils.remove_weight_norm(nn.Linear(3, 4)),
    lambda nn: nn.utils.remove_spectral_norm(nn.Linear(3, 4)),
    lambda nn: nn.utils.parametrizations.spectral_norm(nn.Linear(3, 4), "gain"),
    lambda nn: nn.utils.parametrize.register_parametrization(nn.Linear(3, 4), "gain", nn.Identity()),
    lambda nn: nn.utils.parametrize.register_parametrization(nn.Linear(3, 4), "weight", nn.Flatten(0)),
    lambda nn: nn.utils.parametrize.remove_parametrizations(nn.Linear(3, 4), "weight"),
    lambda nn: nn.utils.parametrize.remove_parametrizations(
        nn.utils.parametrizations.weight_norm(nn.Linear(3, 4)), "weight", leave_parametrized=False),
])
def test_bad_input(call):
    both_raise(lambda m: call(m.nn))
