"""Q-learning: learn what the best policy is worth while following another.

    q(s, a) <- q(s, a) + lr [ r + gamma max over b of q(s', b) - q(s, a) ]

The largest entry of s' stands for what the best policy would get there, whatever is done next (off-policy).
After a step that terminated nothing follows, so the target is r; one that was only cut off (truncated) goes
on in thought.

Source:  Watkins 1989, "Learning from delayed rewards"; Sutton & Barto 2018, section 6.5.
"""

from __future__ import annotations

from typing import Any

from .tables import Learned, Life, Rule

__all__ = ["q_learning"]


def q_learning(env: Any, *, episodes: int, gamma: float = 0.99, lr: Rule = 0.1, epsilon: Rule = 0.1,
               seed: int = 0, begin: Learned | None = None) -> Learned:
    """Learn a table by Q-learning, acting blindly with chance epsilon.

    lr        of each entry: a number, or one for the n-th time that it is learned
    epsilon   a number, or one for the n-th episode
    begin     what was learned before, to go on with; it is changed
    Raises:   OpError as `tables.Life`.
    """
    life = Life("q_learning", env, episodes, gamma, epsilon, seed, begin)
    q = life.learned.q
    for _ in range(episodes):
        state, is_over = life.begin(), False
        while not is_over:
            action = life.choose(state)
            after, reward, terminated, truncated = life.live(action)
            follows = 0.0 if terminated else gamma * q[after].max()
            life.learn(state, action, reward + follows, lr)
            state, is_over = after, terminated or truncated
    return life.learned
