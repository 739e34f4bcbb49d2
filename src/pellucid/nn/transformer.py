"""Transformers: layers of attention and of small networks at every place, each added to its input."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dtypes import as_dtype, get_default_dtype
from ..tensor import OpError, Tensor, wrap
from . import functional as F
from . import init
from .attention import MultiheadAttention
from .containers import ModuleList
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .norm import LayerNorm

Activation = str | Callable[[Tensor], Tensor]


def _activation(name: Activation) -> Callable[[Tensor], Tensor]:
    if not isinstance(name, str):
        return name
    known: dict[str, Callable] = {"relu": F.relu, "gelu": F.gelu}
    if name not in known:
        raise OpError("TransformerEncoderLayer, TransformerDecoderLayer: activation must be 'relu', 'gelu' "
                      f"or a function, got {name!r}")
    return known[name]


def causal_mask(size: int, dtype: Any = None) -> Tensor:
    """0 on and below the diagonal, -inf above it: added to scores, it hides what comes later."""
    wanted = (get_default_dtype() if dtype is None else as_dtype(dtype)).dtype
    return wrap(np.triu(np.full((size, size), -np.inf, wanted), 1))


def _is_causal(mask: Tensor | None, told: bool | None) -> bool:
    """Is the mask the causal one? As told, else by looking at it."""
    if told is not None or mask is None:
        return bool(told)
    if mask._data.dtype == np.bool_ or mask.ndim != 2 or mask.shape[0] != mask.shape[1]:
        return False
    return bool((mask._data == causal_mask(mask.shape[0], mask.dtype)._data).all())


class _Layer(Module):
    """What both kinds of layer share: self-attention, then a small network at every place."""

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int, dropout: float, activation: Activation,
                 layer_norm_eps: float, batch_first: bool, norm_first: bool, bias: bool, device: Any,
                 dtype: Any) -> None:
        super().__init__()
        where = {"device": device, "dtype": dtype}
        n_parts = 3 if self.reads_memory else 2
        attention = {"dropout": dropout, "bias": bias, "batch_first": batch_first, **where}
        self.self_attn = MultiheadAttention(d_model, nhead, **attention)
        if self.reads_memory:
            self.multihead_attn = MultiheadAttention(d_model, nhead, **attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **where)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **where)
        self.norm_first = norm_first
        for i in range(1, n_parts + 1):
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, **where))
        for i in range(1, n_parts + 1):
            setattr(self, f"dropout{i}", Dropout(dropout))
        self.activation = _activation(activation)

    reads_memory = False

    def _added(self, i: int, x: Tensor, part: Callable[[Tensor], Tensor]) -> Tensor:
        """x plus what part number i makes of it, normalised before or afterwards."""
        norm, dropout = getattr(self, f"norm{i}"), getattr(self, f"dropout{i}")
        if self.norm_first:
            return x + dropout(part(norm(x)))
        return norm(x + dropout(part(x)))

    def _fed(self, x: Tensor) -> Tensor:
        """The small network."""
        return self.linear2(self.dropout(self.activation(self.linear1(x))))


class TransformerEncoderLayer(_Layer):
    """Self-attention, then two linear layers at every place; each added to its input, and normalised.

        x = norm1(x + dropout(attention(x, x, x)))
        y = norm2(x + dropout(W_2 dropout(activation(W_1 x + b_1)) + b_2))
    norm_first=True: x + attention(norm1(x)), x + network(norm2(x)). activation: "relu", "gelu" or a function.
    Masks: see MultiheadAttention.

    Shapes:  src (L, N, d_model), with batch_first (N, L, d_model), both also without N -> the same
    Source:  Vaswani et al. 2017, arXiv:1706.03762, section 3.1; norm first: Xiong et al. 2020,
             arXiv:2002.04745.
    """

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: Activation = F.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
                 norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
                         norm_first, bias, device, dtype)

    def forward(self, src: Tensor, src_mask: Tensor | None = None,
                src_key_padding_mask: Tensor | None = None, is_causal: bool = False) -> Tensor:
        def look(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, src_key_padding_mask, False, src_mask, is_causal=is_causal)[0]
        return self._added(2, self._added(1, src, look), self._fed)


class TransformerDecoderLayer(_Layer):
    """Self-attention, attention to what an encoder made (memory), then two linear layers at every place.

        x = norm1(x + dropout(attention(x, x, x)))
        x = norm2(x + dropout(attention(x, memory, memory)))
        y = norm3(x + dropout(W_2 dropout(activation(W_1 x + b_1)) + b_2))
    norm_first=True normalises what goes into each part instead. activation: "relu", "gelu" or a function.
    Masks: see MultiheadAttention.

    Shapes:  tgt (L, N, d_model), memory (S, N, d_model), with batch_first (N, L, d_model), ... -> like tgt
    Source:  Vaswani et al. 2017, arXiv:1706.03762, section 3.1.
    """

    reads_memory = True

    def __init__(self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: Activation = F.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
                 norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
                         norm_first, bias, device, dtype)

    def forward(self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
                memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
                memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool = False,
                memory_is_causal: bool = False) -> Tensor:
        def look(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, tgt_key_padding_mask, False, tgt_mask, is_causal=tgt_is_causal)[0]

        def recall(x: Tensor) -> Tensor:
            return self.multihead_attn(x, memory, memory, memory_key_padding_mask, False, memory_mask,
                                       is_causal=memory_is_causal)[0]
        return self._added(3, self._added(2, self._added(1, tgt, look), recall), self._fed)


class TransformerEncoder(Module):
    """Encoder layers above each other: copies of one, so they begin equal. At the end `norm`, if given.

        y = norm(layer_n(... layer_1(x)))
    A mask that is the causal one is recognised (is_causal=None), which spares reading it.

    Shapes:  src (L, N, d_model), with batch_first (N, L, d_model) -> the same
    Source:  Vaswani et al. 2017, arXiv:1706.03762, section 3.1.
    Differs: enable_nested_tensor and mask_check change nothing. In evaluation, PyTorch's nested tensors set
             the places that src_key_padding_mask hides to 0; here they hold what the layers compute there.
    """

    def __init__(self, encoder_layer: Module, num_layers: int, norm: Module | None = None,
                 enable_nested_tensor: bool = True, mask_check: bool = True) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(self, src: Tensor, mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
                is_causal: bool | None = None) -> Tensor:
        is_causal = _is_causal(mask, is_causal)
        for layer in self.layers:
            src = layer(src, src_mask=mask, is_causal=is_causal, src_key_padding_mask=src_key_padding_mask)
        return src if self.norm is None else self.norm(src)


class TransformerDecoder(Module):
    """Decoder layers above each other: copies of one, so they begin equal. At the end `norm`, if given.

        y = norm(layer_n(... layer_1(x, memory), memory))
    A tgt_mask that is the causal one is recognised (tgt_is_causal=None), which spares reading it.

    Shapes:  tgt (L, N, d_model), memory (S, N, d_model), with batch_first (N, L, d_model), ... -> like tgt
    Source:  Vaswani et al. 2017, arXiv:1706.03762, section 3.1.
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
                memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
                memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool | None = None,
                memory_is_causal: bool = False) -> Tensor:
        tgt_is_causal = _is_causal(tgt_mask, tgt_is_causal)
        for layer in self.layers:
            tgt = layer(tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                        tgt_key_padding_mask=tgt_key_padding_mask,
                        memory_key_padding_mask=memory_key_padding_mask,
                        tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal)
        return tgt if self.norm is None else self.norm(tgt)


