"""Pictures of pages of traces for the docs: `python -m tests.explain.pictures [docs/images]`."""

from __future__ import annotations

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.browser import Browser
from tests.explain.trace_networks import NETWORKS

from pellucid.explain.trace import page

MOST = 150_000                                                   # bytes of a picture


@dataclass(frozen=True)
class View:
    """What of a network's page is shown: one step, one of its results, one cell."""

    phase: str
    op: str
    nth: int = 0                                                 # of the steps of this phase and op
    target: int = 0
    cell: tuple[int, ...] = ()
    dark: bool = False
    below: str = ""                                              # the picture begins at this element
    height: int = 1040


VIEWS = {
    "mlp": View("backward", "linear", 1, cell=(1, 1), dark=True, height=1100),
    "cnn": View("forward", "convolution", cell=(0, 2, 6, 5), height=1500),
    "lstm": View("forward", "lstm_layer", cell=(8, 1), height=2790),
    "transformer": View("forward", "attention", cell=(0, 1, 4, 2), height=1700),
    "own": View("backward", "Swish", cell=(1, 2), height=1180),
}


def step_of(record: dict, view: View) -> int:
    """The number of the step that a view shows."""
    ops = {step["id"]: step["op"] for step in record["steps"]}
    found = [step["id"] for step in record["steps"] if step["phase"] == view.phase
             and (ops[step["of"]] if view.phase == "backward" else step["op"]) == view.op]
    return found[view.nth]


def flat(cell: tuple[int, ...], shape: list[int]) -> int:
    """A place as one number, in row-major order."""
    at = 0
    for i, size in zip(cell, shape, strict=True):
        at = at * size + i
    return at


def small(png: bytes) -> bytes:
    """The same picture with a palette of few colours."""
    from PIL import Image

    kept = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE).save(
        kept, "PNG", optimize=True)
    return kept.getvalue()


def draw(browser: Browser, name: str, folder: Path) -> bytes:
    """A picture of one network's page."""
    NETWORKS[name]()                                             # what is compiled once is no time of a step
    view, record = VIEWS[name], NETWORKS[name]().to_json()
    file = folder / f"{name}.html"
    file.write_text(page.html(record), encoding="utf-8")
    browser.open(file, width=1280, height=800, dark=view.dark)
    number = step_of(record, view)
    step = record["steps"][number]
    made = step["outputs"] if view.phase == "forward" else [g for g in step["gradients"] if g is not None]
    cell = flat(view.cell, record["values"][made[view.target]]["shape"])
    browser.run(f"pellucid.go({number}, {cell}, {view.target})")
    browser.run("new Promise(done => setTimeout(done, 400))")    # colours fade in
    shot = folder / f"{name}.png"
    browser.screenshot(shot, height=view.height, below=view.below)
    return small(shot.read_bytes())


def main(target: str = "docs/images") -> None:
    """Write a picture of each network's page, and say how large it is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        browser = Browser(folder / "profile")
        try:
            for network in VIEWS:
                picture = draw(browser, network, folder)
                if len(picture) > MOST:
                    raise SystemExit(f"{network}: the picture has {len(picture):,} bytes, at most {MOST:,}")
                path = Path(target) / f"trace-{network}.png"
                path.write_bytes(picture)
                print(f"{path}: {len(picture):,} bytes")
        finally:
            browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
