"""Spectral normalisation: each layer of the discriminator is divided by the most that it can stretch.

    W -> W / s(W)              s the largest singular value, followed by one power iteration per step

A network of such layers with relus between them is 1-Lipschitz: its slope is at most 1 everywhere, at nearly
no cost. The hinge loss that goes with it stops to pull at samples that are beyond doubt.

Source:  Miyato, Kataoka, Koyama & Yoshida 2018, "Spectral Normalization for Generative Adversarial Networks",
         arXiv:1802.05957, section 2.1 and eq. 16, 17.
"""

from __future__ import annotations

from .. import Tensor, nn
from ..nn import functional as F
from ..nn.utils.parametrizations import spectral_norm


def spectrally_normalised(model: nn.Module) -> nn.Module:
    """Put spectral normalisation on every linear and convolution layer of a model, and return it.

    Raises:  ValueError for a model without such a layer.
    """
    layers = [part for part in model.modules() if isinstance(part, (nn.Linear, nn.Conv2d))]
    if not layers:
        raise ValueError(f"spectrally_normalised: {type(model).__name__} has no Linear and no Conv2d layer")
    for layer in layers:
        spectral_norm(layer)
    return model


def hinge_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The discriminator's side: real samples above 1, made ones below -1, and no further.

        y = mean max(0, 1 - real) + mean max(0, 1 + fake)

    Shapes:  real, fake (B, 1), scores -> a number
    """
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()
