"""`save` and `load`: whole checkpoints as PyTorch scripts write them, in safetensors form, without pickle.

The arrays of a checkpoint become the tensors of the file, named after the path that leads to them
("optimizer.state.0.exp_avg"), so that every safetensors reader can read them. What is not an array (epoch
numbers, hyperparameters, integer keys, tuples) becomes JSON in the file's metadata, in which every JSON
object is a tag:

    {"dict": [[key, value], ...]}   {"tuple": [...]}   {"tensor": "name"}   {"float": "nan"}   ("inf", "-inf")

A plain `state_dict` (text to arrays) needs no such JSON and is written as any other library writes it.
"""

from __future__ import annotations

import json
import math
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from pellucid.io.atomic import PathLike
from pellucid.io.corrupt import CorruptFile
from pellucid.io.safetensors import file_name, read, save_arrays

if TYPE_CHECKING:
    from pellucid.engine import Tensor

STRUCTURE = "pellucid.structure"                         # the metadata key that holds the JSON
DEEPEST = 100                                            # levels of nesting


def save(obj: Any, path: PathLike | IO[bytes]) -> None:
    """Write a `state_dict`, a tensor or a nested checkpoint to a safetensors file.

    `obj` is built from dict, list, tuple, str, int, float, bool, None, tensors and NumPy arrays; dict keys
    may be any of these that can be a key. When `path` is a path the file is written atomically: if that
    fails, the old file stays.

    Differs: PyTorch pickles any object; here other objects are refused. Tensors that share memory are
             written once each. Subclasses (OrderedDict, NumPy scalars) come back as the plain type.
    Raises:  TypeError naming the place of an object that cannot be saved; ValueError when nested too deeply;
             OSError when the file cannot be written.
    """
    arrays: dict[str, np.ndarray] = {}
    if _is_flat(obj):
        save_arrays({name: _array(value) for name, value in obj.items()}, path, {"format": "pt"})
        return
    structure = json.dumps(_encode(obj, (), arrays), separators=(",", ":"))
    save_arrays(arrays, path, {"format": "pt", STRUCTURE: structure})


def load(path: PathLike | IO[bytes], map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what `save` wrote; any other safetensors file gives a dict of tensors.

    Nothing in a file is ever executed, whatever `weights_only` says.

    Differs: `map_location` and `weights_only` are accepted so that PyTorch scripts run; there is only the
             CPU. A file pickled by PyTorch is refused. Arrays of a dtype that tensors lack (uint32,
             complex64, ...) stay NumPy arrays.
    Raises:  CorruptFile, naming the file and what is wrong; UnsupportedDtype for 8-bit floats; OSError.
    """
    from pellucid.dtypes import DTYPES
    from pellucid.engine import wrap

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
    raise TypeError(f"save: {_place(path)} is a {type(value).__name__}, wants tensors, arrays, dict, list, "
                    f"tuple, str, int, float, bool or None{hint}")


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
