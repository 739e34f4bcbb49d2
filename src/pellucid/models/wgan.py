"""WGAN: a critic measures how far the made samples are from the real ones, instead of telling them apart.

    W = max over 1-Lipschitz f of  mean f(x) - mean f(G(z))

is the work of moving one heap of samples onto the other (the earth mover's distance). It falls smoothly as
the heaps come nearer, even where they do not overlap and a discriminator would be sure. The critic's weights
are clipped to a small box after each step, so that it cannot be steeper than some constant.

Source:  Arjovsky, Chintala & Bottou 2017, "Wasserstein GAN", arXiv:1701.07875, algorithm 1: clip 0.01, five
         steps of the critic for each of the generator, RMSprop without momentum.
"""

from __future__ import annotations

from .. import Tensor, nn, no_grad


def critic_loss(real: Tensor, fake: Tensor) -> Tensor:
    """The critic's side: minus the distance as it measures it.

        y = mean f(G(z)) - mean f(x)

    Shapes:  real, fake (B, 1), scores -> a number
    """
    return fake.mean() - real.mean()


def generator_loss(fake: Tensor) -> Tensor:
    """The generator's side: its samples ought to score high.

        y = -mean f(G(z))

    Shapes:  fake (B, 1), scores -> a number
    """
    return -fake.mean()


def clip_weights(critic: nn.Module, bound: float = 0.01) -> None:
    """Put each weight of the critic back into [-bound, bound].

        w = min(max(w, -bound), bound)

    Raises:  ValueError for a bound that is not above 0.
    """
    if not bound > 0:
        raise ValueError(f"clip_weights: bound must be above 0, got {bound}")
    with no_grad():
        for parameter in critic.parameters():
            parameter.clamp_(-bound, bound)
