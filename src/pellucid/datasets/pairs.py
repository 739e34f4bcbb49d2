"""Pairs of texts and what people said of them: SNLI, Quora's questions, SICK, the STS benchmark."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pellucid.datasets.files import TextFile

RMIB = "https://raw.githubusercontent.com/chenxingphh/rmib/master/data/"
SICK = "https://raw.githubusercontent.com/brmson/dataset-sts/master/data/sts/sick2014/"
STSB = "https://raw.githubusercontent.com/PhilipMay/stsb-multi-mt/main/data/"
FILES = {(dataset, split): TextFile(dataset, name, sha256, (address,), (folder,))
         for dataset, split, folder, name, address, sha256 in (
    ("snli", "dev", "nli", "snli_dev.tsv", f"{RMIB}snli/dev.txt",
     "b947834bcc1e9f5639436c72750f0d31610b50450e956eadb7f77360733671e5"),
    ("snli", "test", "nli", "snli_test.tsv", f"{RMIB}snli/test.txt",
     "a92dbfbcf0647f7cba053be791ff6d8f52a53d75bcfaf26fec742e93d853920b"),
    ("qqp", "dev", "nli", "qqp_dev.tsv", f"{RMIB}quora/dev.txt",
     "085ad8687ccbe82f935eb251b7e0888a1076c11471d8d8d1e9ece15112bf7753"),
    ("qqp", "test", "nli", "qqp_test.tsv", f"{RMIB}quora/test.txt",
     "1857395803460c266914bc43180a5620864d698bbc3d1cc74fb25357c23c76cd"),
    ("sick", "train", "sts", "sick_train.tsv", f"{SICK}SICK_train.txt",
     "266cf8047149bd1d68138dd30439f3122bff30069740ac6705bb6197d9f1b48e"),
    ("sick", "trial", "sts", "sick_trial.tsv", f"{SICK}SICK_trial.txt",
     "5a88cfb62f8c6bd2a3cce0f2421ba2cb8c2be5ab4a800f6f01e2c64aafb7db56"),
    ("sick", "test", "sts", "sick_test.tsv", f"{SICK}SICK_test_annotated.txt",
     "2b8aa806658d6fc23c6824c83776c2d4fee7556000817b5ec0f982861413b7d0"),
    ("stsb", "train", "sts", "stsb-en-train.csv", f"{STSB}stsb-en-train.csv",
     "e1e84fec60bbb598735552f54a35f4949904a484750fd2cb11e2720e49f63da6"),
    ("stsb", "dev", "sts", "stsb-en-dev.csv", f"{STSB}stsb-en-dev.csv",
     "d29586e96558c4eb52cf5ea5d14e9c24d3bf0e44f111b017caba43a5adc33226"),
    ("stsb", "test", "sts", "stsb-en-test.csv", f"{STSB}stsb-en-test.csv",
     "11523b625219e94e9ca05d2816b5f02cac1614c5894fe657376fa0806378d053"))}


@dataclass(frozen=True)
class TextPairs:
    """Pairs of texts, each with a number: a label of `labels`, or a score where there are none.

    >>> pairs = TextPairs(("a cat", "a dog"), ("a pet", "a fish"), np.array([0, 1]), ("same", "other"))
    >>> pairs.where("other").first
    ('a dog',)
    """

    first: tuple[str, ...]
    second: tuple[str, ...]
    values: np.ndarray
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.first) == len(self.second) == len(self.values):
            raise ValueError(f"TextPairs: wants as many texts as texts and values, got {len(self.first)}, "
                             f"{len(self.second)} and {len(self.values)}")

    def __len__(self) -> int:
        return len(self.first)

    def __iter__(self) -> Iterator[tuple[str, str, float]]:
        return iter(zip(self.first, self.second, self.values.tolist(), strict=True))

    def __getitem__(self, places: np.ndarray) -> TextPairs:
        """The pairs at some places, or where a mask is true."""
        chosen = np.arange(len(self))[places].tolist()
        return TextPairs(tuple(self.first[place] for place in chosen),
                         tuple(self.second[place] for place in chosen), self.values[chosen], self.labels)

    def where(self, label: str) -> TextPairs:
        """The pairs that carry a label."""
        if label not in self.labels:
            raise ValueError(f"TextPairs: no label {label!r}, there are {', '.join(self.labels) or 'none'}")
        return self[self.values == self.labels.index(label)]


def file_of(dataset: str, split: str) -> TextFile:
    """The file of a part."""
    splits = [part for name, part in FILES if name == dataset]
    if split not in splits:
        raise ValueError(f"{dataset}: there is no part {split!r}, there are {', '.join(splits)}")
    return FILES[dataset, split]


def _labelled(dataset: str, split: str, root: str | os.PathLike[str] | None, labels: tuple[str, ...]
              ) -> TextPairs:
    rows = [line.split("\t") for line in file_of(dataset, split).read(root).splitlines()]
    first, second, numbers = zip(*rows, strict=True)
    return TextPairs(first, second, np.array(numbers, np.int64), labels)


def snli(split: str, root: str | os.PathLike[str] | None = None) -> TextPairs:
    """Captions of pictures and sentences that follow from them, may be true, or contradict them.

    The parts "dev" (9,842 pairs) and "test" (9,824), in lower case and without punctuation; the training part
    is far larger and not among them. The files are looked for as `tinyshakespeare` says, also in the folder
    nli.

    Source:  Bowman, Angeli, Potts & Manning 2015, "A large annotated corpus for learning natural language
             inference", arXiv:1508.05326; CC BY-SA 4.0.
    Raises:  ValueError for an unknown part; else as `mnist`.
    """
    return _labelled("snli", split, root, ("entailment", "neutral", "contradiction"))


def qqp(split: str, root: str | os.PathLike[str] | None = None) -> TextPairs:
    """Questions that were put to Quora: "different" or "duplicate"; parts "dev" and "test" of 10,000 pairs.

    The files are looked for as `tinyshakespeare` says, also in the folder nli.

    Source:  Iyer, Dandekar & Csernai 2017, "First Quora Dataset Release: Question Pairs", split by Wang
             et al. 2017, arXiv:1702.03814; for non-commercial use.
    Raises:  as `snli`.
    """
    return _labelled("qqp", split, root, ("different", "duplicate"))


def sick(split: str, root: str | os.PathLike[str] | None = None) -> TextPairs:
    """Pairs of sentences about pictures, related by 1 to 5: parts "train" (4,500), "trial" (500) and "test".

    The files are looked for as `tinyshakespeare` says, also in the folder sts.

    Source:  Marelli et al. 2014, "A SICK cure for the evaluation of compositional distributional semantic
             models", LREC; CC BY-NC-SA 3.0.
    Raises:  as `snli`.
    """
    rows = [line.split("\t") for line in file_of("sick", split).read(root).splitlines()[1:]]
    return TextPairs(tuple(row[1] for row in rows), tuple(row[2] for row in rows),
                     np.array([row[3] for row in rows], np.float32))


def stsb(split: str, root: str | os.PathLike[str] | None = None) -> TextPairs:
    """The STS benchmark: pairs of sentences, alike by 0 to 5; parts "train" (5,749), "dev" and "test".

    The files are looked for as `tinyshakespeare` says, also in the folder sts.

    Source:  Cer et al. 2017, "SemEval-2017 Task 1", arXiv:1708.00055; scores CC BY-SA 4.0, texts under the
             terms of their sources.
    Raises:  as `snli`.
    """
    rows = list(csv.reader(file_of("stsb", split).read(root).splitlines()))
    return TextPairs(tuple(row[0] for row in rows), tuple(row[1] for row in rows),
                     np.array([row[2] for row in rows], np.float32))
