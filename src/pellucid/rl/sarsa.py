"""SARSA: learn what one's own way of acting is worth, its blind steps included.

    q(s, a) <- q(s, a) + lr [ r + gamma q(s', a') - q(s, a) ]             a' what will be done in s'

Named after what it learns from: s, a, r, s', a'. Since a' is what is really done (on-policy), places where a
blind step costs much are worth little, and it learns to keep away from them. Expected SARSA takes the mean
over a' for the one that chance chose: sum over b of pi(b|s') q(s', b).

Source:  Rummery & Niranjan 1994, "On-line Q-learning using connectionist systems"; Sutton & Barto 2018,
         sections 6.4 and 6.6.
"""

from __future__ import annotations

from typing import Any

from .tables import Learned, Life, Rule

__all__ = ["sarsa"]


def sarsa(env: Any, *, episodes: int, gamma: float = 0.99, lr: Rule = 0.1, epsilon: Rule = 0.1,
          seed: int = 0, is_expected: bool = False, begin: Learned | None = None) -> Learned:
    """Learn a table by SARSA, acting blindly with chance epsilon.

    lr, epsilon, begin   as of `q_learning`
    is_expected          the mean over what may be done next, for what is done
    Raises:   OpError as `tables.Life`.
    """
    life = Life("sarsa", env, episodes, gamma, epsilon, seed, begin)
    q = life.learned.q
    for _ in range(episodes):
        state, is_over = life.begin(), False
        action = life.choose(state)
        while not is_over:
            after, reward, terminated, truncated = life.live(action)
            later = life.choose(after)
            worth = life.chances(after) @ q[after] if is_expected else q[after, later]
            life.learn(state, action, reward + (0.0 if terminated else gamma * worth), lr)
            state, action, is_over = after, later, terminated or truncated
    return life.learned
