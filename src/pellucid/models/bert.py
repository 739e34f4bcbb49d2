"""BERT: a transformer in which every token sees the whole text, to its left and to its right.

    x  = norm(word + position + type)                      each row of a table
    x' = norm(x + attention(x) W)                          the norm after the sum: "post-norm"
    x  = norm(x' + act(x' W1) W2)                          in each layer
    p  = tanh(x[first] W)                                  the pooler, of which sentence encoders make no use

Names of parameters are those of Hugging Face's BertModel, so that its checkpoints fit as they are.

Source:  Devlin, Chang, Lee & Toutanova 2018, "BERT: Pre-training of Deep Bidirectional Transformers for
         Language Understanding", arXiv:1810.04805.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from .. import Tensor, nn, tanh, zeros_like
from ..nn import functional as F

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu, "relu": F.relu, "silu": F.silu, "swish": F.silu,
    "gelu_new": lambda x: F.gelu(x, approximate="tanh"),
    "gelu_pytorch_tanh": lambda x: F.gelu(x, approximate="tanh")}


@dataclass(frozen=True)
class BertConfig:
    vocab_size: int = 30522
    hidden_size: int = 768                  # of each token, C
    num_hidden_layers: int = 12
    num_attention_heads: int = 12           # must divide hidden_size
    intermediate_size: int = 3072           # between the two products of a layer
    hidden_act: str = "gelu"
    max_position_embeddings: int = 512      # tokens of the longest text
    type_vocab_size: int = 2                # first or second text of a pair
    layer_norm_eps: float = 1e-12
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    initializer_range: float = 0.02
    pad_token_id: int = 0                   # its row of the table gets no gradient

    def __post_init__(self) -> None:
        for field in fields(self):
            value, is_count = getattr(self, field.name), field.type == "int" and field.name != "pad_token_id"
            if is_count and (not isinstance(value, int) or value < 1):
                raise ValueError(f"bert: {field.name} must be an integer of at least 1, got {value!r}")
        if self.hidden_size % self.num_attention_heads:
            raise ValueError(f"bert: num_attention_heads={self.num_attention_heads} must divide "
                             f"hidden_size={self.hidden_size}")
        if self.hidden_act not in ACTIVATIONS:
            raise ValueError(f"bert: hidden_act is {self.hidden_act!r}, wants one of "
                             f"{', '.join(ACTIVATIONS)}")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> BertConfig:
        """From the entries of a config.json, of which others than these fields are left out.

        Raises:  ValueError for another kind of model, or for positions that are not learned ones.
        """
        kind = values.get("model_type", "bert")
        if kind != "bert":
            raise ValueError(f"bert: config.json describes a model of type {kind!r}, only 'bert' is read")
        positions = values.get("position_embedding_type") or "absolute"
        if positions != "absolute" or values.get("is_decoder"):
            raise ValueError(f"bert: position_embedding_type={positions!r}, is_decoder="
                             f"{values.get('is_decoder', False)}: only 'absolute' encoders are read")
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in names and value is not None})


class Embeddings(nn.Module):
    """What each token is, where it stands, and which text it belongs to.

    Shapes:  ids, types (B, T) -> (B, T, C)
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        c = config.hidden_size
        self.word_embeddings = nn.Embedding(config.vocab_size, c, padding_idx=config.pad_token_id)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, c)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, c)
        self.LayerNorm = nn.LayerNorm(c, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, ids: Tensor, types: Tensor | None = None) -> Tensor:
        t, most = ids.shape[1], self.position_embeddings.num_embeddings
        if t > most:
            raise ValueError(f"bert: the text has {t} tokens, the model has places for {most}")
        places = self.position_embeddings.weight[:t]                   # (T, C)
        kinds = (self.token_type_embeddings.weight[0] if types is None   # (C,): all of the first text
                 else self.token_type_embeddings(types))               # or (B, T, C)
        return self.dropout(self.LayerNorm(self.word_embeddings(ids) + (places + kinds)))


