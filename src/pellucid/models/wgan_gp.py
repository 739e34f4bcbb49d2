"""WGAN-GP: a critic whose slope is held near 1 by a penalty, instead of by clipping its weights.

Clipped weights make a critic too simple: it wants slope 1 everywhere and gets there with weights at both ends
of their box. Here the slope itself is asked for, where it matters: on the straight lines between real and
made samples. The penalty is a gradient inside a loss, so its own gradient takes second derivatives.

Source:  Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028, algorithm 1: weight
         10, five steps of the critic for each of the generator, Adam with betas 0 and 0.9. No batch
         normalisation in the critic: the penalty is each sample's own.
"""

from __future__ import annotations

from collections.abc import Callable

from .. import Tensor, autograd, rand


def gradient_penalty(critic: Callable[..., Tensor], real: Tensor, fake: Tensor, *given: Tensor,
                     weight: float = 10.0) -> Tensor:
    """How far the critic's slope is from 1 between real and made samples.

        m = e x + (1 - e) G(z)                     e even on [0, 1], one for each sample
        y = weight mean (|df/dm| - 1)^2

    Both sides' own graphs end here; y can be differentiated by the critic's weights. `given`, such as labels,
    is handed to the critic as it is.

    Shapes:  real, fake (B, ...) alike -> a number
    Raises:  ValueError for real and fake of different shapes.
    """
    if tuple(real.shape) != tuple(fake.shape):
        raise ValueError(f"gradient_penalty: real has shape {tuple(real.shape)}, fake {tuple(fake.shape)}; "
                         "wants them alike, to go from one to the other")
    e = rand(len(real), *[1] * (real.ndim - 1))
    between = (e * real.detach() + (1 - e) * fake.detach()).requires_grad_(True)
    slope, = autograd.grad(critic(between, *given).sum(), between, create_graph=True)
    length = slope.flatten(1).norm(2, 1)                                     # (B,)
    return weight * ((length - 1) ** 2).mean()
