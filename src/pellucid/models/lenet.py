"""LeNet-5: the convolutional network that read the digits of cheques.

    28x28 -> 6 filters 5x5 -> 14x14 -> 16 filters 5x5 -> 5x5 -> 120 -> 84 -> 10

Small windows of shared weights find strokes wherever they are, pooling makes a small shift harmless, and the
linear layers behind them see what was found, roughly where.

Source:  LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition",
         Proceedings of the IEEE 86(11), section II.B and figure 2.
Differs: relu for the scaled tanh, and the maximum of four pixels for their trained mean: both came later and
         learn faster. Every filter of the second convolution sees all six maps, where the paper left links
         out. The last layer gives the logits of a softmax, not distances from drawn digits. Dropout.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import Tensor, nn


@dataclass(frozen=True)
class LeNetConfig:
    n_classes: int = 10
    size: int = 28              # pixels; two more zeros on each side stand for the paper's 32
    maps: tuple[int, int] = (6, 16)
    units: tuple[int, int] = (120, 84)
    dropout: float = 0.0        # of the units; the paper has none


class LeNet(nn.Module):
    """LeNet-5: two convolutions with pooling, three linear layers.

    Shapes:  x (B, 1, size, size) -> logits (B, n_classes)
    >>> sum(p.numel() for p in LeNet(LeNetConfig()).parameters())
    61706
    """

    def __init__(self, config: LeNetConfig) -> None:
        super().__init__()
        (first, second), (wide, narrow) = config.maps, config.units
        side = (config.size // 2 - 4) // 2                             # 5, where the pictures have 28
        self.conv1 = nn.Conv2d(1, first, 5, padding=2)
        self.conv2 = nn.Conv2d(first, second, 5)
        self.pool1, self.pool2 = nn.MaxPool2d(2), nn.MaxPool2d(2)
        self.relu1, self.relu2, self.relu3, self.relu4 = (nn.ReLU() for _ in range(4))
        self.dropout = nn.Dropout(config.dropout)
        self.fc1 = nn.Linear(second * side * side, wide)
        self.fc2 = nn.Linear(wide, narrow)
        self.fc3 = nn.Linear(narrow, config.n_classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc3(self.features(x))                              # (B, 10)

    def features(self, x: Tensor) -> Tensor:
        """What the last layer sees: (B, 1, size, size) -> (B, 84)."""
        x = self.stages(x)["second maps, pooled"].flatten(1)           # (B, 400)
        x = self.dropout(self.relu3(self.fc1(x)))                      # (B, 120)
        return self.dropout(self.relu4(self.fc2(x)))                   # (B, 84)

    def stages(self, x: Tensor) -> dict[str, Tensor]:
        """What the convolutions make of pictures, stage by stage: name -> (B, C, H, W)."""
        first = self.relu1(self.conv1(x))                              # (B, 6, 28, 28)
        first_pooled = self.pool1(first)                               # (B, 6, 14, 14)
        second = self.relu2(self.conv2(first_pooled))                  # (B, 16, 10, 10)
        return {"first maps": first, "first maps, pooled": first_pooled, "second maps": second,
                "second maps, pooled": self.pool2(second)}             # (B, 16, 5, 5)
