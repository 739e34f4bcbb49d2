"""Measure tokenizers beside Hugging Face's library and minbpe.

    python -m bench.tokenizers TEXT [--minbpe FOLDER] [--merges 4096] [--out bench/TOKENIZERS.md]

TEXT is a file in UTF-8, say tinyshakespeare. minbpe (github.com/karpathy/minbpe) is not on PyPI: name the
folder of a checkout. Every measurement runs in a process of its own with one thread and is given in seconds
of the processor; the sides take turns, and the median counts.
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
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = {"RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1",
              "OPENBLAS_NUM_THREADS": "1"}
FEW = 128                                               # merges, of which minbpe learns some five a second
SAMPLE = 20_000                                         # characters that its encoding gets
Result = dict[str, float]


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor that some work takes, and what it gives."""
    started = time.process_time()
    found = work()
    return time.process_time() - started, found


def ours(path: Path, merges: int, folder: Path) -> Result:
    """Pellucid: train, encode with an empty cache, encode again, give the offsets, decode."""
    from pellucid.text import Tokenizer

    text = path.read_text(encoding="utf-8")
    few, _ = seconds(lambda: Tokenizer.train(path, 257 + FEW))
    train, made = seconds(lambda: Tokenizer.train(path, 257 + merges))
    made.save(folder / "ours.json")
    fresh = Tokenizer.from_file(folder / "ours.json")
    fresh.encode("a")
    first, encoding = seconds(lambda: fresh.encode(text))
    again, _ = seconds(lambda: fresh.encode(text).ids)
    both, _ = seconds(lambda: fresh.encode(text).offsets)
    decode, back = seconds(lambda: fresh.decode(encoding.ids))
    if back != text:
        raise AssertionError("decoding gives another text")
    return {"few": few, "train": train, "encode, first time": first, "encode": again,
            "encode with offsets": both, "decode": decode, "tokens": len(encoding)}


def theirs(path: Path, merges: int, folder: Path) -> Result:
    """Hugging Face: the same. Its encoding always has the offsets."""
    import tokenizers

    level, text = tokenizers.pre_tokenizers.ByteLevel, path.read_text(encoding="utf-8")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    made.pre_tokenizer, made.decoder = level(add_prefix_space=False), tokenizers.decoders.ByteLevel()

    def train(count: int) -> Any:
        return made.train([str(path)], tokenizers.trainers.BpeTrainer(
            vocab_size=257 + count, special_tokens=["<|endoftext|>"], show_progress=False,
            initial_alphabet=level.alphabet()))

    few, many = seconds(lambda: train(FEW))[0], seconds(lambda: train(merges))[0]
    made.save(str(folder / "theirs.json"))
    fresh = tokenizers.Tokenizer.from_file(str(folder / "theirs.json"))
    first, _ = seconds(lambda: fresh.encode(text).ids)
    again, ids = seconds(lambda: fresh.encode(text).ids)
    both, _ = seconds(lambda: fresh.encode(text).offsets)
    decode, _ = seconds(lambda: fresh.decode(ids))
    return {"few": few, "train": many, "encode, first time": first, "encode": again,
            "encode with offsets": both, "decode": decode, "tokens": len(ids)}


def minbpe(path: Path, merges: int, folder: Path) -> Result:
    """minbpe's BasicTokenizer: merges over the whole text, without words, and only a few."""
    sys.path.insert(0, os.environ["MINBPE"])
    sys.modules.setdefault("tiktoken", type(sys)("tiktoken"))    # its other classes want it
    from minbpe.basic import BasicTokenizer

    text = path.read_text(encoding="utf-8")
    made = BasicTokenizer()
    few, _ = seconds(lambda: made.train(text, 256 + FEW))
    encode, _ = seconds(lambda: made.encode(text[:SAMPLE]))
    return {"few": few, "encode": encode * len(text) / SAMPLE}


SIDES = {"Pellucid": ours, "Hugging Face": theirs, "minbpe": minbpe}


def measured(side: str, options: argparse.Namespace) -> Result:
    """One measurement in a process of its own."""
    words = [sys.executable, "-m", "bench.tokenizers", str(options.text.resolve()), "--side", side,
             "--merges", str(options.merges)]
    environment = {**os.environ, **ONE_THREAD, "MINBPE": str(options.minbpe or ""),
                   "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(words, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    found: Result = json.loads(done.stdout)
    return found


def run(options: argparse.Namespace) -> dict[str, Result]:
    """The medians of every side; minbpe, which takes minutes, once."""
    sides = [side for side in SIDES if side != "minbpe"]
    found: dict[str, list[Result]] = {side: [] for side in SIDES}
    for _ in range(options.rounds):
        for side in sides:
            found[side].append(measured(side, options))
    if options.minbpe:
        found["minbpe"].append(measured("minbpe", options))
    return {side: {key: median(each[key] for each in results) for key in results[0]}
            for side, results in found.items() if results}


def table(found: dict[str, Result], size: int, merges: int) -> str:
    """The results for people: seconds of training, millions of bytes per second of encoding."""
    rows = [["", *found], ["---", *["---:"] * len(found)]]
    for key, count in (("few", FEW), ("train", merges)):
        rows.append([f"train, {count:,} merges, s", *(f"{each[key]:.2f}" if key in each else ""
                                                      for each in found.values())])
    for key in ("encode, first time", "encode", "encode with offsets", "decode"):
        rows.append([f"{key}, MB/s", *(f"{size / 1e6 / each[key]:.3g}" if key in each else ""
                                       for each in found.values())])
    rows.append(["tokens", *(f"{each['tokens']:,.0f}" if "tokens" in each else ""
                             for each in found.values())])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def report(found: dict[str, Result], options: argparse.Namespace) -> str:
    """The page."""
    size = options.text.stat().st_size
    versions = [f"Python {platform.python_version()}"]
    try:
        from importlib.metadata import version

        versions.append(f"tokenizers {version('tokenizers')}")
    except ImportError:
        pass
    return f"""# Speed of tokenizers

Written by `python -m bench.tokenizers`. Byte-level BPE on {options.text.name}, {size / 1e6:.2f} MB; one
thread, seconds of the processor, median of {options.rounds} runs in which the sides take turns
({', '.join(versions)}, {platform.system()}).

Pellucid and Hugging Face learn the same vocabulary and give the same tokens; Hugging Face's library is Rust,
Pellucid and minbpe are Python. minbpe has no words: its BasicTokenizer counts the pairs of the whole text
anew for each merge. It learned {FEW} merges, once, and encoded the first {SAMPLE:,} characters with them.
"First time" starts with an empty cache of words. Encoding gives the numbers alone where the row does not say
offsets; Hugging Face's always makes both.

{table(found, size, options.merges)}
"""


def main(given: Sequence[str] | None = None) -> int:
    """Measure, print, write."""
    made = argparse.ArgumentParser(prog="python -m bench.tokenizers", description=__doc__.partition("\n")[0])
    made.add_argument("text", type=Path, help="a text in UTF-8")
    made.add_argument("--minbpe", type=Path, metavar="FOLDER", help="a checkout of minbpe")
    made.add_argument("--merges", type=int, default=4096)
    made.add_argument("--rounds", type=int, default=5)
    made.add_argument("--out", type=Path, metavar="FILE", help="write the page there")
    made.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = made.parse_args(given)
    if options.side:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(SIDES[options.side](options.text, options.merges, Path(folder))))
        return 0
    page = report(run(options), options)
    print(page)
    if options.out:
        options.out.write_text(page, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
