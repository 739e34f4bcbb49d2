"""Convolutional autoencoder: windows of shared weights on the way to the code, and back.

References
    Masci, Meier, Ciresan & Schmidhuber 2011, "Stacked Convolutional Auto-Encoders for Hierarchical Feature
    Extraction", ICANN
    Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285, section 4

    28x28 -> 14x14 -> 7x7 -> code -> 7x7 -> 14x14 -> 28x28
    by convolutions of stride 2 and their transposes
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid import nn, relu, sigmoid
from pellucid.tensor import Tensor


@dataclass(frozen=True)
class ConvAutoencoderConfig:
    size: int = 28                          # pixels, a multiple of 4
    maps: tuple[int, int] = (16, 32)
    code: int = 32                          # Z: numbers that are kept of each picture


class ConvAutoencoder(nn.Module):
    """An autoencoder of pictures from 0 to 1.

    Shapes:  x (B, 1, size, size) -> (B, 1, size, size)
    Raises:  ValueError for a size that is no multiple of 4.
    Differs: from Masci et al., who pool: strides do with fewer steps.
    >>> from pellucid import zeros
    >>> model = ConvAutoencoder(ConvAutoencoderConfig(size=8, maps=(2, 3), code=5))
    >>> model(zeros(2, 1, 8, 8)).shape, model.encode(zeros(2, 1, 8, 8)).shape
    (pellucid.Size([2, 1, 8, 8]), pellucid.Size([2, 5]))
    """

    def __init__(self, config: ConvAutoencoderConfig) -> None:
        super().__init__()
        if config.size < 4 or config.size % 4:
            raise ValueError(f"ConvAutoencoder: size must be a multiple of 4, got {config.size}")
        (first, second), side = config.maps, config.size // 4
        self.config = config
        self.conv1 = nn.Conv2d(1, first, 3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(first, second, 3, stride=2, padding=1)
        self.inside = nn.Linear(second * side * side, config.code)
        self.outside = nn.Linear(config.code, second * side * side)
        self.up1 = nn.ConvTranspose2d(second, first, 4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose2d(first, 1, 4, stride=2, padding=1)

    def encode(self, x: Tensor) -> Tensor:
        """(B, 1, size, size) -> (B, Z)"""
        x = relu(self.conv2(relu(self.conv1(x))))                      # (B, 32, 7, 7)
        return self.inside(x.flatten(1))

    def decode(self, code: Tensor) -> Tensor:
        """(B, Z) -> (B, 1, size, size)"""
        side = self.config.size // 4
        x = relu(self.outside(code)).reshape(-1, self.config.maps[1], side, side)      # (B, 32, 7, 7)
        return sigmoid(self.up2(relu(self.up1(x))))

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))
