"""Faults planted in a healthy recipe, digits: each is found first, before the training or while it runs."""

from __future__ import annotations

import numpy as np
import pytest
from tests.recipes.test_recipes import in_short

from pellucid import nn
from pellucid.explain.doctor import Doctor, doctor
from pellucid.train import batches
from pellucid.train.fitting import Training


class Examined(Exception):
    """Stops the recipe where its training would begin."""


def change(training, how):
    """Give a training other data: `how` gets copies of the inputs and the labels."""
    x, y = (np.array(part._data) for part in training.loader.dataset.tensors)
    training.loader = batches.loader(how(x, y), "train", 128, True)


def seen_already(training):
    x, y = (np.array(part._data) for part in training.loader.dataset.tensors)
    training.validation = batches.loader((x[:100], y[:100]), "validation", 128, False)


def of_last_layer(training):
    training.optimizer.param_groups[0]["params"] = list(training.model[-1].parameters())


def rate(training, lr):
    training.optimizer.param_groups[0].update(lr=lr, initial_lr=lr)


def loud(training):
    training.model[-1].weight.data *= 200


def over_the_batch(training):
    training.model.append(nn.LogSoftmax(0))
    training.loss = nn.NLLLoss()


BEFORE = {
    "softmax before the loss": lambda t: t.model.append(nn.Softmax(1)),
    "softmax over the wrong axis": over_the_batch,
    "inputs not scaled": lambda t: change(t, lambda x, y: (x * 255, y)),
    "inputs constant": lambda t: change(t, lambda x, y: (np.full_like(x, 0.5), y)),
    "labels do not fit the inputs": lambda t: change(t, lambda x, y: (x, np.roll(y, 1))),
    "labels out of range": lambda t: change(t, lambda x, y: (x, y + 1)),
    "training in eval mode": lambda t: t.model.eval(),
    "train and validation overlap": seen_already,
    "not in the optimizer": of_last_layer,
    "initial loss": loud,
    "learning rate too low": lambda t: rate(t, 1e-8),
    "fails": lambda t: change(t, lambda x, y: (x[:, :50], y)),
}


@pytest.mark.parametrize("kind", BEFORE)
def test_found_before_the_training(kind, tmp_path, monkeypatch):
    def examined(training):
        BEFORE[kind](training)
        raise Examined(doctor(training.model, training.loader, training.loss, training.optimizer,
                              validation=training.validation, trials="rate" in kind))

    monkeypatch.setattr(Training, "train", examined)
    with pytest.raises(Examined) as caught:
        in_short("digits", tmp_path / "run", monkeypatch)
    found = caught.value.args[0]
    assert found.kinds and found.kinds[0] == kind, found


def forget_to_clear(training):
    training.optimizer.zero_grad = lambda *_, **__: None


def drown(training):
    training.model[1].bias.data -= 50


DURING = {
    "gradients not cleared": forget_to_clear,
    "dead units": drown,
    "softmax before the loss": lambda t: t.model.append(nn.Softmax(1)),
    "learning rate too low": lambda t: rate(t, 1e-8),
    "learning rate too high": lambda t: rate(t, 30.0),
}


@pytest.mark.parametrize("kind", DURING)
def test_found_while_it_trains(kind, tmp_path, monkeypatch):
    train = Training.train

    def spoilt(training):
        DURING[kind](training)
        training.scheduler = None
        return train(training)

    monkeypatch.setattr(Training, "train", spoilt)
    with Doctor(verbose=False) as watch:
        in_short("digits", tmp_path / "run", monkeypatch, epochs=4, patience=50, report=False)
    found = watch.diagnosis()
    assert found.kinds and found.kinds[0] == kind, found
