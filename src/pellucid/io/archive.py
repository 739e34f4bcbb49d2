"""Checkpoints in PyTorch's own form: a zip archive that holds a pickle and the memory of its tensors.

`load` reads what PyTorch's `save` wrote, and `save` writes objects in this form that the plain form cannot
hold: whole modules, sets, objects of the script's own classes.

A pickle is a list of instructions that may name any function. The reader resolves only names from its own
short list: tensors, plain containers, NumPy arrays, Pellucid's layers and functions of tensors, and what the
script has named in `torch.serialization.safe_globals`. With weights_only=False it resolves everything, as
PyTorch does: for files whose origin is trusted.
"""

from __future__ import annotations

import builtins
import collections
import importlib
import io
import pickle
import zipfile
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from pellucid.io.atomic import PathLike, open_atomic
from pellucid.io.corrupt import CorruptFile

ZIP = b"PK\x03\x04"
trusted: list[Any] = []                                  # what torch.serialization.add_safe_globals was told
STORAGES = {"DoubleStorage": "f8", "FloatStorage": "f4", "HalfStorage": "f2", "BFloat16Storage": "bf16",
            "LongStorage": "i8", "IntStorage": "i4", "ShortStorage": "i2", "CharStorage": "i1",
            "ByteStorage": "u1", "BoolStorage": "?"}
PLAIN = {"builtins": "set frozenset slice range complex bytearray list dict tuple str int float bool object",
         "collections": "OrderedDict defaultdict Counter deque", "_codecs": "encode",
         "copyreg": "_reconstructor", "torch": "Size device Generator",
         "numpy": "ndarray dtype bool_ bool", "numpy.core.multiarray": "_reconstruct scalar",
         "numpy._core.multiarray": "_reconstruct scalar", "numpy._core.numeric": "_frombuffer",
         "numpy.core.numeric": "_frombuffer"}
OURS = {"pellucid.ops.protocol": "rebuild", "pellucid.dtypes": "_by_name", "pellucid.generator": "_continued"}


def save_objects(obj: Any, path: PathLike | IO[bytes]) -> None:
    """Write any object that can be pickled; a file at `path` is replaced wholly or not at all.

    Raises:  pickle.PicklingError, TypeError or AttributeError for what cannot be (a lambda, an open file).
    """
    content = pickle.dumps(obj, protocol=4)
    if hasattr(path, "write"):
        _write(path, content)
        return
    with open_atomic(path) as file:
        _write(file, content)


def _write(file: Any, content: bytes) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")


