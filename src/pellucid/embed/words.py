"""Word vectors: a vector for each word, learned from what stands near it.

    from pellucid import embed

    words = embed.WordVectors.train(open("book.txt").read())
    words.most_similar("king")
    words.most_similar(["king", "woman"], ["man"])                # king - man + woman
    words.save("words.npz")
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .vectors import matrix, topk, unit
from .words_text import Corpus
from .words_train import HowToTrain, Trained, train_words

if TYPE_CHECKING:
    from .static import StaticEncoder

NamedScores = list[tuple[str, float]]


class WordVectors:
    """Words and their vectors.

    words    different from each other
    vectors  one for each
    counts   how often each word was met, if that is known; the most frequent are first then

    Shapes:  vectors (V, D) float32, counts (V,)
    Raises:  ValueError for a word that is there twice, unlike numbers of words and vectors, NaN, zeros.
    >>> vectors = WordVectors(["king", "queen", "man", "woman"], [[1, 1], [1, -1], [0.2, 1], [0.2, -1]])
    >>> [word for word, score in vectors.most_similar(["king", "woman"], ["man"])]
    ['queen']
    """

    def __init__(self, words: Sequence[str], vectors: Any, counts: Any = None) -> None:
        self.words = tuple(words)
        self.vectors = matrix(vectors, "WordVectors")
        self.counts = None if counts is None else np.asarray(counts)
        if len(self.words) != len(self.vectors):
            raise ValueError(f"WordVectors: {len(self.words)} words want as many vectors, got "
                             f"{len(self.vectors)}")
        if self.counts is not None and self.counts.shape != (len(self.words),):
            raise ValueError(f"WordVectors: {len(self.words)} words want as many counts, got "
                             f"{self.counts.shape}")
        self._places = {word: place for place, word in enumerate(self.words)}
        if len(self._places) < len(self.words):
            twice = next(word for place, word in enumerate(self.words) if self._places[word] != place)
            raise ValueError(f"WordVectors: the word {twice!r} is there twice")
        self.directions = unit(self.vectors, "WordVectors")
        self.losses: list[float] = []

    @classmethod
    def train(cls, texts: str | Iterable[str] | Corpus, method: str = "skip-gram", *, min_count: int = 5,
              merge_plurals: bool = False, show_progress_bar: bool = False, **options: Any) -> WordVectors:
        """Learn vectors from texts, or from a Corpus that was made of them.

        method         "skip-gram" (a word foretells those near it), "cbow" (they foretell it), "glove" (two
                       words' vectors foretell how often they stand together)
        min_count      words that occur less often are left out
        merge_plurals  count "tigers" as "tiger" where both are words
        options        what HowToTrain has: dimension, window, negatives, epochs, lr, subsample, seed, ...

        GloVe gives the sum of a word's two vectors, the others the first, as their authors do. The losses of
        the epochs are in `losses`.

        Source:  Mikolov et al. 2013, arXiv:1301.3781 and arXiv:1310.4546; Pennington et al. 2014, "GloVe".
        Raises:  TypeError for what is no text; ValueError for options that cannot be, and texts too short.
        """
        how = HowToTrain(method, **options)
        corpus = (texts if isinstance(texts, Corpus) else
                  Corpus.of(texts, min_count=min_count, merge_plurals=merge_plurals))
        return cls.of(corpus, train_words(corpus, how, show_progress_bar=show_progress_bar), method)

    @classmethod
    def of(cls, corpus: Corpus, trained: Trained, method: str = "skip-gram") -> WordVectors:
        """The vectors that training left."""
        found = trained.inputs + trained.outputs if method == "glove" else trained.inputs
        made = cls(corpus.words, found, corpus.counts)
        made.losses = trained.losses
        return made

    def place(self, word: str) -> int:
        """The number of a word.

        Raises:  KeyError for a word without a vector, with the nearest ones in spelling.
        """
        if word not in self._places:
            from difflib import get_close_matches

            near = get_close_matches(str(word), self.words[:20_000], 3, 0.75)
            raise KeyError(f"there is no vector for {word!r}" + (f"; for {', '.join(near)} there is"
                                                                 if near else ""))
        return self._places[word]

    def __getitem__(self, word: str) -> np.ndarray:
        return self.vectors[self.place(word)]

    def __contains__(self, word: object) -> bool:
        return word in self._places

    def __len__(self) -> int:
        return len(self.words)

    @property
    def dimension(self) -> int:
        """The components of a vector."""
        return self.vectors.shape[1]

    def similarity(self, first: str, second: str) -> float:
        """The cosine of two words' vectors."""
        return float(self.directions[self.place(first)] @ self.directions[self.place(second)])

    def most_similar(self, positive: str | Sequence[str], negative: str | Sequence[str] = (), k: int = 10
                     ) -> NamedScores:
        """The words nearest to a word, or to a sum and difference of words; those words themselves left out.

            argmax over w of cos(w, sum of positive - sum of negative)     of vectors of length 1
        Source:  Mikolov, Yih & Zweig 2013, "Linguistic Regularities in Continuous Space Word
                 Representations".
        Raises:  KeyError for an unknown word; ValueError for none.
        """
        plus, minus = ([words] if isinstance(words, str) else list(words) for words in (positive, negative))
        given = [self.place(word) for word in (*plus, *minus)]
        if not given:
            raise ValueError("most_similar: wants at least one word")
        signs = np.array([1.0] * len(plus) + [-1.0] * len(minus), np.float32)
        asked = signs @ self.directions[given]
        found = topk(asked[None], self.directions, min(k + len(given), len(self)))
        named = zip(found.ids[0].tolist(), found.scores[0].tolist(), strict=True)
        return [(self.words[place], score) for place, score in named if place not in given][:k]

    def analogy(self, a: str, b: str, c: str, k: int = 1) -> NamedScores:
        """What is to c as b is to a: `analogy("man", "king", "woman")` asks for king - man + woman."""
        return self.most_similar([b, c], [a], k)

    def encoder(self, *, smooth: float = 1e-3) -> StaticEncoder:
        """An encoder of texts by the mean of their words' vectors, frequent words counting less.

            W[w] = (v[w] / |v[w]| - mean) a / (a + frequency of w)        a = smooth; of rare words almost v
        Words in capitals are looked up in lower case; a text without any known word gets zeros.

        Source:  Arora, Liang & Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings".
        """
        from .words_encoder import encoder

        return encoder(self, smooth)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .npz file, all of it or nothing (see `load`)."""
        from .words_files import save

        save(self, path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> WordVectors:
        """Read what `save` or `save_word2vec` wrote, or word2vec's or GloVe's text format, plain or .gz.

        Raises:  CorruptFile naming the line or the array that is wrong.
        """
        from .words_files import load

        return load(path)

    def save_word2vec(self, path: str | os.PathLike[str]) -> None:
        """Write the text format of word2vec: a line "V D", then a line for each word and its numbers."""
        from .words_files import save_word2vec

        save_word2vec(self, path)

    def __repr__(self) -> str:
        return f"WordVectors({len(self):,} words, {self.dimension} components)"
