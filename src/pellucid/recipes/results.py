"""The table of what the recipes reached, from the folders of their runs: what docs/results.md holds.

    python -m pellucid.recipes.results RUN... > docs/results.md
    python -m pellucid.recipes.results RUN... --into docs/results.md       # the other recipes' rows stay

Of each recipe the run with the smallest seed gets the row; the others tell how much the result depends on it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..io.atomic import write_text
from .catalogue import Recipe, load, names

HEAD = """# What the recipes reach

Each row is a run of `pellucid train NAME` with the recipe's own settings. The recipe's file states the same
numbers, and `make slow` checks them. `python -m pellucid.recipes.results RUN...` makes this page from the
folders of the runs. The seconds are those of the row's run, from the first line of the recipe to its last,
without Python's start and the report; where other programs kept the machine busy, the seconds that the
processors worked for the run stand beside them.

| recipe | must reach | reached | seed | seconds | other seeds |
|---|---|---|---|---|---|
"""
PROTOCOLS, WHERE = "\n\n## Protocols\n\n", "\n\n## Where\n\n"


def page(folders: Iterable[Path], into: str = HEAD + PROTOCOLS + WHERE) -> str:
    """The whole page for the runs in `folders`; of recipes that have none, what the page `into` says.

    Raises:  ValueError for a folder without a finished run of a recipe, for settings other than the
             recipe's own (the seed may differ), and for another kind of page.
    """
    runs: dict[str, list[dict[str, Any]]] = {}
    for folder in folders:
        config = read(folder)
        runs.setdefault(config["recipe"], []).append(config)
    if not into.startswith(HEAD) or PROTOCOLS not in into or WHERE not in into:
        raise ValueError("the page to put rows into is none that this program wrote, or begins otherwise now")
    rows, rest = into.removeprefix(HEAD).split(PROTOCOLS)
    protocols, machines = rest.split(WHERE)
    told = {line.split("`")[1]: line for line in rows.splitlines()}
    how = {line.split("**")[1]: line for line in protocols.splitlines()}
    for name, found in runs.items():
        told[name] = row(load(name), sorted(found, key=lambda run: run["seed"]))
        how[name] = f"- **{name}**: {load(name).part('Protocol')}."
    where = {f"- {machine(config)}" for found in runs.values() for config in found} | {*machines.splitlines()}
    order = [name for name in names() if name in told]
    return (HEAD + "\n".join(told[name] for name in order) + PROTOCOLS
            + "\n".join(how[name] for name in order) + WHERE + "\n".join(sorted(where)) + "\n")


def read(folder: Path) -> dict[str, Any]:
    """The configuration of a finished run with the recipe's own settings."""
    path = folder / "config.json"
    if not path.is_file():
        raise ValueError(f"{folder} is not the folder of a run: it has no config.json")
    config = json.loads(path.read_text(encoding="utf-8"))
    if "metrics" not in config:
        raise ValueError(f"{folder} holds a run that did not end")
    own = json.loads(json.dumps(load(config["recipe"]).options()))
    changes = [key for key, value in config["settings"].items() if key != "seed" and own.get(key) != value]
    if changes or own.keys() != config["settings"].keys():
        raise ValueError(f"{folder} holds a run of {config['recipe']} with other settings "
                         f"({', '.join(changes) or 'of another version'})")
    return config


def row(recipe: Recipe, runs: list[dict[str, Any]]) -> str:
    """One recipe as a line of the table."""
    first, others = runs[0], runs[1:]
    reached = "; ".join(result(metric, [first["metrics"]]) for metric in recipe.expected)
    told = ""
    if others:
        good = sum(all(recipe.reached(run["metrics"]).values()) for run in others)
        told = "; ".join(result(metric, [run["metrics"] for run in others]) for metric in recipe.expected)
        told = f"{seeds([run['seed'] for run in others])}: {told}; {good} of {len(others)} reach it"
    mark = "" if all(recipe.reached(first["metrics"]).values()) else " (**not reached**)"
    cells = [f"`{recipe.name}`", recipe.part("Reaches"), reached + mark, str(first["seed"]),
             took(first), told]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def took(config: dict[str, Any]) -> str:
    """The seconds of a run, and those of the processor where they were far fewer.

    >>> took({"seconds": 3.21, "processor_seconds": 3.0}), took({"seconds": 90.0, "processor_seconds": 30.0})
    ('3.2', '90.0 (processor 30.0)')
    """
    seconds, worked = config["seconds"], config.get("processor_seconds", config["seconds"])
    return f"{seconds:.1f}" + (f" (processor {worked:.1f})" if seconds > 1.5 * worked else "")


def result(metric: str, runs: Sequence[dict[str, Any]]) -> str:
    """A metric and its value, or its range over several runs."""
    name = metric.removesuffix("_at_most")
    values = [run[name] for run in runs]
    low, high = shown(name, min(values)), shown(name, max(values))
    return f"{name.replace('_', ' ')} {low}" + (f" to {high}" if high != low else "")


def shown(name: str, value: float) -> str:
    """A metric's value: shares in per cent.

    >>> shown("test_accuracy", 0.98765), shown("error", 4.77e-7), shown("correct", 4), shown("loss", 1.8749)
    ('98.77 %', '4.8e-07', '4', '1.875')
    >>> shown("name_f1", 0.5), shown("test_bleu", 39.771), shown("test_return", 498.25)
    ('50.00 %', '39.77', '498.25')
    """
    if "accuracy" in name or name.endswith("f1"):
        return f"{100 * value:.2f} %"
    if name.endswith(("bleu", "spearman", "return", "score", "frechet")):
        return f"{value:.2f}"
    if "loss" in name.split("_"):
        return f"{value:.3f}"
    return f"{value:.2g}" if isinstance(value, float) else str(value)


def seeds(found: list[int]) -> str:
    """Seeds in words.

    >>> seeds([1, 2, 3]), seeds([1, 5])
    ('seeds 1 to 3', 'seeds 1, 5')
    """
    if len(found) > 1 and found == list(range(found[0], found[-1] + 1)):
        return f"seeds {found[0]} to {found[-1]}"
    return f"seed{'s' if len(found) > 1 else ''} {', '.join(map(str, found))}"


def machine(config: dict[str, Any]) -> str:
    """What a run ran on."""
    versions = ", ".join(f"{name} {config[name.lower()]}" for name in ("Pellucid", "Python", "NumPy"))
    threads = f"{config['cores']} cores, {config['threads']} BLAS thread{'s' * (config['threads'] > 1)}"
    return f"{versions}, {config['cpu']}, {threads}, {config['platform'].partition('-')[0]}"


def main(given: Sequence[str] | None = None) -> int:
    """Print the page for the run folders that are named, or put their rows into a page."""
    parser = argparse.ArgumentParser(prog="python -m pellucid.recipes.results",
                                     description="The table of what the recipes reached.")
    parser.add_argument("runs", nargs="+", metavar="RUN", type=Path, help="folder of a run")
    parser.add_argument("--into", metavar="PAGE", type=Path,
                        help="put the rows into this page, whose other rows stay")
    options = parser.parse_args(given)
    try:
        if options.into:
            write_text(options.into, page(options.runs, options.into.read_text(encoding="utf-8")))
        else:
            print(page(options.runs), end="")
    except (OSError, ValueError, KeyError) as error:
        print(f"results: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
