"""The doctor is silent about recipes: before their trainings, during them, and on their run folders."""

from __future__ import annotations

import pytest
from tests.recipes.conftest import stand_in_for_all
from tests.recipes.test_recipes import in_short

from pellucid import recipes
from pellucid.explain.doctor import Doctor, doctor, of_run
from pellucid.train.fitting import Training

QUICK = ["perceptron", "xor", "circles", "iris", "digits", "mnist-cnn", "char-rnn", "gpt", "addition"]
OTHERS = [name for name in recipes.names() if name not in QUICK]


def examined_while(name, folder, monkeypatch):
    """What the doctor says before each of the recipe's trainings, during them, and of what they left."""
    said, train = [], Training.train

    def examined(training):
        said.append(doctor(training.model, training.loader, training.loss, training.optimizer,
                           validation=training.validation, trials=False))
        return train(training)

    monkeypatch.setattr(Training, "train", examined)
    stand_in_for_all(monkeypatch)
    monkeypatch.setattr(recipes.Job, "figure", lambda *_: None)
    with Doctor(verbose=False) as watch:
        in_short(name, folder, monkeypatch)
    return [*said, watch.diagnosis(), of_run(folder)]


# What is true of short forms alone: of the four or eight units that they have, most are dead.
STUNTED = {"sentiment": {"dead units"}, "denoise": {"dead units"}}


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_healthy_recipes_are_passed(name, tmp_path, monkeypatch):
    for found in examined_while(name, tmp_path / "run", monkeypatch):
        assert set(found.kinds) <= STUNTED.get(name, set()), found


# What these two train to fail: a line through circles, one neuron for exclusive or.
TRUE = {"circles": {"underfitting"}, "perceptron": {"underfitting"}}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["perceptron", "xor", "circles", "iris", "digits"])
def test_whole_recipes_are_passed(name, tmp_path, monkeypatch):
    pytest.importorskip("sklearn")
    monkeypatch.setattr(recipes.Job, "figure", lambda *_: None)
    with Doctor(verbose=False) as watch:
        recipes.train(name, out=tmp_path / "run", verbose=0, report=False)
    assert set(watch.diagnosis().kinds) == TRUE.get(name, set()) and not of_run(tmp_path / "run")
