"""The recipe ddpm: it goes on after an interruption as if there had been none, and measures what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.recipes.short import SHORT
from tests.recipes.test_recipes import few

import pellucid
from pellucid import datasets, recipes, tensor
from pellucid.models.ddpm import Diffusion, DiffusionConfig
from pellucid.models.unet import UNetConfig
from pellucid.recipes import ddpm

TINY = {**SHORT["ddpm"], "epochs": 2, "samples": 30}
listed = pytest.mark.skipif("ddpm" not in recipes.names(), reason="the recipe is not listed")


def tiny() -> ddpm.Denoiser:
    pellucid.manual_seed(0)
    model = ddpm.Denoiser(Diffusion(DiffusionConfig(20, answer="velocity")),
                          UNetConfig(patch=2, widths=(8, 16), time=8))
    pellucid.nn.init.zeros_(model.unet.last.bias)                # so it answers 0, as its last weights are 0
    return model.eval()


@listed
def test_resumed_run_equals_the_uninterrupted_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "mnist", few)
    monkeypatch.setattr(recipes.Job, "figure", lambda *_: None)
    whole = recipes.train("ddpm", out=tmp_path / "whole", verbose=0, report=False, **TINY)
    forward, calls = ddpm.Denoiser.forward, 0

    def interrupting(self: Any, x: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 7:                                           # 4 batches and a look, then the second epoch
            raise KeyboardInterrupt
        return forward(self, x)

    with monkeypatch.context() as patch, pytest.raises(recipes.Interrupted, match="after epoch 1 of 2"):
        patch.setattr(ddpm.Denoiser, "forward", interrupting)
        recipes.train("ddpm", out=tmp_path / "broken", verbose=0, report=False, **TINY)
    resumed = recipes.train("ddpm", out=tmp_path / "broken", resume=True, verbose=0, report=False)
    assert resumed.metrics == whole.metrics
    for name in ("best", "average"):
        for key, value in whole.run.load(name).items():
            assert np.array_equal(value.numpy(), resumed.run.load(name)[key].numpy())


def test_the_nearest_and_what_is_copied() -> None:
    random = np.random.RandomState(0)
    train, test = random.rand(50, 4, 4), random.rand(10, 4, 4)
    at, far = ddpm.nearest(train[[7, 3]] + 0.01, train)
    assert at.tolist() == [7, 3]
    np.testing.assert_allclose(far, 0.04, rtol=1e-6)             # 16 pixels, each 0.01 off
    assert ddpm.copying(train[:10], test, train) == pytest.approx(0, abs=1e-6)
    assert ddpm.copying(random.rand(10, 4, 4), test, train) == pytest.approx(1, abs=0.3)


def test_noise_between_noises_is_as_long_as_noise() -> None:
    first, last = pellucid.randn(2, 1, 28, 28), pellucid.randn(2, 1, 28, 28)
    arc = ddpm.between(first, last, 5).numpy().reshape(2, 5, -1)
    np.testing.assert_allclose(arc[:, 0], first.numpy().reshape(2, -1), atol=1e-6)
    np.testing.assert_allclose(arc[:, 4], last.numpy().reshape(2, -1), atol=1e-6)
    assert arc.std(2).min() > 0.9 and arc.std(2).max() < 1.1


def test_the_loss_at_each_time_is_that_of_a_network_that_answers_nothing() -> None:
    """Its error is the answer's square: a_t + (1 - a_t) mean x^2."""
    model, x = tiny(), np.full((400, 1, 28, 28), -0.5, np.float32)
    found = ddpm.by_level(model, x, 5)
    a = model.diffusion.kept[np.linspace(1, 20, 5).round().astype(int)]
    np.testing.assert_allclose(found, a + (1 - a) * 0.25, rtol=0.02)


def test_many_pictures_lie_between_0_and_1_and_are_the_same_again() -> None:
    model = tiny()
    made = []
    for batch in (3, 3):
        pellucid.manual_seed(1)
        made.append(ddpm.many(model, 7, 4, batch=batch))
    assert made[0].shape == (7, 28, 28) and made[0].min() >= 0 and made[0].max() <= 1
    np.testing.assert_array_equal(*made)


def test_pictures_must_lie_between_0_and_1() -> None:
    assert ddpm.as_seen(np.array([[0.0] * 784, [1.0] * 784], np.float32)).min() == -1
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\], got 0 to 255"):
        ddpm.as_seen(np.array([[0.0] * 783 + [255.0]], np.float32))
    with pytest.raises(ValueError, match="wants 1 to 20 steps"):
        ddpm.pictures(tiny(), tensor(np.zeros((1, 1, 28, 28), np.float32)), 21)
