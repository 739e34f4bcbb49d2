"""sentence-static: texts as means of learned vectors, which lie near each other where texts mean the same.

Reaches   Spearman on the test part of STS-B > 58.02, that of averaged GloVe vectors
Protocol  pairs of SNLI's dev and test parts that follow from each other, Quora's duplicates, the training
          parts of SICK and STS-B with their scores, without any pair of which a text is in STS-B's dev or
          test part; 8,000 WordPieces learned from these texts; vectors drawn at random (seed 0), those of
          frequent tokens shorter; InfoNCE and cosines, Adam; the pass that is best on STS-B's dev part is
          tested once
Seconds   25 on 2 cores

Vectors drawn at random are nearly orthogonal, so that texts are alike at the start as far as they share
tokens, and rare tokens count more: this alone gives 76 on the dev part. Training finds which tokens mean the
same.

Source:  the bar: Reimers & Gurevych 2019, "Sentence-BERT", arXiv:1908.10084, table 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import datasets
from ..embed import StaticEncoder, TextEncoder, evaluate_sts, train_encoder
from ..embed.losses import Cosine, InfoNCE
from ..embed.pairs import PairSet
from ..text import Tokenizer
from .job import Job

EXPECTED = {"test_spearman": 58.02}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 8             # the dev part's Spearman is flat by then
    vocabulary: int = 8000      # tokens
    dimension: int = 256        # 512 gain 0.2
    smoothing: float = 1e-3     # the share of all tokens at which a vector is halved
    batch_size: int = 128       # pairs
    lr: float = 0.05            # vectors' components start with a deviation of 1
    temperature: float = 0.1


def main(job: Job) -> dict[str, Any]:
    s = job.settings
    sets = training_sets()
    dev, test = datasets.stsb("dev"), datasets.stsb("test")
    tokenizer = Tokenizer.train(texts_of(sets), s.vocabulary, "wordpiece")
    encoder = StaticEncoder.random(tokenizer, s.dimension)
    encoder.weigh(texts_of(sets), s.smoothing)
    start = judged(encoder, dev)["spearman"]

    job.run.describe(model=repr(encoder), parameters=encoder.weight.size, pairs=sum(map(len, sets)))
    history = train_encoder(encoder, sets, validation=scored(dev, 0, 5),
                            evaluate=lambda trained: judged(trained, dev), epochs=s.epochs,
                            batch_size=s.batch_size, lr=s.lr, weight_decay=0.0, loss=InfoNCE(s.temperature),
                            scored=Cosine(), run=job.run, resume=job.resume, verbose=job.verbose)
    encoder.save_pretrained(job.run.path("model"))
    show_words(job, encoder, sets)
    show_agreement(job, start, history["val_spearman"])
    return {"test_spearman": judged(encoder, test)["spearman"],
            "dev_spearman": max(history["val_spearman"]), "start_dev_spearman": start}


def training_sets() -> list[PairSet]:
    """Texts that belong together, and pairs with scores; none of them is in STS-B's dev or test part."""
    kept_apart = {plain(text) for part in ("dev", "test") for pairs in [datasets.stsb(part)]
                  for text in (*pairs.first, *pairs.second)}

    def clean(pairs: datasets.TextPairs) -> datasets.TextPairs:
        return pairs[np.array([not {plain(a), plain(b)} & kept_apart for a, b, _ in pairs])]

    together = [clean(load(part).where(label)) for load, label in ((datasets.snli, "entailment"),
                                                                   (datasets.qqp, "duplicate"))
                for part in ("dev", "test")]
    return [PairSet((tuple(text for pairs in together for text in pairs.first),
                     tuple(text for pairs in together for text in pairs.second))),
            scored(clean(datasets.stsb("train")), 0, 5), scored(clean(datasets.sick("train")), 1, 5)]


def plain(text: str) -> str:
    """A text without case and punctuation, as SNLI's are."""
    return " ".join(re.findall("[a-z0-9]+", text.lower()))


def scored(pairs: datasets.TextPairs, lowest: float, highest: float) -> PairSet:
    """Pairs with their scores from 0 to 1."""
    return PairSet((pairs.first, pairs.second), (pairs.values - lowest) / (highest - lowest))


def texts_of(sets: list[PairSet]) -> Iterator[str]:
    """All texts of the sets."""
    return (text for each in sets for column in each.columns for text in column)


def judged(encoder: TextEncoder, pairs: datasets.TextPairs) -> dict[str, float]:
    """Spearman's and Pearson's correlation with people's scores, in hundredths."""
    found = evaluate_sts(encoder, pairs.first, pairs.second, pairs.values.tolist(), batch_size=128)
    return {name: 100 * found[name] for name in ("spearman", "pearson")}


def show_agreement(job: Job, start: float, spearman: list[float]) -> None:
    """How it came to agree with people."""
    job.lines("agreement with people", {"STS-B dev": [start, *spearman]},
              "Spearman's correlation of cosines with people's scores after each pass, in hundredths; pass 0 "
              "is before this training. The best is kept.", x_label="pass", log=False)


def show_words(job: Job, encoder: StaticEncoder, sets: list[PairSet]) -> None:
    """Which tokens count, and which have come to lie near each other."""
    counts = np.bincount(np.concatenate(encoder.tokens(list(texts_of(sets)))),
                         minlength=len(encoder.weight))
    names = {number: token for token, number in encoder.tokenizer.vocab.items()}
    lengths = np.linalg.norm(encoder.weight, axis=1)
    known = np.flatnonzero(counts >= 30)
    order = known[np.argsort(lengths[known])]
    job.texts("What counts", {"short vectors": ", ".join(names[n] for n in order[:40]),
                              "long vectors": ", ".join(names[n] for n in order[::-1][:40])},
              "A text's vector is the mean of its tokens', so a token counts as much as its vector is long. "
              "Of those that occur at least 30 times.")
    unit = encoder.weight / np.maximum(lengths, 1e-9)[:, None]
    near = {}
    for word in ("man", "guitar", "dog", "running", "best", "money", "president", "learn"):
        place = encoder.tokenizer.vocab.get(word)
        if place is not None:
            ranked = known[np.argsort(-unit[known] @ unit[place])]
            near[word] = ", ".join(names[n] for n in ranked[:9] if n != place)
    job.texts("Who is near whom", near, "The tokens with the most similar vectors. At the start there were "
              "none: all directions had been drawn at random.")
