"""Agent: what the algorithms share: an environment that goes on, its episodes' returns, checkpoints."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import nn
from ..autograd import no_grad
from ..tensor import OpError, Tensor, wrap
from .adapting import n_numbers, vectorised
from .networks import Learner

__all__ = ["Agent"]

Lived = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


class Agent:
    """What acts and learns. An algorithm gives `learn(steps)` and `act(observations)`.

    env     what it learns in: see `vectorised`
    config  the algorithm's settings
    seed    of the environment, the weights and the choices: the same seed gives the same agent

    steps     what it has lived through, summed over the environments
    finished  the returns of the episodes that ended since they were last taken
    """

    def __init__(self, env: Any, config: Any, seed: int = 0) -> None:
        self.env, self.config, self.seed = vectorised(env), config, seed
        self.name = type(self).__name__
        self.n, self.n_seen = self.env.n, n_numbers(self.env, self.name)
        self.rng = np.random.default_rng(seed)
        self.seen = np.asarray(self.env.reset(seed=seed)[0], np.float32)         # (n, n_seen)
        self.so_far, self.steps = np.zeros(self.n), 0
        self.finished: list[float] = []
        self.networks: dict[str, nn.Module] = {}
        self.learners: dict[str, Learner] = {}

    def act(self, observations: np.ndarray) -> np.ndarray:
        """What it does when it explores no more: one action for each observation (B, n_seen)."""
        raise NotImplementedError

    def value(self, observations: np.ndarray) -> np.ndarray:
        """What it expects from each observation on, (B,)."""
        raise NotImplementedError

    def learn(self, steps: int) -> dict[str, float]:
        """Live through at least so many steps more, and learn from them; what there is to watch."""
        raise NotImplementedError

    def live(self, actions: np.ndarray) -> Lived:
        """Act: the rewards, what was seen then (before any new episode), terminated, truncated; all (n, ...).

        Raises:  OpError for rewards that are not finite.
        """
        seen, rewards, terminated, truncated, info = self.env.step(actions)
        if not np.isfinite(rewards).all():
            raise OpError(f"{self.name}: the environment gave the reward "
                          f"{rewards[~np.isfinite(rewards)][0]} for action {np.asarray(actions).tolist()} "
                          f"at step {self.steps}: rewards must be finite numbers")
        over = terminated | truncated
        after = np.asarray(info["final_observation"] if over.any() else seen, np.float32)
        self.seen = np.asarray(seen, np.float32)
        self.so_far += rewards
        self.steps += self.n
        if over.any():
            self.finished += self.so_far[over].tolist()
            self.so_far[over] = 0
        return rewards, after, terminated, truncated

    def check_memory(self, late: int = 0) -> None:
        """Does a replay memory hold a batch when learning begins? `late`: steps that enter it only then.

        Raises:  OpError that names the settings where it does not.
        """
        c = self.config
        if min(c.memory, max(c.before, self.n) - late) < c.batch_size:
            after = f" and {late} steps more" if late else ""
            raise OpError(f"{self.name}: memory={c.memory} and before={c.before} must be at least "
                          f"batch_size={c.batch_size}{after}: a batch is drawn from what was lived through")

    def take_finished(self) -> list[float]:
        """The returns of the episodes that ended since this was last asked."""
        taken, self.finished = self.finished, []
        return taken

    def state_dict(self) -> dict[str, Any]:
        """All that decides how things go on: weights, optimisers, environment, random streams, counters."""
        return {"agent": self.name, "env": self.env.state_dict(), "rng": self.rng.bit_generator.state,
                "seen": wrap(self.seen.copy()), "so_far": wrap(self.so_far.copy()), "steps": self.steps,
                "finished": list(self.finished),
                "networks": {name: weights(network) for name, network in self.networks.items()},
                "learners": {name: learner.state_dict() for name, learner in self.learners.items()}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from where `state_dict` was taken, bit for bit if the environment can (see OneByOne)."""
        if state.get("agent") != self.name:
            raise OpError(f"{self.name}: the state is one of {state.get('agent')}")
        for name, network in self.networks.items():
            network.load_state_dict(state["networks"][name])
        for name, learner in self.learners.items():
            learner.load_state_dict(state["learners"][name])
        self.env.load_state_dict(plain(state["env"]))
        self.rng.bit_generator.state = state["rng"]
        self.seen, self.so_far = plain(state["seen"]).copy(), plain(state["so_far"]).copy()
        self.steps, self.finished = int(state["steps"]), list(state["finished"])
        if not getattr(self.env, "resumes", True):
            self.seen, self.so_far = np.asarray(self.env.reset(seed=self.seed + self.steps)[0],
                                                np.float32), np.zeros(self.n)


def weights(network: nn.Module) -> dict[str, Tensor]:
    """Copies of a network's weights by name."""
    return {name: wrap(value._data.copy()) for name, value in network.state_dict().items()}


def plain(value: Any) -> Any:
    """A state with arrays in place of tensors: as which a checkpoint gives arrays back."""
    if isinstance(value, Tensor):
        return value._data
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def answers(network: nn.Module, observations: np.ndarray) -> np.ndarray:
    """What a network says to observations, without a gradient."""
    with no_grad():
        return network(wrap(np.asarray(observations, np.float32)))._data
