"""What people find alike among words, and questions of the kind "king is to man as what is to woman?"."""

from __future__ import annotations

import os

from pellucid.datasets.files import TextFile

_WORD_SIMILARITIES = "https://raw.githubusercontent.com/mfaruqui/eval-word-vectors/master/data/word-sim/EN-"


def _pairs(name: str, there: str, sha256: str) -> TextFile:
    return TextFile("embeddings", f"{name}.tsv", sha256, (f"{_WORD_SIMILARITIES}{there}.txt",))


WORD_PAIRS = {
    "wordsim353": _pairs("wordsim353_all", "WS-353-ALL",
                         "ce12919b240af45bdf46d243601eaca2b6212b159b5e7e9b435ee7ee40c5619c"),
    "wordsim353-similarity": _pairs("wordsim353_sim", "WS-353-SIM",
                                    "f1da938998863c94e53f72f984a5c6e215f0b46c323aae8f0f4930703a339107"),
    "wordsim353-relatedness": _pairs("wordsim353_rel", "WS-353-REL",
                                     "66a7c88100624d0a391605ff61ce84e11d11ee620d51ec0298da49592838f8fa"),
    "simlex999": _pairs("simlex999", "SIMLEX-999",
                        "405394ffb7d25f6d0e3c041f87c9f27d29dc6b047506769953e85c4523b11685"),
    "men": _pairs("men3k", "MEN-TR-3k", "888b13580faa362c7b11da0a670258cf1b1eb4bf0ecbcd418918729a3bd3f43a"),
}
QUESTIONS = TextFile("embeddings", "questions-words.txt",
                     "8c29b3332afc46f3fb8be04cb5297bf96f39aa7131272dff57869b4485b22a36",
                     ("https://raw.githubusercontent.com/tmikolov/word2vec/master/questions-words.txt",))


def word_pairs(name: str = "wordsim353", root: str | os.PathLike[str] | None = None
               ) -> list[tuple[str, str, float]]:
    """Pairs of words and how alike people found them, lower case.

    "wordsim353"              353 pairs, 0 to 10: related in any way (tiger, jaguar; computer, keyboard)
    "wordsim353-similarity"   203 of them that are alike or unrelated, "-relatedness" 252 that go together
                              or are unrelated
    "simlex999"               999 pairs, 0 to 10: alike, not merely related (coast, shore high; cup, tea low)
    "men"                     3,000 pairs, 0 to 50: related
    The files are looked for as `tinyshakespeare` says, also in the folder embeddings.

    Source:  Finkelstein et al. 2001, "Placing Search in Context", CC BY 4.0; Agirre et al. 2009; Hill,
             Reichart & Korhonen 2015, "SimLex-999"; Bruni, Tran & Baroni 2014, "Multimodal Distributional
             Semantics".
    Raises:  ValueError for another name; as `mnist`.
    """
    if name not in WORD_PAIRS:
        raise ValueError(f"word_pairs: name is {name!r}, wants one of {', '.join(WORD_PAIRS)}")
    rows = [line.split("\t") for line in WORD_PAIRS[name].read(root).splitlines() if line.strip()]
    return [(first.lower(), second.lower(), float(score)) for first, second, score in rows]


def word_questions(root: str | os.PathLike[str] | None = None) -> dict[str, list[tuple[str, ...]]]:
    """19,544 questions "a is to b as c is to d" in 14 sections, by the section's name, lower case.

    questions-words.txt is looked for as `tinyshakespeare` says, also in the folder embeddings.

    Source:  Mikolov, Chen, Corrado & Dean 2013, "Efficient Estimation of Word Representations in Vector
             Space", arXiv:1301.3781; Apache-2.0.
    Raises:  as `mnist`.
    """
    sections: dict[str, list[tuple[str, ...]]] = {}
    found: list[tuple[str, ...]] = []
    for line in QUESTIONS.read(root).splitlines():
        if line.startswith(":"):
            found = sections.setdefault(line[1:].strip(), [])
        elif words := tuple(line.lower().split()):
            found.append(words)
    return sections
