"""Policy iteration: ask what a policy is worth, change it where another action is worth more, and again.

    v  = the solution of the policy's linear equations                          what it is worth
    pi = argmax over a of [ R(s, a) + gamma sum over s' of P(s'|s, a) v(s') ]   what would be better

No policy comes twice, and there are finitely many; a handful of rounds is usual.

Source:  Howard 1960, "Dynamic programming and Markov processes"; Sutton & Barto 2018, section 4.3.
"""

from __future__ import annotations

import numpy as np

from ..tensor import OpError
from .planning import CLOSE, Model, Plan, action_values, policy_values

__all__ = ["policy_iteration"]


def policy_iteration(model: Model, gamma: float = 0.99, *, rounds: int = 1000) -> Plan:
    """The best values, and a policy that reaches them; it begins with acting blindly.

    An action is kept unless another is worth more, so that it does not run to and fro between equal ones.
    Raises:  OpError for a discount outside [0, 1], a goal out of reach without a discount, and a policy that
             still changes after so many rounds.
    """
    states, actions = model.rewards.shape
    course = [policy_values(model, np.full((states, actions), 1 / actions), gamma)]
    policy = action_values(model, course[-1], gamma).argmax(1)
    for _ in range(rounds):
        course.append(policy_values(model, policy, gamma))
        q = action_values(model, course[-1], gamma)
        is_kept = q[np.arange(states), policy] >= q.max(1) - CLOSE
        if is_kept.all():
            return Plan(course[-1], policy, course)
        policy = np.where(is_kept, policy, q.argmax(1))
    raise OpError(f"policy_iteration: after {rounds} rounds the policy still changes; allow more rounds")
