"""PPO on CartPole: 128 steps of 4 copies, then 4 passes over them in batches of 128, as in CleanRL's ppo.py.

The environment and the advantages are the same NumPy on every side; networks, losses and updates are the
side's own. One step of the row is 512 steps of the environment and 16 updates.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from ..row import Row, Work, dense, training

COPIES, ROLLOUT, PASSES, BATCH, HIDDEN = 4, 128, 4, 128, 64
GAMMA, LAM, CLIP, ENTROPY, VALUE, MAX_NORM = 0.99, 0.95, 0.2, 0.01, 0.5, 0.5


class Player:
    """Two networks that live, weigh what was lived, and learn from it."""

    def __init__(self, torch: ModuleType) -> None:
        from pellucid.rl import make_vector

        nn, self.torch = torch.nn, torch
        self.actor, self.critic = (
            nn.Sequential(nn.Linear(4, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh(),
                          nn.Linear(HIDDEN, out)) for out in (2, 1))
        self.weights = [*self.actor.parameters(), *self.critic.parameters()]
        self.optimizer = torch.optim.Adam(self.weights, lr=2.5e-4, eps=1e-5)
        self.env, self.rng = make_vector("CartPole", COPIES, 0), np.random.default_rng(0)
        self.seen, _ = self.env.reset(seed=0)

    def rollout(self) -> dict[str, Any]:
        """What was lived, a row for each step of each copy."""
        from pellucid.rl import gae

        torch, lived = self.torch, []
        for _ in range(ROLLOUT):
            with torch.no_grad():
                x = torch.from_numpy(self.seen)
                logs = torch.log_softmax(self.actor(x), 1).numpy()
                value = self.critic(x).numpy()[:, 0]
            actions = (np.exp(logs[:, 0]) < self.rng.random(COPIES)).astype(np.int64)
            after, rewards, terminated, truncated, info = self.env.step(actions)
            lived.append((self.seen, actions, logs[np.arange(COPIES), actions], value, rewards,
                          info.get("final_observation", after), terminated, truncated))
            self.seen = after
        before, actions, likely, values, rewards, after, terminated, truncated = map(
            np.stack, zip(*lived, strict=True))
        with torch.no_grad():
            later = self.critic(torch.from_numpy(after.reshape(-1, 4))).numpy().reshape(rewards.shape)
        better, targets = gae(rewards, values, later, terminated, truncated, GAMMA, LAM)
        return {"seen": before.reshape(-1, 4), "actions": actions.reshape(-1, 1), "likely": likely.ravel(),
                "better": better.astype(np.float32).ravel(), "targets": targets.astype(np.float32).ravel()}

    def update(self, batch: dict[str, Any]) -> Any:
        """A step of the optimizer."""
        torch, x, better = self.torch, batch["seen"], batch["better"]
        better = (better - better.mean()) / (better.std() + 1e-8)
        logs = torch.log_softmax(self.actor(x), 1)                               # (B, 2)
        ratio = torch.exp(logs.gather(1, batch["actions"])[:, 0] - batch["likely"])
        policy = torch.maximum(-better * ratio, -better * torch.clamp(ratio, 1 - CLIP, 1 + CLIP)).mean()
        value = 0.5 * ((self.critic(x)[:, 0] - batch["targets"]) ** 2).mean()
        entropy = -(torch.exp(logs) * logs).sum(1).mean()
        loss = policy + VALUE * value - ENTROPY * entropy
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.weights, MAX_NORM)
        self.optimizer.step()
        return loss

    def step(self) -> Any:
        """512 steps of the environment and 16 updates."""
        lived = {name: self.torch.from_numpy(part) for name, part in self.rollout().items()}
        for _ in range(PASSES):
            order = self.torch.from_numpy(self.rng.permutation(COPIES * ROLLOUT))
            for start in range(0, COPIES * ROLLOUT, BATCH):
                chosen = order[start:start + BATCH]
                loss = self.update({name: part[chosen] for name, part in lived.items()})
        return loss


def build(torch: ModuleType) -> Work:
    """A player, and its weights by name."""
    player = Player(torch)
    return Work(player.step, {f"{name}.{key}": value
                              for name, net in (("actor", player.actor), ("critic", player.critic))
                              for key, value in net.state_dict().items()})


# Two networks; each sees what is lived step by step, the critic also what came after.
FLOPS = (sum(ROLLOUT * dense(COPIES, 4, HIDDEN, HIDDEN, out)
             + PASSES * ROLLOUT * COPIES / BATCH * training(BATCH, 4, HIDDEN, HIDDEN, out) for out in (2, 1))
         + dense(ROLLOUT * COPIES, 4, HIDDEN, HIDDEN, 1))
ROWS = {"cartpole-ppo": Row("PPO on CartPole, 4 copies, 512 steps and 16 updates, hidden 64 twice, Adam",
                            build, FLOPS)}
