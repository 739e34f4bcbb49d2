"""Denoising autoencoder: what must say the whole from a spoilt copy learns how the whole hangs together.

References
    Vincent, Larochelle, Bengio & Manzagol 2008, "Extracting and Composing Robust Features with Denoising
    Autoencoders", ICML
    Vincent, Larochelle, Lajoie, Bengio & Manzagol 2010, "Stacked Denoising Autoencoders", JMLR 11,
    section 3.3

    loss = mean (model(corrupt(x)) - x)^2           corrupt anew at every look
"""

from __future__ import annotations

from collections.abc import Callable

from pellucid import clamp, nn, rand_like, randn_like, where
from pellucid.tensor import Tensor

Corruption = Callable[[Tensor], Tensor]


def gaussian_noise(deviation: float) -> Corruption:
    """Add a normal number of this deviation to each value: y = x + deviation e.

    Raises:  ValueError for a deviation below 0.
    """
    if not deviation >= 0:
        raise ValueError(f"gaussian_noise: deviation must be at least 0, got {deviation}")
    return lambda x: x + deviation * randn_like(x)


def masking_noise(share: float) -> Corruption:
    """Put 0 in the place of this share of the values, chosen at random.

    Raises:  ValueError for a share outside [0, 1].
    """
    _check_share(share, "masking_noise")
    return lambda x: where(rand_like(x) < share, 0.0, x)


def salt_and_pepper(share: float, low: float = 0.0, high: float = 1.0) -> Corruption:
    """Put `low` or `high`, each as often, in the place of this share of the values, chosen at random.

    Raises:  ValueError for a share outside [0, 1].
    """
    _check_share(share, "salt_and_pepper")

    def corrupt(x: Tensor) -> Tensor:
        drawn = rand_like(x)
        return where(drawn < share / 2, low, where(drawn < share, high, x))
    return corrupt


def _check_share(share: float, name: str) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"{name}: share must lie in [0, 1], got {share}")


class DenoisingAutoencoder(nn.Module):
    """Any network from x to x, that sees corrupted inputs in training, and inputs as they are in eval mode.

    Shapes:  x (B, ...) -> (B, ...)
    >>> from pellucid import ones
    >>> model = DenoisingAutoencoder(nn.Identity(), masking_noise(1.0))
    >>> model(ones(2)), model.eval()(ones(2))
    (tensor([0., 0.]), tensor([1., 1.]))
    """

    def __init__(self, model: nn.Module, corrupt: Corruption) -> None:
        super().__init__()
        self.model, self.corrupt = model, corrupt

    def forward(self, x: Tensor) -> Tensor:
        return self.model(self.corrupt(x) if self.training else x)


class ResidualDenoiser(nn.Module):
    """Convolutions of one width that estimate the noise of a picture, which is then taken away.

        y = clamp(x - noise(x), 0, 1)        clamped in eval mode only: beyond its ends there are no gradients

    Shapes:  x (B, 1, H, W) -> (B, 1, H, W)
    Source:  Zhang, Zuo, Chen, Meng & Zhang 2017, "Beyond a Gaussian Denoiser", arXiv:1608.03981, in small.
    Differs: no batch normalisation, which so few layers do without.
    """

    def __init__(self, maps: int = 24, n_layers: int = 5, kernel: int = 3) -> None:
        super().__init__()
        widths = [1, *[maps] * (n_layers - 1), 1]
        layers: list[nn.Module] = []
        for n_inputs, n_outputs in zip(widths, widths[1:], strict=False):
            layers += [nn.Conv2d(n_inputs, n_outputs, kernel, padding=kernel // 2), nn.ReLU()]
        self.noise = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        y = x - self.noise(x)
        return y if self.training else clamp(y, 0, 1)
