"""Diffusion: noise is added to a picture step by step, and a network learns to take it away.

    there   x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) e                     e normal; a_t falls from 1 to 0
    loss    mean |answer - model(x_t, t)|^2                           over random t and e
            the answer is the noise e, or the velocity v = sqrt(a_t) e - sqrt(1 - a_t) x_0
    back    x_0 = (x_t - sqrt(1 - a_t) e) / sqrt(a_t)                 by what the model takes e to be
            x_s = sqrt(a_s) x_0 + sqrt(1 - a_s - f) e + sqrt(f) z     from t to an earlier s, z normal
            f   = eta^2 (1 - a_s) / (1 - a_t) (1 - a_t / a_s)

With eta = 1 and every step this is DDPM, which draws new noise on the way; with eta = 0 it is DDIM, which
draws none, so that a few large steps suffice and the same noise always becomes the same picture.

Noise as the answer teaches little where a picture is nearly all noise: copying x_t is nearly right. There the
velocity is the picture itself, turned, and where there is hardly any noise it is the noise.

Source:  Ho, Jain & Abbeel 2020, "Denoising diffusion probabilistic models", arXiv:2006.11239;
         Nichol & Dhariwal 2021, "Improved DDPM", arXiv:2102.09672, eq. 17 (the cosine schedule);
         Song, Meng & Ermon 2020, "Denoising diffusion implicit models", arXiv:2010.02502, eqs. 12 and 16;
         Salimans & Ho 2022, "Progressive distillation", arXiv:2202.00512, appendix D (the velocity).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from .. import Tensor, no_grad, randint, randn, randn_like, tensor


@dataclass(frozen=True)
class DiffusionConfig:
    steps: int = 400            # T: from a picture to noise
    offset: float = 0.008       # s of the cosine schedule: the first steps are not too small
    largest: float = 0.999      # of what a single step may destroy
    answer: str = "noise"       # what the network is asked for: noise or velocity


class Diffusion:
    """The schedule, the loss and the ways back; the network is any model(x_t, t) -> answer.

    `kept` (T + 1,) is a_t: how much of the picture's variance is left after t steps; kept[0] = 1.
    Shapes:  pictures (B, C, H, W), scaled to -1 ... 1; times (B,) from 0 to T
    Raises:  ValueError for fewer than 2 steps, an answer that there is not, pictures beyond -1 ... 1 and
             times that the schedule has not.
    """

    def __init__(self, config: DiffusionConfig) -> None:
        if config.steps < 2:
            raise ValueError(f"Diffusion: steps must be at least 2, got {config.steps}")
        if config.answer not in ("noise", "velocity"):
            raise ValueError(f"Diffusion: answer must be 'noise' or 'velocity', got {config.answer!r}")
        self.config = config
        t = np.arange(config.steps + 1) / config.steps
        curve = np.cos((t + config.offset) / (1 + config.offset) * math.pi / 2) ** 2
        left = np.maximum(curve[1:] / curve[:-1], 1 - config.largest)  # of the variance, by each step
        self.kept = np.concatenate([[1.0], np.cumprod(left)])          # (T + 1,)

    def shares(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """sqrt(a_t) and sqrt(1 - a_t), the picture's share and the noise's, two of (B, 1, 1, 1)."""
        times = t.numpy()
        if times.size and not 0 <= times.min() <= times.max() <= self.config.steps:
            raise ValueError(f"Diffusion: times go from 0 to {self.config.steps}, got {times.min()} to "
                             f"{times.max()}")
        a = self.kept[times][:, None, None, None]
        return tensor(np.sqrt(a).astype(np.float32)), tensor(np.sqrt(1 - a).astype(np.float32))

    def noisy(self, x: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x after t steps, at once: x_t."""
        of_picture, of_noise = self.shares(t)
        return of_picture * x + of_noise * noise

    def errors(self, model: Callable, x: Tensor, t: Tensor) -> Tensor:
        """How far the model's answer is off for each picture, at these times and random noise.

            y = mean |answer - model(x_t, t)|^2        over the pixels
        Shapes:  x (B, C, H, W), t (B,) -> (B,)
        """
        low, high = (x.min().item(), x.max().item()) if x.numel() else (0.0, 0.0)
        if not (low >= -1.001 and high <= 1.001):
            raise ValueError("Diffusion: pictures must be scaled to -1 ... 1, got values from "
                             f"{low:.3g} to {high:.3g}")
        (of_picture, of_noise), noise = self.shares(t), randn_like(x)
        answer = noise if self.config.answer == "noise" else of_picture * noise - of_noise * x
        return ((model(of_picture * x + of_noise * noise, t) - answer) ** 2).mean((1, 2, 3))

    def loss(self, model: Callable, x: Tensor) -> Tensor:
        """The mean of `errors` at a random time for each picture."""
        return self.errors(model, x, randint(1, self.config.steps + 1, (x.shape[0],))).mean()

    def sample(self, model: Callable, shape: tuple[int, ...], *, steps: int = 50, eta: float = 0.0,
               start: Tensor | None = None) -> Tensor:
        """Pictures from noise, by `steps` of the schedule's times; as `trail`."""
        *_, x = self.trail(model, shape, steps=steps, eta=eta, start=start)
        return x

    def trail(self, model: Callable, shape: tuple[int, ...], *, steps: int = 50, eta: float = 0.0,
              start: Tensor | None = None) -> Iterator[Tensor]:
        """The pictures after each step on the way from noise; what each step takes the whole to be is cut to
        -1 ... 1. `start` is the noise to begin with; the schedule's times need not be a multiple of `steps`.

        Raises:  ValueError for more steps than the schedule has, eta outside 0 ... 1, and a start of another
                 shape.
        """
        if not 1 <= steps <= self.config.steps or not 0 <= eta <= 1:
            raise ValueError(f"Diffusion: wants 1 to {self.config.steps} steps and eta from 0 to 1, got "
                             f"{steps} and {eta}")
        if start is not None and tuple(start.shape) != tuple(shape):
            raise ValueError(f"Diffusion: start must have the shape {tuple(shape)}, got {tuple(start.shape)}")
        times = np.linspace(self.config.steps, 0, steps + 1).round().astype(int)
        x = randn(*shape) if start is None else start
        for now, then in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
            x = self.back(model, x, now, then, eta)
            yield x

    def whole(self, model: Callable, x: Tensor, now: int) -> Tensor:
        """What the model takes x at time `now` to have been without noise, cut to -1 ... 1: x_0."""
        a = float(self.kept[now])
        with no_grad():
            answer = model(x, tensor(np.full(x.shape[0], now)))
        if self.config.answer == "noise":
            return ((x - math.sqrt(1 - a) * answer) / math.sqrt(a)).clamp(-1, 1)
        return (math.sqrt(a) * x - math.sqrt(1 - a) * answer).clamp(-1, 1)

    def back(self, model: Callable, x: Tensor, now: int, then: int, eta: float) -> Tensor:
        """One step, from time `now` to an earlier one."""
        a, b = float(self.kept[now]), float(self.kept[then])
        whole = self.whole(model, x, now)                                        # x_0
        noise = (x - math.sqrt(a) * whole) / math.sqrt(1 - a)                    # what agrees with the cut
        fresh = eta**2 * (1 - b) / (1 - a) * (1 - a / b)                         # f
        x = math.sqrt(b) * whole + math.sqrt(max(1 - b - fresh, 0)) * noise
        return x + math.sqrt(fresh) * randn(*x.shape) if fresh > 0 else x
