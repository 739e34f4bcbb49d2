"""Books in the public domain: five million words of English to learn words' meanings from."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pellucid.datasets.files import TextFile

END = "<|endoftext|>"


@dataclass(frozen=True)
class JoinedText(TextFile):
    """A text that was put together from many, and so is not to be had at one address."""

    made: str = ""

    def remedy(self) -> str:
        return (f"put a file {self.name} or {self.name}.gz ({self.made}; sha256 {self.sha256}) into a folder "
                "and name that in the environment variable PELLUCID_DATA")


FILE = JoinedText("books", "pd_books.txt", "3bfbdc2fe0b3cb1a7be9cf1e77549aee42dc9a09effaf4fd75eb74dbedc7cb8e",
                  (), ("text",), made="28 books of Project Gutenberg without its own words, UTF-8, joined by "
                                      f"{END}")


def books(root: str | os.PathLike[str] | None = None) -> list[str]:
    """28 English books and plays as one text each: novels of Austen, Dickens, Melville, Tolstoy, ..., Milton,
    Whitman and three plays of Shakespeare; 27.9 million letters.

    pd_books.txt, gzipped or not, is looked for as `tinyshakespeare` says, also in the folder text. It was put
    together from many files and cannot be downloaded as one.

    Source:  Project Gutenberg, by way of GITenberg and of NLTK's selection; in the public domain in the USA.
    Raises:  MissingData, saying what the file must be.
    """
    return [book.strip() for book in FILE.read(root).split(END) if book.strip()]
