"""Recurrent layers: read sequences element by element, with a state that remembers."""

from __future__ import annotations

import math
import numbers
import warnings
from typing import Any

import numpy as np

from ..ops import cat, empty, stack
from ..ops.recurrent import gru_layer, lstm_layer, rnn_layer
from ..tensor import OpError, Tensor, wrap
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

# The op behind each mode, how many rows of weights a unit has, and what the op is told.
MODES: dict[str, tuple[Any, int, dict]] = {
    "RNN_TANH": (rnn_layer, 1, {"nonlinearity": "tanh"}),
    "RNN_RELU": (rnn_layer, 1, {"nonlinearity": "relu"}),
    "LSTM": (lstm_layer, 4, {}), "GRU": (gru_layer, 3, {})}


class RNNBase(Module):
    """What RNN, LSTM and GRU share: layers above each other, in one or both directions.

    The input is (T, B, C), (B, T, C) with batch_first, (T, C) for one sequence, or a PackedSequence. Each
    layer reads the output of the one below; with dropout > 0 a part of it is silenced while training. With
    bidirectional=True a second reading from the end stands beside the first.
    All weights start uniform in [-1 / sqrt(hidden_size), 1 / sqrt(hidden_size)).

    Raises:  RuntimeError for an empty sequence, and for sizes and first states that do not fit; ValueError
             for an input with other numbers of dimensions or another dtype than the weights.
    """

    def __init__(self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
                 proj_size: int = 0, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.mode, self.input_size, self.hidden_size = mode, input_size, hidden_size
        self.num_layers, self.bias, self.batch_first = num_layers, bias, batch_first
        self.dropout, self.bidirectional, self.proj_size = float(dropout), bidirectional, proj_size
        self._check_settings(dropout)
        n_rows, n_shown = MODES[mode][1] * hidden_size, proj_size or hidden_size
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            for suffix in ("", "_reverse") if bidirectional else ("",):
                below = n_shown * (2 if bidirectional else 1) if layer else input_size
                shapes = {"weight_ih": (n_rows, below), "weight_hh": (n_rows, n_shown),
                          "bias_ih": (n_rows,) if bias else None, "bias_hh": (n_rows,) if bias else None,
                          "weight_hr": (proj_size, hidden_size) if proj_size else None}
                names = {f"{name}_l{layer}{suffix}": shape for name, shape in shapes.items() if shape}
                for name, shape in names.items():
                    setattr(self, name, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(list(names))
        self.reset_parameters()

    def _check_settings(self, dropout: Any) -> None:
        name = type(self).__name__
        for what in ("input_size", "hidden_size", "num_layers"):
            value = getattr(self, what)
            if not isinstance(value, int):
                raise TypeError(f"{name}: {what} must be an integer, got {value!r}")
            if value < 1:
                raise ValueError(f"{name}: {what} must be at least 1, got {value}")
        if isinstance(dropout, bool) or not isinstance(dropout, numbers.Number) or not 0 <= self.dropout <= 1:
            raise ValueError(f"{name}: dropout must be a number in [0, 1], got {dropout!r}")
        if self.proj_size and self.mode != "LSTM":
            raise ValueError(f"{name}: proj_size is for LSTM, got {self.proj_size}")
        if not 0 <= self.proj_size < self.hidden_size:
            raise ValueError(f"{name}: proj_size must be at least 0 and below hidden_size "
                             f"{self.hidden_size}, got {self.proj_size}")
        if self.dropout > 0 and self.num_layers == 1:
            warnings.warn(f"{name}: dropout={self.dropout} acts between layers, and there is one only",
                          stacklevel=4)

    def reset_parameters(self) -> None:
        """Draw new weights and biases."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing to do: this is for other processors."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def forward(self, input: Any, hx: Any = None) -> tuple[Any, Any]:
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        self._check_input(input)
        alone = input.ndim == 2
        x = input.unsqueeze(1) if alone else input.transpose(0, 1) if self.batch_first else input
        length, batch, width = x._data.shape
        if length == 0:
            raise OpError(f"{type(self).__name__}: the sequences are empty: input has shape "
                          f"{tuple(input.shape)}")
        first = self._first(hx, batch, x, alone)
        y, last = self._run(x.reshape(length * batch, width), (batch,) * length, first)
        y = y.reshape(length, batch, y._data.shape[1])
        if alone:
            return y.squeeze(1), self._given(tuple(state.squeeze(1) for state in last))
        return (y.transpose(0, 1) if self.batch_first else y), self._given(last)

    def _packed(self, input: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        data, batch_sizes, order, back = input
        if data.ndim != 2:
            raise OpError(f"{type(self).__name__}: packed data must be (N, C), got shape {tuple(data.shape)}")
        self._check_input(data)
        sizes = tuple(batch_sizes._data.tolist())
        first = self._first(hx, sizes[0], data, False)
        if order is not None and hx is not None:
            first = tuple(state.index_select(1, order) for state in first)
        y, last = self._run(data, sizes, first)
        if back is not None:
            last = tuple(state.index_select(1, back) for state in last)
        return PackedSequence(y, batch_sizes, order, back), self._given(last)

    def _given(self, states: tuple[Tensor, ...]) -> Any:
        """The states as users get and give them: a pair for LSTM, else one."""
        return states if self.mode == "LSTM" else states[0]

    def _check_input(self, x: Tensor) -> None:
        name, weight = type(self).__name__, self.weight_ih_l0
        if x.ndim not in (2, 3):
            raise OpError(f"{name}: input must have 2 or 3 dimensions, got shape {tuple(x.shape)}")
        if x.dtype != weight.dtype:
            raise OpError(f"{name}: input is {x.dtype}, the weights are {weight.dtype}; convert one with "
                          ".to()")
        if x._data.shape[-1] != self.input_size:
            raise OpError(f"{name}: input of shape {tuple(x.shape)} must end in input_size {self.input_size}")

    def _first(self, hx: Any, batch: int, x: Tensor, alone: bool) -> tuple[Tensor, ...]:
        """The first states (layers, B, H), zeros if none are given."""
        name, rows = type(self).__name__, self.num_layers * (2 if self.bidirectional else 1)
        sizes = [self.proj_size or self.hidden_size, self.hidden_size][:2 if self.mode == "LSTM" else 1]
        if hx is None:
            return tuple(wrap(np.zeros((rows, batch, size), x._data.dtype)) for size in sizes)
        states = tuple(hx) if self.mode == "LSTM" and not isinstance(hx, Tensor) else (hx,)
        if len(states) != len(sizes):
            raise OpError(f"{name}: hx must be {('a tensor', 'a pair (h0, c0)')[len(sizes) - 1]}")
        for what, state, size in zip(("h0", "c0"), states, sizes, strict=False):
            wanted = (rows, size) if alone else (rows, batch, size)
            if state._data.shape != wanted:
                raise OpError(f"{name}: {what} must have shape {wanted}, got {tuple(state.shape)}")
        return tuple(state.unsqueeze(1) for state in states) if alone else states

    def _run(self, x: Tensor, sizes: tuple[int, ...],
             first: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        """All layers over the rows x (N, C): the rows of the last layer, and the last states of each."""
        layer, _, how = MODES[self.mode]
        n_ways, lasts = 2 if self.bidirectional else 1, []
        for k in range(0, len(self._all_weights), n_ways):
            if k and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            ways = []
            for way in range(n_ways):
                weights = [getattr(self, name) for name in self._all_weights[k + way]]
                if not self.bias:
                    weights[2:2] = [None, None]
                y, *last = layer(x, *(state[k + way] for state in first), *weights, batch_sizes=sizes,
                                 reverse=way == 1, **how)
                ways.append(y)
                lasts.append(last)
            x = ways[0] if n_ways == 1 else cat(ways, 1)
        return x, tuple(stack(states) for states in zip(*lasts, strict=True))

    def extra_repr(self) -> str:
        said = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0,
                "bidirectional": False}
        given = [f"{name}={getattr(self, name)}" for name, usual in said.items()
                 if getattr(self, name) != usual]
        return ", ".join([str(self.input_size), str(self.hidden_size), *given])


class RNN(RNNBase):
    """Carry a state through sequences: each is squashed from the input and the state before.

        h[t] = tanh(W_ih x[t] + b_ih + W_hh h[t-1] + b_hh)               relu with nonlinearity="relu"
    Returns the states h[t] of the last layer, and the last state of each layer. Settings: see RNNBase.

    Shapes:  x (T, B, input_size), h0 (layers, B, H) -> (T, B, H), (layers, B, H); both directions: 2 layers,
             and 2 H in the first
    Source:  Elman 1990, "Finding Structure in Time".
    >>> from pellucid import ones
    >>> y, last = RNN(3, 4)(ones(5, 2, 3))
    >>> y.shape, last.shape
    (pellucid.Size([5, 2, 4]), pellucid.Size([1, 2, 4]))
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh",
                 bias: bool = True, batch_first: bool = False, dropout: float = 0.0,
                 bidirectional: bool = False, device: Any = None, dtype: Any = None) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', got {nonlinearity!r}")
        super().__init__(f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias,
                         batch_first, dropout, bidirectional, 0, device, dtype)
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    """Carry a state and a cell through sequences; gates say what the cell takes in, keeps and shows.

        [i, f, u, o] = W_ih x[t] + b_ih + W_hh h[t-1] + b_hh             s = sigmoid
        c[t] = s(f) c[t-1] + s(i) tanh(u)
        h[t] = s(o) tanh c[t]                                            times W_hr with proj_size > 0
    Returns the states h[t] of the last layer, and the last (h, c) of each layer. Settings: see RNNBase.

    Shapes:  x (T, B, input_size), h0 (layers, B, P), c0 (layers, B, H) -> (T, B, P) and the last of both;
             P = proj_size or H; both directions: 2 layers, and 2 P in the first
    Source:  Hochreiter & Schmidhuber 1997, "Long Short-Term Memory"; Gers et al. 2000 (forget gate);
             Sak, Senior & Beaufays 2014, arXiv:1402.1128 (projection).
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
                 proj_size: int = 0, device: Any = None, dtype: Any = None) -> None:
        super().__init__("LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, proj_size, device, dtype)


class GRU(RNNBase):
    """Carry a state through sequences; a gate says how much of it is kept, another what the new sees of it.

        [r, z, n] = W_ih x[t] + b_ih             [p, v, q] = W_hh h[t-1] + b_hh          s = sigmoid
        h[t] = (1 - s(z + v)) tanh(n + s(r + p) q) + s(z + v) h[t-1]
    Returns the states h[t] of the last layer, and the last state of each layer. Settings: see RNNBase.

    Shapes:  x (T, B, input_size), h0 (layers, B, H) -> (T, B, H), (layers, B, H); both directions: 2 layers,
             and 2 H in the first
    Source:  Cho et al. 2014, arXiv:1406.1078.
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__("GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout,
                         bidirectional, 0, device, dtype)
