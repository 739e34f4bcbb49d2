"""CharRNN: a recurrent network that reads a text letter by letter and foresees the next one.

References
    Elman 1990, "Finding Structure in Time", Cognitive Science 14: the recurrent layer
    Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9
    Cho et al. 2014, "Learning Phrase Representations using RNN Encoder-Decoder", arXiv:1406.1078: the GRU
    Bengio, Simard & Frasconi 1994, "Learning long-term dependencies with gradient descent is difficult"
    Karpathy 2015, "The Unreasonable Effectiveness of Recurrent Neural Networks"

    e[t] = letters[x[t]];  s[t] = layer(e[t], s[t-1]);  y[t] = s[t] W^T + b
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid import multinomial, nn, no_grad
from pellucid.nn import functional as F
from pellucid.tensor import Tensor, wrap

LAYERS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


@dataclass(frozen=True)
class CharRNNConfig:
    kind: str = "lstm"          # rnn, lstm or gru
    n_letters: int = 65         # V
    embedding: int = 64         # E: numbers that stand for a letter; 65 would do as well as one-hot
    hidden: int = 128           # D: numbers in which the past must be kept
    n_layers: int = 1           # the simplest thing in which gradients vanish


class CharRNN(nn.Module):
    """Scores of the next letter after every letter, and the state in which the next stretch may go on.

    Shapes:  x (B, T) int64, state as the layer's -> (B, T, V) and the state
    Source:  see the top of this file.
    >>> from pellucid import zeros, int64
    >>> model = CharRNN(CharRNNConfig("gru", hidden=16))
    >>> y, state = model.read(zeros(3, 5, dtype=int64))
    >>> y.shape, state.shape
    (pellucid.Size([3, 5, 65]), pellucid.Size([1, 3, 16]))
    """

    def __init__(self, config: CharRNNConfig) -> None:
        super().__init__()
        if config.kind not in LAYERS:
            raise ValueError(f"CharRNN: kind is {config.kind!r}, wants one of {', '.join(LAYERS)}")
        self.config = config
        self.letters = nn.Embedding(config.n_letters, config.embedding)
        self.layer = LAYERS[config.kind](config.embedding, config.hidden, config.n_layers)
        self.head = nn.Linear(config.hidden, config.n_letters)

    def read(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Scores after each letter, and the state after the last one."""
        h, state = self.layer(self.letters(x.transpose(0, 1)), state)                     # (T, B, D)
        return self.head(h).transpose(0, 1), state                                        # (B, T, V)

    def forward(self, x: Tensor) -> Tensor:
        """Scores after each letter of texts that begin with nothing behind them."""
        return self.read(x)[0]

    @no_grad()
    def generate(self, prompt: Sequence[int] | np.ndarray, n: int, temperature: float = 1.0) -> np.ndarray:
        """Continue a text by n letters, each drawn from softmax(scores / temperature).

        Shapes:  prompt (P,), at least one letter -> (P + n,)
        """
        if len(prompt) < 1 or temperature <= 0:
            raise ValueError(f"generate: wants a prompt of at least 1 letter and a temperature above 0, got "
                             f"{len(prompt)} and {temperature}")
        text = [int(letter) for letter in prompt]
        new, state = text, None
        for _ in range(n):
            scores, state = self.read(wrap(np.array([new])), state)
            new = [int(multinomial(F.softmax(scores[0, -1] / temperature, -1), 1).item())]
            text += new
        return np.array(text)

    def gradient_through_time(self, x: Tensor, y: Tensor) -> np.ndarray:
        """How much the loss at the last letter feels the state after each letter before it.

            r[t] = |dL / ds[t]|            L = cross entropy of y at the last of x's letters
        s[t] is all that the layer hands on: h, and for an LSTM h and c. The norm is over D, its mean over
        the batch. A layer in which r falls by the same factor at each step back cannot learn from what
        happened long ago.

        Shapes:  x (B, T), y (B,) -> (T,)
        Source:  Bengio, Simard & Frasconi 1994, section IV.
        """
        states: list[tuple[Tensor, ...]] = []
        state: Any = None
        for t in range(x.shape[1]):
            _, state = self.layer(self.letters(x[:, t:t + 1].transpose(0, 1)), state)
            states.append(state if isinstance(state, tuple) else (state,))
            for part in states[-1]:
                part.retain_grad()
        scores = self.head(states[-1][0][-1])                                             # (B, V)
        F.cross_entropy(scores, y, reduction="sum").backward()                            # one for each text
        squares = [sum((part.grad.numpy() ** 2).sum((0, 2)) for part in parts if part.grad is not None)
                   for parts in states]                                                   # T times (B,)
        self.zero_grad()
        return np.sqrt(np.array(squares, np.float64)).mean(1)
