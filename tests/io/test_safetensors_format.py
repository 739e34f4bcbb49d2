import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from pellucid.io import CorruptFile, UnsupportedDtype, load_arrays, map_arrays, read_metadata, save_arrays

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16",
          "uint8", "bool", "complex64"]
quick = settings(deadline=None, derandomize=True, max_examples=60)


def pack(header, data=b""):
    """A safetensors file from a header (an object, text or bytes) and the bytes after it."""
    if not isinstance(header, (str, bytes)):
        header = json.dumps(header)
    text = header if isinstance(header, bytes) else header.encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def through(arrays, metadata=None):
    file = io.BytesIO()
    save_arrays(arrays, file, metadata)
    return load_arrays(io.BytesIO(file.getvalue()))


def same(a, b):
    assert list(a) == list(b)                            # the order too
    for name in a:
        assert a[name].dtype == b[name].dtype and a[name].shape == b[name].shape
        np.testing.assert_array_equal(a[name], b[name])


some_arrays = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name != "__metadata__"),
    st.sampled_from(DTYPES).flatmap(lambda dtype: arrays_of.arrays(dtype, arrays_of.array_shapes(
        min_dims=0, max_dims=3, min_side=0, max_side=3))), max_size=4)


@quick
@given(some_arrays)
def test_round_trip(arrays):
    same(arrays, through(arrays))


def test_round_trip_through_a_path(tmp_path):
    arrays = {"b": np.arange(3.0), "a": np.array(True), "ü": np.empty((0, 4), np.int8)}
    save_arrays(arrays, tmp_path / "x.safetensors", {"note": "naïve"})
    same(arrays, load_arrays(str(tmp_path / "x.safetensors")))
    assert read_metadata(tmp_path / "x.safetensors") == {"note": "naïve"}


@pytest.mark.parametrize("dtype", DTYPES)
def test_any_layout_in_memory(dtype):
    base = np.arange(24).reshape(4, 6).astype(dtype)
    arrays = {"transposed": base.T, "strided": base[::2, ::-3],
              "swapped": base.astype(base.dtype.newbyteorder())}
    same({name: array.astype(dtype) for name, array in arrays.items()}, through(arrays))


def test_what_is_loaded_can_be_changed():
    loaded = through({"x": np.zeros(2)})["x"]
    loaded += 1
    assert loaded.flags.owndata or loaded.base.flags.owndata


def test_nan_and_signed_zero_keep_their_bits():
    x = np.array([np.nan, -0.0, np.inf, -np.nan], np.float32)
    assert through({"x": x})["x"].tobytes() == x.tobytes()


def test_the_bytes_are_those_of_the_specification():
    file = io.BytesIO()
    save_arrays({"a": np.array([1], np.uint8), "b": np.array([1.0], np.float32)}, file)
    content = file.getvalue()
    length = int.from_bytes(content[:8], "little")
    assert length % 8 == 0                               # so that the arrays are aligned
    header = json.loads(content[8:8 + length])
    assert header == {"a": entry("U8", [1], [4, 5]), "b": entry("F32", [1], [0, 4])}
    assert content[8 + length:] == b"\x00\x00\x80\x3f\x01"


def test_bfloat16_becomes_float32():
    content = pack({"x": entry("BF16", [2, 2], [0, 8])}, bytes.fromhex("803f 00c0 807f 0000"))
    x = load_arrays(io.BytesIO(content))["x"]
    assert x.dtype == np.float32
    np.testing.assert_array_equal(x, [[1.0, -2.0], [np.inf, 0.0]])


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2", "F8_E8M0", "F4"])
def test_tiny_floats_are_refused_by_name(dtype):
    with pytest.raises(UnsupportedDtype, match=f"<BytesIO>.*'x'.*{dtype}"):
        load_arrays(io.BytesIO(pack({"x": entry(dtype, [8], [0, 8])}, bytes(8))))


def test_reads_from_where_an_open_file_stands():
    file = io.BytesIO(b"before" + pack({"x": entry()}, bytes(8)))
    file.seek(6)
    assert load_arrays(file)["x"].shape == (2,)


