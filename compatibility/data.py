"""What the scripts look for on disk, put beside them: real data from local folders, nothing downloaded.

Each function gets the folder that a script runs in, a copy, and the folder of the repositories.
"""

from __future__ import annotations

import gzip
import io
import os
import pickle
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

# Cora's pages come over the net; a module of the same name beside the script hands out a local archive.
LOCAL_ARCHIVE = '''
class get:
    def __init__(self, url, **_):
        self.raw = open(url.rpartition("/")[2], "rb")
    def __enter__(self):
        return self
    def __exit__(self, *_):
        self.raw.close()
'''


class Missing(Exception):
    """Data that is not on this machine."""


def local(name: str) -> Path:
    """A file or folder in the data folder."""
    found = Path(os.environ.get("PELLUCID_DATA") or "no-data") / name
    if not found.exists():
        raise Missing(f"{name} is not in the folder that PELLUCID_DATA names")
    return found


def mnist(folder: Path, _repositories: Path) -> None:
    """MNIST in ../data, unpacked as torchvision leaves it."""
    _unpack_mnist(folder.parent / "data")


def mnist_here(folder: Path, _repositories: Path) -> None:
    """MNIST in ./data."""
    _unpack_mnist(folder / "data")


def _unpack_mnist(folder: Path) -> None:
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for packed in local("vision/mnist").glob("*-ubyte.gz"):
        if not (raw / packed.stem).exists():
            (raw / packed.stem).write_bytes(gzip.decompress(packed.read_bytes()))


def cifar10(folder: Path, _repositories: Path) -> None:
    """The first 5,000 + 1,000 pictures of CIFAR-10 in the form of the whole, in ./dataset."""
    batches = folder / "dataset" / "cifar-10-batches-py"
    batches.mkdir(parents=True, exist_ok=True)
    with np.load(local("vision/cifar10/cifar10_5k_1k.npz"), allow_pickle=False) as found:
        parts = [(f"data_batch_{i + 1}", found["x_train"][i::5], found["y_train"][i::5]) for i in range(5)]
        parts.append(("test_batch", found["x_test"], found["y_test"]))
        names = [str(name) for name in found["classes"]]
    for name, pixels, labels in parts:
        _pickled(batches / name, {"data": pixels.reshape(len(pixels), -1), "labels": labels.tolist()})
    _pickled(batches / "batches.meta", {"label_names": names})
    with tarfile.open(folder / "dataset" / "cifar-10-python.tar.gz", "w:gz"):
        pass                                                     # torchvision looks whether it is there


def _pickled(path: Path, content: object) -> None:
    path.write_bytes(pickle.dumps(content, protocol=2))


def waves(folder: Path, _repositories: Path) -> None:
    """The sines that the example's other script makes, made by it with PyTorch."""
    subprocess.run([sys.executable, "generate_sine_wave.py"], cwd=folder, check=True)


def words(folder: Path, _repositories: Path) -> None:
    """WikiText-2: a quarter of its validation part to learn from, parts of its test part to judge by."""
    (folder / "data").mkdir(exist_ok=True)
    test = gzip.decompress(local("text/wikitext2_raw_test.txt.gz").read_bytes()).splitlines(keepends=True)
    valid = gzip.decompress(local("text/wikitext2_raw_valid.txt.gz").read_bytes()).splitlines(keepends=True)
    for name, lines in (("train", valid[: len(valid) // 4]), ("valid", test[: len(test) // 16]),
                        ("test", test[len(test) // 16: len(test) // 8])):
        (folder / "data" / f"{name}.txt").write_bytes(b"".join(lines))


def cora(folder: Path, repositories: Path) -> None:
    """Cora's 2,708 papers as cora.content and cora.cites in an archive, from the repository planetoid."""
    source = repositories / "planetoid" / "data"
    if not source.is_dir():
        raise Missing("Cora is read from a folder planetoid (kimiyoung/planetoid) beside the repositories")
    x, labels, edges = _planetoid(source)
    papers = [" ".join([str(i), *map(str, row.astype(int)), f"class{label}"])
              for i, (row, label) in enumerate(zip(x, labels, strict=True))]
    with tarfile.open(folder / "cora.tgz", "w:gz") as archive:
        for name, lines in (("content", papers), ("cites", [f"{a} {b}" for a, b in edges])):
            text = "\n".join(lines).encode() + b"\n"
            member = tarfile.TarInfo(f"cora/cora.{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))
    (folder / "requests.py").write_text(LOCAL_ARCHIVE, encoding="utf-8")


def _planetoid(source: Path) -> tuple[np.ndarray, np.ndarray, list[tuple[int, int]]]:
    """Words (2708, 1433), classes, and pairs of papers; the test papers are put in their places."""
    parts = {name: pickle.loads((source / f"ind.cora.{name}").read_bytes(), encoding="latin1")
             for name in ("allx", "ally", "tx", "ty", "graph")}
    order = np.array((source / "ind.cora.test.index").read_text().split(), dtype=int)
    x = np.zeros((2708, parts["tx"].shape[1]))
    labels = np.zeros(2708, dtype=int)
    first = parts["allx"].shape[0]
    x[:first], labels[:first] = parts["allx"].toarray(), parts["ally"].argmax(1)
    x[order], labels[order] = parts["tx"].toarray(), parts["ty"].argmax(1)
    edges = {(min(a, b), max(a, b)) for a, others in parts["graph"].items() for b in others if a != b}
    return x, labels, sorted(edges)


def pictures(folder: Path, _repositories: Path) -> None:
    """Squares of 256 x 256 from two photographs, in the place of BSDS300."""
    from PIL import Image
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(0)
    for part, count in (("train", 16), ("test", 4)):
        place = folder / "dataset" / "BSDS300" / "images" / part
        place.mkdir(parents=True)
        for i in range(count):
            whole = load_sample_images().images[i % 2]
            top, left = rng.integers(0, whole.shape[0] - 256), rng.integers(0, whole.shape[1] - 256)
            Image.fromarray(whole[top:top + 256, left:left + 256]).save(place / f"{i:02d}.png")


SOURCES: dict[str, Callable[[Path, Path], None]] = {
    each.__name__: each for each in (mnist, mnist_here, cifar10, waves, words, cora, pictures)}
