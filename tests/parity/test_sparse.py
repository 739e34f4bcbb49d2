"""Sparse tensors against PyTorch: values, what is printed, gradients of the numbers and the dense factor."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Sparse invariant checks",
                                        "ignore:torch.sparse.SparseTensor.* is deprecated")
PLACES = np.array([[0, 1, 1, 0, 3], [2, 0, 2, 2, 1]])            # (0, 2) twice, row 2 empty
ONCE = np.array([[0, 0, 1, 3], [1, 2, 0, 2]])


def made(m, values, size=(4, 3), places=PLACES):
    return m.sparse_coo_tensor(m.tensor(places), values, size)


# What is done to a sparse matrix (4, 3) of 5 numbers; a sparse result is made dense to compare.
CASES = {
    "to_dense": lambda m, s, x, v: s.to_dense(), "coalesce": lambda m, s, x, v: s.coalesce().values(),
    "mm": lambda m, s, x, v: [m.mm(s, x), m.spmm(s, x), m.sparse.mm(s, x), s.mm(x), s @ x, m.matmul(s, x)],
    "keywords": lambda m, s, x, v: m.mm(input=s, mat2=x),
    "vector": lambda m, s, x, v: [s @ x[:, 0], m.mv(s, x[:, 1]), s.matmul(x[:, 0])],
    "from the right": lambda m, s, x, v: [x.t() @ s.t(), m.mm(x.t(), s.t())],
    "turned": lambda m, s, x, v: [s.t().to_dense(), s.T.to_dense(), s.transpose(0, -1).to_dense(),
                                  m.t(s).to_dense(), m.transpose(s, 0, 1) @ s.to_dense()],
    "addmm": lambda m, s, x, v: m.sparse.addmm(m.ones(4, 2), s, x, beta=2, alpha=0.5),
    "sparse @ sparse": lambda m, s, x, v: [(s.t() @ s).to_dense(), m.sparse.mm(s, s.t()).to_dense()],
    "dense + sparse": lambda m, s, x, v: [m.ones(4, 3) + s, m.ones(4, 3) - s, m.add(m.ones(4, 3), s),
                                          m.add(m.ones(4, 3), s, alpha=2)],
    "sparse + sparse": lambda m, s, x, v: [(s + s).to_dense(), (s - s * 3).to_dense(), m.add(s, s).to_dense(),
                                           s.add(s.coalesce(), alpha=2).to_dense()],
    "numbers": lambda m, s, x, v: [(s * 2).to_dense(), (3 * s).to_dense(), (s / 4).to_dense(),
                                   (-s).to_dense(), m.mul(s, 3).to_dense(), m.div(s, 2).to_dense(),
                                   (s * m.tensor(2.0)).to_dense()],
    "times dense": lambda m, s, x, v: [(s * m.arange(12.0).reshape(4, 3)).to_dense(),
                                       (m.arange(3.0) * s).to_dense()],
    "times sparse": lambda m, s, x, v: (s * s.coalesce()).to_dense(),
    "sums": lambda m, s, x, v: [m.sparse.sum(s), m.sparse.sum(s, 0).to_dense(), m.sparse.sum(s, (0, 1)),
                                m.sparse.sum(s, dim=-1).to_dense()],
    "softmax": lambda m, s, x, v: [m.sparse.softmax(s, d).to_dense() for d in (0, 1)],
    "log_softmax": lambda m, s, x, v: [m.sparse.log_softmax(s, d).to_dense() for d in (0, 1)],
    "values": lambda m, s, x, v: s.coalesce().values().exp(),
    "to_sparse": lambda m, s, x, v: [x.to_sparse() @ x.t(), (x * (x > 0)).to_sparse().values(),
                                     x[0].to_sparse().to_dense(), x.to_sparse().t().to_dense()],
    "dtypes": lambda m, s, x, v: [s.double().to_dense(), s.to(m.float64).to_dense(), s.detach().to_dense(),
                                  s.clone().to_dense(), s.to("cpu").to_dense(), s.long().sum(1).to_dense()],
    "graph convolution": lambda m, s, x, v: m.log_softmax((s.t() @ (s @ x).relu()), dim=1),
    "mask": lambda m, s, x, v: m.arange(12.0).reshape(4, 3).sparse_mask(s.coalesce()).to_dense(),
}


@pytest.mark.filterwarnings("ignore:Sparse CSR")
@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("places", [PLACES, ONCE], ids=["twice", "once"])
def test_same_as_pytorch(name, places):
    agree(lambda m, v, x: CASES[name](m, made(m, v, places=places), x, v), (places.shape[1],), (3, 2),
          second=False)


@pytest.mark.parametrize("make", [
    lambda m: made(m, m.tensor([3.0, 4, 5, 6, 7])), lambda m: made(m, m.tensor([3.0, 4, 5, 6, 7])).coalesce(),
    lambda m: m.sparse_coo_tensor([[0, 1]], [1.5, 2.5], dtype=m.float64), lambda m: m.eye(2).to_sparse(),
    lambda m: m.sparse_coo_tensor((2, 3)), lambda m: m.eye(2).to_sparse().long(),
    lambda m: m.sparse_coo_tensor(m.zeros(2, 1), m.ones(1), (1, 1), requires_grad=True),
    lambda m: m.eye(2).to_sparse().t(), lambda m: 2 * m.eye(2).to_sparse(),
    lambda m: m.sparse_coo_tensor(np.array([[0, 1]], np.int32), m.ones(2), (3,), dtype=m.int64),
])
def test_what_it_says_of_itself(make):
    said = []
    for m in (torch, pellucid):
        s = make(m)
        said.append((repr(s).replace("pellucid.", "torch."), tuple(s.shape), s.dim(), s.ndim, s.size(0),
                     len(s), s._nnz(), s.is_coalesced(), s.is_sparse, str(s.dtype).split(".")[1], s.numel(),
                     s.sparse_dim(), s.dense_dim(), str(s.layout).split(".")[1], s._indices().tolist(),
                     s._values().tolist(), s.requires_grad, s.is_leaf, s.is_floating_point()))
    assert said[0] == said[1]


VALUES = {
    "sums": lambda m, s: [s.sum(), m.sum(s), m.sum(s, dim=1).to_dense(), s.sum(-1).sum(), s.sum((0, 1)),
                          m.sum(s, 1, keepdim=True).to_dense(), s.sum(0, dtype=m.float64).to_dense()],
    "zeros stay": lambda m, s: [getattr(s, name)().to_dense() for name in
                                ("abs", "sin", "tanh", "square", "relu", "expm1", "neg", "sign", "ceil")],
    "older names": lambda m, s: [getattr(m.sparse, name)(
        m.tensor(PLACES), m.ones(5, dtype=dtype), (4, 3)).to_dense() for name, dtype in
        (("FloatTensor", m.float32), ("DoubleTensor", m.float64), ("LongTensor", m.int64))],
    "diagonals": lambda m, s: m.sparse.spdiags(m.arange(6.0).reshape(2, 3), m.tensor([0, -1]),
                                               (4, 3)).to_dense(),
    "pow": lambda m, s: (s ** 2).to_dense(), "numbers": lambda m, s: s._values() * 2,
}


@pytest.mark.parametrize("name", VALUES)
def test_same_values_as_pytorch(name):
    agree(lambda m, v: VALUES[name](m, made(m, v)), (5,), grad=False)


ERRORS = {
    "sparse + dense": lambda m: made(m, m.ones(5)) + m.ones(4, 3),
    "shapes": lambda m: made(m, m.ones(5)) + m.eye(3).to_sparse(),
    "mm": lambda m: made(m, m.ones(5)) @ m.ones(2, 2),
    "sparse mm": lambda m: made(m, m.ones(5)) @ made(m, m.ones(5)),
    "dtypes": lambda m: made(m, m.ones(5)) @ m.ones(3, 2).double(),
    "indices": lambda m: made(m, m.ones(5)).indices(), "values": lambda m: made(m, m.ones(5)).values(),
    "places and numbers": lambda m: made(m, m.ones(4)), "size": lambda m: made(m, m.ones(5), (4,)),
    "outside": lambda m: m.sparse_coo_tensor(PLACES, m.ones(5), (3, 3), check_invariants=True),
    "negative": lambda m: m.sparse_coo_tensor(-PLACES, m.ones(5), (4, 3), check_invariants=True),
    "divided by a tensor": lambda m: made(m, m.ones(5)) / m.ones(3),
    "exp": lambda m: m.exp(made(m, m.ones(5))), "compared": lambda m: made(m, m.ones(5)) > 0,
    "equal": lambda m: made(m, m.ones(5)) == made(m, m.ones(5)),
    "view": lambda m: made(m, m.ones(5)).view(3, 4), "numpy": lambda m: made(m, m.ones(5)).numpy(),
    "mean": lambda m: made(m, m.ones(5)).mean(), "number + sparse": lambda m: 3 + made(m, m.ones(5)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_raises_where_pytorch_raises(name):
    both_raise(ERRORS[name], errors=(RuntimeError, IndexError, TypeError))


def test_a_graph_convolution_learns_as_pytorchs():
    from tests.run.test_mathematics import NETWORK

    losses = []
    for m in (torch, pellucid):
        printed = []
        source = NETWORK.replace("import torch\n", "").replace("import torch.nn.functional as F\n", "")
        exec(source, {"torch": m, "F": m.nn.functional, "print": printed.append})
        losses.append([float(text) for text in printed])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4, atol=2e-4)
