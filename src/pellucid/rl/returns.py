"""What rewards are worth: returns and advantages, as pure functions of arrays.

Time runs along the first axis; behind it any number of episodes side by side. `terminated[t]` says that the
task was over after step t, so that nothing follows; `truncated[t]` that the limit cut the episode there, so
that what follows is worth what the value function says of the last state.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import OpError

__all__ = ["discounted_returns", "gae", "n_step_returns"]


def discounted_returns(rewards: Any, gamma: float, terminated: Any = None,
                       last_value: Any = 0.0) -> np.ndarray:
    """The discounted sum of the rewards from each step on.

        G_t = r_t + gamma (1 - terminated_t) G_{t+1}        G_T = last_value
    Shapes:  rewards (T, ...), terminated (T, ...) or none, last_value (...) -> (T, ...)
    Source:  Sutton & Barto 2018, "Reinforcement learning", eq. 3.9.
    >>> discounted_returns([1.0, 1.0, 1.0], 0.5).tolist()
    [1.75, 1.5, 1.0]
    """
    r, over = _given("discounted_returns", rewards, gamma, terminated)
    found, after = np.empty_like(r), np.broadcast_to(np.asarray(last_value, r.dtype), r.shape[1:])
    for t in range(len(r) - 1, -1, -1):
        after = r[t] + gamma * np.where(over[t], 0.0, after)
        found[t] = after
    return found


def gae(rewards: Any, values: Any, next_values: Any, terminated: Any, truncated: Any, gamma: float,
        lam: float) -> tuple[np.ndarray, np.ndarray]:
    """Generalised advantage estimation: how much better an action was than expected, and the value's targets.

        d_t = r_t + gamma (1 - terminated_t) V(s_{t+1}) - V(s_t)
        A_t = d_t + gamma lam (1 - terminated_t)(1 - truncated_t) A_{t+1}        targets = A + V
    next_values: of the state after each step, before any new episode begins
    Shapes:  all (T, ...) -> advantages (T, ...), targets (T, ...)
    Source:  Schulman, Moritz, Levine, Jordan & Abbeel 2015, arXiv:1506.02438, eqs. 11 and 16.
    """
    r, over = _given("gae", rewards, gamma, terminated)
    if not 0 <= lam <= 1:
        raise OpError(f"gae: lam must lie between 0 and 1, got {lam}")
    v, after, cut = (np.asarray(each) for each in (values, next_values, truncated))
    if not v.shape == after.shape == cut.shape == r.shape:
        raise OpError(f"gae: rewards, values, next_values and truncated must have one shape, got {r.shape}, "
                      f"{v.shape}, {after.shape}, {cut.shape}")
    surprise = r + gamma * np.where(over, 0.0, after) - v
    found, later = np.empty_like(surprise), np.zeros(r.shape[1:], surprise.dtype)
    for t in range(len(r) - 1, -1, -1):
        later = surprise[t] + gamma * lam * np.where(over[t] | cut[t].astype(bool), 0.0, later)
        found[t] = later
    return found, found + v


def n_step_returns(rewards: Any, next_values: Any, terminated: Any, truncated: Any, gamma: float,
                   n: int) -> np.ndarray:
    """The rewards of n steps and the value of the state after them, or fewer at the end of an episode.

        G_t = r_t + gamma r_{t+1} + ... + gamma^(n-1) r_{t+n-1} + gamma^n V(s_{t+n})
    Shapes:  all (T, ...) -> (T, ...)
    Source:  Sutton & Barto 2018, eq. 7.1.
    """
    r, over = _given("n_step_returns", rewards, gamma, terminated)
    if n < 1:
        raise OpError(f"n_step_returns: n must be at least 1, got {n}")
    after, cut = np.asarray(next_values, r.dtype), np.asarray(truncated, bool)
    found = np.empty_like(r)
    for t in range(len(r)):
        last = min(t + n, len(r)) - 1
        total = after[last]
        for k in range(last, t - 1, -1):
            total = r[k] + gamma * np.where(over[k], 0.0, np.where(cut[k], after[k], total))
        found[t] = total
    return found


def _given(name: str, rewards: Any, gamma: float, terminated: Any) -> tuple[np.ndarray, np.ndarray]:
    r = np.asarray(rewards)
    r = r if r.dtype.kind == "f" else r.astype(np.float64)
    if not np.isfinite(r).all():
        place = np.argwhere(~np.isfinite(r))[0].tolist()
        raise OpError(f"{name}: reward {r[tuple(place)]} at {place}: rewards must be finite numbers")
    if not 0 <= gamma <= 1:
        raise OpError(f"{name}: gamma must lie between 0 and 1, got {gamma}")
    over = np.zeros(r.shape, bool) if terminated is None else np.asarray(terminated, bool)
    if over.shape != r.shape:
        raise OpError(f"{name}: terminated must have the rewards' shape {r.shape}, got {over.shape}")
    return r, over
