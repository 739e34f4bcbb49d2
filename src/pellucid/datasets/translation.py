"""Sentences in two languages."""

from __future__ import annotations

import os

from pellucid.datasets.files import TextFile

ADDRESS = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
PARTS = {"train": "train", "validation": "val", "test": "test_2016_flickr"}
SUMS = {
    "train.de": "2c2b73fd2b548fbcde3a875e0a78d6ee94d498bfdee6bd3eae3945779e9ddf72",
    "train.en": "460a15fbd157e34a7a9957ee388c1ca247fe47af3ef25fb50442af6c274e0fc6",
    "val.de": "660e09eb7e1da2f856ea13ee5ad3cf6d36b3d5b0b733c857e94c5747a3dfc660",
    "val.en": "1f2a23d992769b5b3d209b0a10dd0b77c08cceb1f20dfb97ed0aafa49d107227",
    "test_2016_flickr.de": "4be6b5b3236b79c25475c6bb829800a7ce559e9ba7a1f6c2394fe4d40be46d16",
    "test_2016_flickr.en": "399a4382932c1aadd3ceb9bef1008d388a64c76d4ae4e9d4728c6f4301cac182"}
FILES = {name: TextFile("multi30k", f"multi30k_{name}", digest, (f"{ADDRESS}{name}.gz",), ("translation",))
         for name, digest in SUMS.items()}


def multi30k(split: str = "train", root: str | os.PathLike[str] | None = None) -> tuple[list[str], list[str]]:
    """Sentences that say what is seen on a photograph, in German and in English, one the other's translation.

    29,000 pairs in "train", 1,014 in "validation" and 1,000 in "test" (Flickr 2016), with capitals and
    punctuation as they were written. The files multi30k_train.de, ... are looked for as `tinyshakespeare`
    says, also in the folder translation.

    Source:  Elliott, Frank, Sima'an & Specia 2016, "Multi30K: Multilingual English-German Image
             Descriptions", arXiv:1605.00459. The pictures' first descriptions are of Flickr30k: for research
             and teaching that is not commercial.
    Raises:  ValueError for another split; else as `mnist`.
    """
    if split not in PARTS:
        raise ValueError(f"multi30k: split must be one of {', '.join(PARTS)}, got {split!r}")
    german, english = (FILES[f"{PARTS[split]}.{language}"].read(root).rstrip("\n").split("\n")
                       for language in ("de", "en"))
    return german, english