class Transformer(Module):
    """An encoder that reads a source, and a decoder that looks at it while it writes a target.

        memory = encoder(src)                    y = decoder(tgt, memory)
    All matrices start by Xavier's rule. Masks: see MultiheadAttention; `generate_square_subsequent_mask`
    makes the one that hides the future.

    Shapes:  src (S, N, d_model), tgt (T, N, d_model), with batch_first (N, S, d_model), ..., both also
             without N -> like tgt
    Source:  Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762.
    Raises:  RuntimeError for batches that differ and for features other than d_model.
    """

    def __init__(self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6,
                 num_decoder_layers: int = 6, dim_feedforward: int = 2048, dropout: float = 0.1,
                 activation: Activation = F.relu, custom_encoder: Any = None, custom_decoder: Any = None,
                 layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
                 bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        how = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first,
               bias, device, dtype)

        def norm() -> LayerNorm:
            return LayerNorm(d_model, layer_norm_eps, bias=bias, device=device, dtype=dtype)
        self.encoder = custom_encoder or TransformerEncoder(TransformerEncoderLayer(*how), num_encoder_layers,
                                                            norm())
        self.decoder = custom_decoder or TransformerDecoder(TransformerDecoderLayer(*how), num_decoder_layers,
                                                            norm())
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(self, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None,
                tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
                src_key_padding_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
                memory_key_padding_mask: Tensor | None = None, src_is_causal: bool | None = None,
                tgt_is_causal: bool | None = None, memory_is_causal: bool = False) -> Tensor:
        batch_dim = 0 if self.batch_first else 1
        if src.ndim == tgt.ndim == 3 and src.shape[batch_dim] != tgt.shape[batch_dim]:
            raise OpError(f"Transformer: src and tgt must be batches of one size, got {tuple(src.shape)} and "
                          f"{tuple(tgt.shape)}")
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise OpError(f"Transformer: src and tgt must have {self.d_model} features, got "
                          f"{tuple(src.shape)} and {tuple(tgt.shape)}")
        memory = self.encoder(src, mask=src_mask, src_key_padding_mask=src_key_padding_mask,
                              is_causal=src_is_causal)
        return self.decoder(tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                            tgt_key_padding_mask=tgt_key_padding_mask,
                            memory_key_padding_mask=memory_key_padding_mask,
                            tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal)

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """0 on and below the diagonal, -inf above it: added to scores, it hides what comes later."""
        return causal_mask(sz, dtype)
