"""The loop of two networks against each other goes on exactly; what is measured in the plane, by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pellucid import tensor
from pellucid.recipes import gan_circle, gan_modes
from pellucid.recipes.adversarial import play
from pellucid.train import Run

SHORT = gan_circle.Settings(epochs=2, steps=5, batch_size=8, units=4)
Z = tensor(np.random.RandomState(0).standard_normal((3, SHORT.code)).astype(np.float32))


def course(folder: Path, epochs: int, resume: bool = False):
    duel = gan_circle.duel_by("minimax", SHORT)
    return duel, play(duel, (Run(folder), resume), lambda: (gan_circle.ring(8, 0.2),),
                      lambda duel: ({"steps": duel.steps}, {"samples": duel.made(Z).numpy()}),
                      epochs=epochs, steps=5, say=lambda *words: None)


def test_an_interrupted_course_goes_on_exactly(tmp_path: Path) -> None:
    whole, all_rows = course(tmp_path / "whole", 2)
    course(tmp_path / "parts", 1)
    resumed, rows = course(tmp_path / "parts", 2, resume=True)
    timeless = [[{key: value for key, value in row.items() if key != "seconds"} for row in each.rows]
                for each in (rows, all_rows)]
    assert timeless[0] == timeless[1] and rows.column("steps") == [5, 10]
    for mine, other in zip(rows.shown, all_rows.shown, strict=True):
        assert np.array_equal(mine["samples"].numpy(), other["samples"].numpy())
    assert np.array_equal(whole.made(Z).numpy(), resumed.made(Z).numpy())


def test_the_ring_is_measured() -> None:
    angle = np.arange(0.5, 360) * np.pi / 180
    radius = 2 + 0.2 * np.where(np.arange(360) % 2, 1, -1)
    x = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    found = gan_circle.measured(x, 0.2)
    assert found["radius"] == pytest.approx(2) and found["spread"] == pytest.approx(0.2)
    assert found["spread_off"] == pytest.approx(0, abs=1e-9) and found["directions"] == 1
    assert gan_circle.measured(x[:180], 0.2)["directions"] == 0.5


def test_spots_are_counted_by_their_share() -> None:
    spots = gan_modes.centres(8)
    x = np.repeat(spots, [100, 100, 100, 100, 100, 100, 30, 10], axis=0)
    assert gan_modes.measured(x, spots) == {"spots": 7, "within": 1.0}
    assert gan_modes.measured(np.concatenate([x, x * 1.5]), spots)["within"] == 0.5
    assert gan_modes.centres(25).shape == (25, 2) and len(np.unique(gan_modes.centres(25), axis=0)) == 25
