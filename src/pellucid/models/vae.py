"""VAE: an autoencoder whose code is drawn from a distribution, so that codes drawn at random decode too.

References
    Kingma & Welling 2014, "Auto-Encoding Variational Bayes", arXiv:1312.6114: the model, the bound, the trick
    Rezende, Mohamed & Wierstra 2014, "Stochastic Backpropagation and Approximate Inference in Deep Generative
    Models", arXiv:1401.4082: the same, found at the same time
    Higgins et al. 2017, "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework"

    q(z | x) = normal(mean(x), variance(x))         the encoder
    p(x | z) = Bernoulli(sigmoid(logits(z)))        the decoder, one coin for each pixel
    log p(x) >= ELBO = E_q[log p(x | z)] - KL(q(z | x) || normal(0, 1))
    z = mean + exp(log_variance / 2) e,  e normal   reparameterised: the noise is an input, so the gradient of
                                                    an expectation over z is one over e, and passes through z
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from pellucid import nn, no_grad, randn, randn_like, relu, sigmoid
from pellucid.nn import functional as F
from pellucid.tensor import OpError, Tensor


@dataclass(frozen=True)
class VAEConfig:
    n_inputs: int = 784         # D: pixels
    hidden: int = 400           # units between pixels and code, on both sides
    latent: int = 20            # Z: numbers of the code


class Encoded(NamedTuple):
    """What a VAE makes of x: the decoder's logits, the code's distribution, and the code drawn from it."""

    logits: Tensor              # (B, D)
    mean: Tensor                # (B, Z)
    log_variance: Tensor        # (B, Z)
    z: Tensor                   # (B, Z)


class Bound(NamedTuple):
    """Both parts of -ELBO for each sample, in nats; their sum is an upper bound of -log p(x)."""

    reconstruction: Tensor      # (B,)
    divergence: Tensor          # (B,)

    @property
    def total(self) -> Tensor:
        return self.reconstruction + self.divergence                                       # (B,)


def reparameterise(mean: Tensor, log_variance: Tensor) -> Tensor:
    """A draw from a normal distribution, through which gradients reach its mean and variance.

        y = mean + exp(log_variance / 2) e          e normal with mean 0 and variance 1

    Shapes:  mean and log_variance (B, Z) -> (B, Z)
    Source:  Kingma & Welling 2014, section 2.4.
    """
    return mean + (0.5 * log_variance).exp() * randn_like(mean)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """How far each normal distribution is from the standard one: KL(q || p), in nats.

        y = 1/2 sum_j (mean_j^2 + variance_j - 1 - log variance_j)

    Shapes:  mean and log_variance (B, Z) -> (B,)
    Source:  Kingma & Welling 2014, appendix B.
    >>> from pellucid import tensor
    >>> divergence(tensor([[3.0, 4.0]]), tensor([[0.0, 0.0]]))
    tensor([12.5000])
    """
    return 0.5 * (mean * mean + log_variance.exp() - 1 - log_variance).sum(1)


def bound(found: Encoded, x: Tensor) -> Bound:
    """The parts of -ELBO, by one draw of z for each sample.

        reconstruction = -sum_d (x_d log p_d + (1 - x_d) log(1 - p_d))        p = sigmoid(logits)
        divergence     = KL(q(z | x) || normal(0, 1))

    Shapes:  x (B, D) in [0, 1] -> two of (B,)
    Raises:  ValueError for x outside [0, 1]: a coin's chance is no other number; RuntimeError for a shape
             other than the logits'.
    """
    if x.shape != found.logits.shape:
        raise OpError(f"bound: x has shape {tuple(x.shape)}, the decoder's logits "
                      f"{tuple(found.logits.shape)}; wants the same")
    low, high = x.min().item(), x.max().item()
    if not (low >= 0 and high <= 1):
        raise ValueError(f"bound: x must lie in [0, 1], for the decoder gives each pixel's chance of being "
                         f"ink; got {low:.4g} to {high:.4g}")
    off = F.binary_cross_entropy_with_logits(found.logits, x, reduction="none").sum(1)
    return Bound(off, divergence(found.mean, found.log_variance))


class NegativeElbo:
    """The loss of a VAE: the mean over the batch of reconstruction + beta divergence.

    beta = 1 is the bound itself; a larger one makes the code simpler and the pictures coarser.

    Source:  Higgins et al. 2017, eq. 4.
    Raises:  ValueError for a negative beta; as `bound`.
    """

    def __init__(self, beta: float = 1.0) -> None:
        if not beta >= 0:
            raise ValueError(f"NegativeElbo: beta must be at least 0, got {beta}")
        self.beta = beta
        self.last: dict[str, float] = {}                 # the parts' means over the last batch

    def __call__(self, found: Encoded, x: Tensor) -> Tensor:
        parts = bound(found, x)
        means = {name: getattr(parts, name).mean() for name in Bound._fields}
        self.last = {name: mean.item() for name, mean in means.items()}
        return means["reconstruction"] + self.beta * means["divergence"]

    @property
    def metrics(self) -> dict[str, Callable[[Any, Any], float]]:
        """Both parts apart, as metrics of `fit`, which measures them after the loss of the same batch."""
        return {name: partial(self._measured, name) for name in Bound._fields}

    def _measured(self, name: str, found: Any, x: Any) -> float:
        return self.last[name]


class VAE(nn.Module):
    """A variational autoencoder with one hidden layer on each side.

    Shapes:  x (B, D) -> Encoded
    Source:  Kingma & Welling 2014, section 3 and appendix C.
    Differs: relu for tanh, as in most later ones.
    >>> from pellucid import rand
    >>> model = VAE(VAEConfig(n_inputs=6, hidden=5, latent=2))
    >>> found = model(rand(3, 6))
    >>> found.logits.shape, found.z.shape, model.sample(4).shape
    (pellucid.Size([3, 6]), pellucid.Size([3, 2]), pellucid.Size([4, 6]))
    """

    def __init__(self, config: VAEConfig) -> None:
        super().__init__()
        self.config = config
        self.inside = nn.Linear(config.n_inputs, config.hidden)
        self.mean = nn.Linear(config.hidden, config.latent)
        self.log_variance = nn.Linear(config.hidden, config.latent)
        self.up = nn.Linear(config.latent, config.hidden)
        self.out = nn.Linear(config.hidden, config.n_inputs)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the code: (B, D) -> two of (B, Z)."""
        h = relu(self.inside(x))                                                           # (B, hidden)
        return self.mean(h), self.log_variance(h)

    def decode(self, z: Tensor) -> Tensor:
        """The logits of the pixels: (B, Z) -> (B, D)."""
        return self.out(relu(self.up(z)))

    def forward(self, x: Tensor) -> Encoded:
        mean, log_variance = self.encode(x)
        z = reparameterise(mean, log_variance)
        return Encoded(self.decode(z), mean, log_variance, z)

    def pictures(self, z: Tensor) -> Tensor:
        """Each pixel's chance of being ink, without gradients: (B, Z) -> (B, D)."""
        with no_grad():
            return sigmoid(self.decode(z))

    def sample(self, n: int) -> Tensor:
        """Pictures of codes drawn at random: -> (n, D)."""
        return self.pictures(randn(n, self.config.latent))
