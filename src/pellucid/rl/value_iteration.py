"""Value iteration: let what a state is worth follow from its neighbours, until nothing changes any more.

    v(s) <- max over a of [ R(s, a) + gamma sum over s' of P(s'|s, a) v(s') ]          for all s at once

Each sweep brings v nearer to the best values by a factor of gamma at least, whatever it began with.

Source:  Bellman 1957, "Dynamic programming"; Sutton & Barto 2018, section 4.4.
"""

from __future__ import annotations

import numpy as np

from ..tensor import OpError
from .planning import Model, Plan, action_values, checked_discount, must_end

__all__ = ["value_iteration"]


def value_iteration(model: Model, gamma: float = 0.99, *, tolerance: float = 1e-10,
                    sweeps: int = 100_000) -> Plan:
    """The best values, and a policy that reaches them.

    tolerance   how far the values may lie from the best ones; with gamma = 1 the change of the last sweep
    Raises:     OpError for a discount outside [0, 1], a goal out of reach without a discount, and values that
                still change after so many sweeps.
    >>> from pellucid.rl import GridWorld, model_of
    >>> value_iteration(model_of(GridWorld(["S.G"])), gamma=1.0).values.round(2).tolist()
    [0.92, 0.96, 0.0]
    """
    checked_discount(gamma)
    if gamma == 1:
        must_end(model, model.chances.max(1))
    enough = tolerance * (1 - gamma) / gamma if 0 < gamma < 1 else tolerance
    course = [np.zeros(len(model.over))]
    for _ in range(sweeps):
        course.append(action_values(model, course[-1], gamma).max(1))
        if np.abs(course[-1] - course[-2]).max() <= enough:
            return Plan(course[-1], action_values(model, course[-1], gamma).argmax(1), course)
    change = np.abs(course[-1] - course[-2]).max()
    raise OpError(f"value_iteration: after {sweeps} sweeps values still change by {change:.3g}, wants "
                  f"{enough:.3g}; allow more sweeps, or a smaller gamma")
