"""TCN: convolutions that look back only, each layer twice as far as the one below.

References
    van den Oord et al. 2016, "WaveNet: A Generative Model for Raw Audio", arXiv:1609.03499
    Bai, Kolter & Koltun 2018, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
    Sequence Modeling", arXiv:1803.01271: the block

    z = dropout(relu(conv_d(dropout(relu(conv_d(x))))))         conv_d[t] = sum_k W[k] x[t - k d] + b
    y = relu(z + x)                                             x by a 1-wide convolution where widths differ
    with d = 1, 2, 4, ...: n blocks of kernel K see 1 + 2 (K - 1) (2^n - 1) steps back
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid import nn, relu
from pellucid.nn import functional as F
from pellucid.tensor import Tensor


@dataclass(frozen=True)
class TCNConfig:
    n_inputs: int = 1           # C: variables of each step
    n_outputs: int = 1
    width: int = 32             # channels of each block
    n_blocks: int = 4           # with kernel 3 they see 61 steps
    kernel: int = 3             # K
    dropout: float = 0.0

    @property
    def reach(self) -> int:
        """How many steps, the present one included, an output sees."""
        return 1 + 2 * (self.kernel - 1) * (2 ** self.n_blocks - 1)


class CausalConv1d(nn.Module):
    """A convolution whose output at a step depends on that step and those before it.

        y[t] = sum_k W[k] x[t - (K - 1 - k) d] + b            x is 0 before its beginning

    Shapes:  x (B, C, T) -> (B, D, T)
    """

    def __init__(self, n_inputs: int, n_outputs: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.before = (kernel - 1) * dilation
        self.conv = nn.Conv1d(n_inputs, n_outputs, kernel, dilation=dilation)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(F.pad(x, (self.before, 0)))


class Block(nn.Module):
    """Two causal convolutions of one dilation, added to what came in."""

    def __init__(self, n_inputs: int, width: int, kernel: int, dilation: int, dropout: float) -> None:
        super().__init__()
        self.conv1 = CausalConv1d(n_inputs, width, kernel, dilation)
        self.conv2 = CausalConv1d(width, width, kernel, dilation)
        self.dropout = nn.Dropout(dropout)
        self.past = nn.Identity() if n_inputs == width else nn.Conv1d(n_inputs, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        z = self.dropout(relu(self.conv1(x)))                                             # (B, width, T)
        z = self.dropout(relu(self.conv2(z)))
        return relu(z + self.past(x))


class TCN(nn.Module):
    """Numbers at the last step of a sequence, from as far back as the blocks reach.

    Shapes:  x (B, T, C) -> (B, n_outputs)
    Source:  Bai, Kolter & Koltun 2018, arXiv:1803.01271, section 3.
    Differs: the paper normalises the weights; here Adam does without.
    >>> from pellucid import zeros
    >>> config = TCNConfig(n_outputs=12, n_blocks=3)
    >>> TCN(config)(zeros(5, 24, 1)).shape, config.reach
    (pellucid.Size([5, 12]), 29)
    """

    def __init__(self, config: TCNConfig) -> None:
        super().__init__()
        self.config = config
        self.blocks = nn.Sequential(*(
            Block(config.n_inputs if i == 0 else config.width, config.width, config.kernel, 2 ** i,
                  config.dropout) for i in range(config.n_blocks)))
        self.head = nn.Linear(config.width, config.n_outputs)

    def features(self, x: Tensor) -> Tensor:
        """What is known at each step: (B, T, C) -> (B, width, T)."""
        return self.blocks(x.transpose(1, 2))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.features(x)[:, :, -1])
