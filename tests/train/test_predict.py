"""What a trained model answers, batch by batch."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import nn, rand, tensor
from pellucid.train import predict


@pytest.mark.parametrize("batch_size", [1, 3, 7, 500])
def test_answers_do_not_depend_on_the_batches(batch_size: int) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    x = rand(7, 3).numpy()
    model(rand(9, 3))                                             # running statistics other than 0 and 1
    kept = model[1].running_mean.numpy().copy()
    y = predict(model, x, batch_size)
    assert y.shape == (7, 2) and not y.requires_grad and model.training and model[2].training
    assert np.array_equal(kept, model[1].running_mean.numpy())
    model.eval()
    np.testing.assert_allclose(y.numpy(), model(tensor(x)).detach().numpy(),
                               rtol=1e-5, atol=1e-6)
    predict(model, x)
    assert not model.training                                     # left as it was


def test_no_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="predict: x has no samples"):
        predict(nn.Identity(), np.zeros((0, 3)))