class SelfAttention(nn.Module):
    """Each token gathers from all tokens, by how well its query meets their keys.

        y = softmax(q k^T / sqrt(D) where the mask is true) v
    Shapes:  x (B, T, C), mask (B, 1, 1, T) or None -> (B, T, C)
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        c = config.hidden_size
        self.query, self.key, self.value = nn.Linear(c, c), nn.Linear(c, c), nn.Linear(c, c)
        self.n_heads, self.p = config.num_attention_heads, config.attention_probs_dropout_prob

    def heads(self, x: Tensor) -> Tensor:
        """(B, T, C) -> (B, H, T, D)"""
        b, t, c = x.shape
        return x.view(b, t, self.n_heads, c // self.n_heads).transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        q, k, v = self.heads(self.query(x)), self.heads(self.key(x)), self.heads(self.value(x))
        y = F.scaled_dot_product_attention(q, k, v, mask, self.p if self.training else 0.0)
        return y.transpose(1, 2).flatten(2)                            # (B, H, T, D) -> (B, T, C)


class Joined(nn.Module):
    """A product, added to what the block had read, and normalised.

        y = norm(read + x W)
    """

    def __init__(self, config: BertConfig, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.dropout = nn.Dropout(config.hidden_dropout_prob)

    def forward(self, x: Tensor, read: Tensor) -> Tensor:
        return self.LayerNorm(read + self.dropout(self.dense(x)))


class Attention(nn.Module):
    """Self-attention with its product, sum and norm."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.self = SelfAttention(config)
        self.output = Joined(config, config.hidden_size)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.output(self.self(x, mask), x)


class Intermediate(nn.Module):
    """The wide middle of a layer: act(x W1).

    Shapes:  x (B, T, C) -> (B, T, intermediate_size)
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)
        self.act = ACTIVATIONS[config.hidden_act]

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.dense(x))


class Layer(nn.Module):
    """Attention between the tokens, then a small network at each of them."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.attention = Attention(config)
        self.intermediate = Intermediate(config)
        self.output = Joined(config, config.intermediate_size)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.attention(x, mask)
        return self.output(self.intermediate(x), x)


class Layers(nn.Module):
    """One layer after the other."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.layer = nn.ModuleList([Layer(config) for _ in range(config.num_hidden_layers)])

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        for layer in self.layer:
            x = layer(x, mask)
        return x


class Pooler(nn.Module):
    """The first token's vector, once more through a layer; what BERT was trained to tell pairs with.

    Shapes:  x (B, T, C) -> (B, C)
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, x: Tensor) -> Tensor:
        return tanh(self.dense(x[:, 0]))


class Bert(nn.Module):
    """A vector for each token of a text that has seen the whole text.

    Shapes:  ids (B, T), mask (B, T), true or 1 where there is a token and not padding, types (B, T)
             -> (B, T, C)
    Raises:  ValueError for more tokens than there are positions.
    Differs: Hugging Face's BertModel returns an object that also holds the pooler's output; here
             `bert.pooler(bert(ids))` gives it.
    >>> from pellucid import arange
    >>> tiny = BertConfig(vocab_size=9, hidden_size=4, num_hidden_layers=1, num_attention_heads=2,
    ...                   intermediate_size=8)
    >>> Bert(tiny)(arange(6).view(2, 3)).shape
    pellucid.Size([2, 3, 4])
    """

    def __init__(self, config: BertConfig, has_pooler: bool = True) -> None:
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.encoder = Layers(config)
        self.pooler = Pooler(config) if has_pooler else None
        self.apply(self._start)

    def _start(self, module: nn.Module) -> None:
        """Weights from a narrow normal distribution, biases 0, as BERT was trained from."""
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=self.config.initializer_range)
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)

    def forward(self, ids: Tensor, mask: Tensor | None = None, types: Tensor | None = None) -> Tensor:
        seen = None if mask is None else (mask != zeros_like(mask))[:, None, None]     # (B, 1, 1, T)
        return self.encoder(self.embeddings(ids, types), seen)
