"""`save` and `load`: whole checkpoints as PyTorch scripts write them, in safetensors form where it can be.

The arrays of a checkpoint become the tensors of the file, named after the path that leads to them
("optimizer.state.0.exp_avg"), so that every safetensors reader can read them. What is not an array (epoch
numbers, hyperparameters, integer keys, tuples) becomes JSON in the file's metadata, in which every JSON
object is a tag:

    {"dict": [[key, value], ...]}   {"tuple": [...]}   {"tensor": "name"}   {"float": "nan"}   ("inf", "-inf")

A plain `state_dict` (text to arrays) needs no such JSON and is written as any other library writes it.
"""

from __future__ import annotations

import io
import json
import math
import os
import pickle
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from pellucid.io.archive import ZIP, load_objects, save_objects
from pellucid.io.atomic import PathLike
from pellucid.io.corrupt import CorruptFile
from pellucid.io.safetensors import file_name, read, save_arrays

if TYPE_CHECKING:
    from pellucid.engine import Tensor

STRUCTURE = "pellucid.structure"                         # the metadata key that holds the JSON
DEEPEST = 100                                            # levels of nesting


def save(obj: Any, f: PathLike | IO[bytes], pickle_module: None = None, pickle_protocol: int = 2,
         _use_new_zipfile_serialization: bool = True, _disable_byteorder_record: bool = False) -> None:
    """Write a `state_dict`, a tensor or a nested checkpoint to a safetensors file; other objects as PyTorch.

    `obj` is built from dict, list, tuple, str, int, float, bool, None, tensors and NumPy arrays; dict keys
    may be any of these that can be a key. Anything else, such as a whole module, is written in PyTorch's
    form, a zip archive with a pickle in it. When `f` is a path the file is written atomically: if that
    fails, the old file stays.

    Differs: PyTorch pickles everything; the way to pickle cannot be chosen here. Tensors that share memory
             are written once each. In the safetensors form subclasses (OrderedDict, NumPy scalars) come back
             as the plain type.
    Raises:  TypeError naming the place of an object that cannot be saved; ValueError when nested too deeply;
             NotImplementedError for pickle_module; OSError when the file cannot be written.
    """
    if pickle_module is not None:
        raise NotImplementedError("save: pickle_module is not in Pellucid: its own form is written")
    arrays: dict[str, np.ndarray] = {}
    if _is_flat(obj):
        save_arrays({name: _array(value) for name, value in obj.items()}, f, {"format": "pt"})
        return
    try:
        structure = json.dumps(_encode(obj, (), arrays), separators=(",", ":"))
    except Unstructured as problem:
        _save_objects(obj, f, problem)
        return
    save_arrays(arrays, f, {"format": "pt", STRUCTURE: structure})


def _save_objects(obj: Any, f: PathLike | IO[bytes], problem: Unstructured) -> None:
    """In PyTorch's form; what cannot be pickled either is told by its place."""
    try:
        save_objects(obj, f)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise TypeError(f"{problem} ({error})") from None


