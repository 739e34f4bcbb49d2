"""Faults that show only while a network trains: in its loss, its answers and its layers' outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .course import KEPT, Course
from .finding import Finding
from .samples import imbalance
from .slopes import slope_signs

FEW = 8                                                          # looks, or epochs, before anything is said
# The share on the flat ends. xor's tanh comes to 0.56, that of addition's attention to 0.75 while it learns
# and to 0.83 when its loss is next to zero; a first layer sixty times too large gives 0.93.
FLAT = 0.87


def findings(course: Course, is_pair: bool = False) -> Iterator[Finding]:
    """Everything that the course of one optimiser shows. is_pair: it plays against another one."""
    if course.not_cleared > 1 and course.not_cleared >= 0.5 * (course.steps - 1):
        yield Finding("gradients not cleared", f"before {course.not_cleared} of {course.steps} backward "
                      "passes the gradients of the step before were still "
                      "there.", "", course.first_line, 0.98)
    yield from layer_signs(course)
    yield from slope_signs(course)
    yield from latent_signs(course)
    if not is_pair:                                              # its loss depends on the other one
        yield from loss_signs(course)
        yield from class_signs(course)
    yield from epoch_signs(course.rows, course.stops_early)


# --- layers -------------------------------------------------------------------------------------------------

def layer_signs(course: Course) -> Iterator[Finding]:
    """Dead units, saturation and loss of rank, in the last looks together."""
    last = course.looks[-KEPT:]
    if len(last) < min(FEW, 4):
        return
    is_done = float(np.mean(course.losses[-10:])) < 0.1 * abs(float(np.mean(course.losses[:5])))
    for key in last[-1].layers:
        seen = [look.layers[key] for look in last if key in look.layers]
        if len(seen) < 4:
            continue
        now = seen[-1]
        alive = [f.alive for f in seen if f.alive is not None and len(f.alive) == now.width]
        if alive:
            dead = int((~np.logical_or.reduce(alive)).sum())
            # In the recipes at most 24 % are, in their short forms with 4 filters at most half.
            if dead > 0.6 * now.width and now.width >= 4:
                yield Finding("dead units", f"{dead} of {now.width} units were zero for every sample of the "
                              f"last {len(seen)} looks.", now.layer, now.line, 0.6 + 0.38 * dead / now.width,
                              {"dead": dead, "units": now.width})
        begun = course.looks[0].layers.get(key)
        if not is_done or begun is not None and (begun.flat or 0) > FLAT:
            yield from flat_signs([f.flat for f in seen if f.flat is not None], now)
        yield from rank_signs(course, [f.rank for f in seen if f.rank is not None], now)


def flat_signs(shares: list[float], now: Any) -> Iterator[Finding]:
    """A layer whose outputs lie on the flat ends, from the start or while the loss is still high."""
    if len(shares) >= 4 and np.median(shares) > FLAT:
        share = float(np.median(shares))
        yield Finding("saturation", f"{share:.0%} of the outputs of {now.op} lie on its flat ends, in the "
                      f"last {len(shares)} looks.", now.layer, now.line, 0.5 + 0.45 * share, {"share": share})


def rank_signs(course: Course, ranks: list[float], now: Any) -> Iterator[Finding]:
    """A layer whose outputs all lie on a line, where there are several classes to tell apart."""
    n_classes = course.answers[-1][2] if course.answers else 0
    if len(ranks) >= 2 and n_classes >= 4 and now.width >= 8 and np.median(ranks) < 1.15:
        yield Finding("loss of rank", f"{now.width} units give {np.median(ranks):.2f} directions for "
                      f"{n_classes} classes.", now.layer, now.line, 0.85, {"rank": float(np.median(ranks))})


# --- the loss -----------------------------------------------------------------------------------------------

def update_ratio(course: Course, looks: Any = None) -> float | None:
    """The middle of |step| / |weight| over weight matrices, of the looks at the end."""
    chosen = course.looks[-KEPT:] if looks is None else looks
    ratios = [s.ratio for look in chosen for s in look.slopes
              if s.ndim > 1 and np.isfinite(s.ratio) and s.change]
    return float(np.median(ratios)) if ratios else None


def loss_signs(course: Course) -> Iterator[Finding]:
    """A learning rate that is too high or too low, underfitting, a plateau."""
    losses = np.asarray(course.losses)
    n = len(losses)
    begin = update_ratio(course, course.looks[:KEPT])
    if n < 20 or not np.isfinite(losses).all() or len(course.looks) < 4 or begin is None:
        return
    tenth = max(n // 10, 5)
    means = [float(losses[i:i + tenth].mean()) for i in range(0, n - tenth + 1, tenth)]
    first, last = float(losses[:5].mean()), float(losses[-tenth:].mean())
    mid = float(losses[n // 2 - tenth // 2:n // 2 + tenth].mean())
    told = (f"the loss was {first:.4g} at the start, {min(means):.4g} at best and {last:.4g} at the end; a "
            f"step changes weights by {begin:.1g} of their size, at a rate of {course.rates[0]:g}")
    found = too_high(course, losses, begin, (first, min(means), last), told) or \
        too_low(course, begin, (first, mid, last), told)
    if found is not None:
        yield found
    elif n >= 100:
        yield from standing(course, mid, last, told)


def too_high(course: Course, losses: np.ndarray, begin: float, means: tuple, told: str) -> Finding | None:
    """A loss that jumps at once and does not come back, or that ends above its start or far above its best.

    Healthy recipes change their weights by up to 0.5 of their size in a step, so that alone says nothing.
    """
    first, best, last = means
    at_once = update_ratio(course, course.looks[:4]) or 0.0
    wild = max(losses[:50]) > 4 * losses[0] and last > 0.6 * losses[0] and at_once > 0.2
    if not wild and (begin < 0.02 or first <= 0 or last < min(first * 1.02, 3 * best + 0.1 * abs(first))):
        return None
    factor = 10 ** -float(np.ceil(np.clip(np.log10(begin / 2e-3), 1, 3)))
    return Finding("learning rate too high", f"{told}.", course.kind, course.first_line,
                   0.95 if wild or last > first else 0.8,
                   {"better_lr": f"{course.rates[0] * factor:.1g}", "factor": factor})


def too_low(course: Course, begin: float, means: tuple, told: str) -> Finding | None:
    """A loss that has hardly moved, or still falls as fast as ever, with steps that are tiny throughout."""
    first, mid, last = means
    falls = last < mid < first and (mid - last) > 0.25 * (first - last)
    stands = abs(first - last) < 0.05 * abs(first) + 1e-12
    if max(begin, update_ratio(course) or begin) > 5e-5 or last < 0.7 * first or not (falls or stands):
        return None
    factor = 10 ** float(np.ceil(np.clip(np.log10(1e-3 / max(begin, 1e-9)), 1, 4)))
    return Finding("learning rate too low", f"{told}, for {course.steps} steps.", course.kind,
                   course.first_line,
                   0.9, {"better_lr": f"{course.rates[0] * factor:.1g}", "factor": factor})


def standing(course: Course, mid: float, last: float, told: str) -> Iterator[Finding]:
    """A loss no better than a guess, or one that has not moved for half of the steps and is still high."""
    if course.chance is None:
        return
    if last > 0.93 * course.chance:
        yield Finding("underfitting", f"{told}; a guess costs {course.chance:.4g}.", course.kind,
                      course.first_line, 0.75)
    elif last > 0.5 * course.chance and abs(mid - last) < 0.002 * course.chance:
        yield Finding("plateau", f"{told}; between the middle and the end it changed by {mid - last:.2g}.",
                      course.kind, course.first_line, 0.5)


def class_signs(course: Course) -> Iterator[Finding]:
    """Rare classes that are never named."""
    if not course.answers or not course.is_unweighted or course.steps < 20:
        return
    n = course.answers[-1][2]
    known = [(y, a) for y, a, k in course.answers if k == n]
    labels, named = (np.concatenate(parts) for parts in zip(*known, strict=True))
    counts, hits = imbalance(labels, n), imbalance(labels[labels == named], n)
    seen = {c: k for c, k in counts.items() if k >= 5}
    if len(seen) < 2:
        return
    common = max(seen, key=lambda c: seen[c])
    missed = [c for c in seen if hits[c] < 0.05 * seen[c] and seen[common] >= 8 * seen[c]]
    if missed and seen[common] > 0.6 * len(labels):
        total = sum(seen.values())
        weights = [round(total / (n * max(counts[c], 1)), 3) for c in range(n)]
        yield Finding("class imbalance", f"class {missed[0]} has {seen[missed[0]]} of {total} labels, class "
                      f"{common} {seen[common]}; {hits[missed[0]]} of the {seen[missed[0]]} were found.", "",
                      course.first_line,
                      0.9, {"weights": weights, "missed": missed})


# --- epochs -------------------------------------------------------------------------------------------------

def epoch_signs(rows: list[dict[str, Any]], stops_early: bool = False) -> Iterator[Finding]:
    """Overfitting, by loss and val_loss of the epochs."""
    pairs = [(row["loss"], row["val_loss"]) for row in rows if "loss" in row and "val_loss" in row]
    if len(pairs) < FEW or not np.isfinite(pairs).all():
        return
    train, val = (np.asarray(values) for values in zip(*pairs, strict=True))
    best = int(val.argmin())
    last = float(np.median(val[-3:]))
    rise = last / max(float(val[best]), 1e-12)
    limit = 2.0 if stops_early else 1.3                          # the best epoch's weights are used then
    if rise > limit and best < 0.7 * len(val) and train[-1] < 0.7 * train[best] and last > 2 * train[-1] \
            and last - val[best] > 0.02:
        yield Finding("overfitting", f"val_loss was {val[best]:.4g} in epoch {best + 1} and is {last:.4g} "
                      f"after {len(val)}, while loss fell from {train[best]:.4g} to {train[-1]:.4g}.",
                      confidence=min(0.95, 0.7 + 0.1 * rise), numbers={"best_epoch": best + 1, "rise": rise})


def latent_signs(course: Course) -> Iterator[Finding]:
    """A code that carries nothing; vectors that are all the same."""
    if len(course.codes) >= FEW:
        nats = np.median(np.stack(course.codes[-5:]), 0)
        idle = int((nats < 0.01).sum())
        if idle >= 0.95 * len(nats):
            yield Finding("posterior collapse", f"{idle} of {len(nats)} dimensions of the code carry less "
                          f"than 0.01 nats, all together {nats.sum():.2g}.", "", course.first_line, 0.92)
    last = [v for v in course.vectors if v[0] > 0.6 * course.steps]
    if len(last) >= 3 and course.steps >= 20:
        same, given = (float(np.median([v[i] for v in last])) for i in (1, 2))
        if same > 0.995 and given < 0.9:
            yield Finding("collapsed embeddings", f"{same:.2%} of the vectors' length is their common mean "
                          f"(of the inputs' {given:.0%}).", last[-1][3], last[-1][4], 0.9, {"same": same})


