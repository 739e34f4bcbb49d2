"""Seq2Seq: one recurrent network reads, another writes, and attention says what it looks at while it writes.

References
    Sutskever, Vinyals & Le 2014, "Sequence to Sequence Learning with Neural Networks", arXiv:1409.3215
    Bahdanau, Cho & Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate",
    arXiv:1409.0473, whose attention this is

    h[j] = [read from the left, read from the right] at place j of the source
    a[i] = softmax over j of v . tanh(W s[i-1] + U h[j])       where it looks before it writes place i
    c[i] = sum over j of a[i, j] h[j]
    s[i] = GRU([written[i-1], c[i]], s[i-1])
    y[i] = [s[i], c[i]] O^T + b
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid import cat, nn, no_grad, stack, tanh
from pellucid.nn import functional as F
from pellucid.tensor import Tensor, wrap


@dataclass(frozen=True)
class Seq2SeqConfig:
    n_source: int = 13          # different symbols that are read
    n_target: int = 11          # different symbols that are written, V; one more marks the start
    length: int = 4             # places that are written, I
    embedding: int = 32         # numbers that stand for a symbol
    hidden: int = 64            # D: of each reader, and of the writer's state


class Attention(nn.Module):
    """Compare a state with every place of the source, and take the mean of the places by how well they fit.

        a[j] = softmax_j( v . tanh(W s + U h[j]) )           c = sum_j a[j] h[j]

    Shapes:  s (B, D), h (B, J, E), U h (B, J, D) -> c (B, E), a (B, J)
    Source:  Bahdanau, Cho & Bengio 2015, arXiv:1409.0473, appendix A.1.2.
    """

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.of_state = nn.Linear(hidden, hidden)                # W
        self.of_place = nn.Linear(width, hidden, bias=False)     # U
        self.score = nn.Linear(hidden, 1, bias=False)            # v

    def forward(self, s: Tensor, h: Tensor, uh: Tensor) -> tuple[Tensor, Tensor]:
        e = self.score(tanh(self.of_state(s).unsqueeze(1) + uh)).squeeze(-1)              # (B, J)
        a = F.softmax(e, -1)
        return (a.unsqueeze(1) @ h).squeeze(1), a                                         # (B, E), (B, J)


class Seq2Seq(nn.Module):
    """Scores of each symbol to be written. Given the answer, it writes on after the right symbols.

    Shapes:  source (B, J) int64, answer (B, I) int64 -> (B, I, V)
    Source:  Bahdanau, Cho & Bengio 2015, arXiv:1409.0473.
    Differs: the output is linear in state and context, where the paper has a layer of maxima between.
    >>> from pellucid import zeros, int64
    >>> model = Seq2Seq(Seq2SeqConfig(length=3))
    >>> model(zeros(5, 7, dtype=int64), zeros(5, 3, dtype=int64)).shape
    pellucid.Size([5, 3, 11])
    >>> written, weights = model.write(zeros(5, 7, dtype=int64))
    >>> written.shape, weights.shape
    ((5, 3), (5, 3, 7))
    """

    def __init__(self, config: Seq2SeqConfig) -> None:
        super().__init__()
        D, E = config.hidden, 2 * config.hidden
        self.config = config
        self.source = nn.Embedding(config.n_source, config.embedding)
        self.reader = nn.GRU(config.embedding, D, bidirectional=True, batch_first=True)
        self.first = nn.Linear(D, D)                             # the writer's first state
        self.written = nn.Embedding(config.n_target + 1, config.embedding)
        self.attention = Attention(D, E)
        self.writer = nn.GRUCell(config.embedding + E, D)
        self.head = nn.Linear(D + E, config.n_target)

    def read(self, source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The places h, U h, and the writer's first state, from what was read from the right."""
        h, last = self.reader(self.source(source))                               # (B, J, E), (2, B, D)
        return h, self.attention.of_place(h), tanh(self.first(last[1]))

    def step(self, before: Tensor, s: Tensor, h: Tensor, uh: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One symbol: its scores (B, V), the new state (B, D), and where it looked (B, J)."""
        c, a = self.attention(s, h, uh)
        s = self.writer(cat((self.written(before), c), 1), s)
        return self.head(cat((s, c), 1)), s, a

    def forward(self, source: Tensor, answer: Tensor) -> Tensor:
        h, uh, s = self.read(source)
        scores = []
        before = self._start(len(source))
        for i in range(answer.shape[1]):
            y, s, _ = self.step(before, s, h, uh)
            scores.append(y)
            before = answer[:, i]
        return stack(scores, 1)                                                           # (B, I, V)

    @no_grad()
    def write(self, source: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """The likeliest symbol at each place, after those that it wrote itself, and where it looked.

        Shapes:  source (B, J) -> written (B, I) int64, weights (B, I, J)
        """
        h, uh, s = self.read(source)
        before, written, weights = self._start(len(source)), [], []
        for _ in range(self.config.length):
            y, s, a = self.step(before, s, h, uh)
            before = y.argmax(1)
            written.append(before.numpy())
            weights.append(a.numpy())
        return np.stack(written, 1), np.stack(weights, 1)

    def _start(self, n: int) -> Tensor:
        """The symbol before the first: one that is never written."""
        return wrap(np.full(n, self.config.n_target))
