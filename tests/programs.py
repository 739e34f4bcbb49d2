"""Small random programs of views, writes and uses, for PyTorch and for Pellucid alike.

A program is a list of steps (name, i, j, k): do `name` to the i-th tensor so far, with the j-th as operand
and k to vary it. Steps that make a tensor append it. Both libraries start from the same leaves.
"""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

VIEWS = {
    "slice_rows": lambda L, t, u, k: t[k % 2:],
    "slice_last": lambda L, t, u, k: t[..., ::1 + k % 2],
    "select": lambda L, t, u, k: t.select(k % max(t.ndim, 1), 0),
    "first": lambda L, t, u, k: t[0],
    "new_axis": lambda L, t, u, k: t[:, None],
    "reshape": lambda L, t, u, k: t.reshape(-1),
    "view": lambda L, t, u, k: t.view(-1),
    "transpose": lambda L, t, u, k: t.transpose(0, -1),
    "unsqueeze": lambda L, t, u, k: t.unsqueeze(k % 2),
    "squeeze": lambda L, t, u, k: t.squeeze(),
    "expand": lambda L, t, u, k: t.expand(1 + k % 2, *t.shape),
    "narrow": lambda L, t, u, k: t.narrow(0, 0, 1),
    "detach": lambda L, t, u, k: t.detach(),
    "diagonal": lambda L, t, u, k: t.diagonal(),
    "chunk": lambda L, t, u, k: t.chunk(2, 0)[k % 2],
    "unbind": lambda L, t, u, k: t.unbind(0)[0],
    "flatten": lambda L, t, u, k: t.flatten(),
    "permute": lambda L, t, u, k: t.permute(*reversed(range(t.ndim))),
}
USES = {
    "mul": lambda L, t, u, k: t * u,
    "add": lambda L, t, u, k: t + u,
    "scale": lambda L, t, u, k: t * (0.5 + k % 3),
    "shift": lambda L, t, u, k: t + 1.5,
    "tanh": lambda L, t, u, k: t.tanh(),
    "square": lambda L, t, u, k: t * t,
    "clone": lambda L, t, u, k: t.clone(),
    "sum": lambda L, t, u, k: t.sum(),
    "pick": lambda L, t, u, k: t[[0, 0]],
    "leaf": lambda L, t, u, k: (t.detach().clone() + 0.25).requires_grad_(),
    "constant": lambda L, t, u, k: t.detach().clone() * 0.5,
}
WRITES = {
    "shift_": lambda L, t, u, k: t.add_(0.5),
    "scale_": lambda L, t, u, k: t.mul_(1.5),
    "add_": lambda L, t, u, k: t.add_(u),
    "mul_": lambda L, t, u, k: t.mul_(u),
    "plus_equals": lambda L, t, u, k: t.__iadd__(u),
    "copy_": lambda L, t, u, k: t.copy_(u),
    "set_first": lambda L, t, u, k: t.__setitem__(0, u),
    "set_rows": lambda L, t, u, k: t.__setitem__(slice(k % 2, None), u),
    "set_all": lambda L, t, u, k: t.__setitem__(Ellipsis, 0.7),
    "set_places": lambda L, t, u, k: t.__setitem__([0], u),
    "set_corner": lambda L, t, u, k: t.__setitem__(([0], 0), u),
    "set_where": lambda L, t, u, k: t.__setitem__(t.detach() > 0.2, 0.3),
    "tanh_": lambda L, t, u, k: t.tanh_(),
    "zero_": lambda L, t, u, k: t.zero_(),
    "fill_": lambda L, t, u, k: t.fill_(0.4),
    "masked_fill_": lambda L, t, u, k: t.masked_fill_(t.detach() > 0.1, 0.2),
    "index_add_": lambda L, t, u, k: t.index_add_(0, L.tensor([0]), u),
    "shift_unrecorded": lambda L, t, u, k: unrecorded(L, t.add_, 0.25),
    "copy_unrecorded": lambda L, t, u, k: unrecorded(L, t.copy_, u),
    "shift_detached": lambda L, t, u, k: t.detach().add_(0.125),
}
STEPS = {**VIEWS, **USES, **WRITES}
ERRORS = (RuntimeError, IndexError, ValueError, TypeError)


def unrecorded(library, function, *args):
    with library.no_grad():
        return function(*args)


def programs(names=None, longest=10):
    """A hypothesis strategy for programs."""
    number = st.integers(0, 11)
    step = st.tuples(st.sampled_from(sorted(names or STEPS)), number, number, number)
    return st.lists(step, min_size=1, max_size=longest)


def leaves(library, arrays):
    """What a program starts with: leaves, a constant, results; the last two are not in row-major order."""
    a, b = (library.tensor(array).requires_grad_() for array in arrays)
    c = library.tensor(np.random.RandomState(2).uniform(-1, 1, (2, 3)))
    return [a, b, c, a.clone(), (c.T * 1.0).clone(), a.T.clone()]


def start():
    """The values of the two leaves."""
    return [np.random.RandomState(0).uniform(-1, 1, (2, 3)), np.random.RandomState(1).uniform(-1, 1, 3)]


def step(library, tensors, name, i, j, k):
    """Do one step. The operand of a write is a copy: PyTorch leaves open what overlapping memory gives."""
    t, u = tensors[i % len(tensors)], tensors[j % len(tensors)]
    made = STEPS[name](library, t, u * 1.0 if name in WRITES else u, k)
    if name not in WRITES:
        tensors.append(made)


def loss(library, tensors):
    """A weighted sum of everything that requires grad."""
    total = 0
    for i, t in enumerate(tensors):
        if t.requires_grad:
            weights = np.random.RandomState(50 + i).uniform(0.5, 1.5, tuple(t.shape))
            total = total + (t * library.tensor(weights)).sum()
    return total
