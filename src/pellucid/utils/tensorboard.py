"""Event files for TensorBoard, written without it: numbers, texts, histograms and pictures by step.

A file is a row of records, each an Event in protocol-buffer form between its length and checksums:

    length (8 bytes), check(length), event, check(event)     check: CRC-32C turned by 15 bits, + 0xa282ead8

Source:  TensorFlow's event.proto and summary.proto for the numbers of the fields; Castagnoli et al. 1993,
         "Optimization of cyclic redundancy-check codes", for the checksum.
"""

from __future__ import annotations

import functools
import itertools
import os
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..absent import absent
from ..io.png import png
from ..tensor import Tensor

__all__ = ["SummaryWriter"]


class SummaryWriter:
    """Write what a run measures into a folder that `tensorboard --logdir` reads.

    log_dir  runs/DATE_HOST and the comment by default
    Differs: from PyTorch in that TensorBoard need not be installed; graphs, figures, embeddings, sound and
             video are not written.
    Raises:  NotImplementedError for these.
    """

    _numbers = itertools.count()

    def __init__(self, log_dir: str | os.PathLike[str] | None = None, comment: str = "",
                 purge_step: int | None = None, max_queue: int = 10, flush_secs: int = 120,
                 filename_suffix: str = "") -> None:
        now = f"{time.strftime('%b%d_%H-%M-%S')}_{socket.gethostname()}{comment}"
        self.log_dir = os.fspath(log_dir or os.path.join("runs", now))
        self._suffix, self._parts = filename_suffix, dict[str, SummaryWriter]()
        os.makedirs(self.log_dir, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}." \
               f"{next(self._numbers)}{filename_suffix}"
        self._file = open(os.path.join(self.log_dir, name), "ab")
        self._write(_text(3, "brain.Event:2"), None, None)

    def _write(self, event: bytes, step: int | None, walltime: float | None) -> None:
        """One record, with its time and step."""
        event = _double(1, time.time() if walltime is None else walltime) + _whole(2, int(step or 0)) + event
        length = struct.pack("<Q", len(event))
        self._file.write(length + _check(length) + event + _check(event))
        self._file.flush()                                       # read while the run goes on

    def _add(self, tag: str, value: bytes, step: int | None, walltime: float | None) -> None:
        self._write(_bytes(5, _bytes(1, _text(1, tag) + value)), step, walltime)

    def add_scalar(self, tag: str, scalar_value: Any, global_step: int | None = None,
                   walltime: float | None = None, new_style: bool = False,
                   double_precision: bool = False) -> None:
        """A number, or a tensor or an array that holds one.

        Raises:  ValueError for several.
        """
        x = _array(scalar_value)
        if x.size != 1:
            raise ValueError(f"add_scalar: {tag} must be one number, got the shape {x.shape}")
        self._add(tag, b"\x15" + struct.pack("<f", x.item()), global_step, walltime)

    def add_scalars(self, main_tag: str, tag_scalar_dict: Mapping[str, Any], global_step: int | None = None,
                    walltime: float | None = None) -> None:
        """Several numbers for one chart, each in a folder of its own."""
        for tag, value in tag_scalar_dict.items():
            folder = os.path.join(self.log_dir, f"{main_tag.replace('/', '_')}_{tag}")
            if folder not in self._parts:
                self._parts[folder] = SummaryWriter(folder, filename_suffix=self._suffix)
            self._parts[folder].add_scalar(main_tag, value, global_step, walltime)

    def add_text(self, tag: str, text_string: str, global_step: int | None = None,
                 walltime: float | None = None) -> None:
        """A text, in Markdown."""
        plugin = _bytes(9, _bytes(1, _text(1, "text")))
        one = _bytes(2, _bytes(2, _whole(1, 1)))                 # the shape (1,)
        tensor = _bytes(8, _whole(1, 7) + one + _text(8, text_string))    # 7: text
        self._add(f"{tag}/text_summary", plugin + tensor, global_step, walltime)

    def add_histogram(self, tag: str, values: Any, global_step: int | None = None, bins: Any = "tensorflow",
                      walltime: float | None = None, max_bins: int | None = None) -> None:
        """How often which values occur; bins as NumPy's histogram takes them.

        Raises:  ValueError without values, or for values that are not finite.
        """
        x = _array(values).astype(np.float64).reshape(-1)
        if not x.size or not np.isfinite(x).all():
            raise ValueError(f"add_histogram: values must be finite numbers, got {x.size} of them for {tag}")
        counts, edges = np.histogram(x, bins=_limits() if bins == "tensorflow" else bins)
        used = np.flatnonzero(counts)
        first, last = (used[0], used[-1] + 1) if used.size else (0, 0)
        counts, edges = counts[first:last], edges[first + 1:last + 1]
        body = b"".join(_double(i + 1, v) for i, v in enumerate((x.min(), x.max(), x.size, x.sum(), x @ x)))
        body += _bytes(6, edges.astype("<f8").tobytes()) + _bytes(7, counts.astype("<f8").tobytes())
        self._add(tag, _bytes(5, body), global_step, walltime)

    def add_image(self, tag: str, img_tensor: Any, global_step: int | None = None,
                  walltime: float | None = None, dataformats: str = "CHW") -> None:
        """A picture: bytes, or floats from 0 to 1. dataformats names its axes: CHW, HWC or HW."""
        x = _array(img_tensor)
        if len(dataformats) != x.ndim or set(dataformats) - set("CHW"):
            raise ValueError(f"add_image: dataformats {dataformats!r} does not name the axes of {x.shape}")
        if x.dtype.kind == "f":
            x = np.clip(x * 255, 0, 255).astype(np.uint8)
        x = np.transpose(x, [dataformats.index(axis) for axis in "HWC" if axis in dataformats])
        size = _whole(1, x.shape[0]) + _whole(2, x.shape[1]) + _whole(3, x.shape[2] if x.ndim == 3 else 1)
        self._add(tag, _bytes(4, size + _bytes(4, png(x))), global_step, walltime)

    def add_images(self, tag: str, img_tensor: Any, global_step: int | None = None,
                   walltime: float | None = None, dataformats: str = "NCHW") -> None:
        """Several pictures, side by side."""
        x = _array(img_tensor)
        x = np.transpose(x, ["NCHW".index(axis) if dataformats == "NCHW" else dataformats.index(axis)
                             for axis in "HNWC"])                # (H, N, W, C)
        self.add_image(tag, x.reshape(x.shape[0], -1, x.shape[3]), global_step, walltime, "HWC")

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def flush(self) -> None:
        """Nothing: each record is in its file as soon as it is added."""

    def close(self) -> None:
        """Close the files."""
        for part in self._parts.values():
            part.close()
        self._file.close()

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    add_graph = absent("utils.tensorboard.SummaryWriter.add_graph", "graphs are not written")
    add_figure = absent("utils.tensorboard.SummaryWriter.add_figure", "figures are not written")
    add_embedding = absent("utils.tensorboard.SummaryWriter.add_embedding", "embeddings are not written")
    add_hparams = absent("utils.tensorboard.SummaryWriter.add_hparams", "tables of runs are not written")
    add_audio = absent("utils.tensorboard.SummaryWriter.add_audio", "sound is not written")
    add_video = absent("utils.tensorboard.SummaryWriter.add_video", "video is not written")


def _array(values: Any) -> np.ndarray:
    return values.detach().numpy() if isinstance(values, Tensor) else np.asarray(values)


@functools.cache
def _limits() -> np.ndarray:
    """Edges of bins that grow by a tenth on both sides of 0, as TensorBoard's."""
    grown = 1e-12 * 1.1 ** np.arange(774)                        # up to 1e20
    return np.concatenate([-grown[::-1], grown])


# ------------------------------------------------------------------------------- protocol buffers, checksums

def _varint(n: int) -> bytes:
    """A whole number, 7 bits to a byte, the last byte below 128; negative ones as 64 bits."""
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes([*out, n])


def _whole(field: int, n: int) -> bytes:
    return _varint(field << 3) + _varint(n)


def _double(field: int, x: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", x)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _text(field: int, content: str) -> bytes:
    return _bytes(field, content.encode())


@functools.cache
def _table() -> list[int]:
    """The CRC-32C of every byte."""
    table = []
    for crc in range(256):
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


def _check(content: bytes) -> bytes:
    crc, table = 0xFFFFFFFF, _table()
    for byte in content:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)
