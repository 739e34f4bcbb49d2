"""Sparse tensors: equal to the dense ones that they stand for, and refusals that name what is missing."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from pellucid.ops.sparse_tensor import SparseTensor

sizes = st.integers(1, 4)


@st.composite
def matrices(draw, rows=sizes, columns=sizes):
    """A sparse matrix with some places named twice, and some rows empty."""
    shape = draw(rows), draw(columns)
    count = draw(st.integers(0, 8))
    rng = np.random.RandomState(draw(st.integers(0, 99)))
    places = np.stack([rng.randint(0, size, count) for size in shape])
    return pellucid.sparse_coo_tensor(places, pellucid.tensor(rng.standard_normal(count)), shape)


@given(matrices(), st.integers(0, 99))
def test_equal_to_the_dense_matrix(s, seed):
    dense, rng = s.to_dense(), np.random.RandomState(seed)
    x = pellucid.tensor(rng.standard_normal((s.shape[1], 3)))
    close(s @ x, dense @ x)
    close(x.t() @ s.t(), x.t() @ dense.t())
    close((s.t() @ s).to_dense(), dense.t() @ dense)
    close(s.coalesce().to_dense(), dense)
    close((s + s.coalesce()).to_dense(), dense + dense)
    close((s * s).to_dense(), dense * dense)
    for dim in (0, 1, (0, 1)):
        total = s.sum(dim)
        close(total.to_dense() if isinstance(total, SparseTensor) else total, dense.sum(dim))
    close(dense.to_sparse().to_dense(), dense)


def close(a, b):
    np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-9, atol=1e-12)


@given(matrices())
def test_gradients_equal_those_of_the_dense_matrix(s):
    values = s._values().detach().requires_grad_()
    x = pellucid.tensor(np.ones((s.shape[1], 2)), requires_grad=True)
    again = pellucid.sparse_coo_tensor(s._indices(), values, s.shape)
    weights = pellucid.arange(2.0 * s.shape[0], dtype=pellucid.float64).reshape(s.shape[0], 2)
    sparse, dense = (pellucid.autograd.grad((y * y * weights).sum(), (values, x))
                     for y in (again @ x, again.to_dense() @ x))
    close(sparse[0], dense[0])
    close(sparse[1], dense[1])


@pytest.mark.parametrize("use, text", [
    (lambda s: s.view(4), "view: not defined for a sparse tensor; .to_dense"),
    (lambda s: pellucid.exp(s), "exp: not defined for a sparse tensor"),
    (lambda s: pellucid.softmax(s, 0), "not defined for a sparse tensor"),
    (lambda s: pellucid.cumsum(s, 0), "not defined for a sparse tensor"),
    (lambda s: pellucid.bmm(s, s), "not defined for a sparse tensor"),
    (lambda s: np.exp(s), "exp: not defined"), (lambda s: s[0], "getitem: not defined"),
    (lambda s: s > 0, "gt: not defined"), (lambda s: s == s, "eq: not defined"),
    (lambda s: bool(s), "bool: not defined"),
    (lambda s: pellucid.eye(2).to_sparse_csr(), "to_sparse_csr: sparse tensors are kept as places"),
    (lambda s: pellucid.eye(2).to_sparse(1), "sparse_dim=1"),
    (lambda s: pellucid.sparse_coo_tensor([[0]], pellucid.ones(1, 2)), "dense dimensions"),
    (lambda s: pellucid.sparse.spsolve(s, s), "sparse.spsolve is not in Pellucid"),
])
def test_what_it_cannot_do_is_named(use, text):
    with pytest.raises(NotImplementedError, match=text.replace(".", r"\.").replace("(", r"\(")):
        use(pellucid.eye(2).to_sparse())


def test_hasattr_tells_what_there_is():
    s = pellucid.eye(2).to_sparse()
    assert hasattr(s, "coalesce") and not hasattr(s, "cumsum") and not hasattr(s, "__float__")


def test_the_gradient_of_a_sparse_leaf_is_sparse():
    s = pellucid.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3), requires_grad=True)
    (s @ pellucid.ones(3, 2)).sum().backward()
    assert pellucid.equal(s.grad.to_dense(), pellucid.tensor([[0.0, 0, 2], [2, 0, 0]]))


def test_zeros_stay_with_their_gradients():
    v = pellucid.tensor([0.5, -0.7, 0.3], dtype=pellucid.float64, requires_grad=True)
    s = pellucid.sparse_coo_tensor([[0, 1, 1], [2, 0, 0]], v, (2, 3))
    for name in "abs sin tanh square relu expm1 neg asin".split():
        sparse, dense = getattr(s, name)().to_dense(), getattr(s.to_dense(), name)()
        close(sparse.detach(), dense.detach())
        close(*(pellucid.autograd.grad(y.exp().sum(), v)[0] for y in (sparse, dense)))


def test_copies():
    s = pellucid.sparse_coo_tensor([[0, 1], [1, 0]], [1.0, 2.0])
    for again in (copy.copy(s), copy.deepcopy(s), pickle.loads(pickle.dumps(s))):
        assert isinstance(again, SparseTensor) and pellucid.equal(again.to_dense(), s.to_dense())


def test_a_place_outside_is_told():
    with pytest.raises(IndexError, match="index 3 is out of bounds for dimension 1 with size 3"):
        pellucid.sparse_coo_tensor([[0], [3]], [1.0], (2, 3))
    with pytest.raises(IndexError, match="index -1"):
        pellucid.sparse_coo_tensor([[-1], [0]], [1.0], (2, 3))


def test_second_derivatives_go_through():
    v = pellucid.tensor([1.0, 2.0, 3.0], dtype=pellucid.float64, requires_grad=True)
    x = pellucid.ones(3, 2, dtype=pellucid.float64, requires_grad=True)

    def loss(v, x):
        s = pellucid.sparse_coo_tensor([[0, 2, 2], [1, 0, 2]], v, (3, 3))
        return ((s @ x) ** 3).sum() + (s.t() @ (s @ x)).sum()

    assert pellucid.autograd.gradcheck(loss, (v, x)) and pellucid.autograd.gradgradcheck(loss, (v, x))
