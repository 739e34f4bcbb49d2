"""The recipes of duels over digits with PyTorch under their files: what the same budget reaches there.

    python -m compatibility.duels dcgan [OPTION=VALUE ...]

Networks, rules, loop and settings are the recipe's own files, and both libraries draw the same random numbers
from a seed: the same first weights, batches and noise. What is made is judged by the same judge, which is
Pellucid's. The seconds are those that the processor worked in the epochs; a run of the recipe keeps its own
in metrics.jsonl.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pellucid.recipes import load
from pellucid.recipes.job import Job
from pellucid.recipes.judge import judge_of
from pellucid.recipes.running import one_thread
from pellucid.threads import get_num_threads
from pellucid.train import Run

from .under_torch import under_torch

NAMES = ("dcgan", "cgan", "wgan-gp", "stylegan")


class Nowhere:
    """A run that keeps nothing: PyTorch's tensors have no place in the folder of a run."""

    folder = Path("pytorch")

    def save(self, name: str, state: Any) -> None: ...

    def write_rows(self, name: str, rows: list[dict[str, Any]]) -> None: ...


@dataclass
class Control:
    """What `learned` asks of a job."""

    settings: Any

    def part(self, name: str) -> tuple[Nowhere, bool]:
        return Nowhere(), False

    def say(self, *words: Any) -> None:
        print(*words, file=sys.stderr, flush=True)


def control(name: str, settings: Any, folder: Path) -> dict[str, float]:
    """What PyTorch reaches with the files and settings of a recipe: score, frechet, agreement, seconds."""
    import torch

    module, shared = under_torch(f"recipes.{name.replace('-', '_')}"), under_torch("recipes.digit_duel")
    judge = judge_of(Job(load(name), settings, Run(folder), verbose=0), settings.judge_epochs)
    is_told = name == "cgan"
    torch.set_num_threads(get_num_threads())
    duel = module.duel_of(settings)
    course = shared.learned(Control(settings), name, duel, judge, is_told=is_told)
    pictures, labels = shared.drawn(duel, settings, settings.made, is_told)
    found = judge.marks(pictures)
    if is_told:
        found["agreement"] = judge.agreement(pictures, labels)
    return {**found, "seconds": sum(course.column("seconds"))}


def main(words: Sequence[str]) -> int:
    """Print what PyTorch reaches with a recipe."""
    if not words or words[0] not in NAMES:
        print(__doc__.partition("\n\n")[2], file=sys.stderr)
        return 2
    settings = load(words[0]).configure(dict(word.split("=", 1) for word in words[1:]))
    with tempfile.TemporaryDirectory() as folder, one_thread():
        found = control(words[0], settings, Path(folder))
    print(f"{words[0]} under PyTorch: " + ", ".join(f"{key} {value:.4g}" for key, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
