"""What the recipes of reinforcement learning share: practice, the test, the pictures of what was learned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..rl import Agent, evaluate, film, make_vector, practise
from .job import Job

VALIDATION, TEST = 20_000, 30_000                                # the seeds of their starts


def practised(job: Job, agent: Agent, watch: Callable[[Agent, dict[str, Any]], None] | None = None
              ) -> dict[str, Any]:
    """Let an agent learn as the settings say, and test it: the mean return of episodes it has never seen.

    The best weights by the returns of `episodes` starts are tested once, from `test_episodes` other starts.
    """
    s = job.settings
    networks = {name: repr(network) for name, network in agent.networks.items()}
    job.run.describe(model="\n".join(f"{name}: {text}" for name, text in networks.items()),
                     parameters=sum(p.numel() for each in agent.networks.values() for p in each.parameters()))
    rows = practise(agent, epochs=s.epochs, steps=s.steps, episodes=s.episodes, seed=VALIDATION, run=job.run,
                    resume=job.resume, watch=watch, verbose=job.verbose)
    returns = evaluate(agent, episodes=s.test_episodes, seed=TEST)
    told = [row["return"] for row in rows if "return" in row]
    if told:
        job.lines("Return by steps", {"training": told, "tested": [row["val_return"] for row in rows]},
                  f"The mean return of the episodes that ended in each epoch of {s.steps:,} steps, "
                  f"explorations included, and of {s.episodes} episodes without any.",
                  x_label="epoch", start=1, log=False)
    show(job, agent)
    first = next((row["step"] for row in rows if row["val_return"] >= max(r["val_return"] for r in rows)), 0)
    return {"test_return": float(returns.mean()), "test_return_spread": float(returns.std()),
            "steps": int(rows[-1]["step"]), "steps_to_best": int(first)}


def show(job: Job, agent: Agent) -> None:
    """A moving picture of an episode from a new start."""
    drawings = film(agent, seed=TEST + 1, every=max(1, job.settings.film_every))
    job.film("An episode after training", drawings,
             f"The trained agent acts without exploring; every {job.settings.film_every}. step is shown.")


def planes(agent: Agent, low: tuple[float, float], high: tuple[float, float], at: Callable[..., np.ndarray],
           points: int = 61) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What an agent expects, and what it would do, over a plane of observations.

    at: gives the observations (N, n_seen) of places x, y (N,)
    Returns the two axes (points,), the values and the actions (points, points).
    """
    x, y = (np.linspace(a, b, points) for a, b in zip(low, high, strict=True))
    seen = at(*(each.ravel() for each in np.meshgrid(x, y))).astype(np.float32)
    shape = (points, points)
    return x, y, agent.value(seen).reshape(shape), agent.act(seen).reshape(shape)


def world(name: str, settings: Any) -> Any:
    """The copies of an environment in which a recipe's agent learns."""
    return make_vector(name, settings.copies)


def of_the_policy(x: np.ndarray, y: np.ndarray, actions: np.ndarray, names: Sequence[str], x_label: str,
                  y_label: str) -> Any:
    """Which action is chosen over a plane, as coloured regions with their names."""
    from ..extras import need
    from ..plot.style import CLASSES, canvas, dress, plots

    colours, patches = need("matplotlib.colors", extra="plot"), need("matplotlib.patches", extra="plot")
    figure = canvas(5.4, 4.2)
    axes = plots(figure)[0]
    axes.pcolormesh(x, y, actions, cmap=colours.ListedColormap(CLASSES[:len(names)]), vmin=-0.5,
                    vmax=len(names) - 0.5, alpha=0.75)
    dress(axes, "", x_label, y_label)
    axes.grid(False)
    handles = [patches.Patch(color=CLASSES[i], label=name) for i, name in enumerate(names)]
    axes.legend(handles=handles, frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(1.0, 1.0),
                labelcolor="#7a838e")
    return figure
