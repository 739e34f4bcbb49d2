"""Tables of learned vectors, looked up by number."""

from __future__ import annotations

from typing import Any

from ..ops import empty
from ..tensor import OpError, Tensor
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class _Table(Module):
    """A table of vectors, one row per number, that starts normal(0, 1)."""

    def _make(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None, given: Tensor | None,
              frozen: bool, options: dict) -> None:
        name = type(self).__name__
        if padding_idx is not None and not -num_embeddings <= padding_idx < num_embeddings:
            raise OpError(f"{name}: padding_idx {padding_idx} is not among the {num_embeddings} rows")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else padding_idx % num_embeddings
        if given is not None and tuple(given.shape) != (num_embeddings, embedding_dim):
            raise OpError(f"{name}: the given weight has shape {tuple(given.shape)}, num_embeddings and "
                          f"embedding_dim want {(num_embeddings, embedding_dim)}")
        table = empty((num_embeddings, embedding_dim), **options) if given is None else given
        self.weight = Parameter(table, requires_grad=not frozen)
        if given is None:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new vectors; that of padding_idx is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0


class Embedding(_Table):
    """A learned vector for each number: of a word, a user, a move.

        y = W[x]                                 row x of W, which starts normal(0, 1)
    padding_idx: this row starts as 0 and gets no gradient
    max_norm:    rows that are longer (in the norm_type-norm) are shortened to it, in place, when used

    Shapes:  x (...) of integers, W (num_embeddings, embedding_dim) -> (..., embedding_dim)
    Differs: sparse means nothing here, gradients are dense.
    Raises:  IndexError for a number that is not a row, RuntimeError for numbers that are not integers.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None,
                 max_norm: float | None = None, norm_type: float = 2.0, scale_grad_by_freq: bool = False,
                 sparse: bool = False, _weight: Tensor | None = None, _freeze: bool = False,
                 device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.max_norm, self.norm_type = max_norm, norm_type
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self._make(num_embeddings, embedding_dim, padding_idx, _weight, _freeze,
                   {"device": device, "dtype": dtype})

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(input, self.weight, self.padding_idx, self.max_norm, self.norm_type,
                           self.scale_grad_by_freq, self.sparse)

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None,
                        max_norm: float | None = None, norm_type: float = 2.0,
                        scale_grad_by_freq: bool = False, sparse: bool = False) -> Embedding:
        """An Embedding that holds the given table (V, D), frozen unless freeze=False."""
        return cls(*_size("Embedding", embeddings), padding_idx, max_norm, norm_type, scale_grad_by_freq,
                   sparse, embeddings, freeze)

    def extra_repr(self) -> str:
        return _told(self, "")


class EmbeddingBag(_Table):
    """The sum, mean or maximum of the vectors of a bag of numbers, without keeping each of them.

        y[b] = sum over x in bag b of W[x]       mode="sum"; divided by their count for "mean"
    Shapes:  x (B, L), or (N,) with the starts offsets (B,); W (num_embeddings, embedding_dim)
             -> (B, embedding_dim)
    Differs: sparse means nothing here, gradients are dense.
    Raises:  IndexError for a number that is not a row, RuntimeError for numbers that are not integers.
    """

    def __init__(self, num_embeddings: int, embedding_dim: int, max_norm: float | None = None,
                 norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
                 sparse: bool = False, _weight: Tensor | None = None, include_last_offset: bool = False,
                 padding_idx: int | None = None, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.max_norm, self.norm_type, self.mode = max_norm, norm_type, mode
        self.scale_grad_by_freq, self.sparse = scale_grad_by_freq, sparse
        self.include_last_offset = include_last_offset
        self._make(num_embeddings, embedding_dim, padding_idx, _weight, False,
                   {"device": device, "dtype": dtype})

    def forward(self, input: Tensor, offsets: Tensor | None = None,
                per_sample_weights: Tensor | None = None) -> Tensor:
        return F.embedding_bag(input, self.weight, offsets, self.max_norm, self.norm_type,
                               self.scale_grad_by_freq, self.mode, self.sparse, per_sample_weights,
                               self.include_last_offset, self.padding_idx)

    @classmethod
    def from_pretrained(cls, embeddings: Tensor, freeze: bool = True, max_norm: float | None = None,
                        norm_type: float = 2.0, scale_grad_by_freq: bool = False, mode: str = "mean",
                        sparse: bool = False, include_last_offset: bool = False,
                        padding_idx: int | None = None) -> EmbeddingBag:
        """An EmbeddingBag that holds the given table (V, D), frozen unless freeze=False."""
        bag = cls(*_size("EmbeddingBag", embeddings), max_norm, norm_type, scale_grad_by_freq, mode, sparse,
                  embeddings, include_last_offset, padding_idx)
        bag.weight.requires_grad_(not freeze)
        return bag

    def extra_repr(self) -> str:
        return _told(self, f", mode={self.mode!r}")


def _size(name: str, embeddings: Tensor) -> tuple[int, int]:
    if embeddings.ndim != 2:
        raise OpError(f"{name}.from_pretrained: embeddings must be a table (V, D), got shape "
                      f"{tuple(embeddings.shape)}")
    return embeddings._data.shape  # type: ignore[return-value]


def _told(layer: Any, more: str) -> str:
    text = f"{layer.num_embeddings}, {layer.embedding_dim}"
    text += "" if layer.padding_idx is None or more else f", padding_idx={layer.padding_idx}"
    text += "" if layer.max_norm is None else f", max_norm={layer.max_norm}"
    text += "" if layer.norm_type == 2 else f", norm_type={layer.norm_type}"
    text += f", scale_grad_by_freq={layer.scale_grad_by_freq}" if layer.scale_grad_by_freq else ""
    text += ", sparse=True" if layer.sparse and not more else ""
    text += more
    return text + ("" if layer.padding_idx is None or not more else f", padding_idx={layer.padding_idx}")
