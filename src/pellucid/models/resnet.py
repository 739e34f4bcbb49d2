"""Residual networks for small pictures, and the plain networks that they were compared with.

    residual   y = relu(x + f(x))
    plain      y = relu(f(x))            f: convolution, normalisation, relu, convolution, normalisation

A block that adds to its input what it computes can leave it alone by doing nothing, and the gradient comes
through it undiminished. So many of them can be stacked; without the sum, training gets worse with depth.

Source:  He, Zhang, Ren & Sun 2015, "Deep Residual Learning for Image Recognition", arXiv:1512.03385,
         section 4.2: 6 n + 2 layers, and shortcuts without parameters, so that the residual and the plain
         network have exactly the same number of weights.
Differs: the first convolution may take a stride, which makes everything after it four times cheaper.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import Tensor, nn
from ..nn import functional as F


@dataclass(frozen=True)
class ResNetConfig:
    blocks: int = 3             # n: in each of the three stages; 3 make 20 layers
    widths: tuple[int, int, int] = (16, 32, 64)
    is_residual: bool = True    # False: the plain network of the same layers
    first_stride: int = 1       # 2 halves height and width at once
    channels: int = 3
    n_classes: int = 10


class Block(nn.Module):
    """Two convolutions, and the shortcut beside them where `is_residual`.

    Shapes:  x (B, C, H, W) -> (B, D, H / stride, W / stride)
    """

    def __init__(self, c_in: int, c_out: int, stride: int, is_residual: bool) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(c_out)
        self.relu1, self.relu2 = nn.ReLU(), nn.ReLU()
        self.stride, self.more, self.is_residual = stride, c_out - c_in, is_residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.norm1(self.conv1(x)))                      # (B, D, H / stride, W / stride)
        y = self.norm2(self.conv2(y))
        return self.relu2(y + self.shortcut(x) if self.is_residual else y)

    def shortcut(self, x: Tensor) -> Tensor:
        """x in the shape of y: every other pixel, and zeros as further channels (the paper's option A)."""
        if self.stride > 1:
            x = x[:, :, ::self.stride, ::self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.more)) if self.more else x


class ResNet(nn.Module):
    """A convolution, three stages of blocks, the mean over all places, a linear layer.

    Shapes:  x (B, channels, H, W) -> logits (B, n_classes)
    >>> count = lambda config: sum(p.numel() for p in ResNet(config).parameters())
    >>> count(ResNetConfig()), count(ResNetConfig(is_residual=False))
    (269722, 269722)
    """

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        c = config.widths[0]
        self.conv = nn.Conv2d(config.channels, c, 3, config.first_stride, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(c)
        self.relu = nn.ReLU()
        self.stages = nn.ModuleList()
        for i, width in enumerate(config.widths):
            blocks = []
            for j in range(config.blocks):
                blocks.append(Block(c, width, 2 if i and not j else 1, config.is_residual))
                c = width
            self.stages.append(nn.Sequential(*blocks))
        self.head = nn.Linear(c, config.n_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        for maps in self.maps(x):
            x = maps
        return self.head(x.mean((2, 3)))                               # (B, 64) -> (B, 10)

    def maps(self, x: Tensor) -> list[Tensor]:
        """The feature maps after the first convolution and after each stage, each (B, C, H, W)."""
        found = [self.relu(self.norm(self.conv(x)))]                   # (B, 16, H, W)
        for stage in self.stages:
            found.append(stage(found[-1]))                             # (B, 32, H / 2, W / 2), ...
        return found
