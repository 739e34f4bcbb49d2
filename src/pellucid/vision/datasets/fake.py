"""Pictures of noise, for trying a script out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...generator import Generator
from ..pictures import picture_of
from .pairs import VisionDataset


class FakeData(VisionDataset):
    """Pictures of noise with classes at random, the same for the same index; torchvision's numbers.

    Raises:  IndexError outside of the size.
    """

    def __init__(self, size: int = 1000, image_size: tuple[int, int, int] = (3, 224, 224),
                 num_classes: int = 10, transform: Callable | None = None,
                 target_transform: Callable | None = None, random_offset: int = 0) -> None:
        super().__init__(None, transform=transform, target_transform=target_transform)
        self.size, self.num_classes, self.image_size = size, num_classes, tuple(image_size)
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"FakeData: index {index} is outside of its {len(self)} pictures")
        generator = Generator().manual_seed(index + self.random_offset)
        noise = generator.normal(self.image_size)
        target = int(generator.randint(0, self.num_classes, (1,))[0])
        # A byte is what C makes of 255 x: the fraction is cut off, and what is too large wraps around.
        pixels = (noise * np.float32(255)).astype(np.int64).astype(np.uint8).transpose(1, 2, 0)
        return self.transformed(picture_of(pixels[..., 0] if pixels.shape[2] == 1 else pixels), target)

    def __len__(self) -> int:
        return self.size
