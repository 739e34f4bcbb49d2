"""What the recipes of two networks against each other share: a loop that keeps its state, what to watch."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import Tensor, get_rng_state, no_grad, optim, set_rng_state, tensor
from ..train.duel import Duel
from ..train.run import Run
from .filming import film_of
from .job import Job

WATCHED = 10                                                     # steps between two looks at a step's numbers
GRID = 40                                                        # places on a side of a discriminator's map


@dataclass
class Course:
    """What happened: numbers of each epoch, and arrays that `look` kept, one of each kind for each epoch."""

    rows: list[dict[str, Any]]
    shown: list[dict[str, Tensor]]

    def column(self, name: str) -> list[float]:
        """One number over the epochs."""
        return [float(row[name]) for row in self.rows]


def play(duel: Duel, part: tuple[Run, bool], draw: Callable[[], tuple[Tensor, ...]],
         look: Callable[[Duel], tuple[dict[str, float], dict[str, np.ndarray]]], *, epochs: int, steps: int,
         say: Callable[..., Any]) -> Course:
    """Train for some epochs of some steps; a part that was interrupted goes on from its last epoch, exactly.

    look   numbers and arrays to keep after each epoch; it draws no random numbers
    """
    run, resume = part
    course = Course([], [])
    if resume:
        state = run.load("last")
        duel.load_state_dict(state["duel"])
        course = Course(state["rows"], state["shown"])
        set_rng_state(state["random"])
    for epoch in range(len(course.rows) + 1, epochs + 1):
        started = time.process_time()
        found = [duel.step(draw, watch=True) if i % WATCHED == 0 else duel.step(draw) for i in range(steps)]
        seen = [row for row in found if row]
        numbers, arrays = look(duel)
        course.rows.append({"epoch": epoch, **{key: float(np.mean([row[key] for row in seen]))
                                               for key in seen[0]}, **numbers,
                            "seconds": round(time.process_time() - started, 2)})
        course.shown.append({key: tensor(value) for key, value in arrays.items()})
        run.write_rows("metrics.jsonl", course.rows)
        run.save("last", {"duel": duel.state_dict(), "rows": course.rows, "shown": course.shown,
                          "random": get_rng_state()})
        say(f"  {run.folder.name} epoch {epoch}/{epochs}  " + "  ".join(
            f"{key} {value:.3f}" for key, value in course.rows[-1].items() if key != "epoch"))
    return course


def adam(nets: tuple[Any, Any], rates: tuple[float, float], betas: tuple[float, float],
         steps: int) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Adam for generator and discriminator, and schedulers that bring both rates evenly to 0."""
    both = tuple(optim.Adam(net.parameters(), lr=lr, betas=betas)
                 for net, lr in zip(nets, rates, strict=True))
    falling = tuple(optim.lr_scheduler.LambdaLR(each, lambda n: max(0.0, 1 - n / steps)) for each in both)
    return both, falling                                                               # type: ignore


def finish(job: Job, courses: dict[str, Course], duels: dict[str, Duel]) -> None:
    """Keep what the folder of a recipe with several duels must hold: rows by epoch, and weights."""
    epochs = max(len(course.rows) for course in courses.values())
    single = len(courses) == 1
    job.run.write_rows("metrics.jsonl", [
        {"epoch": i + 1, **{key if single else f"{key}_{name}": value
                            for name, course in courses.items() if i < len(course.rows)
                            for key, value in course.rows[i].items() if key != "epoch"}}
        for i in range(epochs)])
    job.keep({f"{name}.{side}.{key}": value for name, duel in duels.items()
              for side, net in (("generator", duel.mean), ("discriminator", duel.discriminator))
              for key, value in net.state_dict().items()})
    first = next(iter(duels.values()))
    job.run.describe(model=f"{first.generator!r}\nagainst\n{first.discriminator!r}",
                     parameters=sum(p.numel() for duel in duels.values()
                                    for net in (duel.generator, duel.discriminator)
                                    for p in net.parameters()))


def curves(job: Job, courses: dict[str, Course], words: str = "D") -> None:
    """Losses, what the discriminator says, and the gradients' lengths, over the epochs."""
    for title, keys, caption in (
            ("Losses", ("loss_d", "loss_g"),
             "Losses of both sides. They fall for neither: each is measured against an adversary that learns "
             "too, so they tell of the balance, not of the samples."),
            ("What the discriminator says", ("d_real", "d_fake"),
             f"The mean {words} of real and of made samples. The nearer both lie, the less it can tell them "
             "apart."),
            ("Lengths of the gradients", ("slope_d", "slope_g"),
             "How long each side's gradient is. A generator's that dies away learns no more; one that grows "
             "without end tells of a game out of balance.")):
        for name, course in courses.items():
            whole = title if len(courses) == 1 else f"{title}: {name}"
            job.lines(whole, {key: course.column(key) for key in keys}, caption, x_label="epoch", start=1,
                      log=False)


def on_plane(duel: Duel, z: Tensor, reach: float,
             critic: Callable[[Tensor], Tensor]) -> dict[str, np.ndarray]:
    """What to keep of a duel in the plane: samples of this noise, and the discriminator over the plane."""
    axis = np.linspace(-reach, reach, GRID, dtype=np.float32)
    places = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    with no_grad():
        surface = critic(tensor(places))
    return {"samples": duel.made(z).numpy(), "surface": surface.numpy().reshape(GRID, GRID)}


def course_film(job: Job, title: str, course: Course, frame: Callable[[dict[str, Tensor], str], Any],
                caption: str) -> None:
    """A film of what was kept of a course: frame(kept, "epoch n") for each epoch."""
    film_of(job, title, lambda: (frame(kept, f"epoch {row['epoch']}")
                                 for row, kept in zip(course.rows, course.shown, strict=True)), caption)


def plane_film(job: Job, title: str, course: Course, real: np.ndarray, reach: float, caption: str) -> None:
    """A film of samples over the discriminator's surface, a frame for each epoch."""
    course_film(job, title, course, lambda kept, epoch: plane_frame(kept, real, reach, epoch), caption)


def plane_frame(kept: dict[str, Tensor], real: np.ndarray, reach: float, title: str) -> Any:
    """Real points in grey, made ones in orange, over how real the discriminator holds each place for."""
    from ..plot.style import INK, VALIDATION, bare, canvas, plots

    figure = canvas(3.6, 3.8)
    axes = plots(figure)[0]
    bare(axes)
    values, made = kept["surface"].numpy(), kept["samples"].numpy()
    axes.imshow(values, origin="lower", extent=(-reach, reach, -reach, reach), cmap="Blues", alpha=0.6,
                vmin=float(values.min()), vmax=max(float(values.max()), float(values.min()) + 1e-6))
    axes.scatter(real[:, 0], real[:, 1], s=3, color=INK, linewidths=0)
    axes.scatter(made[:, 0], made[:, 1], s=5, color=VALIDATION, linewidths=0)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_title(title, color=INK, fontsize=11, loc="left")
    return figure
