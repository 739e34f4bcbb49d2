"""The safetensors format, written by hand: named arrays in one file, nothing in it that could run.

    8 bytes    n, the length of the header, unsigned, little-endian
    n bytes    JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ...}
               and optionally "__metadata__": {"text": "text"}
    the rest   the arrays' bytes, little-endian, row by row, one after another without holes

Everything the header says is checked against the size of the file before anything is allocated.

Source: Hugging Face, "Safetensors", the format section of its documentation.
"""

from __future__ import annotations

import io
import json
import math
import os
import reprlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

import numpy as np

from pellucid.io.atomic import PathLike, open_atomic
from pellucid.io.corrupt import CorruptFile

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
          "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?", "C64": "<c8"}
CODES = {np.dtype(form).newbyteorder("="): code for code, form in DTYPES.items()}
STORED = {**DTYPES, "BF16": "<u2", "BOOL": "u1"}         # as they lie in the file
LARGEST_HEADER = 100_000_000                             # bytes; the limit of the reference implementation
LARGEST_ARRAY = 2**63 - 1                                # bytes; NumPy's limit, even for shapes that hold a 0


class UnsupportedDtype(ValueError):
    """A sound safetensors file holds a dtype that NumPy lacks: 8-bit floats and smaller ones."""


class Entry(NamedTuple):
    """One array as the header describes it; `begin` and `end` count bytes after the header."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


# ---------------------------------------------------------------------------------------------------- writing

def save_arrays(arrays: Mapping[str, np.ndarray], path: PathLike | IO[bytes],
                metadata: Mapping[str, str] | None = None) -> None:
    """Write named arrays to a safetensors file, atomically when `path` is a path.

    Any order, stride and byte order of the arrays is accepted; the file keeps the order of the names.

    Raises:  TypeError for a name or metadata that is not text and for a dtype that the format lacks.
    >>> buffer = io.BytesIO()
    >>> save_arrays({"weight": np.ones((2, 3), np.float32)}, buffer, {"note": "all ones"})
    >>> load_arrays(io.BytesIO(buffer.getvalue()))["weight"].shape
    (2, 3)
    """
    header, order = _header(arrays, metadata or {})
    if isinstance(path, (str, os.PathLike)):
        with open_atomic(path) as file:
            _write(file, header, order)
    else:
        _write(path, header, order)


def _header(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> tuple[bytes, list[np.ndarray]]:
    """The header as bytes, and the arrays in the order in which their bytes follow it."""
    for text in (*arrays, *metadata, *metadata.values()):
        if not isinstance(text, str):
            raise TypeError(f"save_arrays: names and metadata are text, got {type(text).__name__} {text!r}")
    if "__metadata__" in arrays:
        raise ValueError("save_arrays: the name '__metadata__' is the format's own; rename the array")
    codes = {name: _code(name, array) for name, array in arrays.items()}
    # Widest first, so that every array starts at a multiple of its item size and can be mapped into memory.
    order = sorted(arrays, key=lambda name: (-np.dtype(STORED[codes[name]]).itemsize, name))
    begins, end = {}, 0
    for name in order:
        begins[name], end = end, end + arrays[name].nbytes
    entries: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    for name, array in arrays.items():
        offsets = [begins[name], begins[name] + array.nbytes]
        entries[name] = {"dtype": codes[name], "shape": list(array.shape), "data_offsets": offsets}
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    try:
        header = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(f"save_arrays: a name or metadata holds {error.object[error.start]!r}, "
                         f"which is not valid Unicode") from None
    return header + b" " * (-len(header) % 8), [arrays[name] for name in order]


def _code(name: str, array: np.ndarray) -> str:
    if not isinstance(array, np.ndarray):
        raise TypeError(f"save_arrays: {name!r} is a {type(array).__name__}, wants a NumPy array")
    code = CODES.get(array.dtype.newbyteorder("="))
    if code is None:
        raise TypeError(f"save_arrays: {name!r} has dtype {array.dtype}, safetensors has only "
                        f"{', '.join(str(dtype) for dtype in CODES)}")
    return code


def _write(file: IO[bytes], header: bytes, arrays: list[np.ndarray]) -> None:
    file.write(len(header).to_bytes(8, "little"))
    file.write(header)
    for array in arrays:
        little = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
        file.write(little.reshape(-1).view(np.uint8).data)


# ---------------------------------------------------------------------------------------------------- reading

def load_arrays(path: PathLike | IO[bytes]) -> dict[str, np.ndarray]:
    """Read all arrays of a safetensors file, in the order of its header; bfloat16 comes back as float32.

    Raises:  CorruptFile, naming the file and what is wrong, for all that is not a sound safetensors file;
             UnsupportedDtype for 8-bit floats and smaller; OSError when the file cannot be opened.
    """
    return read(path)[0]


def read_metadata(path: PathLike | IO[bytes]) -> dict[str, str]:
    """Read the metadata (text to text) of a safetensors file without its arrays.

    Raises:  CorruptFile as `load_arrays`.
    """
    with _opened(path) as (file, size, name):
        return _read_header(file, size, name)[1]


def read(path: PathLike | IO[bytes]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Read arrays and metadata of a safetensors file at once; raises as `load_arrays`."""
    with _opened(path) as (file, size, name):
        entries, metadata = _read_header(file, size, name)
        start = file.tell()
        arrays = {}
        for entry in entries:
            file.seek(start + entry.begin)
            arrays[entry.name] = _read_array(file, entry, name)
        return arrays, metadata


