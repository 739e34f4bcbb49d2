"""GAN: one network makes samples out of noise, another tells them from real ones; each learns by the other.

    generator       noise z -> x = G(z)
    discriminator   x -> s, the logit of "x is real":  D(x) = sigmoid(s)

The discriminator descends  -mean log D(x) - mean log(1 - D(G(z))).  The generator has two choices:

    minimax           mean log(1 - D(G(z)))        the same game, its other side
    non-saturating   -mean log D(G(z))             the same fixed point, a steep slope where D is sure

While the discriminator is sure, D(G(z)) is near 0 and the slope of the first is D(G(z)) itself, nearly
nothing; that of the second is 1 - D(G(z)). Of logits both are softplus, which no logit overflows.

Source:  Goodfellow et al. 2014, "Generative Adversarial Networks", arXiv:1406.2661, section 3, algorithm 1;
         Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, section 3.4
         (one-sided label smoothing); He et al. 2015, arXiv:1502.01852 (the start of the weights).
Differs: leaky relus in the discriminator for maxout, and no dropout.
"""

from __future__ import annotations

from dataclasses import dataclass

from .. import Tensor, nn
from ..nn import functional as F


@dataclass(frozen=True)
class GANConfig:
    features: int = 2           # numbers in a sample
    noise: int = 2              # numbers in the noise that a sample is made of
    units: int = 64             # of each hidden layer
    layers: int = 2             # hidden layers of each network
    bends: float = 0.0          # above 0: biases start even on [-bends, bends], weights by He et al.: for
                                # fine patterns, since where biases are small all bends lie near the middle


def generator(config: GANConfig) -> nn.Sequential:
    """A network that makes samples out of noise.

    Shapes:  z (B, noise) -> x (B, features)
    >>> generator(GANConfig(units=4, layers=1))[-1]
    Linear(in_features=4, out_features=2, bias=True)
    """
    return _layers(config.noise, config.features, config, nn.ReLU())


def discriminator(config: GANConfig) -> nn.Sequential:
    """A network that gives each sample the logit of being real.

    Shapes:  x (B, features) -> s (B, 1)
    """
    return _layers(config.features, 1, config, nn.LeakyReLU(0.2))


def _layers(n_in: int, n_out: int, config: GANConfig, bend: nn.Module) -> nn.Sequential:
    """Linear layers with a bend between them."""
    widths = [n_in, *[config.units] * config.layers]
    parts = [part for a, b in zip(widths[:-1], widths[1:], strict=True) for part in (nn.Linear(a, b), bend)]
    model = nn.Sequential(*parts, nn.Linear(widths[-1], n_out))
    if config.bends:
        for linear in model[::2]:
            nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
            nn.init.uniform_(linear.bias, -config.bends, config.bends)
    return model


def discriminator_loss(real: Tensor, fake: Tensor, smoothing: float = 0.0) -> Tensor:
    """The discriminator's side: how far it is from calling real samples real and made ones made.

        y = -mean[(1 - a) log D(x) + a log(1 - D(x))] - mean log(1 - D(G(z)))      a smoothing, D = sigmoid
          = mean softplus(-real) + a mean real + mean softplus(fake)

    With smoothing a, real samples ought to get 1 - a instead of 1: it is punished for being too sure. Made
    ones ought to get 0 as before (one-sided): otherwise it would like samples for being where none are real.

    Shapes:  real, fake (B, 1), logits -> a number
    Raises:  ValueError for a smoothing outside [0, 0.5).
    """
    if not 0 <= smoothing < 0.5:
        raise ValueError(f"discriminator_loss: smoothing must be at least 0 and below 0.5, got {smoothing}")
    loss = F.softplus(-real).mean() + F.softplus(fake).mean()
    return loss + smoothing * real.mean() if smoothing else loss


def minimax_loss(fake: Tensor) -> Tensor:
    """The generator's side of the minimax game; flat where the discriminator is sure.

        y = mean log(1 - D(G(z))) = -mean softplus(fake)          dfake = -D(G(z)) / B

    Shapes:  fake (B, 1), logits -> a number
    """
    return -F.softplus(fake).mean()


def non_saturating_loss(fake: Tensor) -> Tensor:
    """The generator's side as it is used: steep where the discriminator is sure.

        y = -mean log D(G(z)) = mean softplus(-fake)              dfake = -(1 - D(G(z))) / B

    Shapes:  fake (B, 1), logits -> a number
    """
    return F.softplus(-fake).mean()
