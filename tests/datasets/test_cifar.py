"""The small part of CIFAR-10: found, checked, refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pellucid import datasets
from pellucid.datasets import cifar
from pellucid.io import CorruptFile


def write(folder: Path, **changes: np.ndarray) -> Path:
    """A file of the right form with other pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    x, y = np.zeros((5, 3, 32, 32), np.uint8), np.arange(5, dtype=np.uint8)
    arrays = {"x_train": x, "y_train": y, "x_test": x, "y_test": y,
              "classes": np.array([f"thing {i}" for i in range(10)])}
    np.savez(folder / cifar.FILE, **{**arrays, **changes})
    return folder


def test_real_pictures_are_read(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not (data_dir / "vision/cifar10" / cifar.FILE).is_file():
        pytest.skip(f"no real pictures: {cifar.FILE} is not in {data_dir}/vision/cifar10")
    monkeypatch.setenv("PELLUCID_DATA", str(data_dir))
    train, test = datasets.cifar10("train"), datasets.cifar10("test")
    assert train.x.shape == (5000, 3072) and test.x.shape == (1000, 3072) and train.x.dtype == np.float32
    assert train.x.min() == 0 and train.x.max() == 1 and train.images.shape == (5000, 3, 32, 32)
    assert train.class_names[:2] == ("airplane", "automobile") and np.bincount(test.y).min() > 50


def test_other_pictures_are_refused_with_the_remedy(tmp_path: Path) -> None:
    for folder in ("", "cifar10", "vision/cifar10"):
        write(tmp_path / "a" / folder)
    with pytest.raises(CorruptFile, match="the sha256 of its train part is .* delete it, then write one"):
        datasets.cifar10("train", tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / cifar.FILE).write_bytes(b"no archive")
    with pytest.raises(CorruptFile, match="it cannot be read"):
        datasets.cifar10("test", tmp_path / "b")


def test_missing_file_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(datasets.MissingData, match=f"is not in {tmp_path} .* 5,000 of data_batch_1"):
        datasets.cifar10("train", tmp_path)
    with pytest.raises(ValueError, match="split is 'validation'"):
        datasets.cifar10("validation")
    with pytest.raises(NotADirectoryError):
        datasets.cifar10("train", tmp_path / "nowhere")
