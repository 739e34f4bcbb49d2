"""Conditional GAN: both networks are told what the picture ought to show.

    generator       (z, y) -> x             the label beside the noise
    discriminator   (x, y) -> s             the label as maps beside the picture: "is it a real 7?"

A picture that looks real but shows something else does not pass, so the generator has to listen.

Source:  Mirza & Osindero 2014, "Conditional Generative Adversarial Nets", arXiv:1411.1784, section 3.2.
Differs: DCGAN's convolutions for their linear layers with maxout.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from .. import Tensor, cat, nn
from ..nn import functional as F
from . import dcgan


@dataclass(frozen=True)
class CGANConfig(dcgan.DCGANConfig):
    n_classes: int = 10


class Generator(nn.Module):
    """Makes pictures of what is asked for.

    Shapes:  z (B, noise), y (B,) labels -> x (B, channels, size, size) in [-1, 1]
    Raises:  ValueError for labels that there are not.
    """

    def __init__(self, config: CGANConfig) -> None:
        super().__init__()
        self.n_classes = config.n_classes
        self.net = dcgan.Generator(replace(config, noise=config.noise + config.n_classes))

    def forward(self, z: Tensor, y: Tensor) -> Tensor:
        return self.net(cat([z, one_hot(y, self.n_classes, len(z))], 1))


class Discriminator(nn.Module):
    """Gives each picture the logit of being real and showing y.

    Shapes:  x (B, channels, size, size), y (B,) labels -> s (B, 1)
    Raises:  ValueError for labels that there are not.
    """

    def __init__(self, config: CGANConfig) -> None:
        super().__init__()
        self.n_classes = config.n_classes
        self.net = dcgan.Discriminator(replace(config, channels=config.channels + config.n_classes))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        said = one_hot(y, self.n_classes, len(x))[:, :, None, None]        # (B, K, 1, 1)
        maps = said.expand(len(x), self.n_classes, x.shape[2], x.shape[3])
        return self.net(cat([x, maps], 1))


def one_hot(y: Tensor, n_classes: int, n: int) -> Tensor:
    """Labels as rows of zeros with a one.

    Shapes:  y (B,) -> (B, n_classes)
    Raises:  ValueError for labels outside 0 to n_classes - 1, and for another number of them than n.
    """
    if tuple(y.shape) != (n,):
        raise ValueError(f"cgan: y must hold a label for each of the {n} samples, got the shape "
                         f"{tuple(y.shape)}")
    low, high = int(y.min()), int(y.max())
    if low < 0 or high >= n_classes:
        raise ValueError(f"cgan: y must hold labels from 0 to {n_classes - 1}, got "
                         f"{low if low < 0 else high}")
    return F.one_hot(y, n_classes).float()