def map_arrays(path: PathLike) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file where they lie: the system reads what is looked at, when it is.

    Writing to one changes it in memory alone, never the file. Arrays that cannot be used as they lie
    (bfloat16, or not at a multiple of their item size) are copied. On Windows the file cannot be replaced
    meanwhile.

    Raises:  as `load_arrays`.
    """
    with open(path, "rb") as file:
        entries, _ = _read_header(file, os.fstat(file.fileno()).st_size, file_name(path))
        start = file.tell()
        content = np.asarray(np.memmap(file, np.uint8, mode="c"))[start:]
    return {entry.name: _mapped_array(content, entry, file_name(path)) for entry in entries}


def file_name(path: PathLike | IO[bytes]) -> str:
    """What an error calls this file: its path, or the open file's own name."""
    if isinstance(path, (str, os.PathLike)):
        return os.fspath(path)
    return str(getattr(path, "name", f"<{type(path).__name__}>"))


@contextmanager
def _opened(path: PathLike | IO[bytes]) -> Iterator[tuple[IO[bytes], int, str]]:
    """The file, its size in bytes and its name; an open file is read from where it stands."""
    if isinstance(path, (str, os.PathLike)):
        with open(path, "rb") as file:
            yield file, os.fstat(file.fileno()).st_size, file_name(path)
    else:
        content = path.read()
        yield io.BytesIO(content), len(content), file_name(path)


def _read_header(file: IO[bytes], size: int, name: str) -> tuple[list[Entry], dict[str, str]]:
    """Read and check the header; afterwards the file stands at the first byte of the arrays."""
    start = file.read(8)
    if len(start) < 8:
        raise CorruptFile(name, f"truncated: {len(start)} bytes, a safetensors file has at least 8")
    length = int.from_bytes(start, "little")
    if length > min(size - 8, LARGEST_HEADER):
        raise CorruptFile(name, f"the header claims {length} bytes, {size - 8} follow "
                                f"(at most {LARGEST_HEADER} are allowed); {_guess(start)}")
    text = file.read(length)
    if len(text) < length or not text.startswith(b"{"):
        raise CorruptFile(name, "the header is not a JSON object; is this a safetensors file?")
    header = _parse(text, name)
    metadata = _checked_metadata(header.pop("__metadata__", {}), name)
    entries = [_entry(key, value, name) for key, value in header.items()]
    _check_layout(entries, size - 8 - length, name)
    return entries, metadata


def _guess(start: bytes) -> str:
    if start.startswith(b"PK\x03\x04") or (start[0] == 0x80 and start[1] <= 5 and any(start[4:])):
        return "it looks like a pickled PyTorch checkpoint; convert it with safetensors.torch.save_file"
    return "it is truncated or not a safetensors file"


def _parse(text: bytes, name: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a name appears twice")
        for key in found:
            key.encode("utf-8")                          # refuses half a surrogate pair, legal in JSON
        return found

    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=unique)
    except RecursionError:
        raise CorruptFile(name, "the header's JSON is nested too deeply") from None
    except ValueError as error:                          # bad UTF-8, bad JSON, an absurdly long number
        raise CorruptFile(name, f"the header is not valid JSON: {_brief(str(error))}") from None


