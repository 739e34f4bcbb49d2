"""In which order steps ran, and why backward could run in the order it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from .recorder import Call, Pull

KINDS = {Call: "forward", Pull: "backward"}


def phase_of(event: Any) -> str:
    """forward, backward or update."""
    return KINDS.get(type(event), "update")


def phases(events: Sequence) -> dict[str, list[int]]:
    """The numbers of the steps of each phase."""
    found: dict[str, list[int]] = {"forward": [], "backward": [], "update": []}
    for number, event in enumerate(events):
        found[phase_of(event)].append(number)
    return found


def explained(events: Sequence, names: Sequence[str], words: Sequence[str]) -> str:
    """Why the backward steps could run in their order, for this very graph.

    names: of the values; words: of the steps
    """
    order = phases(events)["backward"]
    if not order:
        return ("No backward pass was recorded. The forward steps ran in the order in which the program "
                "called them: an op can run as soon as its inputs are there.")
    known = [number for number in order if events[number].of >= 0]
    lines = ["Every op that ran forward got a number, and its inputs have smaller ones, because they were "
             "there before it. Backward starts at the end and always takes the waiting op with the largest "
             "number. Whatever uses its result has a larger number and is done, so every gradient that can "
             "arrive has arrived. That is a topological sort without a second pass through the graph."]
    if known:
        shown = [words[events[number].of] for number in known[:8]]
        rest = f" and {len(known) - 8} more" if len(known) > 8 else ""
        lines.append(f"Here: {', '.join(shown)}{rest}.")
    uses = Counter(value for number in known
                   for value, gradient in zip(events[events[number].of].inputs,  # noqa: B905
                                              events[number].gradients) if gradient >= 0)
    for value, count in [pair for pair in uses.most_common(3) if pair[1] > 1]:
        lines.append(f"{names[value]} was used {count} times: its gradient is the sum of what comes back "
                     f"from all {count}, and is complete only after the last of them.")
    return " ".join(lines)
