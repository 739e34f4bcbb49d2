"""scikit-learn's MLPClassifier: a step is `partial_fit` on one batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_info

from ..mlp import Mlp
from ..row import NoAdapter, Work


def about() -> dict[str, Any]:
    """Version, BLAS and threads."""
    found = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    blas = ", ".join(f"{pool['internal_api']} {pool['version']}, kernel {pool.get('architecture')}"
                     for pool in found[:1])
    return {"version": sklearn.__version__, "blas": f"NumPy {np.__version__}, {blas}",
            "threads": max((pool["num_threads"] for pool in found), default=None)}


def build(shape: Any, arrays: dict[str, np.ndarray]) -> Work:
    """A classifier with the given weights; no decay, no momentum, no shuffling, as in the others' step."""
    if not isinstance(shape, Mlp) or shape.loss == "MSELoss":
        raise NoAdapter("scikit-learn's MLPClassifier only tells classes apart")
    x, y = arrays["x"], arrays["y"].reshape(-1).astype(np.int64)
    model = MLPClassifier(
        hidden_layer_sizes=shape.widths[1:-1], activation=shape.activations[0].lower(), alpha=0.0,
        solver=shape.optimizer.lower(), learning_rate_init=shape.lr, momentum=0.0, nesterovs_momentum=False,
        batch_size=shape.batch, shuffle=False)
    model.partial_fit(x, y, classes=np.arange(max(2, shape.widths[-1])))     # it makes the arrays to fill
    for i, (weight, bias) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        weight[...], bias[...] = arrays[f"weight{i}"].T, arrays[f"bias{i}"]
    del model._optimizer                                # it remembers that first step

    def step() -> float:
        model.partial_fit(x, y)
        return model.loss_

    return Work(step)
