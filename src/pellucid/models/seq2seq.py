"""Seq2Seq: one recurrent network reads, another writes, and attention says what it looks at while it writes.

References
    Sutskever, Vinyals & Le 2014, "Sequence to Sequence Learning with Neural Networks", arXiv:1409.3215
    Bahdanau, Cho & Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate",
    arXiv:1409.0473, whose attention this is

    e[j] = the embedding of the symbol at place j of the source
    h[j] = [GRU from the left, GRU from the right] over e, at place j
    a[i] = softmax over j of v . tanh(W s[i-1] + U h[j])       where it looks before it writes place i
    c[i] = sum over j of a[i, j] e[j]
    s[i] = GRU([written[i-1], c[i]], s[i-1])
    y[i] = [s[i], c[i]] O^T + b
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid import cat, nn, no_grad, stack, tanh, zeros
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
    """Compare a state with every place of the source, and take the mean of what stands there by how it fits.

        a[j] = softmax_j( v . tanh(W s + U h[j]) )           c = sum_j a[j] e[j]

    Shapes:  s (B, D), U h (B, J, D), e (B, J, E) -> c (B, E), a (B, J)
    Source:  Bahdanau, Cho & Bengio 2015, arXiv:1409.0473, appendix A.1.2.
    """

    def __init__(self, hidden: int, width: int) -> None:
        super().__init__()
        self.of_state = nn.Linear(hidden, hidden)                # W
        self.of_place = nn.Linear(width, hidden, bias=False)     # U
        self.score = nn.Linear(hidden, 1, bias=False)            # v

    def forward(self, s: Tensor, uh: Tensor, e: Tensor) -> tuple[Tensor, Tensor]:
        fits = self.score(tanh(self.of_state(s).unsqueeze(1) + uh)).squeeze(-1)           # (B, J)
        a = F.softmax(fits, -1)
        return (a.unsqueeze(1) @ e).squeeze(1), a                                         # (B, E), (B, J)


class Seq2Seq(nn.Module):
    """Scores of each symbol to be written. Given the answer, it writes on after the right symbols.

    Shapes:  source (B, J) int64, answer (B, I) int64 -> (B, I, V)
    Source:  Bahdanau, Cho & Bengio 2015, arXiv:1409.0473.
    Differs: the paper averages the readers' states h, which hold the whole source at every place, and starts
             to write from one of them. Here the readers say where to look, and nothing but the symbols looked
             at comes through: what the weights show is all that was used. The output is linear in state and
             context, where the paper has a layer of maxima between.
    >>> from pellucid import int64, zeros
    >>> model = Seq2Seq(Seq2SeqConfig(length=3))
    >>> model(zeros(5, 7, dtype=int64), zeros(5, 3, dtype=int64)).shape
    pellucid.Size([5, 3, 11])
    >>> written, weights = model.write(zeros(5, 7, dtype=int64))
    >>> written.shape, weights.shape
    ((5, 3), (5, 3, 7))
    """

    def __init__(self, config: Seq2SeqConfig) -> None:
        super().__init__()
        D, E = config.hidden, config.embedding
        self.config = config
        self.source = nn.Embedding(config.n_source, E)
        self.reader = nn.GRU(E, D, bidirectional=True, batch_first=True)
        self.attention = Attention(D, 2 * D)
        self.first = nn.Parameter(zeros(D))                      # the writer's state before it has looked
        self.written = nn.Embedding(config.n_target + 1, E)
        self.writer = nn.GRUCell(2 * E, D)
        self.head = nn.Linear(D + E, config.n_target)

    def read(self, source: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What stands at each place, e (B, J, E), where that is, U h (B, J, D), the first state (B, D)."""
        e = self.source(source)
        h, _ = self.reader(e)                                                             # (B, J, 2 D)
        return e, self.attention.of_place(h), self.first.expand(len(source), -1)

    def step(self, before: Tensor, s: Tensor, e: Tensor, uh: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One symbol: its scores (B, V), the new state (B, D), and where it looked (B, J)."""
        c, a = self.attention(s, uh, e)
        s = self.writer(cat((self.written(before), c), 1), s)
        return self.head(cat((s, c), 1)), s, a

    def forward(self, source: Tensor, answer: Tensor) -> Tensor:
        e, uh, s = self.read(source)
        scores = []
        before = self._start(len(source))
        for i in range(answer.shape[1]):
            y, s, _ = self.step(before, s, e, uh)
            scores.append(y)
            before = answer[:, i]
        return stack(scores, 1)                                                           # (B, I, V)

    @no_grad()
    def write(self, source: Tensor) -> tuple[np.ndarray, np.ndarray]:
        """The likeliest symbol at each place, after those that it wrote itself, and where it looked.

        Shapes:  source (B, J) -> written (B, I) int64, weights (B, I, J)
        """
        e, uh, s = self.read(source)
        before, written, weights = self._start(len(source)), [], []
        for _ in range(self.config.length):
            y, s, a = self.step(before, s, e, uh)
            before = y.argmax(1)
            written.append(before.numpy())
            weights.append(a.numpy())
        return np.stack(written, 1), np.stack(weights, 1)

    def _start(self, n: int) -> Tensor:
        """The symbol before the first: one that is never written."""
        return wrap(np.full(n, self.config.n_target))
