"""Recurrent cells: one step of a recurrent layer, for loops that users write themselves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..ops import empty
from ..ops.recurrent import gru_layer, lstm_layer, rnn_layer
from ..tensor import OpError, Tensor, wrap
from . import init
from .module import Module
from .parameter import Parameter


class _Cell(Module):
    """What the cells share: two matrices, two biases, and the step as a sequence of one element."""

    n_gates = 1

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        rows = self.n_gates * hidden_size
        self.weight_ih = Parameter(empty((rows, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((rows, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            made = Parameter(empty(rows, device=device, dtype=dtype)) if bias else None
            self.register_parameter(name, made)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights and biases, uniform in [-1 / sqrt(hidden_size), 1 / sqrt(hidden_size))."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, layer: Any, x: Tensor, states: tuple | None, n_states: int = 1,
              **how: Any) -> list[Tensor]:
        """The states after one step, and the checks before."""
        name, alone = type(self).__name__, x.ndim == 1
        if x.ndim not in (1, 2):
            raise OpError(f"{name}: input must have 1 or 2 dimensions, got shape {tuple(x.shape)}")
        if x._data.shape[-1] != self.input_size:
            raise OpError(f"{name}: input of shape {tuple(x.shape)} must end in input_size {self.input_size}")
        wanted = (*x._data.shape[:-1], self.hidden_size)
        if states is None:
            states = tuple(wrap(np.zeros(wanted, x._data.dtype)) for _ in range(n_states))
        for state in states:
            if state._data.shape != wanted:
                raise OpError(f"{name}: the state must have shape {wanted}, got {tuple(state.shape)}")
        if alone:
            x, states = x.unsqueeze(0), tuple(state.unsqueeze(0) for state in states)
        y, *last = layer(x, *states, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh,
                         batch_sizes=(x._data.shape[0],), reverse=False, **how)
        after = [y, *last[1:]]
        return [state.squeeze(0) for state in after] if alone else after

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else f", bias={self.bias}")


class RNNCell(_Cell):
    """One step: squash a new state from the input and the state before.

        h' = tanh(W_ih x + b_ih + W_hh h + b_hh)                         relu with nonlinearity="relu"
    Shapes:  x (B, input_size), h (B, hidden_size), zeros if absent -> like h; all of them also without B
    Source:  Elman 1990, "Finding Structure in Time".
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh",
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        if self.nonlinearity not in ("tanh", "relu"):
            raise OpError(f"RNNCell: nonlinearity must be 'tanh' or 'relu', got {self.nonlinearity!r}")
        return self._step(rnn_layer, input, None if hx is None else (hx,), nonlinearity=self.nonlinearity)[0]

    def extra_repr(self) -> str:
        other = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + other


class LSTMCell(_Cell):
    """One step of an LSTM: gates say what the cell takes in, keeps and shows.

        [i, f, u, o] = W_ih x + b_ih + W_hh h + b_hh                     s = sigmoid
        c' = s(f) c + s(i) tanh(u)               h' = s(o) tanh c'
    Shapes:  x (B, input_size), h and c (B, hidden_size), zeros if absent -> (h', c'); all also without B
    Source:  Hochreiter & Schmidhuber 1997, "Long Short-Term Memory".
    """

    n_gates = 4

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        h, c = self._step(lstm_layer, input, None if hx is None else tuple(hx), n_states=2)
        return h, c


class GRUCell(_Cell):
    """One step of a GRU: a gate says how much of the state is kept, another what the new sees of it.

        [r, z, n] = W_ih x + b_ih                [p, v, q] = W_hh h + b_hh               s = sigmoid
        h' = (1 - s(z + v)) tanh(n + s(r + p) q) + s(z + v) h
    Shapes:  x (B, input_size), h (B, hidden_size), zeros if absent -> like h; all of them also without B
    Source:  Cho et al. 2014, arXiv:1406.1078.
    """

    n_gates = 3

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(gru_layer, input, None if hx is None else (hx,))[0]