def load_objects(content: bytes, name: str, weights_only: bool) -> Any:
    """The object in an archive; `name` is what errors call it.

    Raises:  pickle.UnpicklingError naming what weights_only=True does not make; CorruptFile.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            place = next(each for each in archive.namelist() if each.endswith("/data.pkl"))
            return Reader(archive, place.removesuffix("data.pkl"), name, weights_only).load()
    except (Refused, MemoryError):
        raise
    except StopIteration:
        raise CorruptFile(name, "a zip archive without a data.pkl: no checkpoint of PyTorch's") from None
    except (pickle.UnpicklingError, zipfile.BadZipFile, EOFError, KeyError, IndexError, ValueError,
            NotImplementedError, OverflowError, UnicodeDecodeError) as error:
        raise CorruptFile(name, f"damaged: {str(error)[:200]}") from error


class Refused(pickle.UnpicklingError):
    """A name that a file asks for and that is not on the list."""


class Reader(pickle.Unpickler):
    """Reads data.pkl; the memory of tensors lies beside it in the archive, one entry for each storage."""

    def __init__(self, archive: zipfile.ZipFile, folder: str, name: str, weights_only: bool) -> None:
        super().__init__(io.BytesIO(archive.read(f"{folder}data.pkl")), encoding="utf-8")
        self.archive, self.folder, self.name, self.weights_only = archive, folder, name, weights_only
        entries = set(archive.namelist())
        order = archive.read(f"{folder}byteorder") if f"{folder}byteorder" in entries else b"little"
        self.order = ">" if order == b"big" else "<"
        self.storages: dict[str, np.ndarray] = {}

    def persistent_load(self, pid: Any) -> np.ndarray:
        """The memory of a storage, flat; tensors that shared it share it again."""
        _, kind, key, _, _ = pid
        if key not in self.storages:
            raw = self.archive.read(f"{self.folder}data/{key}")
            self.storages[key] = _numbers(raw, kind, self.order)
        return self.storages[key]

    def find_class(self, module: str, name: str) -> Any:
        """What a name in the pickle means here."""
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        if (module, name) in TENSORS:
            return TENSORS[module, name]
        if module == "torch" and name in _dtypes():
            return _dtypes()[name]
        if not self.weights_only:
            return super().find_class(module, name)
        for each in trusted:
            found, known = each if isinstance(each, tuple) else (each, _full_name(each))
            if known == f"{module}.{name}":
                return found
        return self._listed({"__builtin__": "builtins"}.get(module, module), name)

    def _listed(self, module: str, name: str) -> Any:
        if name in PLAIN.get(module, "").split():
            home = "pellucid" if module == "torch" else module
            return getattr(builtins if home == "builtins" else importlib.import_module(home), name)
        if module.startswith("pellucid.") and "." not in name:
            found = getattr(importlib.import_module(module), name, None)
            if name in OURS.get(module, "").split() or _is_harmless(found):
                return found
        raise Refused(f"load: {self.name} holds a {module}.{name}, which is not made with weights_only=True. "
                      "If you trust the file, name it in torch.serialization.add_safe_globals([...]) or pass "
                      "weights_only=False")


def _full_name(found: Any) -> str:
    return f"{getattr(found, '__module__', '')}.{getattr(found, '__qualname__', '')}"


def _is_harmless(found: Any) -> bool:
    """Whether this is a class of tensors, layers or optimizers of ours, or a function of tensors."""
    from pellucid.dtypes import device, dtype
    from pellucid.nn.module import Module
    from pellucid.optim.optimizer import Optimizer
    from pellucid.tensor import Size, Tensor

    home = getattr(found, "__module__", None) or ""
    if isinstance(found, type):
        kinds = (Tensor, Module, Optimizer, dtype, device, Size)
        return home.startswith("pellucid.") and issubclass(found, kinds)
    return callable(found) and home.startswith(("pellucid.nn.functional", "pellucid.ops."))


# ------------------------------------------------------------------------------------- PyTorch's tensors

def _numbers(raw: bytes, kind: str, order: str) -> np.ndarray:
    """The numbers in a storage, in memory of their own; bfloat16 becomes float32."""
    if kind == "bf16":
        return (np.frombuffer(raw, f"{order}u2").astype(np.uint32) << 16).view(np.float32)
    stored = np.frombuffer(raw, f"{order}{kind}" if kind[1:] not in ("", "1") else kind)
    return stored.astype(stored.dtype.newbyteorder("="))


def _tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...],
            requires_grad: bool = False, _hooks: Any = None, _metadata: Any = None) -> Any:
    """A view of a storage, checked to lie within it."""
    from pellucid.tensor import wrap

    ends = [(n - 1) * step for n, step in zip(size, stride, strict=True)]
    if 0 not in size and not (offset >= 0 and min([0, *stride]) >= 0 and offset + sum(ends) < len(storage)):
        raise pickle.UnpicklingError(f"a tensor {size} with strides {stride} does not lie in its "
                                     f"{len(storage)} numbers")
    if 0 in size:
        array = np.zeros(size, storage.dtype)
    else:
        steps = [n * storage.itemsize for n in stride]
        array = np.lib.stride_tricks.as_strided(storage[offset:], size, steps)
    tensor = wrap(array)
    return tensor.requires_grad_() if requires_grad else tensor


def _parameter(data: Any, requires_grad: bool, _hooks: Any = None) -> Any:
    from pellucid.nn.parameter import Parameter

    return Parameter(data, requires_grad)


def _with_state(function: Callable, _kind: Any, arguments: tuple, state: Any) -> Any:
    """A tensor with attributes of its own."""
    made = function(*arguments)
    if isinstance(state, dict):
        made.__dict__.update(state)
    return made


def _dtypes() -> dict[str, Any]:
    from pellucid.dtypes import DTYPES

    return {each.name: each for each in DTYPES.values()}


TENSORS: dict[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor_v2"): _tensor, ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._tensor", "_rebuild_from_type_v2"): _with_state,
    ("torch", "Tensor"): object, ("torch.nn.parameter", "Parameter"): object,
    ("collections", "OrderedDict"): collections.OrderedDict,
}
