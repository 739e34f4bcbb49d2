"""A GPT that reads letters, in nanoGPT's size for a CPU."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ..attention import block_flops, self_attention
from ..row import Row, Work, dense

LAYERS, N_HEADS, WIDTH, CONTEXT, BATCH, LETTERS = 4, 4, 128, 64, 12, 65


def block(torch: ModuleType) -> Any:
    """Normalise, attend, add; normalise, two linear layers, add. No biases, as in nanoGPT."""
    nn: Any = torch.nn
    C = WIDTH

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(C, bias=False), nn.LayerNorm(C, bias=False)
            self.qkv, self.out = nn.Linear(C, 3 * C, bias=False), nn.Linear(C, C, bias=False)
            self.inside, self.outside = nn.Linear(C, 4 * C, bias=False), nn.Linear(4 * C, C, bias=False)
            self.gelu = nn.GELU()

        def forward(self, x: Any, later: Any) -> Any:
            x = x + self.out(self_attention(torch, self.qkv(self.norm1(x)), N_HEADS, later))
            return x + self.outside(self.gelu(self.inside(self.norm2(x))))

    return Block()


def gpt(torch: ModuleType) -> Any:
    """Letters in, scores of the next letter out, with one matrix for both ends."""
    nn: Any = torch.nn

    class Gpt(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.letters, self.places = nn.Embedding(LETTERS, WIDTH), nn.Embedding(CONTEXT, WIDTH)
            self.blocks = nn.ModuleList([block(torch) for _ in range(LAYERS)])
            self.norm, self.head = nn.LayerNorm(WIDTH, bias=False), nn.Linear(WIDTH, LETTERS, bias=False)
            for parameter in self.parameters():
                if parameter.dim() > 1:
                    nn.init.normal_(parameter, std=0.02)
            self.letters.weight = self.head.weight

        def forward(self, x: Any, later: Any) -> Any:
            h = self.letters(x) + self.places.weight                         # (B, T, C)
            for each in self.blocks:
                h = each(h, later)
            return self.head(self.norm(h))                                   # (B, T, V)

    return Gpt()


def build(torch: ModuleType) -> Work:
    """Cross-entropy, clipping of the gradient's norm, AdamW with decay on the matrices alone."""
    model = gpt(torch)
    x, y = torch.randint(0, LETTERS, (BATCH, CONTEXT)), torch.randint(0, LETTERS, (BATCH * CONTEXT,))
    later = torch.ones(CONTEXT, CONTEXT).tril() == 0
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1},
                                   {"params": vectors, "weight_decay": 0.0}], lr=1e-3, betas=(0.9, 0.99))

    def step() -> Any:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(x, later).view(-1, LETTERS), y)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss

    return Work(step, {**model.state_dict(), "x": x, "y": y})


FLOPS = 3 * (LAYERS * block_flops(BATCH, CONTEXT, WIDTH, 4 * WIDTH) + dense(BATCH * CONTEXT, WIDTH, LETTERS))
ROWS = {"gpt": Row("nanoGPT's CPU size: 4 layers, 4 heads, width 128, context 64, batch 12, AdamW", build,
                   FLOPS)}
