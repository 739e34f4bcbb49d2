"""Duels over digits under PyTorch: the same first weights, batches and noise, and the same digits of them."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from compatibility.duels import NAMES, Control  # noqa: E402
from compatibility.under_torch import under_torch  # noqa: E402
from tests.recipes.test_recipes import few  # noqa: E402

from pellucid import datasets  # noqa: E402

SMALL = {"epochs": 1, "steps": 2, "batch_size": 6, "code": 3, "width": 2, "lr": 1e-4, "made": 20}


class Unmoved:
    """A judge that finds nothing."""

    def marks(self, pictures):
        return {"score": 1.0, "frechet": float(pictures.sum())}


@pytest.mark.parametrize("name", NAMES)
def test_both_sides_draw_the_same_digits(name, monkeypatch, capsys) -> None:
    monkeypatch.setattr(datasets, "mnist", few)
    shown, firsts, rows = [], [], []
    for side in (importlib.import_module, lambda module: under_torch(module.removeprefix("pellucid."))):
        module = side(f"pellucid.recipes.{name.replace('-', '_')}")
        shared = side("pellucid.recipes.digit_duel")
        s, is_told = module.Settings(**SMALL), name == "cgan"
        duel = module.duel_of(s)
        firsts.append([p.detach().numpy().copy() for p in (*duel.generator.parameters(),
                                                           *duel.discriminator.parameters())])
        course = shared.learned(Control(s), name, duel, Unmoved(), is_told=is_told)
        shown.append(shared.drawn(duel, s, 20, is_told)[0])
        rows.append({key: value for key, value in course.rows[0].items() if key != "seconds"})
    for mine, peer in zip(*firsts, strict=True):
        np.testing.assert_allclose(mine, peer, rtol=1e-6, atol=1e-7)
    assert rows[0] == pytest.approx(rows[1], rel=1e-3, abs=1e-4)
    np.testing.assert_allclose(shown[0], shown[1], rtol=1e-3, atol=1e-4)
    assert shown[0].std() > 0
