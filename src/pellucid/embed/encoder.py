"""Sentence encoders: a text through a tokenizer, a transformer, pooling and a norm."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .. import Tensor, from_numpy
from ..models.bert import Bert
from ..nn import functional as F
from ..text import Tokenizer
from .folder import read_model, read_modules, read_tokenizer, write_folder
from .pooling import POOLINGS
from .starting import EncoderConfig, bert_from_table, random_bert
from .static import StaticEncoder, is_static
from .texts import TextEncoder

TOKENS = 512                                                      # that go through the model at once


class Encoder(TextEncoder):
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
        super().__init__(tokenizer, normalize, max_seq_length or most, lower_case)
        self.model, self.pooling = model, pooling

    @classmethod
    def random(cls, tokenizer: Tokenizer, config: EncoderConfig | None = None) -> Encoder:
        """Start from weights drawn by Pellucid's stream, to be trained (see `train_encoder`)."""
        chosen = config or EncoderConfig()
        return cls(random_bert(tokenizer, chosen), tokenizer, pooling=chosen.pooling,
                   normalize=chosen.normalize, max_seq_length=chosen.max_seq_length)

    @classmethod
    def from_static(cls, static: StaticEncoder, config: EncoderConfig) -> Encoder:
        """Start as a static encoder: the same vectors, but for what the places add, and layers yet to learn.

        The width is that of the static vectors and two more; pooling must be "mean".
        """
        if config.pooling != "mean":
            raise ValueError(f"from_static: a static encoder takes the mean, pooling is {config.pooling!r}")
        return cls(bert_from_table(static.weight, static.tokenizer, config), static.tokenizer,
                   normalize=config.normalize, max_seq_length=config.max_seq_length)

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike[str]) -> TextEncoder:
        """Read a folder of sentence-transformers or of Hugging Face's BERT; nothing in it is executed.

        Without modules.json the tokens' mean is taken, and there is no norm. A folder with a static
        embedding gives a StaticEncoder.

        Raises:  FileNotFoundError; UnfitWeights listing the weights that disagree with config.json;
                 ValueError naming the file for other models, modules or poolings than those that are known.
        Differs: prompts that the folder may hold are not put before the texts.
        """
        path = Path(folder)
        if not path.is_dir():
            raise FileNotFoundError(f"from_pretrained: {path} is not a folder; nothing is downloaded")
        if is_static(path):
            return StaticEncoder.from_pretrained(path)
        pooling, normalize, inside = read_modules(path)
        model = read_model(inside)
        tokenizer, longest, lower = read_tokenizer(inside, model.config)
        return cls(model, tokenizer, pooling=pooling, normalize=normalize, max_seq_length=longest,
                   lower_case=lower)

    def save_pretrained(self, folder: str | os.PathLike[str]) -> None:
        """Write a folder that `from_pretrained` and sentence-transformers read."""
        write_folder(Path(folder), self.model, self.tokenizer, self.pooling, self.normalize,
                     self.max_seq_length or self.model.config.max_position_embeddings, self.lower_case)

    @property
    def dimension(self) -> int:
        """The components of a vector."""
        return self.model.config.hidden_size

    def vectors(self, batch: list[np.ndarray]) -> np.ndarray:
        """The vectors of texts, given as the numbers of their tokens; of long ones few at once."""
        size = max(1, TOKENS // max(1, *map(len, batch)))
        return np.concatenate([super(Encoder, self).vectors(batch[start:start + size])
                               for start in range(0, len(batch), size)])

    def collate(self, batch: list[np.ndarray]) -> tuple[Tensor, ...]:
        """Texts of a batch as `embed` reads them: numbers (B, T), 0 and 1 where a text has ended (B, T)."""
        lengths = np.array([len(ids) for ids in batch])
        ids = np.full((len(batch), max(1, lengths.max())), self.model.config.pad_token_id, np.int64)
        for row, numbers in enumerate(batch):
            ids[row, :len(numbers)] = numbers
        mask = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.float32)
        return from_numpy(ids), from_numpy(mask)

    def embed(self, *inputs: Tensor) -> Tensor:
        """The vectors of a batch that `collate` made, with gradients."""
        ids, mask = inputs
        given = mask.numpy()
        y = POOLINGS[self.pooling](self.model(ids, None if given.all() else mask), given)
        return F.normalize(y, dim=1) if self.normalize else y

    def __repr__(self) -> str:
        c = self.model.config
        return (f"Encoder({c.num_hidden_layers} layers, {c.hidden_size} components, {c.vocab_size:,} tokens, "
                f"pooling={self.pooling!r}, normalize={self.normalize}, "
                f"max_seq_length={self.max_seq_length})")
