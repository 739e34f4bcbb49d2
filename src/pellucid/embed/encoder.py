"""Sentence encoders: a text through a tokenizer, a transformer, pooling and a norm."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from .. import from_numpy, no_grad
from ..models.bert import Bert
from ..text import Tokenizer
from ..text.progress import Progress
from .folder import read_model, read_modules, read_tokenizer, write_folder
from .pooling import POOLINGS
from .vectors import unit

WINDOW = 4096                                                     # texts that are tokenized at once


class Encoder:
    """A vector for each text.

        x = bert(tokens)                  a vector for each token, (T, C)
        y = pooling(x)                    "mean" over the tokens, "cls", "max" or "mean_sqrt_len_tokens"
        y = y / |y|                       if the model has a norm

    normalize       whether the norm belongs to the model
    max_seq_length  tokens, with the special ones; what is longer is cut
    lower_case      whether texts become lower case before the tokenizer sees them

    Source:  Reimers & Gurevych 2019, "Sentence-BERT", arXiv:1908.10084.
    """

    def __init__(self, model: Bert, tokenizer: Tokenizer, *, pooling: str = "mean", normalize: bool = True,
                 max_seq_length: int | None = None, lower_case: bool = False) -> None:
        if pooling not in POOLINGS:
            raise ValueError(f"Encoder: pooling is {pooling!r}, wants one of {', '.join(POOLINGS)}")
        most = model.config.max_position_embeddings
        if max_seq_length is not None and not 2 < max_seq_length <= most:
            raise ValueError(f"Encoder: max_seq_length is {max_seq_length}, wants 3 to {most}, "
                             "the model's places")
        self.model, self.tokenizer = model, tokenizer
        self.pooling, self.normalize, self.lower_case = pooling, normalize, lower_case
        self.max_seq_length = max_seq_length or most

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike[str]) -> Encoder:
        """Read a folder of sentence-transformers or of Hugging Face's BERT; nothing in it is executed.

        Without modules.json the tokens' mean is taken, and there is no norm.

        Raises:  FileNotFoundError; UnfitWeights listing the weights that disagree with config.json;
                 ValueError naming the file for other models, modules or poolings than those that are known.
        Differs: prompts that the folder may hold are not put before the texts.
        """
        path = Path(folder)
        if not path.is_dir():
            raise FileNotFoundError(f"from_pretrained: {path} is not a folder; nothing is downloaded")
        pooling, normalize, inside = read_modules(path)
        model = read_model(inside)
        tokenizer, longest, lower = read_tokenizer(inside, model.config)
        return cls(model, tokenizer, pooling=pooling, normalize=normalize, max_seq_length=longest,
                   lower_case=lower)

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write a folder that `from_pretrained` and sentence-transformers read."""
        write_folder(Path(folder), self.model, self.tokenizer, self.pooling, self.normalize,
                     self.max_seq_length, self.lower_case)

    @property
    def dimension(self) -> int:
        """The components of a vector."""
        return self.model.config.hidden_size

    def tokenize(self, texts: Iterable[str]) -> list[list[int]]:
        """The numbers of each text's tokens, special ones included, cut to max_seq_length."""
        self.tokenizer.enable_truncation(self.max_seq_length)
        lowered = (text.lower() for text in texts) if self.lower_case else texts
        return [encoding.ids for encoding in self.tokenizer.encode_batch(lowered)]

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
        tokens = [np.array(ids, np.int32) for start in range(0, len(listed), WINDOW)
                  for ids in self.tokenize(listed[start:start + WINDOW])]
        order = sorted(range(len(tokens)), key=lambda place: -len(tokens[place]))
        result = np.empty((len(tokens), width), np.float32)
        progress = Progress("encoding", len(tokens), " texts", shown=show_progress_bar)
        for start in range(0, len(order), batch_size):
            places = order[start:start + batch_size]
            result[places] = self._vectors([tokens[place] for place in places])[:, :width]
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

    def _vectors(self, batch: list[np.ndarray]) -> np.ndarray:
        """The vectors of texts that go through the model together."""
        lengths = np.array([len(ids) for ids in batch])
        ids = np.full((len(batch), max(1, lengths.max())), self.model.config.pad_token_id, np.int64)
        for row, numbers in enumerate(batch):
            ids[row, :len(numbers)] = numbers
        mask = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.float32)
        was_training = self.model.training
        self.model.eval()
        try:
            with no_grad():
                x = self.model(from_numpy(ids), None if mask.all() else from_numpy(mask)).numpy()
        finally:
            self.model.train(was_training)
        y = POOLINGS[self.pooling](x, mask)
        return y / np.maximum(np.linalg.norm(y, axis=1, keepdims=True), 1e-12) if self.normalize else y

    def __repr__(self) -> str:
        c = self.model.config
        return (f"Encoder({c.num_hidden_layers} layers, {c.hidden_size} components, {c.vocab_size:,} tokens, "
                f"pooling={self.pooling!r}, normalize={self.normalize}, "
                f"max_seq_length={self.max_seq_length})")


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
