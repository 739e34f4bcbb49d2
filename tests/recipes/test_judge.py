"""The judge of made digits: always the same, and strict about pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.recipes.test_recipes import bright_rows

from pellucid import datasets, manual_seed, rand, recipes
from pellucid.recipes.job import Job
from pellucid.recipes.judge import judge_of
from pellucid.train import Run


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setattr(datasets, "mnist", lambda split: bright_rows(200 * len(split), split))
    recipe = recipes.load("digits")
    return Job(recipe, recipe.settings(), Run(tmp_path), verbose=0)


def test_it_reads_real_digits_and_tells_them_from_others(job: Job) -> None:
    manual_seed(7)
    first = rand(3)
    manual_seed(7)
    judge = judge_of(job, epochs=4)
    np.testing.assert_array_equal(rand(3), first)                # as if it had not been
    real = bright_rows(200, "other")
    assert judge.accuracy == 1 and judge.agreement(real.x, real.y) == 1
    assert judge.agreement(real.x, (real.y + 1) % 10) == 0
    good = judge.marks(real.x)
    noise = judge.marks(np.random.RandomState(0).random_sample((200, 28, 28)))
    one = judge.marks(real.x[real.y == 3])
    assert good["score"] > 8 and one["score"] < 1.5
    assert good["frechet"] < one["frechet"] and good["frechet"] < noise["frechet"]
    assert judge.features(real.images).shape == (200, 84)

    manual_seed(8)                                               # another recipe seed, and already trained
    again = judge_of(job, epochs=4)
    np.testing.assert_array_equal(again.real, judge.real)


def test_pictures_that_are_none_are_refused(job: Job) -> None:
    judge = judge_of(job, epochs=1)
    with pytest.raises(ValueError, match=r"pictures must lie in \[0, 1\], got -1 to 1"):
        judge.marks(np.ones((2, 784)) * [[-1], [1]])
    with pytest.raises(ValueError, match=r"N of 28 x 28, got the shape \(2, 64\)"):
        judge.features(np.zeros((2, 64)))
