"""Static encoders: a text's vector is the mean of its tokens', whatever stands beside them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from .. import Tensor, from_numpy, nn
from ..io import load_arrays, save_arrays, write_text
from ..nn import functional as F
from ..text import Tokenizer
from .codes import int8
from .folder import UnfitWeights, modules_of
from .texts import TextEncoder

INSIDE, WEIGHT = "0_StaticEmbedding", "embedding.weight"          # as sentence-transformers calls them
SCALE = "embedding.scale"                                         # of each row, where the table is of int8


class StaticEncoder(TextEncoder):
    """A vector for each text, looked up and averaged: hundreds of times as fast as a transformer.

        y = mean over the text's tokens t of W[t]
        y = y / |y|                       if the model has a norm

    The table is `encoder.weight`, the layer that looks up in it `encoder.model`. A text without any token
    gets zeros.

    weight          the table W, an array or a Tensor
    normalize       whether the norm belongs to the model
    max_seq_length  tokens; what is longer is cut; None for no bound

    Shapes:  weight (V, C)
    Source:  Arora, Liang & Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings".
    Raises:  ValueError for a weight that is no table or has fewer rows than the tokenizer has tokens.
    >>> tokenizer = Tokenizer.train("the bank the money the river", vocab_size=5, kind="words")
    >>> tokenizer.vocab
    {'<unk>': 0, 'the': 1, 'bank': 2, 'money': 3, 'river': 4}
    >>> encoder = StaticEncoder(np.eye(len(tokenizer)), tokenizer, normalize=False)
    >>> encoder.encode("the river the bank").tolist()
    [0.0, 0.5, 0.25, 0.0, 0.25]
    """

    add_special_tokens = False

    def __init__(self, weight: Any, tokenizer: Tokenizer, *, normalize: bool = True,
                 max_seq_length: int | None = None) -> None:
        table = weight if isinstance(weight, Tensor) else from_numpy(np.array(weight, np.float32))
        if table.ndim != 2:
            raise ValueError(f"StaticEncoder: weight wants shape (V, C), got {tuple(table.shape)}")
        highest = max(tokenizer.vocab.values(), default=-1)
        if highest >= table.shape[0]:
            raise ValueError(f"StaticEncoder: the tokenizer has numbers to {highest}, weight has "
                             f"{table.shape[0]} rows")
        if max_seq_length is not None and max_seq_length < 1:
            raise ValueError(f"StaticEncoder: max_seq_length is {max_seq_length}, wants at least 1 or None")
        super().__init__(tokenizer, normalize, max_seq_length, False)
        self.model = nn.EmbeddingBag.from_pretrained(table, freeze=False)

    @classmethod
    def random(cls, tokenizer: Tokenizer, dimension: int = 256, **options: Any) -> StaticEncoder:
        """Start from a table drawn from normal(0, 1) by Pellucid's stream.

        Texts that share tokens are alike from the beginning: vectors drawn at random are nearly orthogonal.
        """
        if not isinstance(dimension, int) or dimension < 1:
            raise ValueError(f"StaticEncoder: dimension must be an integer of at least 1, got {dimension!r}")
        rows = max(tokenizer.vocab.values(), default=-1) + 1
        return cls(nn.EmbeddingBag(rows, dimension).weight.detach(), tokenizer, **options)

    def weigh(self, texts: Iterable[str], smoothing: float = 1e-3) -> None:
        """Shorten the vectors of tokens that are frequent in some texts, which say little.

            W[t] = W[t] a / (a + p[t])        a = smoothing, p = the token's share of all tokens

        Source:  Arora, Liang & Ma 2017, "A Simple but Tough-to-Beat Baseline for Sentence Embeddings".
        Raises:  ValueError for texts without any token, or a smoothing that is not above 0.
        """
        if not smoothing > 0:
            raise ValueError(f"weigh: smoothing must be above 0, got {smoothing!r}")
        counts = np.bincount(np.concatenate([np.zeros(0, np.int32), *self.tokens(list(texts))]),
                             minlength=len(self.weight))
        if not counts.any():
            raise ValueError("weigh: there is no token in the texts")
        self.weight[:] *= (smoothing / (smoothing + counts / counts.sum()))[:, None].astype(np.float32)

    @classmethod
    def from_pretrained(cls, folder: str | os.PathLike[str]) -> StaticEncoder:
        """Read a folder that `save_pretrained` or sentence-transformers' StaticEmbedding wrote.

        Raises:  FileNotFoundError; UnfitWeights for a table that does not fit the tokenizer; ValueError
                 naming the file for modules that are not known.
        """
        path = Path(folder)
        if not path.is_dir():
            raise FileNotFoundError(f"from_pretrained: {path} is not a folder; nothing is downloaded")
        listed = modules_of(path)
        kinds = [kind for kind, _ in listed]
        if kinds not in (["StaticEmbedding"], ["StaticEmbedding", "Normalize"]):
            raise ValueError(f"{path / 'modules.json'}: lists {', '.join(kinds) or 'nothing'}; read are "
                             "StaticEmbedding and, after it, Normalize")
        inside = path / listed[0][1]
        file = inside / "model.safetensors"
        arrays = load_arrays(file)
        table = arrays.get(WEIGHT, arrays.get("embeddings"))      # the second is model2vec's name
        if table is None or table.ndim != 2:
            shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
            raise UnfitWeights(f"{file}: wants a table {WEIGHT} (V, C), holds {shapes or 'nothing'}")
        if SCALE in arrays:
            if arrays[SCALE].shape != (len(table), 1):
                raise UnfitWeights(f"{file}: {SCALE} has shape {arrays[SCALE].shape}, wants "
                                   f"{(len(table), 1)}")
            table = table * arrays[SCALE]
        tokenizer = Tokenizer.from_file(inside / "tokenizer.json")
        tokenizer.no_padding()
        if max(tokenizer.vocab.values(), default=-1) >= len(table):
            raise UnfitWeights(f"{file}: {WEIGHT} has {len(table)} rows, the tokenizer beside it numbers to "
                               f"{max(tokenizer.vocab.values())}")
        longest = None if tokenizer.truncation is None else tokenizer.truncation.max_length
        return cls(table, tokenizer, normalize="Normalize" in kinds, max_seq_length=longest)

    def save_pretrained(self, folder: str | os.PathLike[str], dtype: str = "float32") -> None:
        """Write a folder that `from_pretrained` and sentence-transformers read.

        dtype  "int8" stores a number of 8 bits for each component and a scale for each row: a quarter of the
               bytes, which sentence-transformers does not read
        """
        if dtype not in ("float32", "int8"):
            raise ValueError(f"save_pretrained: dtype is {dtype!r}, wants 'float32' or 'int8'")
        path = Path(folder)
        (path / INSIDE).mkdir(parents=True, exist_ok=True)
        self.tokenize([])                                         # the tokenizer knows the bound now
        self.tokenizer.save(path / INSIDE / "tokenizer.json")
        stored = ({WEIGHT: self.weight} if dtype == "float32"
                  else dict(zip((WEIGHT, SCALE), int8(self.weight), strict=True)))
        save_arrays(stored, path / INSIDE / "model.safetensors", {"format": "pt"})
        kinds = [("StaticEmbedding", INSIDE)] + ([("Normalize", "1_Normalize")] if self.normalize else [])
        for _, name in kinds:
            (path / name).mkdir(exist_ok=True)
        modules = [{"idx": place, "name": str(place), "path": name,
                    "type": f"sentence_transformers.models.{kind}"}
                   for place, (kind, name) in enumerate(kinds)]
        write_text(path / "modules.json", json.dumps(modules, indent=2) + "\n")  # last: now it is a whole one

    @property
    def weight(self) -> np.ndarray:
        """The table, a row for each token."""
        return self.model.weight.detach().numpy()

    @property
    def dimension(self) -> int:
        """The components of a vector."""
        return self.model.embedding_dim

    def collate(self, batch: list[np.ndarray]) -> tuple[Tensor, ...]:
        """Texts of a batch as `embed` reads them: where each begins (B,), and all their tokens in a row.

        >>> made = StaticEncoder(np.eye(300), Tokenizer.train("low lower", 260))
        >>> [part.tolist() for part in made.collate([np.array([3, 1]), np.array([], int), np.array([4])])]
        [[0, 2, 2], [3, 1, 4]]
        """
        lengths = np.array([len(ids) for ids in batch], np.int64)
        row = np.concatenate([np.asarray(ids, np.int64) for ids in batch])
        return from_numpy(np.cumsum(lengths) - lengths), from_numpy(row)

    def embed(self, *inputs: Tensor) -> Tensor:
        """The vectors of a batch that `collate` made, with gradients."""
        starts, row = inputs
        y = self.model(row, starts)
        return F.normalize(y, dim=1) if self.normalize else y

    def __repr__(self) -> str:
        return (f"StaticEncoder({self.dimension} components, {self.model.num_embeddings:,} tokens, "
                f"normalize={self.normalize}, max_seq_length={self.max_seq_length})")


def is_static(folder: Path) -> bool:
    """Whether a folder holds a static encoder."""
    return any(kind == "StaticEmbedding" for kind, _ in modules_of(folder))
