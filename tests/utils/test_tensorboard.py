"""Event files: their records, what is in them, and what TensorBoard reads from them where it is installed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid.utils.tensorboard import SummaryWriter, _check, _varint


def crc_by_bits(content: bytes) -> int:
    """CRC-32C without a table, bit by bit, as the definition says."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def test_checksum() -> None:
    assert crc_by_bits(b"123456789") == 0xE3069283               # the published check value of CRC-32C
    for content in (b"", b"123456789", bytes(range(256))):
        crc = crc_by_bits(content)
        turned = (crc >> 15 | crc << 17) & 0xFFFFFFFF
        assert _check(content) == struct.pack("<I", (turned + 0xA282EAD8) & 0xFFFFFFFF)


@pytest.mark.parametrize("n, expected", [(0, b"\0"), (127, b"\x7f"), (300, b"\xac\x02"),
                                         (-1, b"\xff" * 9 + b"\x01")])
def test_varint(n: int, expected: bytes) -> None:
    assert _varint(n) == expected


def records(folder: Path) -> Iterator[bytes]:
    """The events of the one file in a folder; their checksums are checked."""
    (file,) = folder.glob("events.out.tfevents.*")
    content = file.read_bytes()
    while content:
        length = struct.unpack("<Q", content[:8])[0]
        assert content[8:12] == _check(content[:8])
        yield content[12:12 + length]
        assert content[12 + length:16 + length] == _check(content[12:12 + length])
        content = content[16 + length:]


def test_records(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path / "run") as writer:
        writer.add_scalar("loss", pellucid.tensor(0.5), 300, walltime=2.0)
    first, second = records(tmp_path / "run")
    assert b"brain.Event:2" in first
    value = b"\x0a\x04loss\x15" + struct.pack("<f", 0.5)
    summary = b"\x0a" + bytes([len(value)]) + value
    assert second == b"\x09" + struct.pack("<d", 2.0) + b"\x10\xac\x02\x2a" + bytes([len(summary)]) + summary
    assert writer.get_logdir() == str(tmp_path / "run")


def test_one_number_in_whatever_holds_it(tmp_path: Path) -> None:
    numbers = (0.5, np.array([0.5]), np.float32(0.5), pellucid.tensor([[0.5]], requires_grad=True))
    with SummaryWriter(tmp_path) as writer:
        for number in numbers:
            writer.add_scalar("return", number)
    _, *events = records(tmp_path)
    assert len(events) == len(numbers) and all(event.endswith(struct.pack("<f", 0.5)) for event in events)


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(NotImplementedError, match="SummaryWriter.add_figure is not in Pellucid"):
            writer.add_figure("figure", None)
        with pytest.raises(ValueError, match=r"return must be one number, got the shape \(2,\)"):
            writer.add_scalar("return", np.zeros(2))
        with pytest.raises(ValueError, match="finite numbers"):
            writer.add_histogram("h", [1.0, np.nan])
        with pytest.raises(ValueError, match="does not name the axes"):
            writer.add_image("picture", np.zeros((3, 3)))


def test_the_default_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_mine") as writer:
        assert Path(writer.log_dir).parent == Path("runs") and writer.log_dir.endswith("_mine")


def test_tensorboard_reads_it(tmp_path: Path) -> None:
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_text("words", "some *text*", 4)
        writer.add_histogram("weights", pellucid.randn(100), 5)
        writer.add_image("picture", pellucid.rand(3, 5, 7), 6)
        writer.add_images("pictures", pellucid.rand(4, 1, 5, 7))
        writer.add_scalars("both", {"a": 1.0, "b": 2.0}, 1)
    found = reader.EventAccumulator(str(tmp_path))
    found.Reload()
    losses = [(each.step, each.value) for each in found.Scalars("loss")]
    assert losses == [(0, 1), (1, 0.5), (2, np.float32(1 / 3))]
    assert found.Tensors("words/text_summary")[0].tensor_proto.string_val == [b"some *text*"]
    assert found.Histograms("weights")[0].histogram_value.num == 100
    pictures = found.Images("picture") + found.Images("pictures")
    assert [(picture.width, picture.height) for picture in pictures] == [(7, 5), (28, 5)]
    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"both_a", "both_b"}
