"""Taggers: a tag for every word of a sentence, by the word, its letters and what stands around it.

References
    Lample, Ballesteros, Subramanian, Kawakami & Dyer 2016, "Neural Architectures for Named Entity
    Recognition", arXiv:1603.01360: LSTMs from both sides, and the field of tags
    Ma & Hovy 2016, "End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF", arXiv:1603.01354: letters
    Lafferty, McCallum & Pereira 2001, "Conditional Random Fields"

    e[t] = [word, largest over the letters of (conv letters), shape of capitals and digits, what is given]
    h    = LSTM from the left and from the right over e            or layers of attention over e + places
    s[t] = W h[t] + b                                              a score for each tag
    ln p(tags) = sum_t s[t, tag[t]] + A[tag[t-1], tag[t]]  -  ln sum over all ways to tag
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pellucid import cat, logsumexp, nn, where, zeros
from pellucid.models.transformer import places
from pellucid.tensor import Tensor, wrap

PAD = -1                                                         # the tag of what is no word
Read = tuple[Tensor, ...]                                        # words, letters, shapes, and what is given


@dataclass(frozen=True)
class TaggerConfig:
    n_words: int                # number 0 fills up, 1 is a word that is not known
    n_letters: int              # number 0 fills up
    n_shapes: int
    n_tags: int                 # K
    word: int = 64              # numbers that stand for a word,
    letter: int = 24            # a letter,
    shape: int = 12             # a shape
    filters: int = 48           # over letters, each three letters wide
    given: int = 0              # numbers that come with each word, from a model that knows the language
    hidden: int = 96            # of each LSTM; the transformer is twice as wide
    layers: int = 2             # of the transformer
    heads: int = 4
    dropout: float = 0.5
    forget: float = 0.1         # words that are taken for unknown ones in training


class Field(nn.Module):
    """Tags that fit their neighbours: a conditional random field along the sentence.

        L = ln sum_tags e^score - score(right tags)        score = sum_t s[t, tag[t]] + A[tag[t-1], tag[t]]
    The sum is over all K^T ways to tag, by one pass: a[t, j] = s[t, j] + ln sum_i e^(a[t-1, i] + A[i, j]).

    Shapes:  scores (B, T, K), tags (B, T), PAD where there is no word -> a number, the mean per sentence
    Source:  Lafferty et al. 2001; Lample et al. 2016, section 2.2.
    """

    def __init__(self, n_tags: int) -> None:
        super().__init__()
        self.follows = nn.Parameter(zeros(n_tags, n_tags))       # A[i, j]: tag i, then tag j
        self.first, self.last = nn.Parameter(zeros(n_tags)), nn.Parameter(zeros(n_tags))

    def forward(self, scores: Tensor, tags: Tensor) -> Tensor:
        words = tags.numpy() != PAD
        a = self.first + scores[:, 0]                                                     # (B, K)
        for t in range(1, scores.shape[1]):
            longer = scores[:, t] + logsumexp(a.unsqueeze(2) + self.follows, 1)
            a = longer if words[:, t].all() else where(wrap(words[:, t, None]), longer, a)
        return (logsumexp(a + self.last, 1) - self.score(scores, tags.numpy(), words)).mean()

    def score(self, scores: Tensor, tags: np.ndarray, words: np.ndarray) -> Tensor:
        """The score of one way to tag each sentence: (B,)."""
        rows, lengths = np.arange(len(tags)), words.sum(1)
        safe = np.where(words, tags, 0)
        own = scores[rows[:, None], np.arange(tags.shape[1]), safe] * wrap(words.astype(np.float32))
        steps = self.follows[safe[:, :-1], safe[:, 1:]] * wrap(words[:, 1:].astype(np.float32))
        return own.sum(1) + steps.sum(1) + self.first[safe[:, 0]] + self.last[safe[rows, lengths - 1]]

    def best(self, scores: Tensor, lengths: np.ndarray) -> list[list[int]]:
        """The likeliest way to tag each sentence, by Viterbi's method: B lists of tags."""
        s, follows = scores.detach().numpy(), self.follows.detach().numpy()
        first, last = self.first.detach().numpy(), self.last.detach().numpy()
        found = []
        for row, length in zip(s, lengths.tolist(), strict=True):
            a, came_from = first + row[0], []
            for t in range(1, length):
                ways = a[:, None] + follows                                               # (K, K)
                came_from.append(ways.argmax(0))
                a = ways.max(0) + row[t]
            tags = [int((a + last).argmax())]
            for back in reversed(came_from):
                tags.append(int(back[tags[-1]]))
            found.append(tags[::-1])
        return found


