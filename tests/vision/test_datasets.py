"""MNIST, FashionMNIST and CIFAR-10 from local folders, whole and damaged."""

from __future__ import annotations

import gzip
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.io import CorruptFile
from pellucid.utils.data import DataLoader
from pellucid.vision import datasets, transforms

RNG = np.random.RandomState(0)
PIXELS = RNG.randint(0, 256, (5, 28, 28)).astype(np.uint8)
LABELS = np.array([3, 1, 4, 1, 5], np.uint8)


@pytest.fixture(autouse=True)
def no_other_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing that this machine has is looked at, and nothing is downloaded."""
    (tmp_path / "elsewhere").mkdir()
    for module in ("pellucid.datasets.files", "pellucid.vision.datasets.cifar"):
        monkeypatch.setattr(f"{module}.folders", lambda *_: iter([tmp_path / "elsewhere"]))


def idx(array: np.ndarray) -> bytes:
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


def write_mnist(folder: Path, packed: bool, split: str = "train") -> None:
    folder.mkdir(parents=True)
    contents = {f"{split}-images-idx3-ubyte": idx(PIXELS), f"{split}-labels-idx1-ubyte": idx(LABELS)}
    for name, content in contents.items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)


@pytest.mark.parametrize("kind", [datasets.MNIST, datasets.FashionMNIST, datasets.KMNIST])
@pytest.mark.parametrize("packed", [False, True])
def test_mnist(kind: Any, packed: bool, tmp_path: Path) -> None:
    write_mnist(tmp_path / kind.__name__ / "raw", packed)
    found = kind(tmp_path, train=True, download=True, transform=transforms.ToTensor(),
                 target_transform=lambda target: target * 10)
    assert len(found) == 5 and found.data.dtype == pellucid.uint8
    assert np.array_equal(found.targets.numpy(), LABELS)
    assert found.train_data is found.test_data is found.data and found.train_labels is found.targets
    picture, target = found[2]
    assert target == 40 and np.allclose(picture.numpy(), PIXELS[2:3] / 255)
    x, y = next(iter(DataLoader(found, batch_size=3)))
    assert x.shape == (3, 1, 28, 28) and y.tolist() == [30, 10, 40]
    assert len(found.classes) == 10 and found.class_to_idx[found.classes[3]] == 3
    assert repr(found).splitlines()[:2] == [f"Dataset {kind.__name__}", "    Number of datapoints: 5"]
    with pytest.raises(FileNotFoundError, match="t10k-images-idx3-ubyte"):
        kind(tmp_path, train=False)


def test_mnist_gives_pillow_images(tmp_path: Path) -> None:
    Image = pytest.importorskip("PIL.Image")
    write_mnist(tmp_path / "MNIST" / "raw", False)
    picture, target = datasets.MNIST(tmp_path)[0]
    assert isinstance(picture, Image.Image) and picture.mode == "L" and target == 3
    assert np.array_equal(np.asarray(picture), PIXELS[0])


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for kind in (datasets.FashionMNIST, datasets.CIFAR10):
        with pytest.raises(FileNotFoundError, match=kind.__name__) as caught:
            kind(tmp_path, download=True)
        assert isinstance(caught.value, RuntimeError)            # what torchvision raises


def test_a_damaged_file_of_mnist(tmp_path: Path) -> None:
    write_mnist(tmp_path / "MNIST" / "raw", False)
    path = tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CorruptFile, match="train-images-idx3-ubyte"):
        datasets.MNIST(tmp_path)


def write_cifar(folder: Path) -> np.ndarray:
    batches = folder / "cifar-10-batches-py"
    batches.mkdir(parents=True)
    pixels = RNG.randint(0, 256, (6, 4, 3072)).astype(np.uint8)
    for i, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]):
        content = {"data": pixels[i], "labels": [i, 1, 2, 3], "filenames": ["x"] * 4}
        (batches / name).write_bytes(pickle.dumps(content, protocol=2))
    (batches / "batches.meta").write_bytes(pickle.dumps({"label_names": ["plane", "car"]}, protocol=2))
    return pixels.reshape(6, 4, 3, 32, 32)


@pytest.mark.parametrize("packed", [False, True])
def test_cifar10(packed: bool, tmp_path: Path) -> None:
    pixels = write_cifar(tmp_path)
    if packed:
        with tarfile.open(tmp_path / "cifar-10-python.tar.gz", "w:gz") as archive:
            archive.add(tmp_path / "cifar-10-batches-py", "cifar-10-batches-py")
        for path in (tmp_path / "cifar-10-batches-py").iterdir():
            path.unlink()
        (tmp_path / "cifar-10-batches-py").rmdir()
    train = datasets.CIFAR10(tmp_path, transform=transforms.ToTensor())
    test = datasets.CIFAR10(tmp_path, train=False, transform=transforms.ToTensor())
    assert (len(train), len(test)) == (20, 4) and train.data.shape == (20, 32, 32, 3)
    assert train.targets[:5] == [0, 1, 2, 3, 1] and test.targets[0] == 5 and train.classes == ["plane", "car"]
    np.testing.assert_allclose(train[6][0].numpy(), pixels[1, 2] / 255, rtol=1e-6)
    np.testing.assert_allclose(test[3][0].numpy(), pixels[5, 3] / 255, rtol=1e-6)


def test_a_pickle_that_calls_something(tmp_path: Path) -> None:
    write_cifar(tmp_path)
    (tmp_path / "cifar-10-batches-py" / "data_batch_1").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    with pytest.raises(CorruptFile, match="data_batch_1.*os.system"):
        datasets.CIFAR10(tmp_path)
