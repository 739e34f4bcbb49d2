"""How a tensor's numbers lie in memory, and what its user may believe about it.

The result of a convolution is row-major for its user, as PyTorch's is. Inside it lies in another order, with
channels or samples innermost, and the functions after it keep the order they find.
Nobody can tell until a view would have to copy, an address or an array leaves the library, or shared memory
is written to. Then `settle` puts the numbers into row-major order, once, and makes every living view look
there. What is a copy of row-major memory, and a view of this order only, goes its own way from then on.

Nodes of the graph keep the arrays they have: the values are the same, and nobody writes to them any more.

`_hidden` marks such a tensor: results of ops with `hides`, and what is computed from them. Other orders
are no secret: the user made them (x.t() + 1 lies as x.t() does, in PyTorch too).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .tensor import Tensor, share_memory


def owner_of(tensor: Tensor) -> Tensor:
    """The tensor whose memory this one looks into; itself if that is its own."""
    return tensor if tensor._base is None else tensor._base


def hides(tensor: Tensor) -> bool:
    """Does the memory behind a tensor lie in another order than its user believes?"""
    return owner_of(tensor)._hidden


def settle(tensor: Tensor, copy: np.ndarray | None = None) -> bool:
    """Bring the memory behind a tensor into the order its user believes in; tell whether it had to be moved.

    copy: the owner's numbers in row-major order, if somebody has made them already
    """
    if not hides(tensor):
        return False
    owner = owner_of(tensor)
    views, owner._views, owner._hidden = owner._views or (), None, False
    owner._data = np.ascontiguousarray(owner._data) if copy is None else copy.reshape(owner._data.shape)
    for found in [reference() for reference in views]:           # parents before the views of them
        if found is not None and found._base is owner:
            _look_again(found, owner)
    return True


def settle_shared(tensor: Tensor) -> None:
    """Settle memory that is about to be written to, if other tensors look into it."""
    views = owner_of(tensor)._views
    if views is not None and any(reference() is not None for reference in views):
        settle(tensor)


def _look_again(view: Tensor, owner: Tensor) -> None:
    """Let a view look into its parent's new memory, or keep a copy of its own where it cannot."""
    if view._view is None:                                       # a detached alias
        view._data = owner._data
        return
    parent, op, rest, params, index = view._view
    found: Any = op.on(parent._data, *rest, **params)
    view._data = found if index is None else found[index]
    if np.may_share_memory(view._data, parent._data):
        share_memory(view, parent)
    else:
        view._base = view._view = None
        view._changed_at = owner._changed_at


def as_seen(tensor: Tensor) -> np.ndarray:
    """The array behind a tensor, in the order its user believes in."""
    settle(tensor)
    return tensor._data
