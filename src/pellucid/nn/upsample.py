"""Layers that change the size of a picture: interpolation, and channels turned into pixels."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from . import functional as F
from .module import Module


class Upsample(Module):
    """Bring a sequence, a picture or a volume to another size.

        y[i] = sum_j share[i, j] x[place[i, j]]        in each dimension
    mode:          nearest, linear, bilinear, bicubic or trilinear; see functional.interpolate
    align_corners: the first and last places stay where they are, instead of the edges
    Shapes:  x (N, C, S...), size (S'...) or scale_factor -> (N, C, S'...), S' = floor(S scale_factor)
    Raises:  ValueError unless exactly one of size and scale_factor is given.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
                 align_corners: bool | None = None, recompute_scale_factor: bool | None = None) -> None:
        super().__init__()
        self.size, self.mode, self.align_corners = size, mode, align_corners
        self.recompute_scale_factor = recompute_scale_factor
        several = isinstance(scale_factor, tuple)
        self.scale_factor = (tuple(map(float, scale_factor)) if several else
                             float(scale_factor) if scale_factor else None)

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners,
                             self.recompute_scale_factor)

    def extra_repr(self) -> str:
        given = f"size={self.size}" if self.scale_factor is None else f"scale_factor={self.scale_factor}"
        return f"{given}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Enlarge a picture by repeating its pixels.

        y[i, j] = x[floor(i H / H'), floor(j W / W')]
    Shapes:  x (N, C, H, W), size (H', W') or scale_factor -> (N, C, H', W')
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Enlarge a picture by weighted means of neighbours; the corners stay where they are.

        y[i] = sum_j share[i, j] x[place[i, j]]        in both dimensions
    Shapes:  x (N, C, H, W), size (H', W') or scale_factor -> (N, C, H', W')
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, "bilinear", True)


class PixelShuffle(Module):
    """Make r x r pixels out of each r^2 channels.

        y[c, h r + i, w r + j] = x[c r^2 + i r + j, h, w]        r = upscale_factor
    Shapes:  x (..., C r^2, H, W) -> (..., C, H r, W r)
    Source:  Shi, Caballero, Huszar et al. 2016, "Real-time single image and video super-resolution using an
             efficient sub-pixel convolutional neural network", arXiv:1609.05158.
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Make r^2 channels out of each r x r pixels.

        y[c r^2 + i r + j, h, w] = x[c, h r + i, w r + j]        r = downscale_factor
    Shapes:  x (..., C, H r, W r) -> (..., C r^2, H, W)
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Deal the channels out anew, so that groups of the next layer see some of every group of this one.

        y[n, k groups + g] = x[n, g C / groups + k]
    Shapes:  x (N, C, ...) -> the same
    Source:  Zhang, Zhou, Lin & Sun 2018, "ShuffleNet", arXiv:1707.01083.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
