"""python -m pellucid.explain.derive [FOLDER]: write the gallery of derivations."""

from __future__ import annotations

import sys

from .gallery import write

if __name__ == "__main__":
    for path in write(sys.argv[1] if len(sys.argv) > 1 else "docs/derivations"):
        print(path)
