"""Files that are either wholly written or not touched at all.

A checkpoint is worth most at the moment when writing it goes wrong: a full disk, a crash, Ctrl-C. So the
new content goes to a temporary file beside the old one, is forced to the disk, and takes the old one's name
in a single step of the file system. Whoever looks sees the old file or the new one, never half of either.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

PathLike = str | os.PathLike[str]


@contextmanager
def open_atomic(path: PathLike, mode: str = "wb", *, encoding: str | None = None) -> Iterator[IO[Any]]:
    """Open `path` for writing so that it changes only when the `with` block ends well.

    The file is written beside `path` under a temporary name, flushed to the disk and renamed over `path`.
    If the block raises, the disk is full or the process is interrupted, the temporary file is removed and
    what `path` held before is still there. A symbolic link stays a link: the file that it points to is
    replaced. An existing file keeps its permissions. Text is UTF-8 unless `encoding` says otherwise, with
    "\\n" at the end of a line.

    Raises:  ValueError if `mode` is neither "w" nor "wb"; OSError (PermissionError, FileNotFoundError,
             IsADirectoryError, ...) naming the folder or the file that cannot be written.
    """
    if mode not in ("w", "wb"):
        raise ValueError(f'open_atomic: mode is {mode!r}, wants "w" or "wb"')
    target = os.path.realpath(os.fspath(path))                   # replace the file, keep a link to it
    binary = mode == "wb"
    descriptor, temporary = _create_beside(target)
    try:
        with os.fdopen(descriptor, mode, encoding=None if binary else encoding or "utf-8",
                       newline=None if binary else "\n") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())                              # the content first, then the name
        with suppress(FileNotFoundError):
            os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(temporary, target)
    except BaseException as error:                               # Ctrl-C included
        with suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno and error.filename is None:
            what = f"{error.strerror}; not written, what was there before is untouched"
            raise OSError(error.errno, what, target) from error
        raise
    _sync_folder(os.path.dirname(target))


def write_bytes(path: PathLike, content: bytes | bytearray | memoryview) -> None:
    """Write `content` to the file `path`, all of it or nothing (see `open_atomic`)."""
    with open_atomic(path) as file:
        file.write(content)


def write_text(path: PathLike, content: str, *, encoding: str = "utf-8") -> None:
    """Write the text `content` to the file `path`, all of it or nothing (see `open_atomic`)."""
    with open_atomic(path, "w", encoding=encoding) as file:
        file.write(content)


def _create_beside(target: str) -> tuple[int, str]:
    """Create an empty file with a fresh name in the folder of `target`; return its descriptor and path."""
    folder = os.path.dirname(target)
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, "A file was to be written, this is a folder", target)
    if os.path.exists(target) and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "The file is read-only", target)   # renaming would get round that
    temporary = os.path.join(folder, f".pellucid-{os.urandom(6).hex()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    try:
        return os.open(temporary, flags, 0o666), temporary       # 0o666: the umask decides, as for open()
    except OSError as error:
        reason = "There is no such folder" if isinstance(error, FileNotFoundError) else error.strerror
        what = f"{reason}; cannot write {os.path.basename(target)} into"
        raise OSError(error.errno, what, folder) from error


def _sync_folder(folder: str) -> None:
    """Force the renaming itself to the disk where the system can (POSIX); elsewhere do nothing."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