ONE = {"x": entry()}
HOSTILE = {
    "empty": (b"", "truncated: 0 bytes"),
    "cut in the length": (b"\x01\x02", "truncated: 2 bytes"),
    "header longer than the file": ((99).to_bytes(8, "little") + b"{}", "claims 99 bytes, 2 follow"),
    "header of 2^63 bytes": (b"\xff" * 8 + b"{}", "claims 18446744073709551615"),
    "a PyTorch zip": (b"PK\x03\x04" + bytes(90), "pickled PyTorch checkpoint"),
    "a pickle": (b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j", "pickled PyTorch checkpoint"),
    "no JSON": (pack("hello"), "not a JSON object"),
    "a JSON list": (pack("[]"), "not a JSON object"),
    "an empty header": (pack(""), "not a JSON object"),
    "half a JSON": (pack('{"x": '), "not valid JSON"),
    "not UTF-8": (pack(b'{"\xff\xfe": 1}'), "not valid JSON"),
    "half a surrogate pair": (pack(r'{"\ud800": {}}'), "not valid JSON"),
    "deep JSON": (pack('{"x":' * 200_000), "nested too deeply"),
    "deep list": (pack('{"x":' + "[" * 200_000), "nested too deeply"),
    "a name twice": (pack('{"x": %s, "x": %s}' % ((json.dumps(entry()),) * 2), bytes(8)), "appears twice"),
    "an endless number": (pack(json.dumps(ONE).replace("[2]", f"[{'9' * 99_999}]")), "not valid JSON"),
    "metadata is a list": (pack({"__metadata__": []}), "__metadata__ does not map text to text"),
    "metadata holds a number": (pack({"__metadata__": {"a": 1}}), "__metadata__ does not map text to text"),
    "entry is a number": (pack({"x": 3}), "does not state dtype"),
    "entry lacks the shape": (pack({"x": {"dtype": "F32", "data_offsets": [0, 0]}}), "does not state dtype"),
    "unknown dtype": (pack({"x": entry("F33")}, bytes(8)), "unknown dtype 'F33'"),
    "dtype is a list": (pack({"x": entry(["F32"])}, bytes(8)), "unknown dtype"),
    "negative shape": (pack({"x": entry(shape=(-1, -2))}, bytes(8)), r"has the shape \[-1, -2\]"),
    "fractional shape": (pack({"x": entry(shape=(2.0,))}, bytes(8)), r"has the shape \[2.0\]"),
    "true as a shape": (pack({"x": entry(shape=(True, 2))}, bytes(8)), "has the shape"),
    "shape is a number": (pack({"x": {**entry(), "shape": 2}}, bytes(8)), "has the shape 2"),
    "many axes": (pack({"x": entry(shape=(1,) * 99 + (2,))}, bytes(8)), "has the shape"),
    "huge shape": (pack({"x": entry(shape=(2**40, 2**40), offsets=(0, 8))}, bytes(8)), "impossible shape"),
    "huge axis": (pack({"x": entry(shape=(10**400,))}, bytes(8)), "has the shape"),
    "huge shape with a zero": (pack({"x": entry(shape=(0, 2**62, 2**62), offsets=(0, 0))}), "impossible"),
    "large shape, honest offsets": (pack({"x": entry(shape=(2**40,), offsets=(0, 2**42))}), "truncated"),
    "shape and bytes disagree": (pack({"x": entry(shape=(3,))}, bytes(8)), r"shape \[3\] takes 12 .* 8"),
    "one offset": (pack({"x": entry(offsets=(0,))}, bytes(8)), "data_offsets"),
    "negative offset": (pack({"x": entry(offsets=(-8, 0))}, bytes(8)), "data_offsets"),
    "backward offsets": (pack({"x": entry(offsets=(8, 0))}, bytes(8)), "data_offsets"),
    "offsets past the end": (pack(ONE, bytes(4)), "8 bytes of tensors, the file holds 4: it is truncated"),
    "bytes left over": (pack(ONE, bytes(9)), "describes 8 bytes of tensors, the file holds 9"),
    "a hole": (pack({"x": entry(), "y": entry(offsets=(12, 20))}, bytes(20)), "'y' leaves a hole"),
    "an overlap": (pack({"x": entry(), "y": entry(offsets=(4, 12))}, bytes(12)), "'y' overlaps .* not at 8"),
    "the same bytes twice": (pack({"x": entry(), "y": entry()}, bytes(8)), "'y' overlaps"),
    "a BOOL of 7": (pack({"x": entry("BOOL", (2,), (0, 2))}, b"\x01\x07"), "BOOL holds 7"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files(tmp_path, case):
    content, problem = HOSTILE[case]
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(CorruptFile, match=problem) as caught:
        load_arrays(path)
    assert str(caught.value).startswith(f"{path}: ") and len(str(caught.value)) < 400
    assert caught.value.path == str(path)


def test_the_header_alone_is_enough_to_refuse(tmp_path, monkeypatch):
    """Nothing is allocated before the sizes are known to agree."""
    monkeypatch.setattr(np, "empty", lambda *_, **__: pytest.fail("allocated"))
    with pytest.raises(CorruptFile, match="truncated"):
        load_arrays(io.BytesIO(pack({"x": entry(shape=(2**40,), offsets=(0, 2**42))})))


def test_a_file_that_shrinks_while_it_is_read(tmp_path, monkeypatch):
    from pellucid.io import safetensors

    def shortened(entries, size, name):
        path.write_bytes(path.read_bytes()[:-3])
    path = tmp_path / "x"
    path.write_bytes(pack({"x": entry("U8", (10**6,), (0, 10**6))}, bytes(10**6)))   # more than a read buffer
    monkeypatch.setattr(safetensors, "_check_layout", shortened)
    with pytest.raises(CorruptFile, match="'x' ends early"):
        load_arrays(path)


def sample_file():
    file = io.BytesIO()
    save_arrays({"layer.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.array(3),
                 "mask": np.array([True, False])}, file, {"note": "a sample"})
    return file.getvalue()


SAMPLE = sample_file()


@pytest.mark.parametrize("length", range(len(SAMPLE)))
def test_every_truncation_is_noticed(length):
    with pytest.raises(CorruptFile):
        load_arrays(io.BytesIO(SAMPLE[:length]))


@settings(quick, max_examples=400)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_random_damage_raises_nothing_else(changes):
    content = bytearray(SAMPLE)
    for place, byte in changes:
        content[place] = byte
    try:
        arrays = load_arrays(io.BytesIO(bytes(content)))
    except CorruptFile:
        return
    assert sum(array.nbytes for array in arrays.values()) <= 2 * len(SAMPLE)


words = st.sampled_from(["F32", "U8", "dtype", "shape", "data_offsets", "x", "__metadata__"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4), max_leaves=12)


@settings(quick, max_examples=200)
@given(values, st.binary(max_size=16))
def test_random_headers_raise_nothing_else(header, data):
    try:
        load_arrays(io.BytesIO(pack({"y": header} if not isinstance(header, dict) else header, data)))
    except CorruptFile:
        pass


@pytest.mark.parametrize("arrays, metadata, error, problem", [
    ({"x": np.zeros(2, complex)}, None, TypeError, "'x' has dtype complex128"),
    ({"x": np.array(["a"])}, None, TypeError, "'x' has dtype <U1"),
    ({"x": np.array([None])}, None, TypeError, "'x' has dtype object"),
    ({"x": [1, 2]}, None, TypeError, "'x' is a list, wants a NumPy array"),
    ({3: np.zeros(2)}, None, TypeError, "names and metadata are text, got int 3"),
    ({}, {"epoch": 3}, TypeError, "names and metadata are text, got int 3"),
    ({"__metadata__": np.zeros(2)}, None, ValueError, "rename"),
    ({"\ud800": np.zeros(2)}, None, ValueError, "not valid Unicode"),
])
def test_what_cannot_be_saved(tmp_path, arrays, metadata, error, problem):
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with pytest.raises(error, match=problem):
        save_arrays(arrays, path, metadata)
    assert path.read_bytes() == b"old"


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent.safetensors"):
        load_arrays(tmp_path / "absent.safetensors")


def test_mapped_arrays_are_those_that_are_read(tmp_path):
    path = tmp_path / "x"
    save_arrays({"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array([True, False]),
                 "c": np.zeros((0, 4)), "d": np.array(7)}, path)
    found, wanted = map_arrays(path), load_arrays(path)
    assert list(found) == list(wanted)
    for name, array in wanted.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    before = path.read_bytes()
    found["a"][0] = 9                                             # in memory alone
    assert path.read_bytes() == before and load_arrays(path)["a"][0, 1] == 1
    path.write_bytes(before[:-1])
    with pytest.raises(CorruptFile, match="truncated"):
        map_arrays(path)


def test_mapped_arrays_that_lie_awry_are_copied(tmp_path):
    path = tmp_path / "x"
    data = bytes([1]) + np.array([1.5, -2], "<f4").tobytes() + np.array([1.0], "<f4").tobytes()[2:]
    path.write_bytes(pack({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
                           "b": {"dtype": "F32", "shape": [2], "data_offsets": [1, 9]},
                           "c": {"dtype": "BF16", "shape": [1], "data_offsets": [9, 11]}}, data))
    found = map_arrays(path)
    assert found["b"].flags.aligned and found["b"].tolist() == [1.5, -2] and found["c"].tolist() == [1.0]