def load(f: PathLike | IO[bytes], map_location: Any = None, pickle_module: None = None, *,
         weights_only: bool | None = None, mmap: bool | None = None) -> Any:
    """Read what `save` wrote, here or in PyTorch; any other safetensors file gives a dict of tensors.

    weights_only  True, the default: nothing in the file is executed. Of a file in PyTorch's form it makes
                  tensors, plain containers, NumPy arrays, Pellucid's own layers, and what
                  torch.serialization.safe_globals lists. False: everything that the file names, as in
                  PyTorch. TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD=1 in the environment makes False the default.
    map_location, mmap  accepted: there is only the CPU, and files are read whole

    Differs: PyTorch's weights_only=True makes no arrays and no layers that are not listed. Arrays of a dtype
             that tensors lack (uint32, complex64, ...) stay NumPy arrays.
    Raises:  CorruptFile, naming the file and what is wrong; pickle.UnpicklingError naming what is not made;
             UnsupportedDtype for 8-bit floats; NotImplementedError for pickle_module; OSError.
    """
    from pellucid.dtypes import DTYPES
    from pellucid.engine import wrap

    if pickle_module is not None:
        raise NotImplementedError("load: pickle_module is not in Pellucid: its own reader is used")
    if weights_only is None:
        lifted = os.environ.get("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "").lower()
        weights_only = lifted not in ("1", "y", "yes", "true")
    path: PathLike | IO[bytes] = f
    content = _archive(f)
    if content is not None:
        if content.startswith(ZIP):
            return load_objects(content, file_name(f), weights_only)
        path = Named(content, file_name(f))
    arrays, metadata = read(path)
    tensors = {name: wrap(array) if array.dtype in DTYPES else array for name, array in arrays.items()}
    if STRUCTURE not in metadata:
        return tensors
    try:
        found = _decode(json.loads(metadata[STRUCTURE]), tensors, 0)
    except RecursionError:
        raise CorruptFile(file_name(path), "its structure is nested too deeply") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptFile(file_name(path), f"its structure is damaged: {str(error)[:200]}") from None
    if tensors:
        raise CorruptFile(file_name(path), f"its structure leaves out {len(tensors)} of the tensors")
    return found


class Unstructured(TypeError):
    """An object for which the plain form has no tag."""


class Named(io.BytesIO):
    """Bytes in memory that keep the name of the file that they are from."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def _archive(f: PathLike | IO[bytes]) -> bytes | None:
    """The content of a zip archive, or of an open file; None for another file at a path."""
    if not isinstance(f, (str, os.PathLike)):
        return f.read()
    with open(f, "rb") as file:
        return file.read() if file.read(len(ZIP)) == ZIP and not file.seek(0) else None


def _is_array(value: Any) -> bool:
    from pellucid.engine import Tensor

    return isinstance(value, (np.ndarray, Tensor))


def _array(value: np.ndarray | Tensor) -> np.ndarray:
    return value if isinstance(value, np.ndarray) else value.detach().numpy()


def _is_flat(obj: Any) -> bool:
    """Is this a plain state_dict, which the format can hold as it is?"""
    return (isinstance(obj, dict) and "__metadata__" not in obj
            and all(isinstance(name, str) and _is_array(value) for name, value in obj.items()))


# ------------------------------------------------------------------------------------------- structure

def _encode(value: Any, path: tuple[Any, ...], arrays: dict[str, np.ndarray]) -> Any:
    """`value` as JSON; its arrays are put into `arrays`. `path` is the keys that lead here."""
    if len(path) > DEEPEST:
        raise ValueError(f"save: {_place(path[:4])}... is nested deeper than {DEEPEST} levels, "
                         "or contains itself")
    if _is_array(value):
        name = _fresh_name(path, arrays)
        arrays[name] = _array(value)
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[_encode_key(key, path), _encode(item, (*path, key), arrays)]
                         for key, item in value.items()]}
    if isinstance(value, (list, tuple)):
        items = [_encode(item, (*path, i), arrays) for i, item in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else {"float": str(float(value))}
    if isinstance(value, (np.bool_, np.integer)):
        return value.item()
    if value is None or isinstance(value, (str, int)):
        return value
    hint = "; save its state_dict() instead" if hasattr(value, "state_dict") else ""
    raise Unstructured(f"save: {_place(path)} is a {type(value).__name__}, wants tensors, arrays, dict, "
                       f"list, tuple, str, int, float, bool or None{hint}")


def _encode_key(key: Any, path: tuple[Any, ...]) -> Any:
    if _is_array(key):
        raise TypeError(f"save: {_place(path)} has a {type(key).__name__} as a key")
    return _encode(key, path, {})


def _place(path: tuple[Any, ...]) -> str:
    return "the object" + "".join(f"[{key!r}]" for key in path)


def _fresh_name(path: tuple[Any, ...], taken: dict[str, np.ndarray]) -> str:
    """A readable name for the array at `path`; the structure, not the name, says where it belongs."""
    name = ".".join(str(key) for key in path).encode("utf-8", "backslashreplace").decode() or "tensor"
    fresh, n = name, 1
    while fresh in taken or fresh == "__metadata__":
        n += 1
        fresh = f"{name}#{n}"
    return fresh


def _decode(value: Any, tensors: dict[str, Any], depth: int) -> Any:
    """The object that `value` describes; each tensor is taken out of `tensors`, so none is used twice."""
    if depth > 2 * DEEPEST:
        raise RecursionError
    if isinstance(value, list):
        return [_decode(item, tensors, depth + 1) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        raise ValueError(f"a tag with {len(value)} names")
    tag, content = next(iter(value.items()))
    if tag == "tensor":
        return tensors.pop(content)
    if tag == "float" and content in ("nan", "inf", "-inf"):
        return float(content)
    if tag == "tuple" and isinstance(content, list):
        return tuple(_decode(item, tensors, depth + 1) for item in content)
    if tag == "dict" and isinstance(content, list):
        found = {_decode(key, {}, depth + 1): _decode(item, tensors, depth + 1) for key, item in content}
        if len(found) < len(content):
            raise ValueError("a key appears twice")
        return found
    raise ValueError("an unknown tag")
