"""A small U-Net that sees how noisy its input is.

    down:  a block at each size, each half of the one before, and what it found remembered
    up:    a block at each size, the smallest first, beside what was remembered there

Every block is told the time: t as sines and cosines, through a small network, added to each channel. With
`patch` above 1, squares of pixels become the channels of one place before all else, and one place a square
after it: at full size, where most of the work would be, nothing is computed.

Source:  Ronneberger, Fischer & Brox 2015, "U-Net", arXiv:1505.04597; Ho, Jain & Abbeel 2020,
         "Denoising diffusion probabilistic models", arXiv:2006.11239, appendix B; patches: Hoogeboom, Heek &
         Salimans 2023, "simple diffusion", arXiv:2301.11093, section 3.3.
Differs: one block at each size and direction, and attention at the smallest size alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .. import Tensor, arange, cat, cos, exp, nn, sin
from ..nn import functional as F


@dataclass(frozen=True)
class UNetConfig:
    channels: int = 1           # of a picture
    patch: int = 1              # pixels on a side of what becomes one place
    widths: tuple[int, ...] = (24, 48, 72)  # channels at each size; height and width are halved between them
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
    Raises:  ValueError for a configuration without widths or patches, pictures of another number of
             channels or whose sides cannot be cut into patches and halved, and times that are not one for
             each picture.
    """

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        if not config.widths or config.patch < 1:
            raise ValueError(f"UNet: wants one width or more and a patch of at least 1 pixel, got "
                             f"{config.widths} and {config.patch}")
        self.config, w, pixels = config, config.widths, config.channels * config.patch ** 2
        above = (w[0], *w[:-1])                                        # the width one size up
        self.time = nn.Sequential(nn.Linear(config.time, config.time), nn.SiLU(),
                                  nn.Linear(config.time, config.time))
        self.first = nn.Conv2d(pixels, w[0], 3, padding=1)
        self.down = nn.ModuleList(Block(a, b, config) for a, b in zip(above, w, strict=True))
        self.look, self.middle = Attention(w[-1], config), Block(w[-1], w[-1], config)
        self.up = nn.ModuleList(Block(2 * b, a, config) for a, b in zip(above[::-1], w[::-1], strict=True))
        self.norm, self.last = nn.GroupNorm(config.groups, w[0]), nn.Conv2d(w[0], pixels, 3, padding=1)
        nn.init.zeros_(self.last.weight)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        self._check(x, t)
        told = F.silu(self.time(time_features(t, self.config.time)))   # (B, time)
        y, kept = self.first(F.pixel_unshuffle(x, self.config.patch)), []        # (B, w0, H', W')
        for i, block in enumerate(self.down):
            y = block(F.avg_pool2d(y, 2) if i else y, told)            # (B, wi, H' / 2^i, W' / 2^i)
            kept.append(y)
        y = self.middle(self.look(y), told)
        for i, block in enumerate(self.up):                            # (B, w of the next, as large as wi)
            y = F.interpolate(y, scale_factor=2) if i else y
            y = block(cat([y, kept.pop()], dim=1), told)
        return F.pixel_shuffle(self.last(F.silu(self.norm(y))), self.config.patch)

    def _check(self, x: Tensor, t: Tensor) -> None:
        least = self.config.patch * 2 ** (len(self.config.widths) - 1)
        if x.ndim != 4 or x.shape[1] != self.config.channels or x.shape[2] % least or x.shape[3] % least:
            raise ValueError(f"UNet: x must have shape (B, {self.config.channels}, H, W) with H and W "
                             f"divisible by {least}, got {tuple(x.shape)}")
        if tuple(t.shape) != (len(x),):
            raise ValueError(f"UNet: t must hold a time for each of {len(x)} pictures, got the shape "
                             f"{tuple(t.shape)}")
