"""One side in a process of its own: `python -m bench.side pellucid` answers questions in JSON."""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, TextIO

from .memory import peak_mib
from .row import NoAdapter, Work


class Answers:
    """What a side can be asked; the work that was built last is what most questions are about."""

    def __init__(self, name: str) -> None:
        from .sides import open_side

        self.side, self.base = open_side(name), peak_mib()
        self.work: Work | None = None

    def about(self) -> dict[str, Any]:
        """What runs here, and the memory that the import alone took."""
        return {**self.side.about(), "base_mib": self.base}

    def build(self, row: str, folder: str | None = None) -> dict[str, Any]:
        """Make a row's workload ready."""
        from .workloads import every_row

        self.work = None                                # what was built before is let go first
        self.work = self.side.build(every_row()[row], Path(folder) if folder else None)
        return {}

    def save(self, folder: str) -> dict[str, Any]:
        """Write the weights and the data for the other side."""
        from .tensors import save

        save(Path(folder), self.ready.tensors)
        return {}

    def check(self, steps: int) -> dict[str, Any]:
        """Take a few steps, and tell what each gave."""
        from .agreement import summary

        self.side.seed()
        return {"values": [summary(self.ready.step()) for _ in range(steps)]}

    def warm(self, seconds: float) -> dict[str, Any]:
        """Run for a while, and tell how many steps fit into that time."""
        from .clock import steps_for

        return {"steps": steps_for(self.ready.step, seconds)}

    def time(self, steps: int) -> dict[str, Any]:
        """Seconds per step."""
        from .clock import seconds_per_step

        return {"seconds": seconds_per_step(self.ready.step, steps)}

    def memory(self) -> dict[str, Any]:
        """The process's peak so far, and what lies on the disk where the row is about that."""
        peak, disk = self.ready.peak_mib or peak_mib, self.ready.disk_mib
        return {"peak_mib": peak(), "base_mib": self.base, "disk_mib": disk() if disk else None}

    def rate(self) -> dict[str, Any]:
        """GFLOP/s of a product of matrices, for sides that have one."""
        from .clock import matrix_rate
        from .sides import Torch

        return {"gflops": matrix_rate(self.side.module) if isinstance(self.side, Torch) else None}

    def profile(self, steps: int) -> dict[str, Any]:
        """Where the time of a step goes."""
        from .clock import profile

        return {"profile": profile(self.ready.step, steps)}

    @property
    def ready(self) -> Work:
        """The work that was built."""
        if self.work is None:
            raise RuntimeError("nothing has been built")
        return self.work


def reply(answers: Answers, question: dict[str, Any]) -> dict[str, Any]:
    """Answer a question, or tell why not."""
    from .sides import Missing

    try:
        return getattr(answers, question.pop("do"))(**question)
    except Missing as error:
        return {"needs": str(error)}
    except NoAdapter as error:
        return {"skip": str(error)}
    except Exception as error:
        return failure(error)


def failure(error: Exception) -> dict[str, Any]:
    """An error in words; its traceback goes to the error stream."""
    traceback.print_exc()
    if isinstance(error, ModuleNotFoundError):
        return {"missing": f"{error.name} is not installed"}
    return {"error": f"{type(error).__name__}: {' '.join(str(error).split())}"}


def answer_all(name: str, questions: TextIO, out: TextIO) -> None:
    """Say that the library is there, or why not; then answer until the questions end."""
    try:
        answers = Answers(name)
    except Exception as error:
        print(json.dumps(failure(error)), file=out, flush=True)
        return
    print(json.dumps({"ready": name}), file=out, flush=True)
    for line in questions:
        print(json.dumps(reply(answers, json.loads(line))), file=out, flush=True)


if __name__ == "__main__":
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)                                       # what a library prints must not stand between answers
    answer_all(sys.argv[1], sys.stdin, channel)
