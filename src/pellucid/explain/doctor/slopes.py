"""Gradients and steps beside the weights they belong to: vanishing, exploding, too far, not far enough."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .course import KEPT, Course
from .figures import Slope
from .finding import Finding

FEW = 8                                                          # looks before a step's size is judged


def slope_signs(course: Course) -> Iterator[Finding]:
    """Gradients that vanish or explode from layer to layer, or from step to step."""
    if len(course.looks) >= 3:
        yield from from_layer_to_layer([look.slopes for look in course.looks[-KEPT:]])
    yield from jumps(course)
    yield from ratio_signs(course)


def ratio_signs(course: Course) -> Iterator[Finding]:
    """A weight that a step changes by far more or far less than a thousandth of its size.

    In the recipes the middle over the weights of a network lies between 0.003 and 0.5 at the start (small
    networks, large rates) and falls to 0 at the end of a schedule, so the first looks are judged.
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
            last = seen[name][-1]
            yield Finding("update ratio", f"a step changes {name} by {ratio:.2g} of its size, about 1e-3 is "
                          f"usual; the other weights by {np.median(list(middles.values())):.2g} in the "
                          "middle.",
                          last.layer, last.line, 0.85, {"ratio": ratio})


def from_layer_to_layer(looks: list[list[Slope]]) -> Iterator[Finding]:
    """The first weight's gradient over the last one's, as the middle of several looks.

    In the recipes the ratio of root mean squares lies between 0.007 and 7.4; twelve sigmoid layers give 1e-9.
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
    seen = [(slope.grad / slope.weight, look.step, slope) for look in course.looks for slope in look.slopes
            if slope.ndim > 1 and slope.weight > 0]
    size, step, slope = max(seen, key=lambda entry: entry[0], default=(0.0, 0, None))
    # In the recipes a gradient is at most 3 times its weight.
    if slope is not None and size > 1e3:
        yield Finding("exploding gradients", f"the gradient of {slope.name} has a root mean square of "
                      f"{slope.grad:.3g} at step {step + 1}, {size:.3g} times that of the weight itself.",
                      slope.layer, slope.line, min(0.97, 0.75 + 0.03 * float(np.log10(size))), {"size": size})
