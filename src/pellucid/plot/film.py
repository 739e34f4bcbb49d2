"""Moving pictures of training: figures, one after the other, as GIF or WebM."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid.extras import need
from pellucid.io import write_bytes
from pellucid.ops import tensor
from pellucid.train import Callback

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Film(Callback):
    """Collect figures as frames and write them to a file; as a callback of `fit`, a frame after some epochs.

        film = Film("training.gif", draw=lambda training: plot.decision_boundary(...), every=2)
        fit(model, ..., callbacks=[film])                        # or film.add(figure), film.save()

    path:    ends in .gif (needs Pillow, which matplotlib brings) or .webm (needs the program ffmpeg)
    every:   epochs between frames; the last one stays for `rest` seconds
    Frames are kept as compressed pictures; the file is written whole or not at all, after training or an
    interruption of it.
    Raises:  ValueError for another ending or numbers below 1, RuntimeError for WebM without ffmpeg, and for a
             film without frames.
    """

    def __init__(self, path: str | os.PathLike[str], draw: Callable[[Any], Figure] | None = None, *,
                 every: int = 1, frames_per_second: float = 8.0, rest: float = 1.5, dpi: int = 80) -> None:
        self.path = Path(path)
        if self.path.suffix not in (".gif", ".webm"):
            raise ValueError(f"Film: path must end in .gif or .webm, got {self.path.name}")
        if self.path.suffix == ".webm" and shutil.which("ffmpeg") is None:
            raise RuntimeError("Film: .webm needs the program ffmpeg, which is not installed; .gif does not")
        if every < 1 or frames_per_second <= 0:
            raise ValueError("Film: every must be at least 1 epoch and frames_per_second above 0, got "
                             f"{every} and {frames_per_second}")
        self.draw, self.every, self.rest, self.dpi = draw, every, rest, dpi
        self.frames_per_second = frames_per_second
        self.frames: list[bytes] = []                            # PNG

    def add(self, figure: Figure) -> None:
        """Take a frame, on white."""
        target = io.BytesIO()
        figure.savefig(target, dpi=self.dpi, format="png", facecolor="white", transparent=False)
        self.frames.append(target.getvalue())

    def save(self) -> Path:
        """Write the film and return its path."""
        if not self.frames:
            raise RuntimeError("Film: there are no frames; add(figure) takes one")
        pictures = self._alike()
        content = self._gif(pictures) if self.path.suffix == ".gif" else self._webm(pictures)
        write_bytes(self.path, content)
        return self.path

    def _alike(self) -> list[Any]:
        """The frames as pictures of the first one's size."""
        image = need("PIL.Image", extra="vision")
        pictures = [image.open(io.BytesIO(frame)).convert("RGBA") for frame in self.frames]
        pictures = [image.alpha_composite(image.new("RGBA", each.size, "white"), each).convert("RGB")
                    for each in pictures]                        # what figures leave open is white
        size = tuple(2 * (side // 2) for side in pictures[0].size)     # video wants even sides
        return [each if each.size == size else each.resize(size) for each in pictures]

    def _gif(self, pictures: list[Any]) -> bytes:
        target, wait = io.BytesIO(), 1000 / self.frames_per_second
        durations = [wait] * (len(pictures) - 1) + [wait + 1000 * self.rest]
        pictures[0].save(target, format="GIF", save_all=True, append_images=pictures[1:], loop=0,
                         duration=durations, optimize=True)
        return target.getvalue()

    def _webm(self, pictures: list[Any]) -> bytes:
        still = [pictures[-1]] * round(self.rest * self.frames_per_second)
        wide, high = pictures[0].size
        done = subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{wide}x{high}",
             "-r", str(self.frames_per_second), "-i", "-", "-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-f",
             "webm", "-"], input=b"".join(each.tobytes() for each in pictures + still), capture_output=True)
        if done.returncode:
            raise RuntimeError(f"Film: ffmpeg ended with {done.returncode}: {done.stderr.decode()[-300:]}")
        return done.stdout

    def on_epoch_end(self, training: Any, row: dict[str, Any]) -> None:
        if self.draw is not None and training.epoch % self.every == 0:
            self.add(self.draw(training))

    def on_fit_end(self, training: Any) -> None:
        if self.frames:
            self.save()

    def on_fit_failed(self, training: Any, error: BaseException) -> None:
        self.on_fit_end(training)

    def state_dict(self) -> dict[str, Any]:
        """The frames, so that a film of a training that was interrupted is whole."""
        return {"frames": [tensor(np.frombuffer(frame, np.uint8).copy()) for frame in self.frames]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.frames = [frame.numpy().tobytes() for frame in state.get("frames", ())]
