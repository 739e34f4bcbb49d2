"""`torch.hub`: nothing is downloaded and run. `tqdm` is the installed package's, or counts without it."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable, Iterator, Sized
from typing import Any

from .absent import absences

globals().update(absences("hub", "nothing is fetched from the net; pellucid.load reads files", """
    download_url_to_file get_dir help list load load_state_dict_from_url set_dir
"""))


class Counted:
    """What stands for tqdm where it is not installed: goes through an iterable, and counts on stderr."""

    def __init__(self, iterable: Iterable | None = None, desc: str | None = None, total: float | None = None,
                 disable: bool | None = None, **_: Any) -> None:
        self.iterable, self.desc, self.disable, self.postfix = iterable, desc, bool(disable), ""
        self.n: float = 0
        self.total = len(iterable) if total is None and isinstance(iterable, Sized) else total

    def __iter__(self) -> Iterator:
        for each in self.iterable or ():
            yield each
            self.update()
        self.close()

    def __len__(self) -> int:
        return int(self.total or 0)

    def update(self, n: float = 1) -> None:
        """Count n more."""
        self.n += n
        if not self.disable:
            whole = "" if self.total is None else f"/{self.total}"
            sys.stderr.write(f"\r{self.desc + ': ' if self.desc else ''}{self.n}{whole} {self.postfix}")
            sys.stderr.flush()

    def set_description(self, desc: str | None = None, refresh: bool = True) -> None:
        """The text before the count."""
        self.desc = desc

    def set_postfix(self, ordered_dict: Any = None, refresh: bool = True, **kwargs: Any) -> None:
        """Names and values after the count."""
        told = {**(ordered_dict or {}), **kwargs}
        self.postfix = ", ".join(f"{name}={value}" for name, value in told.items())

    def close(self) -> None:
        """End the line."""
        if not self.disable and self.n:
            sys.stderr.write("\n")
        self.disable = True

    def __enter__(self) -> Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def __getattr__(name: str) -> Any:
    if name != "tqdm":
        raise AttributeError(f"module 'pellucid.hub' has no attribute {name!r}")
    try:
        return importlib.import_module("tqdm").tqdm
    except ImportError:
        return Counted
