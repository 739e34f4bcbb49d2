"""Duel: two networks that learn by each other: the steps of every GAN, and what to watch meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import Tensor, nn, no_grad, sigmoid
from ..optim.swa_utils import AveragedModel, get_ema_multi_avg_fn


@dataclass(frozen=True)
class Rules:
    """What both sides of a duel descend.

    of_discriminator   its scores of real and made samples -> loss
    of_generator       the discriminator's scores of made samples -> loss
    penalty            discriminator, real, made samples, what is given -> more loss of the discriminator
    after              what is done to the discriminator after each of its steps
    is_logit           are the scores logits, so that D = sigmoid(score)?
    rounds             steps of the discriminator for each of the generator
    """

    of_discriminator: Callable[[Tensor, Tensor], Tensor]
    of_generator: Callable[[Tensor], Tensor]
    penalty: Callable[..., Tensor] | None = None
    after: Callable[[Any], None] | None = None
    is_logit: bool = True
    rounds: int = 1


class Duel:
    """A generator and a discriminator, their optimisers, and the rules by which they learn.

        duel = Duel(G, D, (optimizer_of_G, optimizer_of_D), rules, noise=lambda n: randn(n, 16))
        found = duel.step(lambda: (real,), watch=True)

    generator       (z, *given) -> samples; `given` are labels, or nothing
    discriminator   (samples, *given) -> scores (B, 1)
    noise           n -> z
    average         the decay of the mean of the generator's weights over the steps, `duel.mean`; 0: no mean
    schedulers      of learning rates, stepped after each step

    Raises:  ValueError for rules with fewer than one round and a decay outside [0, 1); FloatingPointError
             naming the side whose loss is no number.
    """

    def __init__(self, generator: nn.Module, discriminator: nn.Module, optimizers: tuple[Any, Any],
                 rules: Rules, noise: Callable[[int], Tensor], *, average: float = 0.0,
                 schedulers: tuple[Any, ...] = ()) -> None:
        if rules.rounds < 1:
            raise ValueError(f"Duel: rules.rounds must be at least 1 step, got {rules.rounds}")
        if not 0 <= average < 1:
            raise ValueError(f"Duel: average must be at least 0 and below 1, got {average}")
        self.generator, self.discriminator, self.rules, self.noise = generator, discriminator, rules, noise
        self.of_generator, self.of_discriminator = optimizers
        self.schedulers, self.steps = schedulers, 0
        self.mean = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(average),
                                  use_buffers=True) if average else generator

    def step(self, draw: Callable[[], tuple[Tensor, ...]], watch: bool = False) -> dict[str, float]:
        """`rounds` steps of the discriminator, each on a new draw of (real, *given), one of the generator.

        With `watch`, what happened: loss_d, loss_g, d_real and d_fake (the mean of D or of the scores), and
        the lengths of both gradients, slope_d and slope_g.
        """
        for _ in range(self.rules.rounds):
            real, *given = draw()
            with no_grad():
                made = self.generator(self.noise(len(real)), *given)
            scores = self.discriminator(real, *given), self.discriminator(made, *given)
            loss = self.rules.of_discriminator(*scores)
            if self.rules.penalty is not None:
                loss = loss + self.rules.penalty(self.discriminator, real, made, *given)
            self._descend(self.of_discriminator, loss)
            slope = length(self.discriminator) if watch else 0.0
            if self.rules.after is not None:
                self.rules.after(self.discriminator)
        loss_g = self.rules.of_generator(self.discriminator(self.generator(self.noise(len(real)), *given),
                                                            *given))
        self._descend(self.of_generator, loss_g)
        self.steps += 1
        for scheduler in self.schedulers:
            scheduler.step()
        if self.mean is not self.generator:
            self.mean.update_parameters(self.generator)
        return self._watched(loss, loss_g, scores, slope) if watch else {}

    def _descend(self, optimizer: Any, loss: Tensor) -> None:
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    def _watched(self, loss: Tensor, loss_g: Tensor, scores: tuple[Tensor, Tensor],
                 slope: float) -> dict[str, float]:
        for side, value in (("discriminator", loss.item()), ("generator", loss_g.item())):
            if not abs(value) < float("inf"):
                raise FloatingPointError(f"Duel: the {side}'s loss is {value} at step {self.steps}; "
                                         "lower the learning rates")
        means = [(sigmoid(score) if self.rules.is_logit else score).mean().item() for score in scores]
        return {"loss_d": loss.item(), "loss_g": loss_g.item(), "d_real": means[0], "d_fake": means[1],
                "slope_d": slope, "slope_g": length(self.generator)}

    def sample(self, n: int, *given: Tensor) -> Tensor:
        """n samples of the generator, of its mean over the steps where there is one."""
        return self.made(self.noise(n), *given)

    def made(self, z: Tensor, *given: Tensor) -> Tensor:
        """What the generator, or its mean, makes of this noise; training can go on after."""
        maker = self.mean
        was_training = maker.training
        maker.eval()
        with no_grad():
            samples = maker(z, *given)
        maker.train(was_training)
        return samples

    def state_dict(self) -> dict[str, Any]:
        """All that the rest of the duel depends on, apart from the random streams."""
        return {"steps": self.steps, **{name: part.state_dict() for name, part in self._parts().items()}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go back to a state that `state_dict` gave."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.steps = state["steps"]

    def _parts(self) -> dict[str, Any]:
        found = {"generator": self.generator, "discriminator": self.discriminator,
                 "of_generator": self.of_generator, "of_discriminator": self.of_discriminator}
        found.update({f"scheduler{i}": scheduler for i, scheduler in enumerate(self.schedulers)})
        return found if self.mean is self.generator else {**found, "mean": self.mean}


def length(model: nn.Module) -> float:
    """The length of a model's gradient: sqrt of the sum of its squares.

    Shapes:  any -> a number
    """
    return sum(float((p.grad ** 2).sum()) for p in model.parameters() if p.grad is not None) ** 0.5
