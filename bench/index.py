"""Measure the index: a million vectors on the disk, exact, by codes, and by other libraries' structures.

    python -m bench.index [--vectors 1000000] [--few 100000] [--folder FOLDER] [--out bench/INDEX.md]

Every row runs in a process of its own: it opens the file and searches twice. FAISS and hnswlib take part
where they are installed (`pip install "pellucid[search]"`), with --few vectors, because building their graphs
takes long.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from .memory import peak_mib

ROOT = Path(__file__).resolve().parent.parent
DIM, QUERIES, K, GROUPS, LATENT = 384, 100, 10, 20_000, 96
AT_ONCE = 50_000                                        # vectors that are drawn and added together
ROWS = (("float32, exact", None, 1, None), ("int8, rescore 2", "int8", 2, None),
        ("int8, rescore 10", "int8", 10, None), ("binary, rescore 10", "binary", 10, None),
        ("binary, rescore 50", "binary", 50, None))
OTHERS = (("float32, exact", None, 1, None), ("FAISS, Flat", None, 1, "faiss:Flat"),
          ("FAISS, HNSW32", None, 10, "faiss:HNSW32"), ("hnswlib, 16 edges", None, 10, "hnswlib:16"))


def drawn(count: int, seed: int) -> Iterator[np.ndarray]:
    """Vectors that lie in groups, as those of texts do: a centre and as much noise, both mostly in a few
    directions.
    """
    rng = np.random.default_rng(0)
    falling = 1 / np.sqrt(np.arange(1, LATENT + 1, dtype=np.float32))
    directions = rng.standard_normal((LATENT, DIM), np.float32) * falling[:, None]
    centres = rng.standard_normal((GROUPS, LATENT), np.float32)
    rng = np.random.default_rng([seed, count])
    for start in range(0, count, AT_ONCE):
        some = min(AT_ONCE, count - start)
        latent = centres[rng.integers(GROUPS, size=some)] + rng.standard_normal((some, LATENT), np.float32)
        noise = rng.standard_normal((some, DIM), np.float32) * np.float32(0.1)
        yield latent @ directions + noise


def anonymous_mib() -> float:
    """Memory of this process that no file stands behind, in MiB; 0 where the system does not tell."""
    try:
        with open("/proc/self/status", encoding="utf-8") as file:
            return next(int(line.split()[1]) / 2**10 for line in file if line.startswith("RssAnon:"))
    except (OSError, StopIteration):
        return 0.0


def build(path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Write the file of an index by adding to it again and again."""
    from pellucid import embed

    embed.Index(DIM, quantization=options.codes).save(path)
    index, seconds = embed.Index.load(path), 0.0
    for rows in drawn(options.vectors, 1):
        start = time.perf_counter()
        index.add(rows)
        seconds += time.perf_counter() - start
    return {"seconds": seconds, "peak": peak_mib(), "bytes": path.stat().st_size}


