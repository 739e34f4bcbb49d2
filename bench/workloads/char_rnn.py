"""A recurrent network that reads text letter by letter: 65 letters, hidden 128, 25 steps."""

from __future__ import annotations

import functools
from types import ModuleType
from typing import Any

from ..row import Row, Work, dense, recurrence

LETTERS, HIDDEN, STEPS = 65, 128, 25


def build(torch: ModuleType, batch: int) -> Work:
    """Embedding, RNN, a linear layer to the next letter; cross-entropy; Adam."""
    nn, F = torch.nn, torch.nn.functional
    parts = nn.ModuleDict({"embed": nn.Embedding(LETTERS, HIDDEN), "out": nn.Linear(HIDDEN, LETTERS),
                           "rnn": nn.RNN(HIDDEN, HIDDEN, batch_first=True)})
    x, y = torch.randint(0, LETTERS, (batch, STEPS)), torch.randint(0, LETTERS, (batch * STEPS,))
    optimizer = torch.optim.Adam(parts.parameters(), lr=1e-3)

    def step() -> Any:
        optimizer.zero_grad()
        states, _ = parts["rnn"](parts["embed"](x))                          # (B, T, H)
        loss = F.cross_entropy(parts["out"](states).reshape(-1, LETTERS), y)
        loss.backward()
        optimizer.step()
        return loss

    return Work(step, {**parts.state_dict(), "x": x, "y": y})


def row(batch: int) -> Row:
    """The row for a batch size; the embedded letters need their gradient."""
    flops = (recurrence(batch, STEPS, HIDDEN, HIDDEN, gates=1) + dense(batch * STEPS, HIDDEN, HIDDEN)
             + 3 * dense(batch * STEPS, HIDDEN, LETTERS))
    return Row(f"RNN hidden {HIDDEN}, T {STEPS}, batch {batch}, Adam",
               functools.partial(build, batch=batch), flops)


ROWS = {"char-rnn": row(1), "char-rnn-batch32": row(32)}
