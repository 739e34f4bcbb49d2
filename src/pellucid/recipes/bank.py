"""bank: a river bank and a money bank: attention gives one word two vectors.

Reaches   the two texts' vectors point apart, similarity <= -0.99; the vectors of "bank" in them differ,
          similarity <= 0.9
Protocol  BPE learned from the two texts; embedding, one layer of self-attention, mean, length 1; InfoNCE
          between both texts and forms of them that lack words, 200 steps of Adam; weights and words drawn
          with seed 0
Seconds   2 on 2 cores

The same code trains under PyTorch, which `network` and `train` take in place of Pellucid: from the same
weights, with the same words left out, both agree in every weight to 1e-4 at every step; a test sees to it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import pellucid

from ..embed.augment import WordDropout
from ..embed.losses import InfoNCE
from ..text import Tokenizer
from .job import Job

EXPECTED = {"similarity_at_most": -0.99, "bank_similarity_at_most": 0.9}
TEXTS = ("river bank", "money bank")
WORD = "bank</w>"                                                # its token ends a word


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 200           # steps
    width: int = 16
    lr: float = 0.01
    share: float = 0.3          # of the words that are left out of the second form of a text
    temperature: float = 1.0    # with 0.2 the loss is content before the two are opposite


def network(torch: Any, tokens: int, width: int) -> Any:
    """Self-attention over the vectors of a text's tokens, and their mean.

        x = E[tokens]                   h = x + softmax(q k^T / sqrt(C)) v W_o          y = mean h / |mean h|

    Called with numbers (B, T) and 1 or 0 where a text has ended (B, T), gives y (B, C), h (B, T, C) and the
    softmax (B, T, T). `torch` is pellucid, or PyTorch.
    """
    class Network(torch.nn.Module):                              # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = torch.nn.Embedding(tokens, width)
            self.query = torch.nn.Linear(width, width)
            self.key = torch.nn.Linear(width, width, bias=False)  # softmax would not notice a bias
            self.value, self.out = torch.nn.Linear(width, width), torch.nn.Linear(width, width)

        def forward(self, numbers: Any, mask: Any) -> tuple[Any, Any, Any]:
            x = self.embedding(numbers)                                              # (B, T, C)
            scores = self.query(x) @ self.key(x).transpose(1, 2) / width ** 0.5      # (B, T, T)
            seen = torch.softmax(scores.masked_fill(mask[:, None] == 0, -1e9), -1)
            h = x + self.out(seen @ self.value(x))
            y = (h * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)             # (B, C)
            return torch.nn.functional.normalize(y, dim=1), h, seen

    return Network()


def padded(texts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Texts of unlike lengths as rows of one array, and 1 where they reach, 0 after."""
    lengths = np.array([len(text) for text in texts])
    mask = np.arange(lengths.max()) < lengths[:, None]
    numbers = np.zeros(mask.shape, np.int64)
    numbers[mask] = np.concatenate(texts)
    return numbers, mask.astype(np.float32)


def batches(tokenizer: Tokenizer, steps: int, share: float) -> Iterator[list[np.ndarray]]:
    """For each step the texts and forms of them that lack words: numbers and mask of either."""
    found = tokenizer.encode_batch(TEXTS)
    texts = [np.array(each.ids) for each in found]
    words = [np.array(each.word_ids) for each in found]
    drop = WordDropout(share)
    for _ in range(steps):
        yield [*padded(texts), *padded([text[kept] for text, kept in zip(texts, drop(words), strict=True)])]


def train(torch: Any, model: Any, given: Iterator[list[np.ndarray]], loss: Callable[..., Any], lr: float
          ) -> Iterator[tuple[float, float]]:
    """Train, and give after each step its loss and the similarity of the two texts."""
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for arrays in given:
        numbers, mask, other_numbers, other_mask = (torch.tensor(array) for array in arrays)
        y = model(numbers, mask)[0]
        value = loss(y, model(other_numbers, other_mask)[0])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        with torch.no_grad():
            y = model(numbers, mask)[0]
        yield value.item(), (y[0] * y[1]).sum().item()


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    tokenizer = Tokenizer.train([f"{text}\n" for text in TEXTS] * 4, 24, "bpe")
    job.say("tokens: " + ", ".join(" ".join(each.tokens) for each in tokenizer.encode_batch(TEXTS)))
    model = network(pellucid, len(tokenizer), s.width)
    job.run.describe(model=repr(model), parameters=sum(p.numel() for p in model.parameters()))
    before = looked_at(model, tokenizer)
    steps = list(train(pellucid, model, batches(tokenizer, s.epochs, s.share), InfoNCE(s.temperature), s.lr))
    losses, similarities = zip(*steps, strict=True)
    job.run.write_rows("metrics.jsonl", [{"epoch": n + 1, "loss": loss, "similarity": similarity}
                                         for n, (loss, similarity) in enumerate(steps)])
    job.keep(model.state_dict())
    after = looked_at(model, tokenizer)
    draw(job, losses, similarities, before, after)
    return {"similarity": similarities[-1], "bank_similarity": after["bank"], "loss": losses[-1],
            "bank_similarity_before": before["bank"]}


def looked_at(model: Any, tokenizer: Tokenizer) -> dict[str, Any]:
    """The similarity of the two vectors of "bank", all tokens' names and vectors, and where they look."""
    found = tokenizer.encode_batch(TEXTS)
    with pellucid.no_grad():
        results = [model(*map(pellucid.tensor, padded([np.array(each.ids)]))) for each in found]
    h = [vectors[0].numpy() for _, vectors, _ in results]
    names = [[token.removesuffix("</w>") for token in each.tokens] for each in found]
    one, other = (rows[each.tokens.index(WORD)] for rows, each in zip(h, found, strict=True))
    return {"bank": float(one @ other / np.linalg.norm(one) / np.linalg.norm(other)), "names": names, "h": h,
            "seen": [seen[0].numpy() for _, _, seen in results]}


def draw(job: Job, losses: tuple, similarities: tuple, before: dict, after: dict) -> None:
    """How the two texts part, what their words' vectors are, and where they look."""
    from .. import plot

    def squares(rows: np.ndarray) -> Any:
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return plot.alignments([unit @ unit.T], [names], [names], columns=1)

    job.lines("the two texts part", {"similarity": similarities, "loss": losses},
              "The cosine of the two texts' vectors, and the loss, by step. The loss jumps where both forms "
              "were left with the word \"bank\" alone: then nothing tells them apart.", start=1, log=False)
    names = [f"{word} ({'river' if i == 0 else 'money'})" if word == "bank" else word
             for i, words in enumerate(after["names"]) for word in words]
    for when, found in (("before", before), ("after", after)):
        job.figure(
            f"similar words {when} training", functools.partial(squares, np.concatenate(found["h"])),
            "The cosines of the tokens' vectors behind the attention, white from 0 down. Before any training "
            "both vectors of \"bank\" are nearly one; then each leans towards its neighbour.")
    job.figure("where the words look", lambda: plot.alignments(after["seen"], after["names"], after["names"],
                                                               TEXTS),
               "Each row is a token that looks, each column one that is looked at; a row sums to 1.")
