"""Run a script as it is, with PyTorch or under `pellucid run`, and note the loss at each `backward()`.

    python observe.py SIDE NOTES.json SETTINGS script.py [its arguments]

SIDE is torch or pellucid; SETTINGS is a JSON object: `steps`, how many losses to note; `stop`, end after so
many losses (null: never); `seed`, for scripts that set none; `before`, a file to execute first with PyTorch;
`double`, make float64 the default. Nothing of Pellucid is imported where SIDE is torch.
"""

from __future__ import annotations

import importlib
import json
import os
import random
import runpy
import sys
from pathlib import Path
from typing import Any


class Enough(SystemExit):
    """The losses that were asked for are noted: the script need not go on."""


def watch(library: Any, losses: list[float], steps: int, stop: int | None) -> None:
    """Note the value of each scalar that `backward` is called on, before it is."""
    real, n_calls = library.Tensor.backward, [0]

    def backward(self: Any, *arguments: Any, **keywords: Any) -> Any:
        if self.numel() == 1:
            if len(losses) < steps:
                losses.append(self.item())
            n_calls[0] += 1
        done = real(self, *arguments, **keywords)
        if stop is not None and n_calls[0] >= stop:
            sys.stdout.flush()
            raise Enough(0)
        return done

    library.Tensor.backward = backward


def seeded(library: Any, seed: int) -> None:
    """Seed every generator that a script may draw from without seeding it."""
    random.seed(seed)
    importlib.import_module("numpy").random.seed(seed)
    library.manual_seed(seed)


def main(side: str, notes: str, settings: str, script: str, *arguments: str) -> int:
    """Run it; the losses are written even where it fails."""
    library = importlib.import_module(side)
    asked, losses = json.loads(settings), list[float]()
    seeded(library, asked["seed"])
    watch(library, losses, asked["steps"], asked["stop"])
    if asked["double"]:
        library.set_default_dtype(library.float64)
    if asked["before"] and side == "torch":
        runpy.run_path(asked["before"])
    try:
        if side == "pellucid":
            return importlib.import_module("pellucid.run.script").main(script, arguments)
        sys.argv, sys.path[0] = [script, *arguments], os.path.dirname(os.path.abspath(script))
        runpy.run_path(script, run_name="__main__")
        return 0
    finally:
        Path(notes).write_text(json.dumps(losses), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
