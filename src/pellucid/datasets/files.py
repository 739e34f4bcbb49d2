"""Where data files lie: a folder the user names, the cache, or a mirror from which the cache is filled."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from pellucid.datasets.idx import read_idx
from pellucid.datasets.plain import read_text
from pellucid.io import CorruptFile, write_bytes

LARGEST_DOWNLOAD = 64 << 20                              # bytes; what is larger is not what was asked for
PATIENCE = 20                                            # seconds without an answer


class MissingData(FileNotFoundError):
    """A data file is neither here nor to be had from its mirrors; the message says how to get it."""


@dataclass(frozen=True)
class DataFile:
    """A published file (here IDX): what it is called, what it must contain and where it is to be had."""

    dataset: str                                         # also the folder in the cache
    name: str                                            # without .gz
    sha256: str                                          # of the uncompressed content
    mirrors: tuple[str, ...]                             # folders on the web that hold name.gz
    folders: tuple[str, ...] = ()                        # where it lies inside a folder of data sets

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where on the web the file is to be had."""
        return tuple(f"{mirror}{self.name}.gz" for mirror in self.mirrors)

    def parsed(self, source: str | os.PathLike[str] | IO[bytes]) -> Any:
        """The content of a file, once its checksum is right."""
        return read_idx(source, sha256=self.sha256)

    def read(self, root: str | os.PathLike[str] | None = None) -> Any:
        """The content: from `root` alone if that is given, else from where it is found, else downloaded."""
        found = self.find(root)
        if found is None:
            return self.download(root)
        try:
            return self.parsed(found)
        except CorruptFile as error:
            raise CorruptFile(found, f"{error.problem}. It is damaged or another file: delete it, then "
                                     f"{self.remedy()}") from None

    def find(self, root: str | os.PathLike[str] | None = None) -> Path | None:
        """The first place where the file lies, or None."""
        for folder in folders(root):
            for inside in ("", self.dataset, *self.folders):
                for name in (self.name, f"{self.name}.gz"):
                    if (folder / inside / name).is_file():
                        return folder / inside / name
        return None

    def download(self, root: str | os.PathLike[str] | None) -> Any:
        """Try the mirrors in turn; what arrives is checked first and then put into the cache.

        Raises:  MissingData with every reason, and what to do by hand.
        """
        looked = ", ".join(str(folder) for folder in folders(root))
        reasons = ["not downloaded because a folder was given"] if root is not None else []
        for url in () if root is not None else self.addresses:
            print(f"pellucid: downloading {url}", file=sys.stderr)
            try:
                content = _fetch(url)
                parsed = self.parsed(BytesIO(content))
            except (OSError, ValueError) as error:       # no network, no such file, a web page instead of it
                reasons.append(f"{url}: {error}")
                continue
            self.keep(content, url)
            return parsed
        raise MissingData(f"{self.dataset}: {self.name} is not in {looked}; {'; '.join(reasons)}. To get it, "
                          f"{self.remedy()}")

    def keep(self, content: bytes, url: str) -> None:
        """Put the downloaded file into the cache; without a place for it, say so and go on."""
        name = f"{self.name}.gz" if url.endswith(".gz") else self.name
        folder = cache_folder() / self.dataset
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_bytes(folder / name, content)
        except OSError as error:
            print(f"pellucid: the download cannot be kept: {error}", file=sys.stderr)

    def remedy(self) -> str:
        """What to do by hand."""
        called = "" if self.addresses[0].removesuffix(".gz").endswith(f"/{self.name}") else f" as {self.name}"
        return (f"download {self.addresses[0]} (sha256 of its uncompressed content: {self.sha256}){called} "
                "into a folder and name that in the environment variable PELLUCID_DATA")


@dataclass(frozen=True)
class TextFile(DataFile):
    """A published text or table: its mirrors are whole addresses, as every place calls it otherwise."""

    @property
    def addresses(self) -> tuple[str, ...]:
        return self.mirrors

    def parsed(self, source: str | os.PathLike[str] | IO[bytes]) -> str:
        return read_text(source, sha256=self.sha256)


def folders(root: str | os.PathLike[str] | None = None) -> Iterator[Path]:
    """The folders in which data may lie, in the order of preference.

    Raises:  NotADirectoryError if `root` or PELLUCID_DATA names none.
    """
    if root is not None:
        yield _existing(root, "root")
        return
    if named := os.environ.get("PELLUCID_DATA"):
        yield _existing(named, "PELLUCID_DATA")
    checkout = Path(__file__).resolve().parents[3]       # of the repository, if this is one
    here = [Path.cwd()] + ([checkout] if (checkout / "pyproject.toml").is_file() else [])
    for start in dict.fromkeys(here):
        yield start.parent / "shared" / "data"
    yield cache_folder()


def _existing(folder: str | os.PathLike[str], name: str) -> Path:
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise NotADirectoryError(f"{name} is {os.fspath(folder)!r}, which is not a folder")
    return path


def cache_folder() -> Path:
    """Where downloads are kept: $XDG_CACHE_HOME/pellucid or ~/.cache/pellucid."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pellucid"


def _fetch(url: str) -> bytes:
    from urllib.request import urlopen

    with urlopen(url, timeout=PATIENCE) as answer:
        content = answer.read(LARGEST_DOWNLOAD + 1)
    if len(content) > LARGEST_DOWNLOAD:
        raise ValueError(f"more than {LARGEST_DOWNLOAD} bytes")
    return content
