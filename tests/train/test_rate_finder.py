import numpy as np
import pytest

import pellucid
from pellucid import nn, optim
from pellucid.nn import functional as F
from pellucid.train import find_rate


@pytest.fixture
def line():
    """y = x w on 64 samples: SGD diverges from a rate of 2 / (largest curvature) on."""
    pellucid.manual_seed(0)
    x = np.random.RandomState(0).standard_normal((64, 4)).astype(np.float32)
    return nn.Linear(4, 1), (x, x @ np.array([[1.0], [-2], [3], [0.5]], np.float32))


def search(model, data, **how):
    how = {"low": 1e-4, "high": 1e3, **how}
    return find_rate(model, data, loss=F.mse_loss, optimizer=optim.SGD(model.parameters(), lr=0.1),
                     batch_size=64, **how)


def test_the_rate_lies_between_standing_still_and_divergence(line):
    model, (x, y) = line
    curvature = 2 * np.linalg.eigvalsh(np.cov(x.T, bias=True))[-1]
    found = search(model, (x, y))
    assert 1e-3 < found.steepest < found.lowest < 12 / curvature     # it takes steps to grow
    assert found.rates[-1] < 1e3 and found.smooth[-1] > 2 * found.smooth.min()      # it ended early
    np.testing.assert_allclose(found.rates[1:] / found.rates[:-1], 1e7 ** (1 / 99), rtol=1e-6)


def test_everything_is_as_before(line):
    model, data = line
    optimizer = optim.Adam(model.parameters(), lr=0.25)
    before, state = model.weight.tolist(), pellucid.get_rng_state()
    find_rate(model.eval(), data, loss=F.mse_loss, optimizer=optimizer, steps=20)
    assert model.weight.tolist() == before and not model.training and model.weight.grad is None
    assert optimizer.param_groups[0]["lr"] == 0.25 and not optimizer.state
    assert pellucid.equal(pellucid.get_rng_state(), state)


def test_bad_input(line):
    with pytest.raises(ValueError, match="wants 0 < low < high, got low=1 and high=0.1"):
        search(*line, low=1, high=0.1)
    with pytest.raises(ValueError, match="steps must be at least 10, got 3"):
        search(*line, steps=3)
    with pytest.raises(ValueError, match="diverges after"):
        search(*line, low=1e30, high=1e38)
