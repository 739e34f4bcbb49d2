"""DCGAN: a GAN for pictures, of convolutions alone.

    noise z -> 7 x 7 maps -> transposed convolution -> 14 x 14 -> transposed convolution -> 28 x 28, tanh
    28 x 28 -> convolution, stride 2 -> 14 x 14 -> convolution, stride 2 -> 7 x 7 -> s, a logit

What made it stable, in the paper's list: strides instead of pooling, batch normalisation (but not where
pictures leave or enter), no hidden linear layers, relu in the generator, leaky relu in the discriminator,
weights from a normal of deviation 0.02, Adam with 2e-4 and a first beta of 0.5.

Pictures lie in [-1, 1]: `to_ink` and `from_ink` go from and to [0, 1].

Source:  Radford, Metz & Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional
         Generative Adversarial Networks", arXiv:1511.06434, section 3.
Differs: two doublings to 28 x 28, for four to 64 x 64, and fewer maps.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import Tensor, nn


@dataclass(frozen=True)
class DCGANConfig:
    noise: int = 64             # numbers in the noise that a picture is made of
    width: int = 32             # maps of 14 x 14; twice as many of 7 x 7
    channels: int = 1           # of a picture
    size: int = 28              # pixels on a side, a multiple of 4
    is_normed: bool = True      # batch normalisation in the discriminator: not under a gradient penalty


class Generator(nn.Module):
    """Makes pictures out of noise.

    Shapes:  z (B, noise) -> x (B, channels, size, size) in [-1, 1]
    Raises:  ValueError for a size that is no multiple of 4.
    """

    def __init__(self, config: DCGANConfig) -> None:
        super().__init__()
        w = config.width
        self.side = quarter(config)
        self.start = nn.Linear(config.noise, 2 * w * self.side ** 2, bias=False)
        self.norm0, self.norm1 = nn.BatchNorm2d(2 * w), nn.BatchNorm2d(w)
        self.up1 = nn.ConvTranspose2d(2 * w, w, 4, 2, 1, bias=False)
        self.up2 = nn.ConvTranspose2d(w, config.channels, 4, 2, 1)
        self.relu, self.tanh = nn.ReLU(), nn.Tanh()
        start_small(self)

    def forward(self, z: Tensor) -> Tensor:
        x = self.start(z).reshape(len(z), -1, self.side, self.side)        # (B, 2w, 7, 7)
        x = self.relu(self.norm0(x))
        x = self.relu(self.norm1(self.up1(x)))                             # (B, w, 14, 14)
        return self.tanh(self.up2(x))                                      # (B, 1, 28, 28)


class Discriminator(nn.Module):
    """Gives each picture the logit of being real, or a critic's score.

    Shapes:  x (B, channels, size, size) -> s (B, 1)
    """

    def __init__(self, config: DCGANConfig) -> None:
        super().__init__()
        w, side = config.width, quarter(config)
        self.down1 = nn.Conv2d(config.channels, w, 4, 2, 1)
        self.down2 = nn.Conv2d(w, 2 * w, 4, 2, 1, bias=not config.is_normed)
        self.norm = nn.BatchNorm2d(2 * w) if config.is_normed else nn.Identity()
        self.leaky = nn.LeakyReLU(0.2)
        self.end = nn.Linear(2 * w * side ** 2, 1)
        start_small(self)

    def forward(self, x: Tensor) -> Tensor:
        x = self.leaky(self.down1(x))                                      # (B, w, 14, 14)
        x = self.leaky(self.norm(self.down2(x)))                           # (B, 2w, 7, 7)
        return self.end(x.flatten(1))                                      # (B, 1)


def quarter(config: DCGANConfig) -> int:
    """The side of the smallest maps.

    Raises:  ValueError for a size that is no multiple of 4.
    """
    if config.size % 4 or config.size < 4:
        raise ValueError(f"DCGANConfig: size must be a multiple of 4, a quarter of which is doubled twice; "
                         f"got {config.size}")
    return config.size // 4


def start_small(model: nn.Module) -> None:
    """Draw all weights of linear and convolution layers from a normal of deviation 0.02, biases 0."""
    for part in model.modules():
        if isinstance(part, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(part.weight, 0.0, 0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)


def from_ink(x: Tensor) -> Tensor:
    """Pictures from [0, 1] to [-1, 1].

        y = 2 x - 1

    Raises:  ValueError for values outside [0, 1], which no tanh can make.
    """
    low, high = float(x.min()), float(x.max())
    if not (low >= 0 and high <= 1):
        raise ValueError(f"from_ink: x must lie in [0, 1], got {low:.4g} to {high:.4g}")
    return 2 * x - 1


def to_ink(x: Tensor) -> Tensor:
    """Pictures from [-1, 1] to [0, 1].

        y = (x + 1) / 2
    """
    return (x + 1) / 2
