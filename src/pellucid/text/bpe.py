"""BPE on characters: frequent words whole, rare words in pieces.

A vocabulary of words never ends: names, typing errors and the forms of a verb are all new words, and what is
not in it is lost. Byte pair encoding starts from characters and joins the most frequent pair of neighbours,
again and again; each join is a new token. Common words become one token, and any other is spelled with the
largest pieces that were learned. A mark at the end of a word tells `est` in `lowest` from `est` in
`estimate`.

Source:  Sennrich, Haddow & Birch 2016, "Neural Machine Translation of Rare Words with Subword Units",
         arXiv:1508.07909.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from typing import Any

from .byte_level import byte_size, places
from .merges import alphabet, learn
from .model import Model, Token, numbered
from .progress import Progress

Ranks = dict[tuple[int, int], int]                               # pair -> its place in the merges
Step = tuple[int, int]                                           # where a pair was joined, and its rank
LONG = 48                                                        # symbols; beyond, a heap is quicker


class BPE(Model):
    """Splits words by merges, in the order in which they were learned.

    `end_of_word_suffix` is put on the last character of a word, `continuing_subword_prefix` before all but
    the first. What is not in the vocabulary becomes `unk_token` (several in a row become one with
    `fuse_unk`), or tokens such as <0xE2> for its bytes with `byte_fallback`, or nothing. With `ignore_merges`
    a word that is a token stays whole.

    >>> model = BPE.train({"low": 5, "lower": 2, "newest": 6, "widest": 3}, vocab_size=20,
    ...                   end_of_word_suffix="</w>")
    >>> [token for _, token, _, _ in model.tokenize("lowest")]
    ['lo', 'w', 'est</w>']
    """

    kind = "BPE"

    def __init__(self, vocab: Mapping[str, int], merges: Sequence[tuple[str, str]], *,
                 unk_token: str | None = None, continuing_subword_prefix: str | None = None,
                 end_of_word_suffix: str | None = None, fuse_unk: bool = False, byte_fallback: bool = False,
                 ignore_merges: bool = False) -> None:
        super().__init__(vocab)
        self.merges = [(left, right) for left, right in merges]
        self.unk_token, self.fuse_unk = unk_token, fuse_unk
        self.prefix, self.suffix = continuing_subword_prefix or "", end_of_word_suffix or ""
        self.byte_fallback, self.ignore_merges = byte_fallback, ignore_merges
        self.ranks: Ranks = {}
        self.wholes: list[int] = []                              # what each merge makes
        for rank, (left, right) in enumerate(self.merges):
            whole = left + right[len(self.prefix):]
            absent = [token for token in (left, right, whole) if token not in self.vocab]
            if absent:
                raise ValueError(f"BPE: merge {rank} of {left!r} and {right!r} wants {absent[0]!r} in the "
                                 "vocabulary, which lacks it")
            self.ranks[self.vocab[left], self.vocab[right]] = rank
            self.wholes.append(self.vocab[whole])

    @classmethod
    def train(cls, counts: Mapping[str, int], vocab_size: int = 30000, *, special_tokens: Sequence[str] = (),
              min_frequency: int = 0, initial_alphabet: Sequence[str] = (), limit_alphabet: int | None = None,
              unk_token: str | None = None, continuing_subword_prefix: str | None = None,
              end_of_word_suffix: str | None = None, progress: Progress | None = None) -> BPE:
        """Learn a vocabulary from words and how often each occurs.

        The special tokens come first, then the alphabet in the order of Unicode, then its characters with the
        prefix and the suffix, then one token per merge.
        """
        prefix, suffix = continuing_subword_prefix or "", end_of_word_suffix or ""
        known = numbered([*special_tokens, *([unk_token] if unk_token else []),
                          *alphabet(counts, limit_alphabet, initial_alphabet)])
        spelled = [spelling(word, known, prefix, suffix) for word in counts]
        forms = {form for word in spelled for form in word}
        vocab = numbered([*known, *sorted(forms - known.keys())])
        words = [[vocab[form] for form in word] for word in spelled]
        merges = learn(words, list(counts.values()), vocab, vocab_size, min_frequency=min_frequency,
                       text_of=lambda left, right: left + right.removeprefix(prefix), progress=progress)
        return cls(vocab, merges, unk_token=unk_token, continuing_subword_prefix=prefix or None,
                   end_of_word_suffix=suffix or None)

    def tokenize(self, word: str) -> list[Token]:
        if self.ignore_merges and word in self.vocab:
            return [(self.vocab[word], word, 0, len(word))]
        ids, sizes = self.symbols(word)
        merged(ids, sizes, self.ranks, self.wholes)
        found, start = [], 0
        for number, size in zip(ids, sizes, strict=True):
            found.append((number, self.tokens[number], start, start + size))
            start += size
        if start > len(word):                                    # sizes were bytes
            place = places(word)
            return [(number, token, place[start], place[end - 1] + 1) for number, token, start, end in found]
        return found

    def symbols(self, word: str) -> tuple[list[int], list[int]]:
        """The tokens of the single characters of a word, and how many characters each stands for.

        With `byte_fallback` sizes are in bytes, as a token may stand for a part of a character.
        """
        vocab, sizes = self.vocab, [1] * len(word)
        if not (self.prefix or self.suffix):
            try:
                return [vocab[character] for character in word], sizes
            except KeyError:
                pass
        ids: list[int] = []
        sizes = []
        was_unknown = False
        for place, character in enumerate(word):
            form = (self.prefix if place else "") + character
            form += self.suffix if place == len(word) - 1 else ""
            size = byte_size(character) if self.byte_fallback else 1
            number = vocab.get(form)
            if number is not None:
                was_unknown = False
                ids.append(number)
                sizes.append(size)
            elif self.byte_fallback and (numbers := self.of_bytes(form)):
                ids += numbers
                sizes += [1] * len(numbers)
            elif self.unk_token is not None and was_unknown and self.fuse_unk:
                sizes[-1] += size
            elif self.unk_token is not None:
                ids += [number for number, _, _, _ in self.whole(word)]
                sizes.append(size)
                was_unknown = True
        return ids, sizes

    def of_bytes(self, form: str) -> list[int]:
        """The tokens <0x..> of a character, if the vocabulary has all of them."""
        names = [f"<0x{byte:02X}>" for byte in form.encode("utf-8")]
        return [self.vocab[name] for name in names] if all(name in self.vocab for name in names) else []

    def to_json(self) -> dict[str, Any]:
        return {"type": "BPE", "dropout": None, "unk_token": self.unk_token,
                "continuing_subword_prefix": self.prefix or None, "end_of_word_suffix": self.suffix or None,
                "fuse_unk": self.fuse_unk, "byte_fallback": self.byte_fallback,
                "ignore_merges": self.ignore_merges, "vocab": self.in_order(),
                "merges": [list(pair) for pair in self.merges]}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> BPE:
        if found.get("dropout"):
            raise ValueError(f"tokenizer.json: BPE with dropout {found['dropout']} gives other tokens each "
                             "time; set dropout to null")
        merges: list[Any] = [pair.split(" ") if isinstance(pair, str) else pair for pair in found["merges"]
                             if not (isinstance(pair, str) and pair.startswith("#version"))]
        wrong = next((pair for pair in merges if len(pair) != 2), None)
        if wrong:
            raise ValueError(f"tokenizer.json: BPE wants merges of two tokens, got {wrong!r:.80}")
        names = ("unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
                 "ignore_merges")
        return cls(found["vocab"], merges, **{name: found[name] for name in names if found.get(name)})


def spelling(word: str, known: Mapping[str, int], prefix: str, suffix: str) -> list[str]:
    """The characters of a word that are known, with the prefix and the suffix where they belong."""
    last = len(word) - 1
    return [(prefix if place else "") + character + (suffix if place == last else "")
            for place, character in enumerate(word) if character in known]


def merged(ids: list[int], sizes: list[int], ranks: Ranks, wholes: Sequence[int],
           steps: list[Step] | None = None) -> None:
    """Join neighbours in place, the pair that was learned first first, and of equals the leftmost.

    `steps`, if given, is filled with where each pair stood and its rank.
    """
    if len(ids) > LONG and steps is None:
        merged_by_heap(ids, sizes, ranks, wholes)
        return
    get, never = ranks.get, len(wholes)
    found = [get(pair, never) for pair in zip(ids, ids[1:], strict=False)]
    while found:
        best = min(found)
        if best == never:
            return
        at = found.index(best)
        if steps is not None:
            steps.append((at, best))
        whole = wholes[best]
        ids[at:at + 2] = [whole]
        sizes[at:at + 2] = [sizes[at] + sizes[at + 1]]
        del found[at]
        if at:
            found[at - 1] = get((ids[at - 1], whole), never)
        if at < len(found):
            found[at] = get((whole, ids[at + 1]), never)


def merged_by_heap(ids: list[int], sizes: list[int], ranks: Ranks, wholes: Sequence[int]) -> None:
    """The same for long words: a heap of pairs, and symbols that know their neighbours."""
    count = len(ids)
    before, after = list(range(-1, count - 1)), list(range(1, count + 1))
    pairs = enumerate(zip(ids, ids[1:], strict=False))
    heap = [(ranks[pair], place) for place, pair in pairs if pair in ranks]
    heapq.heapify(heap)
    gone = [False] * count
    while heap:
        rank, at = heapq.heappop(heap)
        following = after[at]
        # The pair that was here may have become another since.
        if gone[at] or following >= count or ranks.get((ids[at], ids[following])) != rank:
            continue
        ids[at], sizes[at] = wholes[rank], sizes[at] + sizes[following]
        gone[following] = True
        after[at] = after[following]
        if after[at] < count:
            before[after[at]] = at
        for left, right in ((before[at], at), (at, after[at])):
            if left >= 0 and right < count and (ids[left], ids[right]) in ranks:
                heapq.heappush(heap, (ranks[ids[left], ids[right]], left))
    ids[:] = [number for number, is_gone in zip(ids, gone, strict=True) if not is_gone]
    sizes[:] = [size for size, is_gone in zip(sizes, gone, strict=True) if not is_gone]
