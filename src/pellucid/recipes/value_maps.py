"""What an agent expects and does over a plane of its world's states: while it learns, and in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..rl import Agent
from .filming import film_of
from .job import Job

POINTS, FRAMES = 41, 24


@dataclass(frozen=True)
class Plane:
    """Two numbers of a world's state, x and y, vary between bounds; its other numbers are 0."""

    first: int
    second: int
    low: tuple[float, float]
    high: tuple[float, float]
    labels: tuple[str, str]
    actions: tuple[str, ...]                                     # one name: an action is such a number
    caption: str


PLANES = {
    "CartPole": Plane(2, 3, (-0.21, -2.5), (0.21, 2.5), ("angle (rad)", "turning (rad/s)"),
                      ("push left", "push right"), "the cart stands in the middle of its rail"),
    "MountainCar": Plane(0, 1, (-1.2, -0.07), (0.6, 0.07), ("place", "speed"),
                         ("back", "nothing", "ahead"), "the flag stands at the place 0.5"),
    "Acrobot": Plane(0, 1, (-np.pi, -np.pi), (np.pi, np.pi), ("upper angle (rad)", "elbow (rad)"),
                     ("turn back", "nothing", "turn ahead"), "both links stand still, at 0 and 0 they hang"),
    "Pendulum": Plane(0, 1, (-np.pi, -8.0), (np.pi, 8.0), ("angle (rad)", "turning (rad/s)"),
                      ("torque (N m)",), "at the angle 0 the rod stands upright"),
}


def over_plane(agent: Agent, points: int = POINTS) -> tuple[np.ndarray, ...]:
    """The plane's axes x and y (points,), what is expected and what is done there (points, points)."""
    plane, world = PLANES[agent.env.world.name], agent.env.world
    x, y = (np.linspace(low, high, points) for low, high in zip(plane.low, plane.high, strict=True))
    states = np.zeros((points * points, agent.env.states.shape[1]))
    states[:, plane.first], states[:, plane.second] = (each.ravel() for each in np.meshgrid(x, y))
    seen, shape = world.observe(states), (points, points)
    return x, y, agent.value(seen).reshape(shape), agent.act(seen).reshape(shape)


def remember(job: Job, agent: Agent, row: dict[str, Any]) -> None:
    """Keep an epoch's map in the run folder, where it outlives an interruption."""
    values, actions = over_plane(agent)[2:]
    job.run.observe(**{f"values_{row['epoch']}": values.astype(np.float32),
                       f"actions_{row['epoch']}": actions.astype(np.float32)})


def draw(job: Job, agent: Agent, epochs: int) -> None:
    """A film of how values and policy came about, and what they are in the end."""
    x, y, values, actions = over_plane(agent)
    plane = PLANES[agent.env.world.name]
    places = f"by {plane.labels[0]} and {plane.labels[1]}; {plane.caption}"
    film_of(job, "What is expected, and done, while it learns", lambda: frames(job, plane, x, y, epochs),
            f"After each part of the training: the discounted rewards that the agent expects, and what it "
            f"does, {places}.")
    job.figure("What is expected, and done, after training",
               lambda: figure_of(plane, x, y, values, actions, "with the weights that were tested"),
               f"The discounted rewards that the agent expects, and what it does, {places}.")


def frames(job: Job, plane: Plane, x: np.ndarray, y: np.ndarray, epochs: int) -> list[Any]:
    """A figure for each epoch, or for so many of them, evenly chosen, all on one scale."""
    with np.load(job.run.path("observations.npz")) as kept:
        chosen = sorted({round(each) for each in np.linspace(1, epochs, min(epochs, FRAMES))})
        shown = [(epoch, kept[f"values_{epoch}"], kept[f"actions_{epoch}"]) for epoch in chosen]
    ends = min(float(v.min()) for _, v, _ in shown), max(float(v.max()) for _, v, _ in shown)
    return [figure_of(plane, x, y, values, actions, f"epoch {epoch}", ends)
            for epoch, values, actions in shown]


def figure_of(plane: Plane, x: np.ndarray, y: np.ndarray, values: np.ndarray, actions: np.ndarray, title: str,
              ends: tuple[float, float] | None = None) -> Any:
    """Values as a surface, and beside it what is done."""
    from ..plot.planes import raise_surface
    from ..plot.style import INK, canvas, dress

    figure = canvas(8.4, 4.0)
    left: Any = figure.add_subplot(1, 2, 1, projection="3d")
    raise_surface(left, x, y, values)
    left.set_zlim(*(ends or (float(values.min()), float(values.max()))))
    left.set_xlabel(plane.labels[0], fontsize=8)
    left.set_ylabel(plane.labels[1], fontsize=8)
    left.set_title(title, color=INK, fontsize=11, loc="left")
    right = dress(figure.add_subplot(1, 2, 2), "", *plane.labels)
    right.grid(False)
    colour_actions(figure, right, x, y, actions, plane.actions)
    return figure


def colour_actions(figure: Any, axes: Any, x: np.ndarray, y: np.ndarray, actions: np.ndarray,
                   names: Sequence[str]) -> None:
    """Numbered actions as coloured regions with their names, others as a scale."""
    from ..extras import need
    from ..plot.style import CLASSES, INK

    if len(names) == 1:
        most = float(np.abs(actions).max()) or 1.0
        drawn = axes.pcolormesh(x, y, actions, cmap="PuOr_r", vmin=-most, vmax=most)
        scale = figure.colorbar(drawn, ax=axes)
        scale.set_label(names[0], color=INK)
        scale.ax.tick_params(colors=INK)
        return
    colours, patches = need("matplotlib.colors", extra="plot"), need("matplotlib.patches", extra="plot")
    axes.pcolormesh(x, y, actions, cmap=colours.ListedColormap(CLASSES[:len(names)]), vmin=-0.5,
                    vmax=len(names) - 0.5, alpha=0.75)
    axes.legend(handles=[patches.Patch(color=CLASSES[i], label=name) for i, name in enumerate(names)],
                frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=len(names),
                labelcolor=INK)