def _checked_metadata(metadata: Any, name: str) -> dict[str, str]:
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise CorruptFile(name, "__metadata__ does not map text to text")
    return metadata


def _entry(key: str, value: Any, name: str) -> Entry:
    """One checked entry of the header: known dtype, sane shape, offsets that agree with both."""
    label = f"tensor {_brief(key)}"
    if not isinstance(value, dict) or not {"dtype", "shape", "data_offsets"} <= value.keys():
        raise CorruptFile(name, f"{label} does not state dtype, shape and data_offsets")
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not _counts(shape) or len(shape) > 32:            # NumPy 1 has at most 32 axes
        raise CorruptFile(name, f"{label} has the shape {_brief(shape)}")
    if not _counts(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise CorruptFile(name, f"{label} has the data_offsets {_brief(offsets)}")
    if not isinstance(dtype, str) or dtype not in STORED:
        if isinstance(dtype, str) and dtype.startswith(("F8_", "F6_", "F4")):
            raise UnsupportedDtype(f"{name}: {label} has dtype {_brief(dtype)}, which Pellucid does not read")
        raise CorruptFile(name, f"{label} has the unknown dtype {_brief(dtype)}")
    itemsize = np.dtype(STORED[dtype]).itemsize
    if math.prod(max(n, 1) for n in shape) * max(itemsize, 4) > LARGEST_ARRAY:   # 4: bfloat16 becomes float32
        raise CorruptFile(name, f"{label} has the impossible shape {_brief(shape)}")
    needed, stored = math.prod(shape) * itemsize, offsets[1] - offsets[0]
    if needed != stored:
        raise CorruptFile(name, f"{label}: {dtype} of shape {_brief(shape)} takes {needed} bytes, "
                                f"its offsets give it {_brief(stored)}")
    return Entry(key, dtype, tuple(shape), *offsets)


def _counts(values: Any) -> bool:
    """Is this a list of whole numbers from zero on, each small enough for an array?"""
    return isinstance(values, list) and all(type(n) is int and 0 <= n <= LARGEST_ARRAY for n in values)


def _check_layout(entries: list[Entry], size: int, name: str) -> None:
    """The arrays must follow one another without overlap or hole and fill the rest of the file exactly."""
    end = 0
    for entry in sorted(entries, key=lambda entry: (entry.begin, entry.end)):
        if entry.begin != end:
            what = "overlaps the one before it" if entry.begin < end else "leaves a hole before it"
            raise CorruptFile(name, f"tensor {_brief(entry.name)} {what}: "
                                    f"it begins at {entry.begin}, not at {end}")
        end = entry.end
    if end != size:
        raise CorruptFile(name, f"the header describes {end} bytes of tensors, the file holds {size}"
                                f"{': it is truncated' if size < end else ''}")


def _read_array(file: IO[bytes], entry: Entry, name: str) -> np.ndarray:
    array = np.empty(entry.shape, dtype=STORED[entry.dtype])
    raw = array.reshape(-1).view(np.uint8)
    if file.readinto(raw.data) != raw.size:              # type: ignore[attr-defined]   # it shrank meanwhile
        raise CorruptFile(name, f"tensor {_brief(entry.name)} ends early")
    return _typed(array, entry, name)


def _mapped_array(content: np.ndarray, entry: Entry, name: str) -> np.ndarray:
    array = content[entry.begin:entry.end].view(STORED[entry.dtype]).reshape(entry.shape)
    return _typed(array if array.flags.aligned else array.copy(), entry, name)


def _typed(array: np.ndarray, entry: Entry, name: str) -> np.ndarray:
    """What was stored as the dtype that NumPy has for it."""
    if entry.dtype == "BF16":                            # bfloat16 is the upper half of a float32
        return (array.astype(np.uint32) << np.uint32(16)).view(np.float32)
    if entry.dtype == "BOOL":
        if array.size and array.max() > 1:
            raise CorruptFile(name, f"tensor {_brief(entry.name)}: a BOOL holds {array.max()}, neither 0 nor "
                                    "1")
        return array.view(np.bool_)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _brief(value: Any) -> str:
    """A repr short enough for an error, however long the value that a hostile file holds."""
    return reprlib.repr(value)
