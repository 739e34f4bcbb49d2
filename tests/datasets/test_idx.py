import gzip
import hashlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid.datasets import read_idx
from pellucid.datasets.idx import DTYPES
from pellucid.io import CorruptFile


def idx(array, code=0x08):
    return bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


SAMPLE = idx(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))


@pytest.mark.parametrize("code", DTYPES)
@pytest.mark.parametrize("shape", [(), (5,), (2, 3, 4), (0, 7)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_every_dtype(tmp_path, code, shape, pack):
    values = np.asarray(np.arange(np.prod(shape, dtype=int)).reshape(shape) - (0 if code == 8 else 3))
    path = tmp_path / "x"
    path.write_bytes(pack(idx(values.astype(DTYPES[code]), code)))
    array = read_idx(path)
    np.testing.assert_array_equal(array, values)
    assert array.dtype == np.dtype(DTYPES[code]).newbyteorder("=") and array.shape == shape
    array[...] = 1                                       # the caller may write into it


def test_the_sum_is_that_of_the_uncompressed_content(tmp_path):
    expected = hashlib.sha256(SAMPLE).hexdigest()
    for content in (SAMPLE, gzip.compress(SAMPLE, 1, mtime=0), gzip.compress(SAMPLE, 9)):
        assert read_idx(io.BytesIO(content), sha256=expected).shape == (2, 3, 4)
    with pytest.raises(CorruptFile, match=f"<open file>.*has the sha256 {expected}, expected is 00"):
        read_idx(io.BytesIO(SAMPLE), sha256="00")


BOMB = b"\0\0\x08\x02" + b"\x00\x0f\xff\xff" * 2           # promises nearly 2^40 bytes
DAMAGED = {
    "empty": (b"", "begins with b''"),
    "a web page": (b"<html>", "begins with b'<htm'"),
    "header cut": (b"\0\0\x08\x03\0\0", "ends within its header"),
    "unknown dtype": (b"\0\0\x07\x01\0\0\0\0", "begins with"),
    "33 dimensions": (b"\0\0\x08\x21" + bytes(200), "begins with"),
    "a byte short": (SAMPLE[:-1], "takes 24 bytes, the file holds only 23"),
    "a byte long": (SAMPLE + b"x", "takes 24 bytes, the file holds more"),
    "gzip without its end": (gzip.compress(SAMPLE, mtime=0)[:-9], "cannot be decompressed"),
    "gzip's header cut": (gzip.compress(SAMPLE, mtime=0)[:5], "cannot be decompressed"),
    "no gzip after its mark": (b"\x1f\x8b" + bytes(40), "cannot be decompressed"),
    "gzip of a byte short": (gzip.compress(SAMPLE[:-1], mtime=0), "takes 24 bytes, the file holds only 23"),
    "sizes beyond 2^63": (b"\0\0\x08\x04" + b"\xff" * 16, "impossible shape"),
    "a bomb": (BOMB, "more than its 12 bytes can hold"),
    "gzip of a bomb": (gzip.compress(BOMB, mtime=0), "more than its .. bytes can hold"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files(tmp_path, name):
    content, problem = DAMAGED[name]
    path = tmp_path / "train-labels"
    path.write_bytes(content)
    with pytest.raises(CorruptFile, match=problem) as caught:
        read_idx(path)
    assert str(caught.value).startswith(f"{path}: ")


@settings(max_examples=200)
@given(st.sampled_from([SAMPLE, gzip.compress(SAMPLE, mtime=0)]), st.integers(0, 60), st.binary(max_size=3))
def test_random_damage_raises_nothing_else(content, place, change):
    content = content[:place] + change + content[place + len(change):]
    try:
        read_idx(io.BytesIO(content))
    except CorruptFile:
        pass


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        read_idx(tmp_path / "absent")
