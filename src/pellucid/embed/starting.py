"""Encoders that have learned nothing yet: what they are made of, and where their weights start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import from_numpy
from ..models.bert import ACTIVATIONS, Bert, BertConfig
from ..models.transformer import waves
from ..text import Tokenizer
from .pooling import POOLINGS

PADDING = ("[PAD]", "<pad>")
SMALL = 0.01                                                      # beside a row of a table
POSITIONS = ("sinusoidal", "learned")


@dataclass(frozen=True)
class EncoderConfig:
    """What an encoder that starts from random weights is made of."""

    width: int = 256                # components of each token's vector and of the text's
    layers: int = 2
    heads: int = 4                  # of attention; must divide width
    inner: int = 1024               # between the two products of a layer
    activation: str = "gelu"
    positions: str = "sinusoidal"   # waves, that do not learn; or "learned"
    pooling: str = "mean"           # or "cls", the first token's vector
    normalize: bool = True          # vectors of length 1
    max_seq_length: int = 128       # tokens, special ones included; what is longer is cut
    dropout: float = 0.1

    def __post_init__(self) -> None:
        for name in ("width", "layers", "heads", "inner", "max_seq_length"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"EncoderConfig: {name} must be an integer of at least 1, got {value!r}")
        if self.width % self.heads:
            raise ValueError(f"EncoderConfig: heads={self.heads} must divide width={self.width}")
        for name, known in (("positions", POSITIONS), ("pooling", tuple(POOLINGS)),
                            ("activation", tuple(ACTIVATIONS))):
            if getattr(self, name) not in known:
                raise ValueError(f"EncoderConfig: {name} is {getattr(self, name)!r}, wants one of "
                                 f"{', '.join(known)}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"EncoderConfig: dropout must be from 0 to below 1, got {self.dropout!r}")


def random_bert(tokenizer: Tokenizer, config: EncoderConfig) -> Bert:
    """A transformer with weights drawn from normal(0, 1 / width) by Pellucid's stream.

    A tokenizer without a token for padding gets a row of the table more, for no token may stay as it is.
    """
    rows = max(tokenizer.vocab.values(), default=-1) + 1
    padding = next((tokenizer.vocab[name] for name in PADDING if name in tokenizer.vocab), rows)
    deviation = config.width ** -0.5
    bert = Bert(BertConfig(
        vocab_size=max(rows, padding + 1), hidden_size=config.width, num_hidden_layers=config.layers,
        num_attention_heads=config.heads, intermediate_size=config.inner, hidden_act=config.activation,
        max_position_embeddings=config.max_seq_length, type_vocab_size=1, layer_norm_eps=1e-5,
        hidden_dropout_prob=config.dropout, attention_probs_dropout_prob=config.dropout,
        initializer_range=deviation, pad_token_id=padding), has_pooler=False)
    if config.positions == "sinusoidal":
        table = bert.embeddings.position_embeddings.weight
        table.data = from_numpy(sinusoids(config.max_seq_length, config.width) * np.float32(deviation))
        table.requires_grad_(False)
    return bert


def bert_from_table(table: np.ndarray, tokenizer: Tokenizer, config: EncoderConfig) -> Bert:
    """A transformer whose tokens' vectors are, at the start, rows of a table times one number.

    A layer norm gives all vectors one length, and with it goes what a table says by long and short rows:
    which words matter. So each row gets two more components, its ballast, by which all rows have mean 0 and
    mean square 1; the last norm drops them again:

        z = (c w, a + d, a - d)         a = -sum(c w) / 2        d^2 = (width - |c w|^2) / 2 - a^2
    with the largest c for which there is a d for every row w. Sums pass through the norms unchanged as long
    as the layers add nothing, and their last products start at 0.
    """
    if table.shape[1] != config.width - 2:
        raise ValueError(f"from_static: the table has {table.shape[1]} components, width={config.width} "
                         f"wants {config.width - 2}")
    bert = random_bert(tokenizer, config)
    words = bert.embeddings.word_embeddings.weight.detach().numpy()
    table = table.copy()
    table[tokenizer.encode("").ids] = 0                           # [CLS] and [SEP], which it has never seen
    norms = (table ** 2).sum(1) + table.sum(1) ** 2 / 2
    rows = table * np.float32(np.sqrt(0.999 * config.width / max(norms.max(), 1e-12)))
    a = -rows.sum(1) / 2
    d = np.sqrt((config.width - (rows ** 2).sum(1)) / 2 - a ** 2)
    words[:] = 0
    words[:, -2], words[:, -1] = np.sqrt(config.width / 2), -np.sqrt(config.width / 2)
    words[:len(rows)] = np.column_stack([rows, a + d, a - d])
    bert.embeddings.token_type_embeddings.weight.detach().numpy()[:] = 0
    bert.embeddings.position_embeddings.weight.detach().numpy()[:] *= SMALL
    for layer in bert.encoder.layer:
        for last in (layer.attention.output.dense, layer.output.dense):
            last.weight.detach().numpy()[:] = 0
    bert.encoder.layer[-1].output.LayerNorm.weight.detach().numpy()[-2:] = 0
    return bert


def sinusoids(places: int, width: int) -> np.ndarray:
    """Waves from short to long, by which each place differs from all others.

        y[t, 2 i] = sqrt(2) sin(t / 10000^(2 i / width))        y[t, 2 i + 1] = sqrt(2) cos(the same)
    The root makes their mean square 1.

    Shapes:  -> (places, width) float32
    Source:  Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762, section 3.5.
    >>> sinusoids(2, 4).astype(float).round(2).tolist()
    [[0.0, 1.41, 0.0, 1.41], [1.19, 0.76, 0.01, 1.41]]
    """
    return (np.sqrt(2) * waves(places, width)).astype(np.float32)
