"""What a trained model answers."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import no_grad
from ..tensor import wrap


def predict(model: Any, x: np.ndarray, batch_size: int = 500) -> Any:
    """The model's outputs for all of x, in eval mode and without gradients, a batch at a time.

    Shapes:  x (N, ...) -> a Tensor (N, ...)
    Raises:  ValueError for no samples.
    >>> from pellucid import nn
    >>> predict(nn.Linear(3, 2), np.zeros((5, 3), np.float32), batch_size=2).shape
    pellucid.Size([5, 2])
    """
    if not len(x):
        raise ValueError("predict: x has no samples")
    was_training = model.training
    model.eval()
    try:
        with no_grad():
            parts = [model(wrap(x[i:i + batch_size]))._data for i in range(0, len(x), batch_size)]
    finally:
        model.train(was_training)
    return wrap(np.concatenate(parts))
