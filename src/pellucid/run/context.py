"""`with as_torch():` inside it `import torch` means Pellucid."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .. import naming
from .alias import FINDER, Alias, module
from .uses import LIBRARIES


@contextmanager
def as_torch() -> Iterator[Alias]:
    """Inside, `import torch` and `import torchvision` and all below them mean Pellucid; afterwards no more.

    What was imported inside keeps what it got. An installed PyTorch is neither used nor touched.

    Raises:  RuntimeError if PyTorch itself has been imported before; NotImplementedError, AttributeError or
             ModuleNotFoundError, inside, for a name that is not here.
    >>> with as_torch():
    ...     import torch
    ...     print(torch.ones(2).shape, torch.__version__)
    torch.Size([2]) 2.13.0+pellucid...
    """
    if FINDER in sys.meta_path:                                  # inside another
        yield _torch()
        return
    refuse_pytorch()
    # Where a test has forbidden PyTorch, None stands in its place.
    blocked = {name: sys.modules.pop(name) for name in LIBRARIES if name in sys.modules}
    sys.meta_path.insert(0, FINDER)  # type: ignore[arg-type]
    before, naming.library = naming.library, "torch"
    try:
        yield _torch()
    finally:
        naming.library = before
        sys.meta_path.remove(FINDER)  # type: ignore[arg-type]
        for name in [name for name, found in sys.modules.items() if isinstance(found, Alias)]:
            del sys.modules[name]
        sys.modules.update(blocked)


def refuse_pytorch() -> None:
    """Raise if PyTorch itself is imported: two libraries under one name would mix."""
    for name in LIBRARIES:
        found = sys.modules.get(name)
        if found is not None and not isinstance(found, Alias):
            raise RuntimeError(f"run: {name} itself has been imported already, from "
                               f"{getattr(found, '__file__', 'somewhere')}; start a new process, or say "
                               "as_torch() before it is imported")


def _torch() -> Alias:
    found = module("torch")
    assert found is not None
    return found
