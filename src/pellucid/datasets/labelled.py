"""Texts with a class: judgements of films (SST-2), kinds of questions (TREC)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import numpy as np

from pellucid.datasets.files import DataFile, TextFile
from pellucid.datasets.plain import read_text

SST = "https://raw.githubusercontent.com/clairett/pytorch-sentiment-classification/master/data/SST2/"
TREC = "https://raw.githubusercontent.com/harvardnlp/sent-conv-torch/master/data/raw/"


@dataclass(frozen=True)
class WesternText(TextFile):
    """A text that was written down before UTF-8 was common: ISO 8859-1, a byte for each letter."""

    def parsed(self, source: str | os.PathLike[str] | IO[bytes]) -> str:
        return read_text(source, sha256=self.sha256, encoding="latin-1")


FILES: dict[tuple[str, str], DataFile] = {
    ("sst2", "train"): TextFile("sst2", "sst2_train.tsv",
                                "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920",
                                (f"{SST}train.tsv",), ("textclass",)),
    ("sst2", "validation"): TextFile("sst2", "sst2_dev.tsv",
                                     "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359",
                                     (f"{SST}dev.tsv",), ("textclass",)),
    ("sst2", "test"): TextFile("sst2", "sst2_test.tsv",
                               "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7",
                               (f"{SST}test.tsv",), ("textclass",)),
    ("trec", "train"): WesternText("trec", "trec_train.txt",
                                   "9e4c8bdcaffb96ed61041bd64b564183d52793a8e91d84fc3a8646885f466ec3",
                                   (f"{TREC}TREC.train",), ("textclass",)),
    ("trec", "test"): WesternText("trec", "trec_test.txt",
                                  "033f22c028c2bbba9ca682f68ffe204dc1aa6e1cf35dd6207f2d4ca67f0d0e8e",
                                  (f"{TREC}TREC.test",), ("textclass",))}
QUESTIONS = ("ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM")


@dataclass(frozen=True)
class LabelledTexts:
    """Texts, the number of each one's class, and the classes' names.

    >>> made = LabelledTexts(("good", "bad", "fine"), np.array([1, 0, 1]), ("negative", "positive"))
    >>> made[made.y == 1].texts
    ('good', 'fine')
    """

    texts: tuple[str, ...]
    y: np.ndarray
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.texts)

    def __iter__(self) -> Iterator[tuple[str, int]]:
        return iter(zip(self.texts, self.y.tolist(), strict=True))

    def __getitem__(self, places: np.ndarray | slice) -> LabelledTexts:
        """The texts at some places, or where a mask is true."""
        chosen = np.arange(len(self))[places].tolist()
        return LabelledTexts(tuple(self.texts[place] for place in chosen), self.y[chosen], self.class_names)


def file_of(dataset: str, split: str) -> DataFile:
    """The file of a part."""
    splits = [part for name, part in FILES if name == dataset]
    if split not in splits:
        raise ValueError(f"{dataset}: there is no part {split!r}, there are {', '.join(splits)}")
    return FILES[dataset, split]


def sst2(split: str = "train", root: str | os.PathLike[str] | None = None) -> LabelledTexts:
    """Sentences from reviews of films, "negative" or "positive".

    The parts are "train" (6,920), "validation" (872) and "test" (1,821); whole sentences alone, in lower
    case, their words apart. The files are looked for as `tinyshakespeare` says, also in the folder textclass.

    Source:  Socher et al. 2013, "Recursive Deep Models for Semantic Compositionality Over a Sentiment
             Treebank", EMNLP; for research.
    Raises:  ValueError for an unknown part; else as `mnist`.
    """
    rows = [line.rpartition("\t") for line in file_of("sst2", split).read(root).splitlines()]
    return LabelledTexts(tuple(row[0] for row in rows), np.array([int(row[2]) for row in rows]),
                         ("negative", "positive"))


def trec(split: str = "train", root: str | os.PathLike[str] | None = None) -> LabelledTexts:
    """Questions by what they ask for: "ABBR", "DESC", "ENTY", "HUM", "LOC" or "NUM".

    The parts are "train" (5,452) and "test" (500). The files are looked for as `tinyshakespeare` says, also
    in the folder textclass.

    Source:  Li & Roth 2002, "Learning Question Classifiers", COLING; for research.
    Raises:  as `sst2`.
    """
    rows = [line.partition(" ") for line in file_of("trec", split).read(root).split("\n") if line]
    return LabelledTexts(tuple(row[2].strip() for row in rows),
                         np.array([QUESTIONS.index(row[0].partition(":")[0]) for row in rows]), QUESTIONS)
