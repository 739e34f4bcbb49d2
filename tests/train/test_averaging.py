"""A running mean of the weights: by its formula, apart from the model, and the same after an interruption."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import nn, optim
from pellucid.train import Average, Callback, fit

X = np.random.RandomState(0).randn(40, 3).astype(np.float32)
Y = X @ np.array([[1.0], [-2.0], [0.5]], np.float32)


class Seen(Callback):
    """The weights after each step; stops on purpose after some."""

    def __init__(self, most=10**9):
        self.weights, self.most = [], most

    def on_batch_end(self, training, loss):
        self.weights.append(training.model.weight.detach().numpy().copy())
        if len(self.weights) == self.most:
            raise KeyboardInterrupt


def learned(folder=None, *, resume=False, most=10**9, accumulate=1):
    pellucid.manual_seed(0)
    model = nn.Linear(3, 1)
    average, seen = Average(model, 0.9), Seen(most)
    fit(model, (X, Y), loss=nn.MSELoss(), optimizer=optim.SGD(model.parameters(), lr=0.1), epochs=2,
        batch_size=10, callbacks=[average, seen], run=folder, resume=resume, verbose=0, accumulate=accumulate)
    return average, seen.weights, model


def test_the_mean_is_that_of_the_formula():
    average, weights, model = learned()
    expected = weights[0]
    for n, now in enumerate(weights[1:], 1):
        decay = min(0.9, (1 + n) / (10 + n))
        expected = decay * expected + (1 - decay) * now
    np.testing.assert_allclose(average.model.weight.detach().numpy(), expected, rtol=1e-5)
    assert len(weights) == 8 and not average.model.training
    assert not np.array_equal(average.model.weight.detach().numpy(), model.weight.detach().numpy())


def test_batches_that_are_gathered_count_once():
    average, _, _ = learned(accumulate=2)
    assert average.steps == 4 and int(average.state_dict()["mean"]["n_averaged"]) == 4


def test_an_interrupted_run_goes_on_with_the_same_mean(tmp_path):
    whole, _, _ = learned(tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        learned(tmp_path / "broken", most=6)                     # in the second epoch
    resumed, _, _ = learned(tmp_path / "broken", resume=True)
    np.testing.assert_array_equal(resumed.model.weight.detach().numpy(), whole.model.weight.detach().numpy())


def test_bad_input():
    with pytest.raises(ValueError, match="decay must be at least 0 and below 1, got 1"):
        Average(nn.Linear(1, 1), 1.0)
