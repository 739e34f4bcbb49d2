"""Small networks to look into: one trace of each kind that the page must show."""

from __future__ import annotations

from typing import Any

import pellucid
from pellucid import nn, optim
from pellucid.explain.trace import Trace, trace
from pellucid.nn import functional as F


def mlp() -> Trace:
    """XOR, with one step of Adam."""
    pellucid.manual_seed(0)
    x = pellucid.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = pellucid.tensor([[0.0], [1.0], [1.0], [0.0]])
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    with trace(title="A network learns XOR") as t:
        for _ in range(2):
            loss = F.binary_cross_entropy_with_logits(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return t


class Cnn(nn.Module):
    """Two convolutions, batch normalisation, pooling, a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, stride=2), nn.ReLU(), nn.AvgPool2d(2, 1))
        self.head = nn.Linear(24, 3)

    def forward(self, x: Any) -> Any:
        return self.head(pellucid.flatten(self.features(x), 1))


def cnn() -> Trace:
    """A small convolutional network with momentum."""
    pellucid.manual_seed(0)
    model, x, y = Cnn(), pellucid.randn(2, 1, 14, 14), pellucid.tensor([0, 2])
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=0.01)
    with trace(title="A small convolutional network") as t:
        loss = F.cross_entropy(model(x), y, label_smoothing=0.1)
        loss.backward()
        optimizer.step()
    return t


class Reader(nn.Module):
    """An LSTM over letters and a linear layer on its last state."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Embedding(7, 3)
        self.lstm = nn.LSTM(3, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        return self.head(self.lstm(self.letters(x))[0][:, -1])


def lstm() -> Trace:
    """Sequences of letters."""
    pellucid.manual_seed(0)
    model, x = Reader(), pellucid.tensor([[1, 2, 3, 2, 6], [0, 5, 5, 4, 1]])
    optimizer = optim.AdamW(model.parameters(), lr=0.01)
    with trace(title="An LSTM reads letters") as t:
        loss = F.mse_loss(model(x), pellucid.tensor([[1.0, 0.0], [0.0, 1.0]]))
        loss.backward()
        optimizer.step()
    return t


class Transformer(nn.Module):
    """Two layers of attention over letters, and the next letter as the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(11, 8), nn.Embedding(6, 8)
        layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True,
                                           norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(8, 11)

    def forward(self, x: Any) -> Any:
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
        h = self.tokens(x) + self.places(pellucid.arange(x.shape[1]))
        return self.head(self.layers(h, mask=mask))


def transformer() -> Trace:
    """A 2-layer transformer that says the next letter."""
    pellucid.manual_seed(0)
    model, x = Transformer(), pellucid.tensor([[1, 5, 2, 9, 2, 7]])
    optimizer = optim.AdamW(model.parameters(), lr=0.01)
    with trace(title="A transformer of two layers") as t:
        loss = F.cross_entropy(model(x)[:, :-1].flatten(0, 1), x[:, 1:].flatten())
        loss.backward()
        optimizer.step()
    return t


class Swish(pellucid.autograd.Function):
    """A smooth ramp of one's own.

        y  = x / (1 + e^(-beta x))
        dx = g s (1 + beta x (1 - s))        s = 1 / (1 + e^(-beta x))
    """

    @staticmethod
    def forward(ctx: Any, x: Any, beta: float) -> Any:
        ctx.save_for_backward(x)
        ctx.beta = beta
        return x / (1 + pellucid.exp(-beta * x))

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        s = 1 / (1 + pellucid.exp(-ctx.beta * x))
        return g * s * (1 + ctx.beta * x * (1 - s)), None


def own_function() -> Trace:
    """A function of the user's own between two layers."""
    pellucid.manual_seed(0)
    first, second = nn.Linear(3, 3), nn.Linear(3, 1)
    x = pellucid.randn(2, 3)
    with trace(title="A function of one's own") as t:
        loss = second(Swish.apply(first(x), 1.5)).square().mean()
        loss.backward()
    return t


NETWORKS = {"mlp": mlp, "cnn": cnn, "lstm": lstm, "transformer": transformer, "own": own_function}

# Accounts of up to three cells of everything that the steps of a page made.
ACCOUNTS = """JSON.stringify((() => {
    const trace = JSON.parse(document.getElementById("trace").textContent), found = [];
    for (const step of trace.steps) {
        const made = {forward: step.outputs, backward: step.gradients, update: [step.after]}[step.phase];
        made.forEach((id, index) => {
            const count = id === null ? 0 : trace.values[id].shape.reduce((a, b) => a * b, 1);
            for (const cell of new Set([0, count >> 1, count - 1])) if (count) {
                const op = step.phase === "backward" ? trace.steps[step.of].op : step.op;
                const account = pellucid.account(step.id, index, cell);
                found.push({step: step.id, phase: step.phase, op, index, value: id, cell, ...account});
            }
        });
    }
    return found;
})())"""
