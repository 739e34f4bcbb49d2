"""Spectral and weight normalisation of random layers against PyTorch: old functions and parametrizations."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both_layers import TRIALS, layers_agree  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")                # PyTorch's, about the old functions


def a_layer(rng):
    """Name, settings and input of a layer that has a weight."""
    a, b, k = (int(v) for v in rng.randint(2, 5, 3))
    return [("Linear", (a, b), (3, a)), ("Conv1d", (a, b, k), (2, a, 6)), ("Conv2d", (a, b, k), (2, a, 5, 6)),
            ("ConvTranspose1d", (a, b, k), (2, a, 4)), ("ConvTranspose2d", (a, b, k), (2, a, 3, 4)),
            ("Bilinear", (a, b, k), (3, a))][rng.randint(6)]


def normalised(way, rng, name):
    """The function that wraps a layer, and what it is called with."""
    if "spectral" in way:
        how = {"n_power_iterations": int(rng.randint(1, 4)), "eps": float(rng.choice([1e-12, 1e-3]))}
        if rng.rand() < 0.5:
            how["dim"] = int(rng.randint(2))
        return how
    return {"dim": [0, 1, -1, None][rng.randint(4)]} if rng.rand() < 0.7 else {}


@TRIALS
@pytest.mark.parametrize("way", ["spectral_norm", "weight_norm", "parametrizations.spectral_norm",
                                 "parametrizations.weight_norm"])
def test_normalised_layer(way, trials):
    for trial in trials:
        rng = np.random.RandomState(trial)
        name, args, shape = a_layer(rng)
        how = normalised(way, rng, name)

        def make(nn, dtype):
            place = nn.utils
            for part in way.split("."):
                place = getattr(place, part)
            return place(getattr(nn, name)(*args, dtype=dtype), **how)  # noqa: B023

        def run(L, layer, x, *others):
            first = layer(x, *others)                            # the power iteration goes on with each pass
            return first, layer(x, *others)
        shapes = [shape, (shape[0], args[1])] if name == "Bilinear" else [shape]
        layers_agree(make, shapes, trial, run, rtol=5e-5, exact=False)
