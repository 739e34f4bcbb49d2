"""Sentences in which names are marked: every word has a tag, B-kind where a name begins, I-kind inside, or O.

    word  Japanese  Punk  Techno  band  The    Mad
    tag   B-MISC    O     O       O     B-ORG  I-ORG
"""

from __future__ import annotations

import os
from typing import NamedTuple

from pellucid.datasets.files import TextFile

WNUT = "https://raw.githubusercontent.com/leondz/emerging_entities_17/master/"
WIKI = "https://raw.githubusercontent.com/Babelscape/wikineural/master/data/wikigold/en/"
PARTS = {
    "train": TextFile("wnut17", "wnut17_train.conll",
                      "731820e13f71af324c6b55a1575ec2ce59fbaa2a0806f8f0400b98d56cd6a7a5",
                      (f"{WNUT}wnut17train.conll",), ("ner",)),
    "validation": TextFile("wnut17", "wnut17_dev.conll",
                           "e053b752b8155113ca66e7db08af5f2f5f43ab993694e4774f1ec5bad42312d8",
                           (f"{WNUT}emerging.dev.conll",), ("ner",)),
    "test": TextFile("wnut17", "wnut17_test.conll",
                     "2aa79b764e56ec9264a1b30fdd9b70195bd00ff400b62edd8f399d5f13c178f0",
                     (f"{WNUT}emerging.test.annotated",), ("ner",))}
WIKIGOLD = TextFile("wikigold", "wikigold.conll",
                    "27ba977ee7a788fa11efcbc0590c17292aa3ca5e6126974651d4a68dfa7e9d78",
                    (f"{WIKI}test.conllu",), ("ner",))


class Tagged(NamedTuple):
    """A sentence: its words, and a tag for each."""

    words: list[str]
    tags: list[str]


def wnut17(split: str = "train", root: str | os.PathLike[str] | None = None) -> list[Tagged]:
    """Posts and comments of the web with names that are new or rare: 3,394 to train on, 1,009, 1,287 to test.

    Six kinds: person, location, group, corporation, product, creative-work. The three parts come from
    different sites, and most names of one are in no other. The files wnut17_train.conll, wnut17_dev.conll and
    wnut17_test.conll are looked for as `tinyshakespeare` says, also in the folder ner.

    Source:  Derczynski, Nichols, van Erp & Limsopatham 2017, "Results of the WNUT2017 Shared Task on Novel
             and Emerging Entity Recognition". CC BY 4.0.
    Raises:  ValueError for a split other than "train", "validation", "test"; else as `mnist`.
    """
    if split not in PARTS:
        raise ValueError(f"wnut17: split must be one of {', '.join(PARTS)}, got {split!r}")
    return read_tagged(PARTS[split].read(root))


def wikigold(root: str | os.PathLike[str] | None = None) -> list[Tagged]:
    """1,841 sentences of Wikipedia's articles, in their order; PER, LOC, ORG and MISC are marked.

    There is no official division into parts. wikigold.conll is looked for as `tinyshakespeare` says, also in
    the folder ner.

    Source:  Balasuriya, Ringland, Nothman, Murphy & Curran 2009, "Named Entity Recognition in Wikipedia".
             CC BY 4.0.
    Raises:  as `mnist`.
    """
    return read_tagged(WIKIGOLD.read(root))


def read_tagged(text: str) -> list[Tagged]:
    """Sentences from lines "word TAB tag" or "number TAB word TAB tag", with an empty line after each.

    >>> read_tagged("The\\tB-ORG\\nMad\\tI-ORG\\n\\nis\\tO\\n")
    [Tagged(words=['The', 'Mad'], tags=['B-ORG', 'I-ORG']), Tagged(words=['is'], tags=['O'])]

    Raises:  ValueError naming the first line that has no word and tag.
    """
    sentences, words, tags = [], [], []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            cells = line.rstrip("\r").split("\t")
            if len(cells) < 2 or not cells[-1]:
                raise ValueError(f"line {number} wants a word, a tab and a tag, got {line!r}")
            words.append(cells[-2])
            tags.append(cells[-1])
        elif words:
            sentences.append(Tagged(words, tags))
            words, tags = [], []
    return sentences
