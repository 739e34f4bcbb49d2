"""A small U-Net that sees how noisy its input is.

    down:  blocks at full, half and quarter size, each remembered
    up:    blocks at quarter, half and full size, each beside what was remembered at its size

Every block is told the time: t as sines and cosines, through a small network, added to each channel.

Source:  Ronneberger, Fischer & Brox 2015, "U-Net", arXiv:1505.04597; Ho, Jain & Abbeel 2020,
         "Denoising diffusion probabilistic models", arXiv:2006.11239, appendix B.
Differs: two blocks at each size, and attention at the smallest one alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .. import Tensor, arange, cat, cos, exp, nn, sin
from ..nn import functional as F


@dataclass(frozen=True)
class UNetConfig:
    channels: int = 1           # of a picture; height and width must be divisible by 4
    width: int = 24             # channels at full size; twice and three times as many below
    time: int = 64              # numbers that tell the time
    groups: int = 8             # of the normalisation; divides the widths
    dropout: float = 0.0


def time_features(t: Tensor, size: int) -> Tensor:
    """Times as waves of many lengths, as a transformer tells places.

        [sin(t w_i), cos(t w_i)]        w_i = 10000^(-i / (size / 2))
    Shapes:  t (B,) -> (B, size)
    """
    waves = exp(arange(size // 2) * (-math.log(10000) / (size // 2)))
    angles = t.float()[:, None] * waves                                # (B, size / 2)
    return cat([sin(angles), cos(angles)], dim=1)                      # (B, size)


class Block(nn.Module):
    """Two convolutions of what is normalised, the time between them, and a shortcut.

    Shapes:  x (B, C, H, W), told (B, T) -> (B, D, H, W)
    """

    def __init__(self, c_in: int, c_out: int, config: UNetConfig) -> None:
        super().__init__()
        self.norm1 = nn.GroupNorm(config.groups, c_in)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.time = nn.Linear(config.time, c_out)
        self.norm2 = nn.GroupNorm(config.groups, c_out)
        self.dropout = nn.Dropout(config.dropout)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)                              # a block begins by doing nothing
        self.shortcut = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else nn.Identity()

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        y = self.conv1(F.silu(self.norm1(x)))                          # (B, D, H, W)
        y = y + self.time(told)[:, :, None, None]
        return self.shortcut(x) + self.conv2(self.dropout(F.silu(self.norm2(y))))


class Attention(nn.Module):
    """Every place looks at every other one: (B, C, H, W) -> (B, C, H, W)."""

    def __init__(self, width: int, config: UNetConfig) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(config.groups, width)
        self.ask, self.answer = nn.Conv2d(width, 3 * width, 1), nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        B, C, H, W = x.shape
        q, k, v = self.ask(self.norm(x)).reshape(B, 3, C, H * W).transpose(2, 3).unbind(1)   # (B, H W, C)
        y = F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]         # (B, H W, C)
        return x + self.answer(y.transpose(1, 2).reshape(B, C, H, W))


class UNet(nn.Module):
    """Noisy pictures and their times in, a picture of the same shape out.

    Shapes:  x (B, channels, H, W), t (B,) -> (B, channels, H, W)
    Raises:  ValueError for pictures whose sides are not divisible by 4.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        self.config, w = config, config.width
        self.time = nn.Sequential(nn.Linear(config.time, config.time), nn.SiLU(),
                                  nn.Linear(config.time, config.time))
        self.first = nn.Conv2d(config.channels, w, 3, padding=1)
        self.down1, self.down2, self.down3 = (Block(w, w, config), Block(w, 2 * w, config),
                                              Block(2 * w, 3 * w, config))
        self.look, self.middle = Attention(3 * w, config), Block(3 * w, 3 * w, config)
        self.up3, self.up2, self.up1 = (Block(6 * w, 2 * w, config), Block(4 * w, w, config),
                                        Block(2 * w, w, config))
        self.norm, self.last = nn.GroupNorm(config.groups, w), nn.Conv2d(w, config.channels, 3, padding=1)
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        if x.shape[2] % 4 or x.shape[3] % 4:
            raise ValueError(f"UNet: height and width must be divisible by 4, got {tuple(x.shape[2:])}")
        told = F.silu(self.time(time_features(t, self.config.time)))   # (B, time)
        a = self.down1(self.first(x), told)                            # (B, w, H, W)
        b = self.down2(F.avg_pool2d(a, 2), told)                       # (B, 2w, H/2, W/2)
        c = self.down3(F.avg_pool2d(b, 2), told)                       # (B, 3w, H/4, W/4)
        y = self.middle(self.look(c), told)                            # (B, 3w, H/4, W/4)
        y = self.up3(cat([y, c], dim=1), told)                         # (B, 2w, H/4, W/4)
        y = self.up2(cat([F.interpolate(y, scale_factor=2), b], dim=1), told)    # (B, w, H/2, W/2)
        y = self.up1(cat([F.interpolate(y, scale_factor=2), a], dim=1), told)    # (B, w, H, W)
        return self.last(F.silu(self.norm(y)))