def search(path: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Open and search, twice."""
    from pellucid import embed

    queries = next(drawn(QUERIES, 2))
    start = time.perf_counter()
    index = embed.Index.load(path, backend=options.backend)
    if options.backend:                                 # adds what the structure lacks: all, the first time
        index.search(queries[:1], 1)
    opened, times = time.perf_counter() - start, []
    for _ in range(2):
        start, before = time.perf_counter(), time.process_time()
        hits = index.search(queries, K, rescore=options.rescore)
        times.append((time.perf_counter() - start, time.process_time() - before))
    return {"open": opened, "first": times[0][0], "second": times[1][0], "processor": times[1][1],
            "peak": peak_mib(), "anonymous": anonymous_mib(), "ids": hits.ids.tolist()}


def process(what: str, path: Path, **told: Any) -> dict[str, Any]:
    """One of the two in a process of its own."""
    words = [sys.executable, "-m", "bench.index", "--side", what, "--path", str(path)]
    for name, value in told.items():
        words += [f"--{name}", str(value)] if value is not None else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"),
                                                                os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(words, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def recall(found: list[list[int]], truth: list[list[int]]) -> float:
    """The share of the true nearest that was found."""
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(found, truth, strict=True)]))


def measured(rows: Sequence[tuple[str, str | None, int, str | None]], files: dict[str | None, Path]
             ) -> list[dict[str, Any]]:
    """Every row's result with its recall; the first row is the truth."""
    results: list[dict[str, Any]] = []
    for name, codes, rescore, backend in rows:
        found = process("search", files[codes], rescore=rescore, backend=backend)
        found.update(name=name, recall=recall(found["ids"], (results or [found])[0]["ids"]))
        results.append(found)
        print(name, {key: value for key, value in found.items() if key != "ids"}, file=sys.stderr, flush=True)
    return results


def table(results: list[dict[str, Any]]) -> str:
    """Results for people."""
    lines = ["| search | recall@10 | first, s | again, s | processor, s | peak RSS, MiB | "
             "without files, MiB | open, s |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    for each in results:
        lines.append(f"| {each['name']} | {each['recall']:.3f} | {each['first']:.2f} | "
                     f"{each['second']:.2f} | {each['processor']:.2f} | {each['peak']:.0f} | "
                     f"{each['anonymous']:.0f} | "
                     f"{each['open']:.2f} |")
    return "\n".join(lines)


def installed() -> dict[str, str]:
    """The other libraries that are there."""
    found = {}
    for name, package in (("faiss", "faiss-cpu"), ("hnswlib", "hnswlib")):
        try:
            found[name] = version(package)
        except PackageNotFoundError:
            continue
    return found


def report(options: argparse.Namespace, folder: Path) -> str:
    """Measure everything; the page."""
    files: dict[str | None, Path] = {codes: folder / f"{codes}.index" for codes in (None, "int8", "binary")}
    built = []
    for codes, path in files.items():
        found = process("build", path, codes=codes, vectors=options.vectors)
        built.append(f"| {codes or 'float32 alone'} | {found['bytes'] / 1e6:,.0f} | {found['seconds']:.1f} | "
                     f"{found['peak']:.0f} |")
    many = table(measured(ROWS, files))
    few, there = folder / "few.index", installed()
    process("build", few, vectors=options.few)
    others = [row for row in OTHERS if row[3] is None or row[3].partition(":")[0] in there]
    versions = ", ".join([f"Python {platform.python_version()}", f"NumPy {np.__version__}",
                          *(f"{name} {number}" for name, number in there.items())])
    return f"""# Speed of the index

Written by `python -m bench.index`: top {K} of {QUERIES} queries among {options.vectors:,} vectors of {DIM}
components in a file that is mapped into memory ({versions}, {os.cpu_count()} processors,
{platform.system()}). The vectors are drawn: {GROUPS:,} groups, each vector its group's centre and as much
noise, mostly in {LATENT} directions. Every row is a process of its own that opens the file and searches
twice; the file is in the system's cache. Peak RSS counts pages of the file that are in memory at the time,
which the system can take back; "without files" is the memory afterwards that it cannot. Recall is the share
of the exact search's answers.

{many}

Written by adding {AT_ONCE:,} vectors at a time, each time forced to the disk:

| codes | file, MB | seconds | peak RSS, MiB |
|---|---:|---:|---:|
{chr(10).join(built)}

## Other libraries' structures

The same among {options.few:,} vectors. "Open" is, for FAISS and hnswlib, the building of their structures.

{table(measured(others, {None: few}))}
"""


def main(given: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    made = argparse.ArgumentParser(prog="python -m bench.index", description=__doc__.partition("\n")[0])
    made.add_argument("--vectors", type=int, default=1_000_000)
    made.add_argument("--few", type=int, default=100_000)
    made.add_argument("--folder", type=Path, help="where the files are written, some 6 GB")
    made.add_argument("--out", type=Path, metavar="FILE", help="write the page there")
    for name, kind in (("side", str), ("path", Path), ("codes", str), ("backend", str), ("rescore", int)):
        made.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    options = made.parse_args(given)
    if options.side:
        print(json.dumps({"build": build, "search": search}[options.side](options.path, options)))
        return 0
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        page = report(options, Path(folder))
    print(page)
    if options.out:
        options.out.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
