"""distill: a table of vectors learns from all-MiniLM-L6-v2 to be nearly as good, and is far faster.

Reaches   Spearman on the test part of STS-B >= 70 with 256 components of 8 bits, a model of at most 16 MB, at
          least 50 times MiniLM's texts per second
Protocol  no labels and no pairs: each of MiniLM's 30,522 tokens alone through MiniLM, the 256 principal
          directions of that, tokens that are frequent in the books shorter; then refined on 30,000 sentences
          of the books (seed 0) to point where MiniLM's vectors of them point, 1,000 of them held out; stored
          with 8 bits and read again, then tested once on STS-B's test part; speed of both on its 2,758 texts,
          MiniLM on 500 of them, each the faster of two runs
Seconds   230 on 2 cores

The vector of a token alone, through all six layers, says most of what it means in any text. What it cannot
say is how much the token counts: frequent ones count for little (Arora, Liang & Ma 2017).

Source:  Tulkens & van Dongen 2024, "Model2Vec: Turn any Sentence Transformer into a Small Fast Model".
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets
from ..embed import StaticEncoder, TextEncoder
from ..embed.distill import refine, sentences_of, some_of, table_of
from .job import Job
from .minilm import minilm
from .sentence_static import judged

EXPECTED = {"test_spearman": 70, "times_as_fast": 50, "megabytes_at_most": 16}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    dimension: int = 256        # of MiniLM's 384, which hold 96 % of the tokens' variance
    sentences: int = 30_000     # of the books' 160,000 with 5 to 24 words
    smoothing: float = 1e-3     # the share of all tokens at which a vector is halved
    epochs: int = 4
    batch_size: int = 256
    lr: float = 3e-3
    timed: int = 500            # texts that MiniLM's speed is measured on


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    teacher = minilm()
    sentences = some_of(sentences_of(datasets.books()), s.sentences, s.seed)
    dev, test = datasets.stsb("dev"), datasets.stsb("test")
    encoder, basis = table_of(teacher, sentences, s.dimension, smoothing=s.smoothing, verbose=job.verbose)
    start = judged(encoder, dev)["spearman"]
    history = refine(encoder, teacher, basis, sentences, epochs=s.epochs, batch_size=s.batch_size, lr=s.lr,
                     seed=s.seed, run=job.run, resume=job.resume, verbose=job.verbose)
    encoder.save_pretrained(job.run.path("model"), "int8")
    stored = StaticEncoder.from_pretrained(job.run.path("model"))
    job.run.describe(model=repr(encoder), parameters=encoder.weight.size, sentences=len(sentences))
    texts = [*test.first, *test.second]
    ours = texts_per_second(stored, texts)
    theirs = texts_per_second(teacher, texts[::max(1, len(texts) // s.timed)])
    job.say(f"{ours:,.0f} texts per second, MiniLM {theirs:,.0f}")
    found = {"test_spearman": judged(stored, test)["spearman"], "times_as_fast": ours / theirs,
             "megabytes": sum(file.stat().st_size for file in job.run.path("model").rglob("*")
                              if file.is_file()) / 1e6,
             "dev_spearman": judged(stored, dev)["spearman"], "dev_spearman_before_refinement": start,
             "texts_per_second": ours}
    show(job, stored, teacher, sentences, history)
    return found


def texts_per_second(encoder: TextEncoder, texts: list[str]) -> float:
    """Of the faster of two runs; the first makes everything ready."""
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        encoder.encode(texts)
        seconds.append(time.perf_counter() - start)
    return len(texts) / min(seconds)


def show(job: Job, encoder: StaticEncoder, teacher: TextEncoder, sentences: list[str], history: Any) -> None:
    """How near the table came to its teacher, which words it finds alike, and whose words count."""
    job.lines("distance to the teacher", {"training": history["loss"], "held out": history["val_loss"]},
              "1 - cosine between a sentence's vector and where the teacher's points, after each pass.",
              x_label="pass", start=1, log=False)
    names = {number: token for token, number in encoder.tokenizer.vocab.items()}
    words = np.array([number for number, token in names.items() if token.isalpha() and len(token) > 2])
    length = np.linalg.norm(encoder.weight, axis=1)
    unit = encoder.weight[words] / np.maximum(length[words], 1e-12)[:, None]
    near: dict[str, str] = {}
    for word in ("river", "money", "doctor", "red", "quickly"):
        if word in encoder.tokenizer.vocab:
            scores = unit @ encoder.weight[encoder.tokenizer.vocab[word]]
            near[word] = ", ".join(names[words[place]] for place in np.argsort(-scores)[1:9])
    order = words[np.argsort(length[words])]
    near["count for least"] = ", ".join(names[number] for number in order[:30])
    job.texts("what the table knows", near, "The nearest words to some, and those with the shortest vectors.")
