"""Conditional VAE: encoder and decoder are told the class, so the code need only say how, not what.

References
    Sohn, Lee & Yan 2015, "Learning Structured Output Representation using Deep Conditional Generative
    Models", NeurIPS
    Kingma, Mohamed, Rezende & Welling 2014, "Semi-supervised Learning with Deep Generative Models",
    arXiv:1406.5298: the model M2, when all labels are known

    q(z | x, c) = normal(mean(x, c), variance(x, c))
    p(x | z, c) = Bernoulli(sigmoid(logits(z, c)))
    log p(x | c) >= E_q[log p(x | z, c)] - KL(q(z | x, c) || normal(0, 1))
"""

from __future__ import annotations

from dataclasses import dataclass

from pellucid import cat, is_floating_point, nn, no_grad, randn, relu, sigmoid
from pellucid.nn import functional as F
from pellucid.tensor import OpError, Tensor

from .vae import Encoded, reparameterise


@dataclass(frozen=True)
class CVAEConfig:
    n_inputs: int = 784         # D: pixels
    n_classes: int = 10         # K
    hidden: int = 400
    latent: int = 20            # Z: numbers of the code


class CVAE(nn.Module):
    """A variational autoencoder of pictures whose class is known.

    Shapes:  x (B, D), labels (B,) from 0 to K - 1 -> Encoded
    Raises:  ValueError naming a label that there is not; RuntimeError for labels of another shape or kind.
    >>> from pellucid import rand, tensor
    >>> model = CVAE(CVAEConfig(n_inputs=6, n_classes=3, hidden=5, latent=2))
    >>> model(rand(2, 6), tensor([0, 2])).logits.shape, model.sample(tensor([1, 1, 0])).shape
    (pellucid.Size([2, 6]), pellucid.Size([3, 6]))
    """

    def __init__(self, config: CVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.inside = nn.Linear(config.n_inputs + config.n_classes, config.hidden)
        self.mean = nn.Linear(config.hidden, config.latent)
        self.log_variance = nn.Linear(config.hidden, config.latent)
        self.up = nn.Linear(config.latent + config.n_classes, config.hidden)
        self.out = nn.Linear(config.hidden, config.n_inputs)

    def known(self, labels: Tensor) -> Tensor:
        """Labels as rows with a single 1: (B,) -> (B, K)."""
        if labels.dim() != 1 or is_floating_point(labels):
            raise OpError(f"CVAE: labels must be whole numbers of shape (B,), got {tuple(labels.shape)} of "
                          f"{labels.dtype}")
        n = self.config.n_classes
        odd = labels[(labels < 0) | (labels >= n)]
        if len(odd):
            raise ValueError(f"CVAE: there is no class {odd[0].item()}, labels go from 0 to {n - 1}")
        return F.one_hot(labels.long(), n).float()

    def encode(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the code: (B, D), (B,) -> two of (B, Z)."""
        h = relu(self.inside(cat([x, self.known(labels)], 1)))                             # (B, hidden)
        return self.mean(h), self.log_variance(h)

    def decode(self, z: Tensor, labels: Tensor) -> Tensor:
        """The logits of the pixels: (B, Z), (B,) -> (B, D)."""
        return self.out(relu(self.up(cat([z, self.known(labels)], 1))))

    def forward(self, x: Tensor, labels: Tensor) -> Encoded:
        mean, log_variance = self.encode(x, labels)
        z = reparameterise(mean, log_variance)
        return Encoded(self.decode(z, labels), mean, log_variance, z)

    def pictures(self, z: Tensor, labels: Tensor) -> Tensor:
        """Each pixel's chance of being ink, without gradients: (B, Z), (B,) -> (B, D)."""
        with no_grad():
            return sigmoid(self.decode(z, labels))

    def sample(self, labels: Tensor) -> Tensor:
        """Pictures of these classes, with codes drawn at random: (B,) -> (B, D)."""
        return self.pictures(randn(len(labels), self.config.latent), labels)
