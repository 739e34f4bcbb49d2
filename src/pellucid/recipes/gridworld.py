"""gridworld: find the way over maps: by equations where the world is known, by trial where it is not.

Reaches   values by value iteration and by policy iteration within 1e-8 of the solution of the linear
          equations of their best policy, on four maps; on slippery ground the policies that Monte Carlo
          control, SARSA and Q-learning find lose at most 0.02 of what the best one gets; along the cliff
          Q-learning goes the shortest way, 13 steps, SARSA at least 15, farther from the edge, and gets at
          least 5 more while both still explore
Protocol  the book's map (slip 0.2, gamma 1), the lake (slip 2/3, gamma 0.99), four rooms (slip 0.2, gamma
          0.99), the cliff (no slip, gamma 1); on the book's map 10,000 episodes, epsilon 0.1, the rate of
          each entry falls with the times that it was learned; along the cliff 10 learners of each kind, 1,000
          episodes, epsilon 0.1, seed 0 and those that follow; what they get is worked out by the linear
          equations of their policies, not sampled
Seconds   30 on 2 cores

Who acts blindly with chance epsilon lives in another world: one where the foot slips. SARSA learns the best
way through that world, and so keeps away from the edge; Q-learning learns the best way for someone who never
slips, and falls as long as it explores.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import tensor
from ..rl import (
    CliffWalking,
    Env,
    GridWorld,
    Learned,
    Plan,
    Rewards,
    action_values,
    best_actions,
    blinded,
    model_of,
    monte_carlo,
    policy_iteration,
    policy_values,
    q_learning,
    sarsa,
    softened,
    value_iteration,
)
from .filming import film_of
from .job import Job

LEARNERS: dict[str, Callable[..., Learned]] = {"Monte Carlo": monte_carlo, "SARSA": sarsa,
                                               "Q-learning": q_learning}
MOST = 60                                                        # steps of a way that is drawn
EXPECTED = {"value_iteration_off_at_most": 1e-8, "policy_iteration_off_at_most": 1e-8,
            "monte_carlo_loses_at_most": 0.02, "sarsa_loses_at_most": 0.02, "q_learning_loses_at_most": 0.02,
            "cliff_q_learning_steps_at_most": 13, "cliff_sarsa_steps": 15, "cliff_sarsa_gain": 5.0}


@dataclass(frozen=True)
class Settings:
    seed: int = 0
    epochs: int = 20            # parts of the episodes after which a row is written
    episodes: int = 10_000      # on the book's map
    cliff_episodes: int = 1_000
    learners: int = 10          # of each kind along the cliff
    epsilon: float = 0.1
    least: float = 0.02         # the rate along the cliff, after it has fallen as n^-0.6
    sweeps: int = 40            # of the film


def worlds() -> dict[str, tuple[Env, float]]:
    """Maps with their discounts."""
    return {"the book's map": (GridWorld("book", slip=0.2), 1.0),
            "the lake": (GridWorld("lake", slip=2 / 3, rewards=Rewards(0.0, 1.0, 0.0)), 0.99),
            "four rooms": (GridWorld("rooms", slip=0.2), 0.99),
            "the cliff": (CliffWalking(), 1.0)}


def falling(least: float) -> Callable[[int], float]:
    """A rate for the n-th time: n^-0.6, but not below `least`."""
    return lambda n: max(n ** -0.6, least)


def way(env: Env, policy: np.ndarray) -> list[int]:
    """The cells that a policy leads through where nobody slips, from the start."""
    grid: Any = env.world
    cells = [int(grid.starts[0])]
    while not grid.over[cells[-1]] and len(cells) <= MOST:
        cells.append(int(grid.after[cells[-1], policy[cells[-1]]]))
    return cells


def main(job: Job) -> dict[str, Any]:
    s, metrics = job.settings, {}
    plans: dict[str, tuple[Plan, Plan]] = {}
    off = []
    for name, (env, gamma) in worlds().items():
        model = model_of(env)
        by_values = value_iteration(model, gamma, tolerance=1e-12)
        by_policies = policy_iteration(model, gamma)
        plans[name] = by_values, by_policies
        off.append([float(np.abs(plan.values - policy_values(model, plan.policy, gamma)).max())
                    for plan in plans[name]]
                   + [float(np.abs(by_values.values - by_policies.values).max())])
        job.say(f"{name}: {len(by_values.course) - 1} sweeps, {len(by_policies.course) - 1} policies; off by "
                f"{off[-1][0]:.1e}, {off[-1][1]:.1e}")
    metrics["value_iteration_off"] = max(row[0] for row in off)
    metrics["policy_iteration_off"] = max(max(row[1:]) for row in off)
    learned = on_the_book(job, plans["the book's map"][0], metrics)
    walkers = along_the_cliff(job, metrics)
    parts = np.array_split(np.arange(s.cliff_episodes), s.epochs)
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1, **{f"return_{short(name)}": float(np.mean([np.array(each.returns)[part]
                                                                    for each in mine]))
                            for name, mine in walkers.items()}} for i, part in enumerate(parts) if len(part)])
    job.keep({f"{short(name)}.{where}": tensor(each.q) for where, found in (("book", learned), (
        "cliff", {name: mine[0] for name, mine in walkers.items()})) for name, each in found.items()})
    draw(job, plans, learned, walkers)
    return metrics


def short(name: str) -> str:
    """Monte Carlo -> monte_carlo."""
    return name.lower().replace(" ", "_").replace("-", "_")


def on_the_book(job: Job, best: Plan, metrics: dict[str, Any]) -> dict[str, Learned]:
    """Learn the book's map by trial, and compare with what can be had from the start."""
    s, found = job.settings, {}
    env, gamma = worlds()["the book's map"]
    begin, model = int(env.world.starts[0]), model_of(env)       # type: ignore[attr-defined]
    for name, learner in LEARNERS.items():
        rate = {} if name == "Monte Carlo" else {"lr": falling(0.0)}
        found[name] = learner(env, episodes=s.episodes, gamma=gamma, epsilon=s.epsilon, seed=s.seed, **rate)
        gets = policy_values(model, softened(found[name].policy, 1e-6, 4), gamma)[begin]
        metrics[f"{short(name)}_loses"] = float(best.values[begin] - gets)
        job.say(f"the book's map, {name}: gets {gets:.4f} of {best.values[begin]:.4f}")
    return found


