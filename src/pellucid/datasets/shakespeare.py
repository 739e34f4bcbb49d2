"""Tiny Shakespeare: a million letters of his plays, the usual first text of language models."""

from __future__ import annotations

import os

from pellucid.datasets.files import TextFile

ADDRESS = "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt"
FILE = TextFile("tinyshakespeare", "tinyshakespeare.txt",
                "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed", (ADDRESS,), ("text",))


def tinyshakespeare(root: str | os.PathLike[str] | None = None) -> str:
    """1,115,394 letters from Shakespeare's plays, 65 different ones, as one text.

    The file tinyshakespeare.txt, gzipped or not, is looked for in `root` and nowhere else if it is given;
    otherwise in the folder that PELLUCID_DATA names, in ../shared/data, and in the cache
    (~/.cache/pellucid), which is filled by a download if need be. PELLUCID_DATA and `root` name its folder or
    one that holds it in text.

    Source:  Karpathy 2015, "The Unreasonable Effectiveness of Recurrent Neural Networks"; the plays are in
             the public domain.
    Raises:  as `mnist`.
    """
    return FILE.read(root)
