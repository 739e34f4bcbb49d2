"""A PyTorch script runs unchanged but for its imports, and prints the same numbers."""

from __future__ import annotations

import contextlib
import io
import re

import pytest

torch = pytest.importorskip("torch")

BANK = '''
import math

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(0)


class SentenceEncoder(nn.Module):
    def __init__(self, n_words=10, width=8):
        super().__init__()
        self.embedding = nn.Embedding(n_words, width)
        self.query = nn.Linear(width, width, bias=False)
        self.key = nn.Linear(width, width, bias=False)
        self.value = nn.Linear(width, width, bias=False)

    def forward(self, words):
        x = self.embedding(words)
        q, k, v = self.query(x), self.key(x), self.value(x)
        scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
        weights = F.softmax(scores, dim=-1)
        sentence = torch.matmul(weights, v).mean(dim=0)
        return F.normalize(sentence, dim=0), weights


river_bank = torch.tensor([0, 1])
bank = torch.tensor([1])
money_bank = torch.tensor([2, 1])
model = SentenceEncoder()
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
for step in range(20):
    anchor, _ = model(river_bank)
    positive, _ = model(bank)
    negative, _ = model(money_bank)
    sim_pos = torch.dot(anchor, positive)
    sim_neg = torch.dot(anchor, negative)
    loss = F.cross_entropy(torch.stack([sim_pos, sim_neg]).unsqueeze(0), torch.tensor([0]))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"{step:2d}  loss {loss.item():.4f}  positive {sim_pos.item():+.4f} negative {sim_neg.item():+.4f}")

with torch.no_grad():
    anchor, weights = model(river_bank)
    negative, _ = model(money_bank)
print(model)
print("attention", [[round(w, 4) for w in row] for row in weights.tolist()])
print(f"anchor and negative: {torch.dot(anchor, negative).item():.4f}")
'''


def printed(text: str) -> str:
    """What a script prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(text, "script.py", "exec"), {"__name__": "__main__"})
    return out.getvalue()


def with_other_imports(text: str) -> str:
    """The same text with `pellucid` for `torch` in its imports, and nowhere else."""
    return re.sub(r"^(import|from) torch\b(?! as)(\S*)(?: as (\w+))?(.*)$",
                  lambda m: f"{m[1]} pellucid{m[2]} as {m[3] or 'torch'}" if m[1] == "import"
                  else f"from pellucid{m[2]}{m[4]}", text, flags=re.MULTILINE)


NUMBER = re.compile(r"[-+]?\d+\.\d+")


def test_only_imports_change():
    lines = zip(BANK.splitlines(), with_other_imports(BANK).splitlines(), strict=True)
    changed = [(before, after) for before, after in lines if before != after]
    assert changed == [("import torch", "import pellucid as torch"),
                       ("import torch.nn as nn", "import pellucid.nn as nn"),
                       ("import torch.nn.functional as F", "import pellucid.nn.functional as F")]


def test_the_bank_script_prints_the_same_numbers():
    ours, theirs = printed(with_other_imports(BANK)), printed(BANK)
    assert NUMBER.sub("#", ours) == NUMBER.sub("#", theirs), "the words around the numbers"
    found, expected = ([float(n) for n in NUMBER.findall(text)] for text in (ours, theirs))
    assert len(found) == 20 * 3 + 4 + 1
    assert found == pytest.approx(expected, abs=1.01e-4)         # 4 digits, the last rounded either way
    assert found[-1] < -0.99, "anchor and negative point apart after training"