def along_the_cliff(job: Job, metrics: dict[str, Any]) -> dict[str, list[Learned]]:
    """Let several learners of each kind walk along the cliff."""
    s, found = job.settings, {}
    env, gamma = worlds()["the cliff"]
    begin, model = int(env.world.starts[0]), model_of(env)       # type: ignore[attr-defined]
    for name, learner in LEARNERS.items():
        found[name] = [learner(env, episodes=s.cliff_episodes, gamma=gamma, epsilon=s.epsilon,
                               seed=s.seed + i, lr=falling(s.least)) for i in range(s.learners)]
        steps = [len(way(env, each.policy)) - 1 for each in found[name]]
        gets = [policy_values(model, softened(each.policy, s.epsilon, 4), gamma)[begin]
                for each in found[name]]
        metrics[f"cliff_{short(name)}_steps"] = float(np.mean(steps))
        metrics[f"cliff_{short(name)}_return"] = float(np.mean(gets))
        job.say(f"the cliff, {name}: {np.mean(steps):.1f} steps, gets {np.mean(gets):.1f} while it explores")
    metrics["cliff_sarsa_gain"] = metrics["cliff_sarsa_return"] - metrics["cliff_q_learning_return"]
    soft = value_iteration(blinded(model, s.epsilon), gamma)
    metrics["cliff_best_blind_return"] = float(soft.values[begin])
    metrics["cliff_best_blind_steps"] = len(way(env, soft.policy)) - 1
    return found


def draw(job: Job, plans: dict[str, tuple[Plan, Plan]], learned: dict[str, Learned],
         walkers: dict[str, list[Learned]]) -> None:
    """Values and arrows of every map, what was learned beside them, the films."""
    places = worlds()
    for name, (env, gamma) in places.items():
        q = action_values(model_of(env), plans[name][0].values, gamma)
        job.figure(f"What can be had: {name}", functools.partial(of_map, env, {name: q}),
                   "What each cell is worth to the best policy, and where it goes from there; several "
                   "arrows are equally good.")
    book = places["the book's map"][0]
    job.figure("The book's map, learned", lambda: of_map(book, {name: each.q for name, each in
                                                               learned.items()}),
               "The same, learned by trial. Cells that are seldom visited are known less well; SARSA and "
               "Monte Carlo control learn what cells are worth to someone who acts blindly at times.")
    cliff, two = places["the cliff"][0], ("SARSA", "Q-learning")
    job.figure("Along the cliff", lambda: of_map(
        cliff, {name: walkers[name][0].q for name in two},
        {name: way(cliff, walkers[name][0].policy) for name in two}),
        "The ways from S to G. Q-learning's is the shortest, along the edge; SARSA's keeps away from it, "
        "since it reckons with its own blind steps.")
    job.lines("Returns along the cliff", {
        name: np.mean([each.returns for each in mine], axis=0)[:200].tolist()
        for name, mine in walkers.items()},
        "What the first 200 episodes brought, exploration included, mean of the learners.", x_label="episode",
        start=1, log=False)
    changes = {name: [max(float(np.abs(after - before).max()), 1e-13)
                      for before, after in zip(plan.course, plan.course[1:], strict=False)][:200]
               for name, (plan, _) in plans.items()}
    job.lines("How value iteration settles", changes, "The largest change of a value in each sweep.",
              x_label="sweep", start=1, log=True)
    films(job, plans["four rooms"][0])


def of_map(env: Env, tables: dict[str, np.ndarray], paths: Any = None) -> Any:
    """The values and best actions of tables (S, A) over a map."""
    from .. import plot

    grid: Any = env.world
    still = grid.model.over | (grid.letters.ravel() == "C")       # nobody stands on a cliff
    values = {name: np.where(still, np.nan, q.max(1)).reshape(grid.shape) for name, q in tables.items()}
    arrows = {name: (best_actions(q) & ~still[:, None]).reshape(*grid.shape, 4) for name, q in tables.items()}
    letters = np.where(grid.letters == ".", "", grid.letters)
    return plot.grid_values(values, arrows, letters, paths=paths, width=0.42 * grid.shape[1] + 0.4)


def films(job: Job, plan: Plan) -> None:
    """How values spread from the goal, sweep by sweep; a walk on slippery ground."""
    env, gamma = worlds()["four rooms"]
    sweeps = list(enumerate(plan.course))[1:job.settings.sweeps + 1:2]
    film_of(job, "How values spread from the goal",
            lambda: (of_map(env, {f"sweep {sweep}": action_values(model_of(env), values, gamma)})
                     for sweep, values in sweeps),
            "Four rooms, sweep by sweep: what a cell is worth is known one cell farther from the goal after "
            "each.")
    seen, _ = env.reset(seed=job.settings.seed)
    pictures, over = [env.render()], False
    while not over:
        seen, _, terminated, truncated, _ = env.step(plan.policy[seen])
        pictures.append(env.render())
        over = terminated or truncated
    job.film("A walk through four rooms", pictures, "The best policy; a fifth of its steps slip to a side.")
