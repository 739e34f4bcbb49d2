"""Planning: what states are worth where the world is known, as pure functions of its arrays.

    v(s) = sum over a of pi(a|s) [ R(s, a) + gamma sum over s' of P(s'|s, a) v(s') ]

where v is 0 where the episode is over. For one policy these are as many linear equations as there are states.

Source:  Bellman 1957, "Dynamic programming"; Sutton & Barto 2018, chapters 3 and 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..tensor import OpError
from .environment import Env, VectorEnv

__all__ = ["Model", "Plan", "action_values", "best_actions", "blinded", "model_of", "policy_values",
           "softened"]

CLOSE = 1e-9                                                     # values nearer than that count as equal


@dataclass(frozen=True)
class Model:
    """What a world does, known.

    chances   P(s'|s, a), (S, A, S)
    rewards   R(s, a), what to expect, (S, A)
    over      where nothing follows any more, (S,)
    Raises:   OpError for other shapes, chances that do not sum to 1 or are below 0, rewards that are no
              numbers.
    """

    chances: np.ndarray
    rewards: np.ndarray
    over: np.ndarray

    def __post_init__(self) -> None:
        p, r = np.asarray(self.chances), np.asarray(self.rewards)
        s, a = (*r.shape, 0, 0)[:2]
        if p.shape != (s, a, s) or np.shape(self.over) != (s,) or r.ndim != 2:
            raise OpError(f"Model: wants chances (S, A, S), rewards (S, A) and over (S,), got {p.shape}, "
                          f"{r.shape} and {np.shape(self.over)}")
        wrong = np.argwhere((np.abs(p.sum(2) - 1) > 1e-6) | (p < 0).any(2))
        if len(wrong):
            s, a = wrong[0].tolist()
            raise OpError(f"Model: the chances of state {s}, action {a} must be at least 0 and sum to 1; "
                          f"they sum to {p[s, a].sum():.6g}, the least is {p[s, a].min():.6g}")
        if not np.isfinite(r).all():
            raise OpError(f"Model: rewards must be finite, got {r[~np.isfinite(r)][0]}")


@dataclass(frozen=True)
class Plan:
    """The best values (S,), a policy that reaches them (S,), and the values on the way there."""

    values: np.ndarray
    policy: np.ndarray
    course: list[np.ndarray]


def model_of(env: Any) -> Model:
    """What is known of an environment: GridWorld, or one of Gymnasium's that has a table P.

    Raises:  OpError for an environment that does not tell.
    >>> from pellucid.rl import GridWorld
    >>> model_of(GridWorld(["SG"])).rewards[0].round(2).tolist()               # up, right, down, left
    [-0.04, 0.96, -0.04, -0.04]
    """
    if isinstance(env, Env | VectorEnv) and hasattr(env.world, "model"):
        return env.world.model
    table = getattr(getattr(env, "unwrapped", env), "P", None)
    if not isinstance(table, dict):
        raise OpError(f"model_of: {type(env).__name__} does not tell its chances; GridWorld does")
    n, k = len(table), len(table[0])
    chances, rewards, over = np.zeros((n, k, n)), np.zeros((n, k)), np.zeros(n, bool)
    for s in range(n):
        for a in range(k):
            for chance, after, reward, terminated in table[s][a]:
                chances[s, a, after] += chance
                rewards[s, a] += chance * reward
                over[after] |= bool(terminated)
    rewards[over] = 0
    return Model(chances, rewards, over)


def action_values(model: Model, values: Any, gamma: float) -> np.ndarray:
    """What each action is worth if what follows is worth `values`; 0 where nothing follows.

        q(s, a) = R(s, a) + gamma sum over s' of P(s'|s, a) v(s')
    Shapes:  values (S,) -> (S, A)
    Raises:  OpError for a discount outside [0, 1] and values that do not fit.
    """
    checked_discount(gamma)
    v = np.asarray(values, np.float64)
    if v.shape != model.over.shape:
        raise OpError(f"action_values: {len(model.over)} states want values ({len(model.over)},), got "
                      f"{v.shape}")
    q = model.rewards + gamma * model.chances @ np.where(model.over, 0, v)
    return np.where(model.over[:, None], 0, q)


def best_actions(q: np.ndarray) -> np.ndarray:
    """Which actions are worth most in each state, all of them where several are.

    Shapes:  q (S, A) -> bool (S, A)
    """
    return q >= q.max(1, keepdims=True) - CLOSE


def policy_values(model: Model, policy: Any, gamma: float) -> np.ndarray:
    """What each state is worth to a policy: the solution of its linear equations.

        (I - gamma P_pi) v = R_pi        over the states where the episode goes on
    policy   an action for each state, or chances of all
    Shapes:  policy (S,) or (S, A) -> (S,)
    Raises:  OpError for a discount outside [0, 1], a policy that does not fit, and, with gamma = 1, one that
             never ends from some state.
    """
    checked_discount(gamma)
    pi = chances_of(model, policy)
    p, r = np.einsum("sa,sat->st", pi, model.chances), (pi * model.rewards).sum(1)
    if gamma == 1:
        must_end(model, p)
    on, values = ~model.over, np.zeros(len(r))
    values[on] = np.linalg.solve(np.eye(int(on.sum())) - gamma * p[np.ix_(on, on)], r[on])
    return values


def chances_of(model: Model, policy: Any) -> np.ndarray:
    """A policy as chances of each action in each state, (S, A)."""
    pi, (n, k) = np.asarray(policy), model.rewards.shape
    if pi.shape == (n,) and pi.dtype.kind in "iu" and np.all((pi >= 0) & (pi < k)):
        return np.eye(k)[pi]
    if pi.shape == (n, k) and np.all(pi >= 0) and np.allclose(pi.sum(1), 1):
        return pi.astype(np.float64)
    raise OpError(f"policy: {n} states and {k} actions want ({n},) whole numbers from 0 to {k - 1}, or "
                  f"({n}, {k}) chances that sum to 1; got {pi.shape} of {pi.dtype}")


def softened(policy: Any, epsilon: float, actions: int) -> np.ndarray:
    """The policy of someone who means to follow another, but acts blindly with chance epsilon.

    Shapes:  policy (S,) -> (S, actions)
    """
    checked_share(epsilon)
    return (1 - epsilon) * np.eye(actions)[np.asarray(policy)] + epsilon / actions


def blinded(model: Model, epsilon: float) -> Model:
    """The world as it is for someone who acts blindly with chance epsilon, whatever he means to do.

        P'(s'|s, a) = (1 - epsilon) P(s'|s, a) + epsilon mean over b of P(s'|s, b)          R' alike

    The best policy here, softened, is the best of all policies that are blind so often (Sutton & Barto 2018,
    section 5.4): what SARSA and Monte Carlo control come to.
    """
    checked_share(epsilon)
    mixed = [(1 - epsilon) * each + epsilon * each.mean(1, keepdims=True)
             for each in (model.chances, model.rewards)]
    return Model(mixed[0], mixed[1], model.over)


def checked_share(epsilon: float) -> None:
    """Refuse a share of blind actions outside [0, 1]."""
    if not 0 <= epsilon <= 1:
        raise OpError(f"epsilon must lie between 0 and 1, got {epsilon}")


def must_end(model: Model, p: np.ndarray) -> None:
    """Refuse a world in which some state never comes to an end: without a discount nothing bounds its worth.

    Shapes:  p (S, S), above 0 where one state may lead to another
    """
    ends, leads = model.over.copy(), p > 0
    while True:
        more = ends | leads[:, ends].any(1)
        if (more == ends).all():
            break
        ends = more
    if not ends.all():
        lost = np.flatnonzero(~ends).tolist()
        raise OpError(f"gamma=1 wants that every episode can end; from state {lost[0]} it never does "
                      f"({len(lost)} such states): the goal is out of reach; choose gamma below 1")


def checked_discount(gamma: float) -> None:
    """Refuse a discount outside [0, 1]."""
    if not 0 <= gamma <= 1:
        raise OpError(f"gamma must lie between 0 and 1, got {gamma}")
