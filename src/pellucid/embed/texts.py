"""What every encoder of texts does alike: tokens, an order by length, batches, checks."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from .. import Tensor, no_grad
from ..text import Encoding, Tokenizer
from ..text.progress import Progress
from .vectors import unit

WINDOW = 4096                                                     # texts that are tokenized at once


class TextEncoder:
    """What `Encoder` and `StaticEncoder` share: `encode`. They give the methods that raise an error here.

    normalize       whether the norm belongs to the model
    max_seq_length  tokens; what is longer is cut; None for no bound
    lower_case      whether texts become lower case before the tokenizer sees them
    """

    model: Any                                                    # the nn.Module with the weights
    add_special_tokens = True                                     # [CLS] and [SEP] around a text

    def __init__(self, tokenizer: Tokenizer, normalize: bool, max_seq_length: int | None, lower_case: bool
                 ) -> None:
        self.tokenizer, self.normalize = tokenizer, normalize
        self.max_seq_length, self.lower_case = max_seq_length, lower_case

    @property
    def dimension(self) -> int:
        """The components of a vector."""
        raise NotImplementedError

    def collate(self, batch: list[np.ndarray]) -> tuple[Tensor, ...]:
        """The texts of a batch, given as the numbers of their tokens, as `embed` reads them."""
        raise NotImplementedError

    def embed(self, *inputs: Tensor) -> Tensor:
        """The vectors of a batch that `collate` made, with gradients: (B, C)."""
        raise NotImplementedError

    def vectors(self, batch: list[np.ndarray]) -> np.ndarray:
        """The vectors of texts that go through the model together, given as the numbers of their tokens."""
        was_training = self.model.training
        self.model.eval()
        try:
            with no_grad():
                return self.embed(*self.collate(batch)).numpy()
        finally:
            self.model.train(was_training)

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write a folder that `from_pretrained` and sentence-transformers read."""
        raise NotImplementedError

    def encodings(self, texts: Iterable[str]) -> list[Encoding]:
        """Each text's tokens, special ones included, cut to max_seq_length."""
        if self.max_seq_length is None:
            self.tokenizer.no_truncation()
        else:
            self.tokenizer.enable_truncation(self.max_seq_length)
        lowered = (text.lower() for text in texts) if self.lower_case else texts
        return self.tokenizer.encode_batch(lowered, add_special_tokens=self.add_special_tokens)

    def tokenize(self, texts: Iterable[str]) -> list[list[int]]:
        """The numbers of each text's tokens, special ones included, cut to max_seq_length."""
        return [encoding.ids for encoding in self.encodings(texts)]

    def tokens(self, texts: list[str]) -> list[np.ndarray]:
        """The same as arrays, a window of texts after the other."""
        return [np.array(ids, np.int32) for start in range(0, len(texts), WINDOW)
                for ids in self.tokenize(texts[start:start + WINDOW])]

    def encode(self, texts: str | Iterable[str], batch_size: int = 32, show_progress_bar: bool = False,
               normalize_embeddings: bool = False, truncate_dim: int | None = None) -> np.ndarray:
        """Vectors of texts, in their order; a single text gives a single vector.

        Texts of like length go through the model together, the longest first.

        batch_size            texts that go through the model at once
        show_progress_bar     tells on stderr how far it is
        normalize_embeddings  y / |y|, also where the model has no norm
        truncate_dim          only the first components, for models that were trained for it

        Shapes:  N texts -> (N, C) float32; a text -> (C,)
        Raises:  TypeError naming the first that is no text; ValueError for bad sizes, or where the model
                 gives a NaN.
        """
        if isinstance(texts, str):
            return self.encode([texts], batch_size, False, normalize_embeddings, truncate_dim)[0]
        listed = list(texts)
        width = self._check(listed, batch_size, truncate_dim)
        tokens = self.tokens(listed)
        order = sorted(range(len(tokens)), key=lambda place: -len(tokens[place]))
        result = np.empty((len(tokens), width), np.float32)
        progress = Progress("encoding", len(tokens), " texts", shown=show_progress_bar)
        for start in range(0, len(order), batch_size):
            places = order[start:start + batch_size]
            result[places] = self.vectors([tokens[place] for place in places])[:, :width]
            progress.to(start + len(places))
        progress.end(f"{len(tokens):,} texts")
        if not np.isfinite(result).all():
            place = int(np.argmin(np.isfinite(result).all(1)))
            raise ValueError(f"encode: the model gives a NaN or an infinity for text {place}; are its "
                             "weights sound?")
        return unit(result, "encode") if normalize_embeddings and len(result) else result

    def _check(self, texts: list[str], batch_size: int, truncate_dim: int | None) -> int:
        """Complain of bad arguments; the number of components wanted."""
        for place, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(f"encode: text {place} is a {type(text).__name__}, wants a str")
        if not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"encode: batch_size must be an integer of at least 1, got {batch_size!r}")
        width = self.dimension if truncate_dim is None else truncate_dim
        if not 1 <= width <= self.dimension:
            raise ValueError(f"encode: truncate_dim is {width}, the vectors have {self.dimension} components")
        return width


def texts_of(file: str | os.PathLike[str]) -> list[str]:
    """The lines of a text file in UTF-8.

    Raises:  ValueError naming the first byte that is not UTF-8.
    """
    data = Path(file).read_bytes()
    try:
        return data.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: byte 0x{data[error.start]:02x} at position {error.start} is not UTF-8 "
                         f"({error.reason})") from None