class Words(nn.Module):
    """What is known of each word before one looks around: itself, its letters, its shape, and what is given.

        e[t] = [word, max over letters of relu(conv letters), shape, given]
    Shapes:  words (B, T), letters (B, T, L), shapes (B, T), given (B, T, G) or none -> (B, T, E)
    """

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.width = config.word + config.filters + config.shape + config.given
        self.forget = config.forget
        self.word = nn.Embedding(config.n_words, config.word, padding_idx=0)
        self.letter = nn.Embedding(config.n_letters, config.letter, padding_idx=0)
        self.shape = nn.Embedding(config.n_shapes, config.shape)
        self.filters = nn.Conv1d(config.letter, config.filters, 3, padding=1)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, words: Tensor, letters: Tensor, shapes: Tensor, *given: Tensor) -> Tensor:
        if self.training and self.forget:
            kept = nn.functional.dropout((words * 0 + 1).float(), self.forget) != 0
            words = where(kept, words, wrap(np.ones((), np.int64)))
        B, T, L = letters.shape
        spelled = self.letter(letters.view(B * T, L)).transpose(1, 2)                     # (B T, letter, L)
        spelled = self.filters(spelled).relu().amax(2).view(B, T, -1)                     # (B, T, filters)
        return self.dropout(cat((self.word(words), spelled, self.shape(shapes), *given), 2))


class Tagger(nn.Module):
    """Scores of every tag for every word, and the field that chooses among them.

    Shapes:  words, letters, shapes, given: see Words -> (B, T, K)
    """

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__()
        self.config, self.words = config, Words(config)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(2 * config.hidden, config.n_tags)
        self.field = Field(config.n_tags)

    def around(self, e: Tensor, is_word: np.ndarray) -> Tensor:
        """What each word is among the others: (B, T, E) -> (B, T, 2 hidden)."""
        raise NotImplementedError

    def forward(self, *read: Tensor) -> Tensor:
        is_word = read[0].numpy() != 0
        return self.head(self.dropout(self.around(self.words(*read), is_word)))

    def tags(self, *read: Tensor) -> list[list[int]]:
        """The likeliest tags of each sentence."""
        return self.field.best(self(*read), (read[0].numpy() != 0).sum(1))


class LSTMTagger(Tagger):
    """One LSTM reads from the left, one from the right.

    Source:  Lample et al. 2016, section 2.
    >>> from pellucid import ones, int64
    >>> model = LSTMTagger(TaggerConfig(9, 9, 3, 5))
    >>> model(ones(2, 4, dtype=int64), ones(2, 4, 6, dtype=int64), ones(2, 4, dtype=int64)).shape
    pellucid.Size([2, 4, 5])
    """

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__(config)
        self.lstm = nn.LSTM(self.words.width, config.hidden, batch_first=True, bidirectional=True)

    def around(self, e: Tensor, is_word: np.ndarray) -> Tensor:
        if is_word.all():
            return self.lstm(e)[0]
        packed = nn.utils.rnn.pack_padded_sequence(e, is_word.sum(1), True, enforce_sorted=False)
        return nn.utils.rnn.pad_packed_sequence(self.lstm(packed)[0], True)[0]


class TransformerTagger(Tagger):
    """Layers of attention: every word looks at every other.

    Source:  Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762.
    >>> from pellucid import ones, int64
    >>> model = TransformerTagger(TaggerConfig(9, 9, 3, 5))
    >>> model(ones(2, 4, dtype=int64), ones(2, 4, 6, dtype=int64), ones(2, 4, dtype=int64)).shape
    pellucid.Size([2, 4, 5])
    """

    def __init__(self, config: TaggerConfig) -> None:
        super().__init__(config)
        C = 2 * config.hidden
        self.narrow = nn.Linear(self.words.width, C)
        layer = nn.TransformerEncoderLayer(C, config.heads, 2 * C, config.dropout / 2, batch_first=True,
                                           norm_first=True)
        self.layers = nn.TransformerEncoder(layer, config.layers, nn.LayerNorm(C))

    def around(self, e: Tensor, is_word: np.ndarray) -> Tensor:
        x = self.narrow(e)
        x = x + wrap(places(x.shape[1], x.shape[2]))
        hidden = None if is_word.all() else wrap(~is_word)
        return self.layers(x, src_key_padding_mask=hidden)
