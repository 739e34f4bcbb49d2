"""Which part of a picture, in which size, which way round. The random ones draw torchvision's numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...generator import pick
from ...nn import Module
from ..pictures import size_of
from . import functional as F
from .functional import InterpolationMode, two


class Resize(Module):
    """A picture in another size: (height, width), or one number for its shorter side."""

    def __init__(self, size: int | Sequence[int], interpolation: Any = InterpolationMode.BILINEAR,
                 max_size: int | None = None, antialias: bool | None = True) -> None:
        super().__init__()
        if not isinstance(size, int) and (not isinstance(size, Sequence) or len(size) not in (1, 2)):
            raise TypeError(f"Resize: size must be one number or (height, width), got {size!r}")
        self.size, self.max_size = size, max_size
        self.interpolation, self.antialias = interpolation, antialias

    def forward(self, img: Any) -> Any:
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        mode = getattr(self.interpolation, "value", self.interpolation)
        return f"{type(self).__name__}(size={self.size}, interpolation={mode}, max_size={self.max_size}, " \
               f"antialias={self.antialias})"


class CenterCrop(Module):
    """The middle of a picture."""

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = two(size)

    def forward(self, img: Any) -> Any:
        return F.center_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class Pad(Module):
    """A picture with a border."""

    def __init__(self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def forward(self, img: Any) -> Any:
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(padding={self.padding}, fill={self.fill}, " \
               f"padding_mode={self.padding_mode})"


class RandomCrop(Module):
    """A part of a picture, anywhere in it, after a border was added.

    Raises:  ValueError where the picture is smaller than the part and pad_if_needed=False.
    """

    def __init__(self, size: int | Sequence[int], padding: int | Sequence[int] | None = None,
                 pad_if_needed: bool = False, fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        self.size, self.padding, self.pad_if_needed = two(size), padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    @staticmethod
    def get_params(img: Any, output_size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Top and left, drawn, height and width."""
        (height, width), (old_height, old_width) = output_size, size_of(img, "RandomCrop")
        if old_height < height or old_width < width:
            raise ValueError(f"RandomCrop: a part of {height} x {width} does not fit into a picture of "
                             f"{old_height} x {old_width}")
        if (height, width) == (old_height, old_width):
            return 0, 0, height, width
        return _below(old_height - height + 1), _below(old_width - width + 1), height, width

    def forward(self, img: Any) -> Any:
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        if self.pad_if_needed:
            height, width = size_of(img, "RandomCrop")
            if width < self.size[1]:
                img = F.pad(img, [self.size[1] - width, 0], self.fill, self.padding_mode)
            if height < self.size[0]:
                img = F.pad(img, [0, self.size[0] - height], self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size}, padding={self.padding})"


class RandomResizedCrop(Module):
    """A part of a picture of random area and proportions, in a fixed size.

    scale  least and largest area of the part, as a share of the picture's
    ratio  least and largest width over height
    """

    def __init__(self, size: int | Sequence[int], scale: Sequence[float] = (0.08, 1.0),
                 ratio: Sequence[float] = (3 / 4, 4 / 3), interpolation: Any = InterpolationMode.BILINEAR,
                 antialias: bool | None = True) -> None:
        super().__init__()
        self.size, self.scale, self.ratio = two(size), scale, ratio
        self.interpolation, self.antialias = interpolation, antialias

    @staticmethod
    def get_params(img: Any, scale: Sequence[float], ratio: Sequence[float]) -> tuple[int, int, int, int]:
        """Top, left, height, width, drawn; after ten misses the largest part of the right proportions."""
        old_height, old_width = size_of(img, "RandomResizedCrop")
        low, high = np.log(np.asarray(ratio, np.float32))
        for _ in range(10):
            area = old_height * old_width * float(pick(None).uniform(1, scale[0], scale[1])[0])
            proportion = float(np.exp(pick(None).uniform(1, float(low), float(high)))[0])
            width, height = round(math.sqrt(area * proportion)), round(math.sqrt(area / proportion))
            if 0 < width <= old_width and 0 < height <= old_height:
                return _below(old_height - height + 1), _below(old_width - width + 1), height, width
        return _middle(old_height, old_width, ratio)

    def forward(self, img: Any) -> Any:
        part = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *part, self.size, self.interpolation, self.antialias)

    def __repr__(self) -> str:
        mode = getattr(self.interpolation, "value", self.interpolation)
        return f"{type(self).__name__}(size={self.size}, scale={tuple(round(s, 4) for s in self.scale)}, " \
               f"ratio={tuple(round(r, 4) for r in self.ratio)}, interpolation={mode}, " \
               f"antialias={self.antialias})"


def _middle(old_height: int, old_width: int, ratio: Sequence[float]) -> tuple[int, int, int, int]:
    height, width = old_height, old_width
    if old_width / old_height < min(ratio):
        height = round(old_width / min(ratio))
    elif old_width / old_height > max(ratio):
        width = round(old_height * max(ratio))
    return (old_height - height) // 2, (old_width - width) // 2, height, width


class RandomHorizontalFlip(Module):
    """Left and right exchanged, with probability p."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return F.hflip(img) if pick(None).uniform(1)[0] < self.p else img

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomVerticalFlip(RandomHorizontalFlip):
    """Top and bottom exchanged, with probability p."""

    def forward(self, img: Any) -> Any:
        return F.vflip(img) if pick(None).uniform(1)[0] < self.p else img


def _below(n: int) -> int:
    """One integer from 0 to n - 1."""
    return int(pick(None).randint(0, n, (1,))[0])
