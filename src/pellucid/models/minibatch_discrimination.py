"""Minibatch discrimination: the discriminator sees how alike the samples of a batch are.

A generator that makes one sample over and over can fool a discriminator that looks at one at a time. One that
sees the whole batch cannot be fooled that way: real samples are not so alike.

    M_i   = f_i T                                   a matrix (kernels, depth) for each sample i
    c_ijk = exp(-sum_d |M_ikd - M_jkd|)             1 for equal samples, near 0 for unlike ones
    o_ik  = sum over j of c_ijk, without i itself
    y_i   = [f_i, o_i]

Source:  Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, section 3.2.
Differs: o is divided by the number of the others, so that batches of any size give values alike.
"""

from __future__ import annotations

from .. import Tensor, cat, exp, nn
from .gan import GANConfig, discriminator


class MinibatchDiscrimination(nn.Module):
    """Append to each sample's features how near the other samples of the batch lie, in `kernels` ways.

    Shapes:  f (B, features) -> (B, features + kernels), B at least 2
    Raises:  ValueError for a single sample: there is nothing to compare it with.
    """

    def __init__(self, features: int, kernels: int = 16, depth: int = 4) -> None:
        super().__init__()
        self.kernels, self.depth = kernels, depth
        self.matrices = nn.Linear(features, kernels * depth, bias=False)

    def forward(self, f: Tensor) -> Tensor:
        n = len(f)
        if n < 2:
            raise ValueError(f"MinibatchDiscrimination: f holds {n} sample, wants at least 2 to compare")
        m = self.matrices(f).reshape(n, self.kernels, self.depth).permute(2, 1, 0).contiguous()
        far = (m[..., None] - m[..., None, :]).abs().sum(0)      # (K, B, B): sums run over long rows, so fast
        near = (exp(-far).sum(2) - 1) / (n - 1)                  # (K, B): itself is 1
        return cat([f, near.T], 1)


def batch_discriminator(config: GANConfig, kernels: int = 16, depth: int = 4) -> nn.Sequential:
    """A GAN's discriminator whose last layer also sees how alike the batch is.

    Shapes:  x (B, features) -> s (B, 1)
    """
    *before, last = discriminator(config)
    return nn.Sequential(*before, MinibatchDiscrimination(config.units, kernels, depth),
                         nn.Linear(config.units + kernels, last.out_features))
