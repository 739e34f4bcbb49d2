"""Duels over digits go on exactly, tell the same noise the same, and refuse what are no digits."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.recipes.test_recipes import bright_rows, few, in_short

from pellucid import datasets, manual_seed, rand, recipes
from pellucid.recipes import cgan, dcgan, digit_duel
from pellucid.train.duel import Duel

NAMES = ("dcgan", "cgan", "wgan-gp", "stylegan")
SMALL: dict[str, Any] = {"epochs": 1, "steps": 2, "batch_size": 4, "code": 3, "width": 2}


@pytest.mark.parametrize("name", NAMES)
def test_an_interrupted_duel_goes_on_exactly(name: str, tmp_path: Path,
                                             monkeypatch: pytest.MonkeyPatch) -> None:
    for drawing in ("figure", "lines"):
        monkeypatch.setattr(recipes.Job, drawing, lambda *_, **__: None)
    monkeypatch.setattr(digit_duel, "course_film", lambda *_: None)
    whole = in_short(name, tmp_path / "whole", monkeypatch)
    step, calls = Duel.step, iter(range(1, 100))

    def interrupting(duel: Duel, *arguments: Any, **options: Any) -> Any:
        if next(calls) == whole.settings.steps + 2:              # within the second epoch
            raise KeyboardInterrupt
        return step(duel, *arguments, **options)

    with monkeypatch.context() as patch, pytest.raises(recipes.Interrupted, match="after epoch 1 of 2"):
        patch.setattr(Duel, "step", interrupting)
        in_short(name, tmp_path / "broken", monkeypatch)
    resumed = recipes.train(name, out=tmp_path / "broken", resume=True, verbose=0)
    assert resumed.metrics == whole.metrics
    for key, value in whole.run.load("best").items():
        assert np.array_equal(value.numpy(), resumed.run.load("best")[key].numpy()), key


def test_the_same_digits_are_drawn_again_and_other_noise_goes_on() -> None:
    s = cgan.Settings(**SMALL)
    duel = cgan.duel_of(s)
    manual_seed(5)
    first = rand(3).numpy()
    manual_seed(5)
    pictures, labels = digit_duel.drawn(duel, s, 600, True)      # in two parts
    np.testing.assert_array_equal(rand(3).numpy(), first)
    assert duel.generator.training
    assert pictures.shape == (600, 28, 28) and pictures.min() >= 0 and pictures.max() <= 1
    assert labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1] and len(labels) == 600
    np.testing.assert_array_equal(digit_duel.drawn(duel, s, 600, True)[0], pictures)
    assert not np.array_equal(pictures[0], pictures[10])         # of one label, from other noise


def test_the_way_between_two_draws_is_an_arc() -> None:
    a, b = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[0.0, 1.0], [2.0, 0.0]])
    way = digit_duel.on_the_way(a, b, 3)
    np.testing.assert_allclose(way[:, 0], a, atol=1e-12)
    np.testing.assert_allclose(way[:, 2], b, atol=1e-12)
    np.testing.assert_allclose(way[:, 1], [[0.5 ** 0.5] * 2, [2 ** 0.5] * 2])
    np.testing.assert_allclose(np.linalg.norm(way, axis=2), [[1] * 3, [2] * 3])


def test_the_nearest_digit_differs_least() -> None:
    among = bright_rows(40, "train").x
    found = digit_duel.nearest(among[[7, 31]].reshape(-1, 28, 28) + 0.01, among)
    np.testing.assert_array_equal(found.reshape(2, -1), among[[7, 31]])


def learn(module: Any, data: datasets.Samples, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short course over this data."""
    monkeypatch.setattr(datasets, "mnist", lambda split: data)
    s = module.Settings(**SMALL)
    job: Any = SimpleNamespace(settings=s)
    digit_duel.learned(job, "it", module.duel_of(s), job, is_told=True)


@pytest.mark.parametrize("factor, given", [(255, "0 to 255"), (-1, "-1 to -0")])
def test_pictures_outside_the_range_are_refused(factor: int, given: str,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.clip(few("train").x, 0, 1)
    x[0, :2] = 0, 1
    with pytest.raises(ValueError, match=rf"x must lie in \[0, 1\], got {given}"):
        learn(dcgan, datasets.Samples(factor * x, few("train").y), monkeypatch)


@pytest.mark.parametrize("label", [-1, 10])
def test_unknown_labels_are_refused(label: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = few("train")
    data.y[17] = label
    with pytest.raises(ValueError, match=f"labels must be from 0 to 9, sample 17 has {label}"):
        learn(cgan, data, monkeypatch)
