"""Monte Carlo control: play an episode to its end, and take what came of it for what its steps are worth.

    G_t = r_t + gamma G_{t+1}
    q(s, a) <- mean of G over the episodes in which a was done in s, each counted from the first time

No value rests on another one, so none is wrong because another is; but what an episode brought is known only
at its end, and it strays more than one step does. The policy is the one that is learned about (on-policy).

Source:  Sutton & Barto 2018, section 5.4, first-visit, for policies that act blindly with chance epsilon.
Differs: an episode that was cut off (truncated) counts as if it were worth what the table says of its last
         state, to a policy that acts as this one does.
"""

from __future__ import annotations

from typing import Any

from .returns import discounted_returns
from .tables import Learned, Life, Rule

__all__ = ["monte_carlo"]


def monte_carlo(env: Any, *, episodes: int, gamma: float = 0.99, lr: Rule | None = None, epsilon: Rule = 0.1,
                seed: int = 0, begin: Learned | None = None) -> Learned:
    """Learn a table from whole episodes, acting blindly with chance epsilon.

    lr              1 / n for the n-th time that an entry is learned by default: a mean of all episodes
    epsilon, begin  as of `q_learning`
    Raises:  OpError as `tables.Life`.
    """
    life = Life("monte_carlo", env, episodes, gamma, epsilon, seed, begin)
    q, step = life.learned.q, (lambda n: 1 / n) if lr is None else lr
    for _ in range(episodes):
        state, is_over, lived, rewards = life.begin(), False, [], []
        while not is_over:
            action = life.choose(state)
            lived.append((state, action))
            state, reward, terminated, truncated = life.live(action)
            rewards.append(reward)
            is_over = terminated or truncated
        last = 0.0 if terminated else life.chances(state) @ q[state]
        returns = discounted_returns(rewards, gamma, last_value=last)
        first = {pair: t for t, pair in reversed(list(enumerate(lived)))}    # the earliest t stays
        for (s, a), t in first.items():
            life.learn(s, a, float(returns[t]), step)
    return life.learned
