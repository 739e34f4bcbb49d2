import gzip
import hashlib
import os
import urllib.request

import numpy as np
import pytest
from tests.datasets.web import answer

from pellucid.datasets import MissingData, files, mnist
from pellucid.datasets.files import DataFile
from pellucid.io import CorruptFile

CONTENT = b"\0\0\x08\x01\0\0\0\x03abc"                   # an IDX file of the three bytes a, b, c
SUM = hashlib.sha256(CONTENT).hexdigest()
MIRRORS = ("https://one.example/", "https://two.example/")
TOY = DataFile("toy", "toy-idx1-ubyte", SUM, MIRRORS, ("vision/toy",))
ABC = np.frombuffer(b"abc", np.uint8)


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A machine with an empty cache, no data and no network; the requests made are listed."""
    asked = []

    def refuse(url, timeout):
        asked.append(url)
        raise OSError("no network")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PELLUCID_DATA", raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return asked


@pytest.mark.parametrize("where", ["", "toy", "vision/toy"])
@pytest.mark.parametrize("suffix, pack", [("", bytes), (".gz", gzip.compress)])
@pytest.mark.parametrize("how", ["root", "PELLUCID_DATA", "../shared/data", "cache"])
def test_found_wherever_it_lies(alone, tmp_path, monkeypatch, where, suffix, pack, how):
    folder = {"../shared/data": tmp_path / "shared" / "data", "cache": tmp_path / "cache/pellucid"}
    base = folder.get(how, tmp_path / "data")
    (base / where).mkdir(parents=True)
    (base / where / f"{TOY.name}{suffix}").write_bytes(pack(CONTENT))
    if how == "PELLUCID_DATA":
        monkeypatch.setenv("PELLUCID_DATA", str(base))
    np.testing.assert_array_equal(TOY.read(str(base) if how == "root" else None), ABC)
    assert alone == []


def test_a_download_is_checked_kept_and_not_repeated(alone, tmp_path, monkeypatch, capsys):
    answer(monkeypatch, {"https://two.example/toy-idx1-ubyte.gz": gzip.compress(CONTENT, mtime=0),
                         "https://one.example/toy-idx1-ubyte.gz": b"<html>log in first</html>"})
    np.testing.assert_array_equal(TOY.read(), ABC)
    assert os.listdir(tmp_path / "cache/pellucid/toy") == ["toy-idx1-ubyte.gz"]
    said = capsys.readouterr().err.splitlines()
    assert said == [f"pellucid: downloading https://{n}.example/toy-idx1-ubyte.gz" for n in ("one", "two")]
    answer(monkeypatch, {})
    np.testing.assert_array_equal(TOY.read(), ABC)
    assert capsys.readouterr().err == ""


def test_a_wrong_download_is_never_kept(alone, tmp_path, monkeypatch):
    answer(monkeypatch, {f"{mirror}toy-idx1-ubyte.gz": gzip.compress(CONTENT[:-1] + b"d", mtime=0)
                         for mirror in TOY.mirrors})
    with pytest.raises(MissingData, match=f"two.example/toy-idx1-ubyte.gz: .*sha256.*expected is {SUM}"):
        TOY.read()
    assert not (tmp_path / "cache").exists()


def test_a_download_without_end_is_cut_off(alone, monkeypatch):
    monkeypatch.setattr(files, "LARGEST_DOWNLOAD", 10)
    packed = gzip.compress(CONTENT, mtime=0)
    answer(monkeypatch, {f"{mirror}toy-idx1-ubyte.gz": packed for mirror in TOY.mirrors})
    with pytest.raises(MissingData, match="more than 10 bytes"):
        TOY.read()


def test_offline_the_error_says_what_to_do(alone, tmp_path):
    with pytest.raises(MissingData) as caught:
        TOY.read()
    assert alone == [f"{mirror}toy-idx1-ubyte.gz" for mirror in TOY.mirrors]
    for part in ("toy: toy-idx1-ubyte is not in", str(tmp_path / "shared/data"), "cache/pellucid", SUM,
                 "two.example/toy-idx1-ubyte.gz: no network", "PELLUCID_DATA",
                 "download https://one.example/toy-idx1-ubyte.gz"):
        assert part in str(caught.value)


def test_a_cache_that_cannot_be_written_is_told_and_survived(alone, tmp_path, monkeypatch, capsys):
    (tmp_path / "cache").write_text("a file where the folder should be")
    answer(monkeypatch, {"https://one.example/toy-idx1-ubyte.gz": gzip.compress(CONTENT, mtime=0)})
    np.testing.assert_array_equal(TOY.read(), ABC)
    assert "cannot be kept" in capsys.readouterr().err


def test_a_given_root_is_the_only_place(alone, tmp_path):
    with pytest.raises(MissingData, match=f"is not in {tmp_path}; not downloaded because a folder was given"):
        TOY.read(tmp_path)
    assert alone == []
    with pytest.raises(NotADirectoryError, match="root is '.*absent', which is not a folder"):
        TOY.read(tmp_path / "absent")


def test_a_wrong_pellucid_data_is_told(alone, monkeypatch):
    monkeypatch.setenv("PELLUCID_DATA", "/no/such/folder")
    with pytest.raises(NotADirectoryError, match="PELLUCID_DATA is '/no/such/folder'"):
        TOY.read()


@pytest.mark.parametrize("damage, found", [(CONTENT[:-1] + b"d", "sha256"), (CONTENT[:7], "ends within"),
                                           (gzip.compress(CONTENT, mtime=0)[:20], "cannot be decompressed")])
def test_a_damaged_file_is_never_used(alone, tmp_path, damage, found):
    path = tmp_path / TOY.name
    path.write_bytes(damage)
    with pytest.raises(CorruptFile, match=found) as caught:
        TOY.read(tmp_path)
    for part in (str(path), SUM, "delete it", "download https://one.example/toy-idx1-ubyte.gz"):
        assert part in str(caught.value)


def test_another_split_is_refused():
    with pytest.raises(ValueError, match="split is 'valid', wants 'train' or 'test'"):
        mnist("valid")


@pytest.mark.parametrize("split, n, first, counts", [
    ("train", 60_000, [5, 0, 4], [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
    ("test", 10_000, [7, 2, 1], [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])])
def test_the_real_mnist(data_dir, split, n, first, counts):
    if not (data_dir / "vision" / "mnist").is_dir():
        pytest.skip(f"no MNIST: {data_dir} has no vision/mnist")
    data = mnist(split, root=data_dir)
    assert data.x.shape == (n, 784) and data.x.dtype == np.float32 and data.y.dtype == np.int64
    assert data.x.min() == 0 and data.x.max() == 1 and data.images.shape == (n, 28, 28)
    assert data.y[:3].tolist() == first and np.bincount(data.y).tolist() == counts
    if split == "train":                                 # what everyone standardises with
        assert abs(data.x.mean() - 0.1307) < 1e-4 and abs(data.x.std() - 0.3081) < 1e-4


def test_the_real_mnist_damaged(data_dir, tmp_path):
    source = data_dir / "vision" / "mnist"
    if not source.is_dir():
        pytest.skip(f"no MNIST: {data_dir} has no vision/mnist")
    for name in os.listdir(source):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    labels = bytearray(gzip.decompress((source / "t10k-labels-idx1-ubyte.gz").read_bytes()))
    labels[100] ^= 1
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels, mtime=0))
    with pytest.raises(CorruptFile, match="t10k-labels-idx1-ubyte.gz: .*ff7bcfd416de33731a308c3f266cc351"):
        mnist("test", root=tmp_path)
