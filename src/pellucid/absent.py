"""What PyTorch has and Pellucid has not: names that can be imported, and that raise when they are used.

A script imports `torch.distributed` at its top and uses it on a cluster only. So the import works, the use
raises, and the error names the thing.
"""

from __future__ import annotations

from typing import Any, NoReturn


class Absent(type):
    """The class of classes that nothing is an instance of: calling them raises, so does asking for a part."""

    text: str

    def __call__(cls, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError(cls.text)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):                                 # Python asks for these by itself
            raise AttributeError(name)
        raise NotImplementedError(f"{cls.text} (asked for its {name})")


def absent(name: str, why: str) -> Absent:
    """A name that can be imported, subclassed and compared with, and not be used.

    >>> export = absent("onnx.export", "no ONNX files are written")
    >>> isinstance(3, export)
    False
    >>> export(3)
    Traceback (most recent call last):
    NotImplementedError: onnx.export is not in Pellucid: no ONNX files are written
    """
    doc = f"Not available: {why}.\n\nRaises:  NotImplementedError when it is used."
    return Absent(name.rpartition(".")[2], (), {"__doc__": doc, "text": f"{name} is not in Pellucid: {why}"})


def absences(module: str, why: str, names: str) -> dict[str, Absent]:
    """Several for a module's namespace: `globals().update(absences("onnx", "...", "export verify"))`."""
    return {name: absent(f"{module}.{name}", why) for name in names.split()}
