"""What the gates of a recurrent layer do over time."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..nn import GRU, LSTM
from ..nn.undisturbed import undisturbed
from ..ops import as_tensor
from ..tensor import OpError

__all__ = ["gates"]


def gates(layer: Any, x: Any, *, number: int = 0, reverse: bool = False) -> dict[str, np.ndarray]:
    """The gates and states of an LSTM or a GRU at every step, starting from zero states.

        LSTM:  i, f, o = sigmoid(...)     u = tanh(...)     c = f c' + i u      h = o tanh(c)
        GRU:   r, z = sigmoid(...)        n = tanh(... + r (...))               h = (1 - z) n + z h'
    number:  which of the stacked layers;  reverse: its direction from the end to the start
    Shapes:  x (T, N, C), or (N, T, C) where the layer has batch_first, or (T, C) -> each (T, N, H) or (T, H)
    Returns: under the names input, forget, output, candidate, cell, hidden; of a GRU reset, update,
             candidate, hidden
    Source:  Hochreiter & Schmidhuber 1997; Gers et al. 2000; Cho et al. 2014, arXiv:1406.1078.
    Raises:  OpError for another kind of layer, for a number or a direction that it does not have, and for an
             LSTM with projections.
    """
    if not isinstance(layer, LSTM | GRU):
        raise OpError(f"gates: layer must be an LSTM or a GRU, got {type(layer).__name__}")
    if not 0 <= number < layer.num_layers or reverse and not layer.bidirectional:
        raise OpError(f"gates: layer {number}{' from the end' if reverse else ''} of {layer}: there is none")
    if getattr(layer, "proj_size", 0):
        raise OpError("gates: an LSTM with projections is not supported")
    inputs = as_tensor(x)._data
    alone = inputs.ndim == 2
    rows = inputs[:, None] if alone else inputs.swapaxes(0, 1) if layer.batch_first else inputs
    with undisturbed(layer):
        for below in range(number):
            sides = [_walk(layer, rows, below, side)["hidden"] for side in range(1 + layer.bidirectional)]
            rows = np.concatenate(sides, axis=2)
        found = _walk(layer, rows, number, int(reverse))
    return {name: values[:, 0] if alone else values for name, values in found.items()}


def _walk(layer: Any, x: np.ndarray, number: int, side: int) -> dict[str, np.ndarray]:
    """All steps of one layer in one direction: x (T, N, C)."""
    suffix = f"_l{number}" + "_reverse" * side
    w_in, w_state = (getattr(layer, f"weight_{part}{suffix}")._data for part in ("ih", "hh"))
    b_in, b_state = ((getattr(layer, f"bias_{part}{suffix}")._data if layer.bias else 0.0)
                     for part in ("ih", "hh"))
    step = _lstm_step if isinstance(layer, LSTM) else _gru_step
    state = {name: np.zeros((x.shape[1], layer.hidden_size), x.dtype) for name in ("hidden", "cell")}
    found: list[dict[str, np.ndarray]] = []
    for t in range(len(x))[::-1] if side else range(len(x)):
        state = step(x[t] @ w_in.T + b_in, state["hidden"] @ w_state.T + b_state, state)
        found.append(state)
    names = found[0] if found else {}
    return {name: np.stack([each[name] for each in (found[::-1] if side else found)]) for name in names}


def _sigmoid(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * z))


def _lstm_step(given: np.ndarray, own: np.ndarray, before: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    i, f, u, o = np.split(given + own, 4, axis=1)
    i, f, o, u = _sigmoid(i), _sigmoid(f), _sigmoid(o), np.tanh(u)
    cell = f * before["cell"] + i * u
    return {"input": i, "forget": f, "output": o, "candidate": u, "cell": cell, "hidden": o * np.tanh(cell)}


def _gru_step(given: np.ndarray, own: np.ndarray, before: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    size = given.shape[1] // 3
    r, z = np.split(_sigmoid(given[:, :2 * size] + own[:, :2 * size]), 2, axis=1)
    n = np.tanh(given[:, 2 * size:] + r * own[:, 2 * size:])
    return {"reset": r, "update": z, "candidate": n, "hidden": (1 - z) * n + z * before["hidden"]}
