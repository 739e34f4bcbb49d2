"""A running mean of the weights, kept while training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..autograd import no_grad
from ..optim.swa_utils import AveragedModel
from ..tensor import Tensor
from .callbacks import Callback
from .snapshot import copied


class Average(Callback):
    """Keep a running mean of a model's weights: steadier than the last ones, where the loss is noisy.

        mean = d mean + (1 - d) weights        after each step n, d = min(decay, (1 + n) / (10 + n))

    So the mean forgets the random weights of the start soon. `average.model` has the mean as its weights; it
    is in eval mode, and shares nothing with the model that learns.

    Source:  Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"; Ho, Jain &
             Abbeel 2020, arXiv:2006.11239, appendix B (for diffusion).
    Raises:  ValueError for a decay outside [0, 1).
    """

    def __init__(self, model: Any, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"Average: decay must be at least 0 and below 1, got {decay}")
        self.decay, self.steps = decay, 0
        self._mean = AveragedModel(model, multi_avg_fn=self._move).eval()

    @property
    def model(self) -> Any:
        """The model with the mean of the weights."""
        return self._mean.module

    @no_grad()
    def _move(self, means: Sequence[Tensor], weights: Sequence[Tensor], n: Any) -> None:
        decay = min(self.decay, (1 + int(n)) / (10 + int(n)))
        for mean, now in zip(means, weights, strict=True):
            mean.copy_(decay * mean + (1 - decay) * now)

    def on_batch_end(self, training: Any, loss: float) -> None:
        if training.step != self.steps:                          # batches that are gathered make one step
            self._mean.update_parameters(training.model)
            self.steps = training.step

    def state_dict(self) -> dict[str, Any]:
        return {"steps": self.steps, "mean": copied(dict(self._mean.state_dict()))}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.steps = state["steps"]
        self._mean.load_state_dict(state["mean"])
