"""The tokenizer in front of all models: texts to numbers and back."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from .added import AddedToken, AddedTokens
from .aligned import Aligned
from .byte_level import as_bytes
from .counting import count_words
from .encoding import Bundle, Details, Encoding, Padding, Part, Truncation
from .kinds import kind_named
from .model import Model
from .progress import Progress
from .units import Unit, Units

ALL = "all"


class Tokenizer:
    """Texts to numbers and back.

    A text passes through the parts in this order; each may be missing but the model:

        added tokens     special and added tokens are set apart
        normalizer       case, accents, normal form
        pre_tokenizer    into words
        model            words to tokens: a vocabulary and a way to split
        truncation       to a length
        post_processor   [CLS] and [SEP] around it
        padding          to a length

    Special tokens in a text are text. `allowed_special` says which of them are meant: a set of them, or
    "all".

    >>> tokenizer = Tokenizer.train("low low low lower lower newest", vocab_size=264)
    >>> tokenizer.encode("lowest").tokens
    ['low', 'es', 't']
    >>> tokenizer.decode(tokenizer.encode("Grüße, 世界! 👋").ids)
    'Grüße, 世界! 👋'

    Differs: Hugging Face's `encode` takes special tokens in the text as what they name.
    """

    def __init__(self, model: Model, *, normalizer: Any = None, pre_tokenizer: Any = None,
                 post_processor: Any = None, decoder: Any = None) -> None:
        self.model = model
        self.normalizer, self.pre_tokenizer = normalizer, pre_tokenizer
        self.post_processor, self.decoder = post_processor, decoder
        self.added = AddedTokens()
        self.padding: Padding | None = None
        self.truncation: Truncation | None = None
        self._units = Units(normalizer, pre_tokenizer, model)
        self._written: tuple[int, dict[int, str]] = (-1, {})     # the number of added tokens, all tokens

    @classmethod
    def train(cls, texts: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], vocab_size: int = 30000,
              kind: str = "byte-bpe", *, special_tokens: Sequence[str] | None = None, min_frequency: int = 0,
              normalizer: Any = None, pre_tokenizer: Any = None, verbose: int = 0, **options: Any
              ) -> Tokenizer:
        """Learn a vocabulary.

        `texts` is a text, a Path of a file (plain or .gz, UTF-8), or a series of both; memory is bounded by
        the number of different words. `kind` is "chars", "words", "bpe" (on characters, with a mark at the
        end of a word), "byte-bpe" (GPT-2's) or "wordpiece" (BERT's); `normalizer` and `pre_tokenizer` replace
        the kind's own. Pairs and words that occur less than `min_frequency` times are left out. With
        `verbose` it tells on stderr how far it is. Other options go to the trainer of the model.

        Warns:  UserWarning with the size reached if the texts do not give `vocab_size` tokens.
        Raises:  ValueError for a kind that is not known, no text, or a file that is not UTF-8.
        """
        chosen = kind_named(kind)
        before = chosen.normalizer if normalizer is None else normalizer
        words_by = chosen.pre_tokenizer if pre_tokenizer is None else pre_tokenizer
        specials = list(chosen.special_tokens if special_tokens is None else special_tokens)
        counts = count_words(texts, Units(before, words_by, Model({})), verbose)
        if not counts:
            raise ValueError("train: there is no word in the texts")
        progress = Progress("learning", vocab_size, " tokens", shown=bool(verbose))
        model = chosen.learn(counts, vocab_size, special_tokens=specials, min_frequency=min_frequency,
                             progress=progress, **options)
        progress.end(f"{len(model):,} tokens")
        if len(model) != vocab_size and kind != "chars":
            gives = "give" if len(model) < vocab_size else "need at least"
            warnings.warn(f"train: {vocab_size} tokens were asked for, the texts {gives} {len(model)}",
                          stacklevel=2)
        made = cls(model, normalizer=before, pre_tokenizer=words_by, decoder=chosen.decoder,
                   post_processor=chosen.post_processor(model))
        made.add_special_tokens([token for token in specials if token in model.vocab])
        return made

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Tokenizer:
        """Read a tokenizer: a tokenizer.json, a vocab.txt of BERT, ranks as tiktoken has them, or a folder.

        Raises:  ValueError for a file that is none of these or names a part that is not known.
        """
        from .files import read

        return read(Path(path), cls)

    @classmethod
    def from_ranks(cls, path: str | os.PathLike[str], pattern: str = "cl100k",
                   special_tokens: Mapping[str, int] | None = None) -> Tokenizer:
        """Read ranks as tiktoken keeps them: a line per token, its bytes in base64 and its number.

        The file has neither the regular expression nor the special tokens: `pattern` is "gpt2", "cl100k",
        "o200k" or an expression of your own.
        """
        from .files import read_ranks

        return read_ranks(path, cls, pattern, special_tokens)

    @classmethod
    def english(cls) -> Tokenizer:
        """The tokenizer that comes with the library: byte-level BPE, 4,096 tokens, from English books.

        >>> Tokenizer.english().encode("unbelievable").tokens
        ['un', 'bel', 'ie', 'v', 'able']
        """
        from .files import read_english

        return read_english(cls)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a tokenizer.json, which Hugging Face's library reads too."""
        from .files import write

        write(self, Path(path))

    # Encoding

    def encode(self, text: str, pair: str | None = None, *, add_special_tokens: bool = True,
               allowed_special: Collection[str] = ()) -> Encoding:
        """A text, or two that belong together, as an Encoding.

        Raises:  ValueError for a lone surrogate, which is no character; for a special token that is not one.
        """
        encoding = self._encoding(text, pair, add_special_tokens, self._allowed(allowed_special))
        return encoding if self.padding is None else self.padding.pad([encoding])[0]

    def encode_batch(self, texts: Iterable[str | tuple[str, str]], *, add_special_tokens: bool = True,
                     allowed_special: Collection[str] = ()) -> list[Encoding]:
        """Several texts or pairs of texts; with padding, all of one length."""
        allowed = self._allowed(allowed_special)
        pairs = ((each, None) if isinstance(each, str) else each for each in texts)
        with without_collection():
            found = [self._encoding(text, pair, add_special_tokens, allowed) for text, pair in pairs]
            return found if self.padding is None else self.padding.pad(found)

    def _encoding(self, text: str, pair: str | None, add_special_tokens: bool, allowed: Collection[str]
                  ) -> Encoding:
        first = self._part(text, allowed, 0)
        second = None if pair is None else self._part(pair, allowed, 1)
        after = self.post_processor
        if self.truncation is None:
            texts = [Bundle([part], []) for part in (first, second) if part is not None]
        else:
            added = after.added(second is not None) if after and add_special_tokens else 0
            texts = [bundle for bundle in self.truncation.cut(first, second, added) if bundle is not None]
        bundles = after.process(texts, add_special_tokens) if after else texts
        if not any(bundle.overflow for bundle in bundles):
            return Encoding(chain.from_iterable(bundle.parts for bundle in bundles))
        return Encoding.of(reduce(Bundle.then, bundles))

    def _part(self, text: str, allowed: Collection[str], which: int) -> Part:
        """The tokens of one text."""
        if not isinstance(text, str):
            raise TypeError(f"encode: a text wants to be a str, got {type(text).__name__}")
        if not text.isascii():
            refuse_surrogates(text)
        units: list[Unit] = []
        starts: list[int] = []
        if self.added.wanted(allowed):
            self._between_added(text, allowed, units, starts)
        else:
            units, starts = self._units.encode(text, 0)
        ids = list(chain.from_iterable(map(itemgetter(0), units)))
        return Part(ids, lambda: detailed(units, starts), which, which)

    def _between_added(self, text: str, allowed: Collection[str], units: list[Unit],
                       starts: list[int]) -> None:
        """The units of a text in which tokens have to be looked for."""
        added, plain = self.added, self._units
        # Without a normalizer nothing changes between the first and the second search.
        is_same = self.normalizer is None or not added.later
        for piece, number in added.split(Aligned.of(text), True, allowed):
            if number is not None:
                self._one(piece, number, units, starts)
            elif is_same:
                for part, later in added.split(piece, False, allowed):
                    if later is not None:
                        self._one(part, later, units, starts)
                        continue
                    more, places = plain.encode(part.text, part.starts[0])
                    units += more
                    starts += places
            else:
                self._normalized(piece, allowed, units, starts)

    def _normalized(self, piece: Aligned, allowed: Collection[str], units: list[Unit],
                    starts: list[int]) -> None:
        """The same where some tokens are looked for after normalising."""
        for part, number in self.added.split(self.normalizer.normalize(piece), False, allowed):
            if number is not None:
                self._one(part, number, units, starts)
                continue
            words = [part] if self.pre_tokenizer is None else self.pre_tokenizer.pieces(part)
            units.append(self._units.unit_of(words, 0))
            starts.append(0)

    @staticmethod
    def _one(piece: Aligned, number: int, units: list[Unit], starts: list[int]) -> None:
        start, end = piece.span(0, len(piece.text))
        units.append(([number], [piece.text], [(0, end - start)], [0], 1))
        starts.append(start)

    def _allowed(self, allowed: Collection[str]) -> Collection[str]:
        """The special tokens that are allowed."""
        special = self.added.special
        if allowed == ALL:
            return special
        if isinstance(allowed, str):
            raise ValueError(f"encode: allowed_special wants 'all' or a set of special tokens, "
                             f"got {allowed!r}")
        strange = [token for token in allowed if token not in special]
        if strange:
            raise ValueError(f"encode: allowed_special has {strange[0]!r}, which is no special token; "
                             f"there are {', '.join(special) or 'none'}")
        return allowed

    # Decoding

    def decode(self, ids: Iterable[int], skip_special_tokens: bool = True) -> str:
        """The text of numbers.

        Raises:  ValueError for a number that no token has.
        """
        special = set(self.added.special.values()) if skip_special_tokens else set()
        if self._written[0] != len(self.added.tokens):
            self._written = len(self.added.tokens), {**self.model.tokens, **self.added.written}
        written = self._written[1]
        try:
            tokens = [written[number] for number in map(int, ids) if number not in special]
        except KeyError as error:
            raise ValueError(f"decode: no token has the number {error}; the vocabulary has "
                             f"{len(self)}") from None
        if self.decoder is None:
            return " ".join(tokens)
        return "".join(self.decoder.decode(tokens)) if tokens else ""

    def decode_batch(self, batch: Iterable[Iterable[int]], skip_special_tokens: bool = True) -> list[str]:
        """The texts of several lists of numbers."""
        return [self.decode(ids, skip_special_tokens) for ids in batch]

    def explain(self, text: str) -> Any:
        """How each word of a text becomes tokens, step by step; `print` it, or draw it with `.svg()`."""
        from .explain import explain

        return explain(self, text)

    # The vocabulary

    def __len__(self) -> int:
        return len(self.vocab)

    @property
    def vocab(self) -> dict[str, int]:
        """Every token and its number."""
        return {**self.model.vocab, **self.added.numbers}

    def token_to_id(self, token: str) -> int | None:
        """The number of a token, None for what is no token."""
        number = self.added.numbers.get(token)
        return self.model.vocab.get(token) if number is None else number

    def id_to_token(self, number: int) -> str | None:
        """The token of a number, None if there is none."""
        added = self.added.tokens.get(number)
        return self.model.tokens.get(number) if added is None else added.content

    def token_bytes(self, number: int) -> bytes:
        """The bytes that a token of a byte-level model stands for."""
        token = self.id_to_token(number)
        if token is None:
            raise ValueError(f"token_bytes: no token has the number {number}; the vocabulary has {len(self)}")
        return as_bytes(token)

    def add_tokens(self, tokens: Iterable[str | AddedToken]) -> int:
        """Make texts tokens wherever they stand; returns how many of them are new."""
        return self._add(token if isinstance(token, AddedToken) else AddedToken(token) for token in tokens)

    def add_special_tokens(self, tokens: Iterable[str | AddedToken]) -> int:
        """Add tokens that stand for no text; returns how many of them are new."""
        return self._add(token if isinstance(token, AddedToken) else
                         AddedToken(token, normalized=False, special=True) for token in tokens)

    def _add(self, tokens: Iterable[AddedToken]) -> int:
        count, size = 0, len(self.model)
        following = max(self.added.tokens, default=-1) + 1
        following = following if following > size else size
        for token in tokens:
            number = self.token_to_id(token.content)
            if not token.content or number is not None and self.added.tokens.get(number) == token:
                continue
            if number is None:
                number, following = following, following + 1
            self.added.add(number, token, self.normalizer)
            count += 1
        return count

    def enable_padding(self, **options: Any) -> None:
        """Pad from now on; the options are those of `Padding`."""
        self.padding = Padding(**options)

    def enable_truncation(self, max_length: int, **options: Any) -> None:
        """Truncate from now on; the options are those of `Truncation`."""
        self.truncation = Truncation(max_length, **options)

    def no_padding(self) -> None:
        """Pad no more."""
        self.padding = None

    def no_truncation(self) -> None:
        """Truncate no more."""
        self.truncation = None

    def __repr__(self) -> str:
        parts = [type(part).__name__ for part in (self.normalizer, self.pre_tokenizer) if part is not None]
        return f"Tokenizer({' -> '.join([*parts, repr(self.model)])})"


@contextmanager
def without_collection() -> Iterator[None]:
    """No search for garbage meanwhile: many small objects without cycles take half their time with it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def detailed(units: list[Unit], starts: list[int]) -> Details:
    """Tokens, offsets and words of units that begin at these places."""
    tokens = list(chain.from_iterable(map(itemgetter(1), units)))
    offsets = [(first + start, last + start) for unit, start in zip(units, starts, strict=True)
               for first, last in unit[2]]
    words: list[int | None] = []
    before = 0
    for unit in units:
        words.extend([before + word for word in unit[3]])
        before += unit[4]
    return tokens, offsets, words


def refuse_surrogates(text: str) -> None:
    """Complain of half a pair of UTF-16, which is no character and cannot be written as UTF-8."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"encode: the text holds a lone surrogate U+{ord(text[error.start]):04X} at "
                         f"position {error.start}, which is no character") from None
