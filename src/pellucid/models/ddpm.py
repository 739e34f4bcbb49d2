"""Diffusion: noise is added to a picture step by step, and a network learns to take it away.

    there   x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) e                     e normal; a_t falls from 1 to 0
    loss    mean |e - model(x_t, t)|^2                                over random t and e
    back    x_0 = (x_t - sqrt(1 - a_t) e') / sqrt(a_t)                what e' = model(x_t, t) makes of it
            x_s = sqrt(a_s) x_0 + sqrt(1 - a_s - v) e' + sqrt(v) z    from t to an earlier s, z normal
            v   = eta^2 (1 - a_s) / (1 - a_t) (1 - a_t / a_s)

With eta = 1 and every step this is DDPM, which draws new noise on the way; with eta = 0 it is DDIM, which
draws none, so that a few large steps suffice and the same noise always becomes the same picture.

Source:  Ho, Jain & Abbeel 2020, "Denoising diffusion probabilistic models", arXiv:2006.11239;
         Nichol & Dhariwal 2021, "Improved DDPM", arXiv:2102.09672, eq. 17 (the cosine schedule);
         Song, Meng & Ermon 2020, "Denoising diffusion implicit models", arXiv:2010.02502, eqs. 12 and 16.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .. import Tensor, no_grad, randint, randn, randn_like, tensor
from ..nn import functional as F


@dataclass(frozen=True)
class DiffusionConfig:
    steps: int = 400            # T: from a picture to noise
    offset: float = 0.008       # s of the cosine schedule: the first steps are not too small
    largest: float = 0.999      # of what a single step may destroy


class Diffusion:
    """The schedule, the loss and the ways back; the network is any model(x_t, t) -> noise.

    `kept` (T + 1,) is a_t: how much of the picture's variance is left after t steps; kept[0] = 1.
    Shapes:  pictures (B, C, H, W), scaled to -1 ... 1
    Raises:  ValueError for fewer than 2 steps, or pictures beyond -1 ... 1.
    """

    def __init__(self, config: DiffusionConfig) -> None:
        if config.steps < 2:
            raise ValueError(f"Diffusion: steps must be at least 2, got {config.steps}")
        self.config = config
        t = np.arange(config.steps + 1) / config.steps
        curve = np.cos((t + config.offset) / (1 + config.offset) * math.pi / 2) ** 2
        left = np.maximum(curve[1:] / curve[:-1], 1 - config.largest)  # of the variance, by each step
        self.kept = np.concatenate([[1.0], np.cumprod(left)])          # (T + 1,)

    def noisy(self, x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x after t steps, at once: x_t."""
        a = tensor(self.kept[t.numpy()].astype(np.float32))[:, None, None, None]   # (B, 1, 1, 1)
        return a.sqrt() * x + (1 - a).sqrt() * noise

    def loss(self, model: Callable, x: Tensor) -> Tensor:
        """The mean squared error of the noise that the model sees, at a random time for each picture."""
        if x.numel() and not (-1.001 <= x.min().item() and x.max().item() <= 1.001):
            raise ValueError("Diffusion: pictures must be scaled to -1 ... 1, got values from "
                             f"{x.min().item():.3g} to {x.max().item():.3g}")
        t, noise = randint(1, self.config.steps + 1, (x.shape[0],)), randn_like(x)
        return F.mse_loss(model(self.noisy(x, t, noise), t), noise)

    def sample(self, model: Callable, shape: tuple[int, ...], *, steps: int = 50, eta: float = 0.0,
               start: Tensor | None = None) -> Tensor:
        """Pictures from noise, by `steps` of the schedule's times."""
        x = None
        for x in self.trail(model, shape, steps=steps, eta=eta, start=start):  # noqa: B007 (the last one)
            pass
        assert x is not None
        return x

    def trail(self, model: Callable, shape: tuple[int, ...], *, steps: int = 50, eta: float = 0.0,
              start: Tensor | None = None) -> Iterator[Tensor]:
        """The pictures after each step on the way from noise; what each step takes the whole to be is cut to
        -1 ... 1.

        Raises:  ValueError for more steps than the schedule has, or for eta outside 0 ... 1.
        """
        if not 1 <= steps <= self.config.steps or not 0 <= eta <= 1:
            raise ValueError(f"Diffusion: wants 1 to {self.config.steps} steps and eta from 0 to 1, got "
                             f"{steps} and {eta}")
        times = np.linspace(self.config.steps, 0, steps + 1).round().astype(int)
        x = randn(*shape) if start is None else start
        for now, then in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
            x = self.back(model, x, now, then, eta)
            yield x

    def back(self, model: Callable, x: Tensor, now: int, then: int, eta: float) -> Tensor:
        """One step, from time `now` to an earlier one."""
        a, b = float(self.kept[now]), float(self.kept[then])
        with no_grad():
            noise = model(x, tensor(np.full(x.shape[0], now)))
        whole = ((x - math.sqrt(1 - a) * noise) / math.sqrt(a)).clamp(-1, 1)     # x_0
        noise = (x - math.sqrt(a) * whole) / math.sqrt(1 - a)                    # what agrees with the cut
        fresh = eta**2 * (1 - b) / (1 - a) * (1 - a / b)                         # v
        x = math.sqrt(b) * whole + math.sqrt(max(1 - b - fresh, 0)) * noise
        return x + math.sqrt(fresh) * randn(*x.shape) if fresh > 0 else x
