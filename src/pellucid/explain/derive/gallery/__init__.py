"""The gallery: classical derivations, proven by the ops themselves, each a page with a picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..exact import sympy
from . import layers, losses, steps
from .page import NotProven, Page

__all__ = ["PAGES", "NotProven", "Page", "index", "make", "write"]

PAGES: dict[str, tuple[str, Callable]] = {
    "sigmoid-cross-entropy": ("Sigmoid and cross entropy: p - y", losses.sigmoid_and_cross_entropy),
    "softmax-cross-entropy": ("Softmax and cross entropy: p - 1 at the right class",
                              losses.softmax_and_cross_entropy),
    "two-layers": ("A network of two layers", layers.two_layers),
    "convolution": ("Convolution, Sobel's edge, and the size of the output", layers.convolution),
    "batch-norm": ("Batch normalisation and its three gradients", layers.batch_norm),
    "layer-norm": ("Layer normalisation", layers.layer_norm),
    "weight-decay": ("L2 regularisation is weight decay", losses.weight_decay),
    "attention": ("Attention between two tokens is a sigmoid", layers.attention),
    "recurrent": ("Through time: gradients that vanish and explode", steps.recurrent),
    "variational-autoencoder": ("The variational autoencoder: its divergence, and gradients through a sample",
                                losses.variational_autoencoder),
    "adversarial": ("Adversarial networks: the best discriminator, and which gradient the generator takes",
                    losses.adversarial),
    "adam": ("Adam's bias correction", steps.adam)}


def make(name: str) -> Page:
    """Derive everything on a page, and prove it.

    Raises:  NotProven where a formula is not what was derived.
    """
    if name not in PAGES:
        raise ValueError(f"gallery: no page {name!r}; there are {', '.join(PAGES)}")
    title, fill = PAGES[name]
    page = Page(name, title)
    fill(page)
    return page


def index() -> str:
    """The page that leads to the others."""
    lines = [f"- [{title}]({name}.md)" for name, (title, _) in PAGES.items()]
    return ("# Derivations\n\nEach formula on these pages was derived by Pellucid's own ops and their rules, "
            "run on symbols, and proven\nto be the one that is written; each number stands beside the one of "
            "an ordinary run. The tests do it again.\n`python -m pellucid.explain.derive docs/derivations` "
            "writes the pages.\n\n"
            + "\n".join(lines) + f"\n\nWritten with SymPy {sympy().__version__}.\n")


def write(folder: str | Path) -> list[Path]:
    """Write all pages, their pictures and the index."""
    folder = Path(folder)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    written = []
    for name in PAGES:
        page = make(name)
        (folder / "images" / f"{name}.svg").write_bytes(page.svg())
        (folder / f"{name}.md").write_text(page.text(), encoding="utf-8")
        written.append(folder / f"{name}.md")
    (folder / "README.md").write_text(index(), encoding="utf-8")
    return [*written, folder / "README.md"]
