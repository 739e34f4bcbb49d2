"""Faults that show only while a network trains: in its loss, its gradients and its layers' outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...tensor import Tensor
from ...train import batches
from .course import KEPT, Course
from .figures import Slope
from .finding import Finding
from .kept import kept
from .recording import Graph, Recorder
from .samples import imbalance

FEW = 8                                                          # looks, or epochs, before anything is said


def findings(course: Course, is_pair: bool = False) -> Iterator[Finding]:
    """Everything that the course of one optimiser shows. is_pair: it plays against another one."""
    if course.not_cleared > 1 and course.not_cleared >= 0.5 * (course.steps - 1):
        yield Finding("gradients not cleared", f"before {course.not_cleared} of {course.steps} backward "
                                               "passes the "
                      "gradients of the step before were still there.", "", course.first_line, 0.98)
    yield from layer_signs(course)
    yield from slope_signs(course)
    yield from latent_signs(course)
    if not is_pair:                                              # its loss depends on the other one
        yield from loss_signs(course)
        yield from class_signs(course)
    yield from epoch_signs(course.rows, course.stops_early)


# --- numbers that are none ----------------------------------------------------------------------------------

def not_finite(graph: Graph, value: float, step: int) -> Iterator[Finding]:
    """The first call whose result is not finite though what it was given is."""
    for call in graph:
        arrays = [a for a in call.arrays if isinstance(a, np.ndarray) and a.dtype.kind == "f"]
        own = [edge for edge in call.edges if isinstance(edge, Tensor)]
        bad = next((edge for edge in own if not np.isfinite(edge._data).all()), None)
        if bad is not None:
            yield Finding("not finite", f"the loss is {value} at step {step + 1}; the parameter of shape "
                          f"{tuple(bad.shape)} that {call.op} used already held nan or infinity: an earlier "
                          "step was "
                          "too large.", call.layer, call.line, 0.97)
            return
        if not all(np.isfinite(a).all() for a in arrays):
            yield Finding("not finite", f"the loss is {value} at step {step + 1}; {call.op} was given nan or "
                                        "infinity "
                          "from outside the graph, as the inputs are.", call.layer, call.line, 0.95)
            return
        if not np.isfinite(call.y).all():
            low = min((float(a.min()) for a in arrays if a.size), default=0.0)
            high = max((float(a.max()) for a in arrays if a.size), default=0.0)
            yield Finding("not finite", f"the loss is {value} at step {step + 1}; the first result that is "
                                        "not finite "
                          f"is that of {call.op}, given values from {low:.4g} to {high:.4g}.", call.layer,
                          call.line,
                          0.99)
            return
    yield Finding("not finite", f"the loss is {value} at step {step + 1}.", "",
                  graph.calls[-1].line if graph.calls
                  else "", 0.9)


def first_not_finite(model: Any, loss: Any, batch: Any, step: int) -> list[Finding]:
    """The same for a batch whose loss was not finite, by computing it again."""
    x, target, _ = batches.parts(batch)
    with kept(model), Recorder() as recorder:
        value = loss(model(*x) if isinstance(x, (tuple, list)) else model(x), target)
    return list(not_finite(recorder.graph(value), float(value._data), step))


def broken_gradients(course: Course) -> list[Finding]:
    """Gradients that are not finite though the loss is."""
    bad = [slope for slope in course.looks[-1].slopes if not np.isfinite(slope.grad)]
    if not bad:
        return []
    last = max(bad, key=lambda slope: slope.order)               # backward came to it first
    return [Finding("not finite", f"the loss is {course.losses[-1]:.4g} at step {course.steps + 1}, but the "
                                  "gradients "
                    f"of {len(bad)} parameters are nan or infinite, that of {last.name} first.", last.layer,
                    last.line, 0.97)]


# --- layers -------------------------------------------------------------------------------------------------

def layer_signs(course: Course) -> Iterator[Finding]:
    """Dead units, saturation and loss of rank, in the last looks together."""
    last = course.looks[-KEPT:]
    if len(last) < min(FEW, 4):
        return
    for key in last[-1].layers:
        seen = [look.layers[key] for look in last if key in look.layers]
        if len(seen) < 4:
            continue
        now = seen[-1]
        alive = [f.alive for f in seen if f.alive is not None and len(f.alive) == now.width]
        if alive:
            dead = int((~np.logical_or.reduce(alive)).sum())
            # Healthy recipes: at most 40 % of a layer (digits, 3 of 32); all at a rate ten times too high.
            if dead > 0.5 * now.width and now.width > 1:
                yield Finding("dead units", f"{dead} of {now.width} units were zero for every sample of the "
                                            "last "
                              f"{len(seen)} looks.", now.layer, now.line, 0.6 + 0.38 * dead / now.width,
                              {"dead": dead, "units": now.width})
        flat = [figures.flat for figures in seen if figures.flat is not None]
        if len(flat) >= 4 and np.median(flat) > 0.6:
            yield Finding("saturation", f"{np.median(flat):.0%} of the outputs of {now.op} lie on its flat "
                                        "ends, in "
                          f"the last {len(flat)} looks.", now.layer, now.line,
                          0.5 + 0.45 * float(np.median(flat)),
                          {"share": float(np.median(flat))})
        yield from rank_signs(course, [f.rank for f in seen if f.rank is not None], now)


def rank_signs(course: Course, ranks: list[float], now: Any) -> Iterator[Finding]:
    """A layer whose outputs all lie on a line, where there are several classes to tell apart."""
    n_classes = course.answers[-1][2] if course.answers else 0
    if len(ranks) >= 2 and n_classes >= 4 and now.width >= 8 and np.median(ranks) < 1.15:
        yield Finding("loss of rank", f"{now.width} units give {np.median(ranks):.2f} directions for "
                                      f"{n_classes} "
                      "classes.", now.layer, now.line, 0.85, {"rank": float(np.median(ranks))})


def slope_signs(course: Course) -> Iterator[Finding]:
    """Gradients that vanish or explode from layer to layer, or from step to step."""
    if len(course.looks) >= 3:
        yield from from_layer_to_layer([look.slopes for look in course.looks[-KEPT:]])
    yield from jumps(course)
    yield from ratio_signs(course)


def ratio_signs(course: Course) -> Iterator[Finding]:
    """A weight that a step changes by far more or far less than a thousandth of its size.

    In the recipes the middle over the weights of a network lies between 0.003 and 0.5 at the start (small
    networks, large rates) and goes to 0 with the rate at the end of a schedule, so the first looks are judged.
    """
    seen: dict[str, list[Slope]] = {}
    for look in course.looks[1:KEPT]:
        for slope in look.slopes:
            if slope.ndim > 1 and slope.grad > 0 and np.isfinite(slope.ratio) and not slope.is_table:
                seen.setdefault(slope.name, []).append(slope)
    middles = {name: float(np.median([s.ratio for s in slopes])) for name, slopes in seen.items()
               if len(slopes) >= FEW}
    for name, ratio in sorted(middles.items(), key=lambda item: -abs(np.log10(item[1] + 1e-12) + 3))[:1]:
        if ratio > 2 or ratio < 1e-6:
            slope = seen[name][-1]
            yield Finding("update ratio", f"a step changes {name} by {ratio:.2g} of its size, about 1e-3 is usual; "
                          f"the other weights by {np.median(list(middles.values())):.2g} in the middle.",
                          slope.layer, slope.line, 0.85, {"ratio": ratio})


def from_layer_to_layer(looks: list[list[Slope]]) -> Iterator[Finding]:
    """The first weight's gradient over the last one's, as the middle of several looks.

    Over all recipes the ratio of root mean squares lies between 0.02 and 30; twelve sigmoid layers give 1e-8.
    """
    ratios, pair = [], None
    for slopes in looks:
        weights = [s for s in slopes if s.ndim > 1 and not s.is_table]
        if len(weights) >= 3:
            pair = weights[0], weights[-1]
            ratios.append((pair[0].grad + 1e-300) / (pair[1].grad + 1e-300))
    if pair is None:
        return
    ratio, (first, last) = float(np.median(ratios)), pair
    told = (f"the gradient of {first.name} is {ratio:.2g} times that of {last.name} (root mean squares "
            f"{first.grad:.2g} and {last.grad:.2g}).")
    if ratio < 1e-4:
        yield Finding("vanishing gradients", told, first.layer, first.line,
                      min(0.97, 0.8 + 0.03 * -float(np.log10(ratio))), {"ratio": ratio})
    elif ratio > 1e4:
        yield Finding("exploding gradients", told, first.layer, first.line, 0.9, {"ratio": ratio})


def jumps(course: Course) -> Iterator[Finding]:
    """Gradients much larger than the weights they belong to: a step would throw those away."""
    worst: tuple[float, Slope | None, int] = (0.0, None, 0)
    for look in course.looks:
        for slope in look.slopes:
            if slope.ndim > 1 and slope.weight > 0 and slope.grad / slope.weight > worst[0]:
                worst = slope.grad / slope.weight, slope, look.step
    size, slope, step = worst
    # In the recipes a gradient is at most 30 times its weight, in the first step of the smallest networks.
    if slope is not None and size > 1e3:
        yield Finding("exploding gradients", f"the gradient of {slope.name} has a root mean square of "
                      f"{slope.grad:.3g} at step {step + 1}, {size:.3g} times that of the weight itself.",
                      slope.layer,
                      slope.line, min(0.97, 0.75 + 0.03 * np.log10(size)), {"size": size})


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
    if n < 20 or not np.isfinite(losses).all() or len(course.looks) < 4:
        return
    tenth = max(n // 10, 5)
    first, last = float(losses[:min(5, tenth)].mean()), float(losses[-tenth:].mean())
    begin, rate = update_ratio(course, course.looks[:KEPT]), course.rates[0]
    if begin is None:
        return
    best = min(float(losses[i:i + tenth].mean()) for i in range(0, n - tenth + 1, tenth))
    told = f"the loss was {first:.4g} at the start, {best:.4g} at best and {last:.4g} at the end"
    where = {"layer": "", "line": course.first_line}
    mid = float(losses[n // 2 - tenth // 2:n // 2 + tenth].mean())
    moved = f"a step changes weights by {begin:.1g} of their size"
    scale = abs(first) + 1e-12
    wild = max(losses[:50]) > 4 * losses[0] and last > 0.6 * losses[0] and (
        update_ratio(course, course.looks[:4]) or 0) > 0.2
    if wild or begin > 0.02 and (last > first * 1.02 or last > 3 * best + 0.1 * scale) and first > 0:
        factor = 10 ** -np.ceil(np.clip(np.log10(begin / 2e-3), 1, 3))
        yield Finding("learning rate too high", f"{told}; {moved}, at a rate of {rate:g}.", **where,
                      confidence=0.95 if wild or last > first else 0.8, numbers={"better_lr": f"{rate * factor:.1g}",
                                                                        "factor": float(factor)})
        return
    late = update_ratio(course) or begin
    falls = last < mid < first and (mid - last) > 0.25 * (first - last)
    if max(begin, late) < 5e-5 and last > 0.7 * first and (falls or abs(first - last) < 0.05 * scale):
        factor = 10 ** np.ceil(np.clip(np.log10(1e-3 / max(begin, 1e-9)), 1, 4))
        yield Finding("learning rate too low", f"{told}; {moved}, at a rate of {rate:g}, in {n} steps.",
                      **where,
                      confidence=0.9, numbers={"better_lr": f"{rate * factor:.1g}", "factor": float(factor)})
        return
    if n < 100:
        return
    yield from standing(course, first, mid, last, told)


def standing(course: Course, first: float, mid: float, last: float, told: str) -> Iterator[Finding]:
    """A loss no better than a guess, or one that has not moved for half of the steps and is still high."""
    where = {"layer": "", "line": course.first_line}
    if course.chance is not None and last > 0.93 * course.chance:
        yield Finding("underfitting", f"{told}; a guess costs {course.chance:.4g}.", **where, confidence=0.75)
    elif course.chance is not None and last > 0.5 * course.chance and abs(mid - last) < 0.002 * course.chance:
        yield Finding("plateau", f"{told}; between the middle and the end it changed by {mid - last:.2g}.",
                      **where,
                      confidence=0.5)


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
                                         f"{common} "
                      f"{seen[common]}; {hits[missed[0]]} of the {seen[missed[0]]} were found.", "",
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
                                     "after "
                      f"{len(val)}, while loss fell from {train[best]:.4g} to {train[-1]:.4g}.",
                      confidence=min(0.95, 0.7 + 0.1 * rise), numbers={"best_epoch": best + 1, "rise": rise})


def latent_signs(course: Course) -> Iterator[Finding]:
    """A code that carries nothing; vectors that are all the same."""
    if len(course.codes) >= FEW:
        nats = np.median(np.stack(course.codes[-5:]), 0)
        idle = int((nats < 0.01).sum())
        if idle >= 0.95 * len(nats):
            yield Finding("posterior collapse", f"{idle} of {len(nats)} dimensions of the code carry less "
                                                "than 0.01 "
                          f"nats, all together {nats.sum():.2g}.", "", course.first_line, 0.92)
    last = [v for v in course.vectors if v[0] > 0.6 * course.steps]
    if len(last) >= 3 and course.steps >= 20:
        same, given = (float(np.median([v[i] for v in last])) for i in (1, 2))
        if same > 0.995 and given < 0.9:
            yield Finding("collapsed embeddings", f"{same:.2%} of the vectors' length is their common mean "
                                                  "(of the "
                          f"inputs' {given:.0%}).", last[-1][3], last[-1][4], 0.9, {"same": same})


