"""The one error for a file that is not what it claims to be."""

from __future__ import annotations

import os


class CorruptFile(ValueError):
    """A file whose content breaks its format or differs from its checksum; the message names both.

    >>> str(CorruptFile("model.safetensors", "the file is empty"))
    'model.safetensors: the file is empty'
    """

    def __init__(self, path: str | os.PathLike[str], problem: str):
        super().__init__(os.fspath(path), problem)
        self.path, self.problem = self.args

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"
