"""A side as the bench sees it: a process that is asked and answers, crashes, or says nothing."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
THREADS = ("OMP", "OPENBLAS", "MKL", "VECLIB", "NUMBA")


class SideError(Exception):
    """A side crashed, hung, or reported an error."""


class Side:
    """A process that answers one line of JSON with another."""

    def __init__(self, name: str, threads: int | None = None, patience: float = 300.0,
                 command: Sequence[str] | None = None) -> None:
        self.name, self.patience = name, patience
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        self.process = subprocess.Popen(
            command or [sys.executable, "-m", "bench.side", name], cwd=ROOT, env=environment(threads),
            encoding="utf-8", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        self.answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            self._answer()                              # the library has been imported, or could not be
        except SideError:
            self.close()
            raise

    def ask(self, do: str, **what: Any) -> dict[str, Any]:
        """Ask, wait, and return the answer; SideError where there is none or it tells of an error."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):           # it ended before; why is told below
            pass
        return self._answer()

    def close(self) -> None:
        """End the process."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        with contextlib.suppress(BrokenPipeError, ValueError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        self.errors.close()

    def __enter__(self) -> Side:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.answers.put(line)
        self.answers.put(None)

    def _answer(self) -> dict[str, Any]:
        try:
            line = self.answers.get(timeout=self.patience)
        except queue.Empty:
            self.process.kill()
            raise SideError(f"{self.name}: no answer within {self.patience:g} s") from None
        if line is None:
            self.answers.put(None)                      # for the next question, too
            raise SideError(f"{self.name}: ended with status {self.process.wait()}{self._last_words()}")
        answer = json.loads(line)
        if "missing" in answer:
            raise SideError(answer["missing"])
        if "error" in answer:
            raise SideError(f"{self.name}: {answer['error']}")
        return answer

    def _last_words(self) -> str:
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip()]
        return f": {lines[-1]}" if lines else ""


def environment(threads: int | None) -> dict[str, str]:
    """This process's, with the checkout's own source first, and a number of threads if one is wanted."""
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    limits = {} if threads is None else {f"{library}_NUM_THREADS": str(threads) for library in THREADS}
    return {**os.environ, "PYTHONPATH": path, **limits}
