"""torch.linalg against PyTorch: values, gradients, second derivatives; signs of vectors do not count."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

RNG = np.random.RandomState(0)


def regular(*shape):
    return (RNG.standard_normal(shape) + 3 * np.eye(shape[-1])).astype(np.float32)


def symmetric(*shape):
    x = RNG.standard_normal(shape).astype(np.float32)
    return x + np.swapaxes(x, -1, -2)


EYE = np.eye(3, dtype=np.float32)
NORMS = [None, "fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf]
CASES = {
    "inv": (lambda m, x: [m.linalg.inv(x), m.inverse(x), x.inverse(), m.linalg.inv(A=x)], regular(2, 3, 3)),
    "inv of nothing": (lambda m, x: m.linalg.inv(x), (0, 0)),
    "solve": (lambda m, a, b: m.linalg.solve(a, b), regular(3, 3), (3, 2)),
    "solve batch": (lambda m, a, b: m.linalg.solve(A=a, B=b), regular(2, 3, 3), (2, 3, 1)),
    "solve broadcast": (lambda m, a, b: m.linalg.solve(a, b), regular(2, 1, 3, 3), (4, 3, 2)),
    "solve vector": (lambda m, a, b: m.linalg.solve(a, b), regular(3, 3), (3,)),
    "solve vectors": (lambda m, a, b: m.linalg.solve(a, b), regular(2, 3, 3), (2, 3)),
    "solve vector for all": (lambda m, a, b: m.linalg.solve(a, b), regular(2, 3, 3), (3,)),
    "solve from the right": (lambda m, a, b: m.linalg.solve(a, b, left=False), regular(3, 3), (2, 3)),
    "det": (lambda m, x: [m.linalg.det(x), m.det(x), x.det()], regular(2, 3, 3)),
    "det of 1 and 0": (lambda m, x, y: [m.det(x), m.det(y)], (1, 1), (0, 0)),
    "slogdet": (lambda m, x: [*m.linalg.slogdet(x), *m.slogdet(x), x.slogdet().logabsdet], regular(2, 3, 3)),
    "logdet": (lambda m, x: [m.logdet(x @ x.mT), (x @ x.mT).logdet()], regular(2, 3, 3)),
    "logdet of a mirror": (lambda m, x: m.logdet(-x), EYE),
    "eigvalsh": (lambda m, x: m.linalg.eigvalsh(x), symmetric(2, 4, 4)),
    "eigh": (lambda m, x: [w := m.linalg.eigh(x).eigenvalues, (v := m.linalg.eigh(x)[1]).abs(),
                           (v * w.exp().unsqueeze(-2)) @ v.mT], symmetric(2, 3, 3)),
    "eigh, upper": (lambda m, x: m.linalg.eigh(x, UPLO="U")[0], symmetric(3, 3)),
    "equal eigenvalues": (lambda m, x: m.linalg.eigvalsh(x), EYE),
    "eig": (lambda m, x: [m.linalg.eig(x @ x.mT)[0].real.sort()[0] if m is torch else
                          m.linalg.eig(x @ x.mT)[0].sort()[0]], regular(3, 3)),
    "eigvals": (lambda m, x: m.linalg.eigvals(x).real.sort()[0],
                np.diag([1, 2, 3]).astype(np.float32) + 0.1 * RNG.rand(3, 3).astype(np.float32)),
    "svdvals": (lambda m, x, y: [m.linalg.svdvals(x), m.linalg.svdvals(y)], (2, 3, 4), (4, 2)),
    "equal singular values": (lambda m, x: m.linalg.svdvals(x) ** 2, EYE),
    "qr": (lambda m, x: [*m.linalg.qr(x), *m.qr(x), *x.qr()], (2, 4, 3)),
    "qr wide": (lambda m, x: m.linalg.qr(x), (3, 5)),
    "qr square": (lambda m, x: m.linalg.qr(x, mode="complete"), (3, 3)),
    "pinv": (lambda m, x, y: [m.linalg.pinv(x), m.pinverse(x), m.linalg.pinv(y, rtol=1e-3), y.pinverse()],
             (2, 4, 3), (2, 3)),
    "pinv symmetric": (lambda m, x: m.linalg.pinv(x, hermitian=True), symmetric(3, 3)),
    "power": (lambda m, x: [m.linalg.matrix_power(x, -2), m.matrix_power(x, -1), x.matrix_power(3)],
              regular(2, 3, 3)),
    "matrix_exp": (lambda m, x: [m.matrix_exp(x), m.linalg.matrix_exp(0.01 * x), m.matrix_exp(0 * x),
                                 (x * 2).matrix_exp()], 0.4 * symmetric(2, 3, 3)),
    "lstsq": (lambda m, a, b: m.linalg.lstsq(a, b).solution, (2, 4, 2), (2, 4, 3)),
    "lstsq vectors": (lambda m, a, b: m.linalg.lstsq(a, b)[0], (2, 4, 2), (2, 4)),
    "lstsq wide": (lambda m, a, b: m.linalg.lstsq(a, b)[0], (2, 4), (2, 1)),
    "vector_norm": (lambda m, x: [m.linalg.vector_norm(x, p, d, keepdim=k)
                                  for p in (0, 1, 2, 3, 0.5, -1, math.inf)
                                  for d, k in ((None, False), (1, True), ((0, -1), False))], (2, 3, 2)),
    "norm": (lambda m, x: [m.linalg.norm(x), m.linalg.norm(x, dim=1), m.linalg.norm(x, 3, 0),
                           m.linalg.norm(x, dim=(0, 1), keepdim=True), m.linalg.norm(x[0], 1),
                           *(m.linalg.norm(x, p) for p in NORMS[1:])], (4, 3)),
    "matrix_norm": (lambda m, x: [m.linalg.matrix_norm(x, p or "fro", dim=d, keepdim=k) for p in NORMS
                                  for d, k in (((0, 2), True), ((-1, 1), False))], (2, 3, 4)),
    "nuclear": (lambda m, x: [m.norm(x[0], "nuc"), m.norm(x, p="nuc", dim=(1, 2), keepdim=True),
                              m.nuclear_norm(x[1])], (2, 3, 4)),
    "cond": (lambda m, x: [m.linalg.cond(x, p) for p in (None, 2, -2)], regular(2, 3, 3)),
    "multi_dot": (lambda m, x, y, z: m.linalg.multi_dot([x, y, z]), (2, 3), (3, 4), (4,)),
    "cross": (lambda m, x, y: [m.linalg.cross(x, y), m.linalg.cross(x[:1], y)], (2, 3), (2, 3)),
    "diagonal": (lambda m, x: [m.linalg.diagonal(x), m.linalg.diagonal(x, offset=1, dim1=0)], (2, 3, 4)),
    "vecdot": (lambda m, x, y: [m.linalg.vecdot(x, y), m.linalg.vecdot(x, y, dim=0)], (2, 3), (2, 3)),
    "vander": (lambda m, x: [m.linalg.vander(x), m.linalg.vander(x, N=2)], (2, 3)),
    "tensorinv": (lambda m, x: m.linalg.tensorinv(x.reshape(2, 2, 4), ind=2), regular(4, 4)),
    "tensorsolve": (lambda m, x, b: [m.linalg.tensorsolve(x.reshape(2, 2, 4), b),
                                     m.linalg.tensorsolve(x.reshape(4, 2, 2), b, dims=(0,))],
                    regular(4, 4), (2, 2)),
}


# PyTorch's second derivative is nan, or takes it seconds to find.
ONCE = {"equal eigenvalues", "equal singular values", "vector_norm"}


@pytest.mark.filterwarnings("ignore:torch.qr is deprecated", "ignore:.*nuclear_norm is deprecated")
@pytest.mark.parametrize("name", CASES)
def test_same_as_pytorch(name):
    agree(CASES[name][0], *CASES[name][1:], rtol=2e-5, atol=1e-5, second=name not in ONCE)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 3, 5)])
@pytest.mark.parametrize("full", [True, False])
def test_svd_up_to_signs(shape, full):
    def products(m, x):
        u, s, w = m.linalg.svd(x, full_matrices=full)
        old = m.svd(x, some=not full)
        k = min(shape[-2:])
        thin = [(u[..., :k] * s.unsqueeze(-2).log1p()) @ w[..., :k, :], u[..., :k] ** 2, w[..., :k, :].abs()]
        return [s, *thin, u @ u.mT, w.mT @ w, old.S, (old.U ** 2)[..., :k], (old.V ** 2)[..., :k]]
    agree(products, shape, rtol=5e-5, atol=1e-5)
    agree(lambda m, x: [part.abs() * 0 for part in m.linalg.svd(x, full)], shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ranks_and_infos(dtype):
    deficient = np.stack([np.eye(3), np.ones((3, 3)), np.zeros((3, 3))]).astype(dtype)
    agree(lambda m, x: [m.linalg.matrix_rank(x), m.linalg.matrix_rank(x, tol=1.5),
                        m.linalg.matrix_rank(x, atol=0.5, rtol=0.1), m.linalg.matrix_rank(x, hermitian=True)],
          deficient, grad=False)
    agree(lambda m, x: [m.linalg.cond(x[:2], p) for p in NORMS if p not in (2, -2, None)], deficient,
          grad=False)
    agree(lambda m, x: [m.linalg.cond(x, p) for p in NORMS], regular(2, 3, 3), grad=False)
    agree(lambda m, x: [(m.linalg.inv_ex(x)[1] > 0).int(), m.linalg.inv_ex(x[:1]).inverse,
                        (m.linalg.solve_ex(x, x)[1] > 0).int(), m.linalg.slogdet(x)[0]], deficient,
          grad=False)
    agree(lambda m, x: [m.linalg.pinv(x), m.linalg.eigvalsh(x), m.logdet(x)], deficient, grad=False,
          atol=1e-5)


@pytest.mark.parametrize("driver", ["gels", "gelsy", "gelsd", "gelss"])
def test_what_least_squares_returns(driver):
    for a, b in (((4, 2), (4, 3)), ((2, 4), (2, 1))):
        agree(lambda m, a, b: list(m.linalg.lstsq(a, b, driver=driver)), a, b, grad=False,
              rtol=5e-5)


def test_least_squares_of_dependent_columns_is_the_shortest():
    agree(lambda m, b: [*m.linalg.lstsq(m.ones(4, 2), b)][::2], (4, 1), grad=False)


def test_one_triangle_is_read():
    agree(lambda m, x: [m.linalg.eigvalsh(x), m.linalg.eigvalsh(x, UPLO="U")], (3, 3), grad=False)


ERRORS = {
    "integers": lambda m, x: m.linalg.inv(m.eye(2, dtype=m.int64)),
    "half": lambda m, x: m.linalg.inv(m.eye(2).half()),
    "not square": lambda m, x: m.linalg.inv(x), "det": lambda m, x: m.linalg.det(x),
    "eigh": lambda m, x: m.linalg.eigh(x), "no matrix": lambda m, x: m.linalg.svd(x[0]),
    "solve sizes": lambda m, x: m.linalg.solve(m.eye(3), x),
    "solve dtypes": lambda m, x: m.linalg.solve(m.eye(2), x.double()),
    "mode": lambda m, x: m.linalg.qr(x, mode="full"),
    "complete": lambda m, x: m.linalg.qr(m.ones(3, 2).requires_grad_(), mode="complete")[0].sum().backward(),
    "ord": lambda m, x: m.linalg.matrix_norm(x, 3), "dim": lambda m, x: m.linalg.norm(x, dim=(0, 1, 1)),
    "ord of 3 dimensions": lambda m, x: m.linalg.norm(m.ones(2, 2, 2), 2),
    "largest of nothing": lambda m, x: m.linalg.vector_norm(m.zeros(0), float("inf")),
    "norm of integers": lambda m, x: m.linalg.vector_norm(m.arange(3)),
    "driver": lambda m, x: m.linalg.lstsq(x, x, driver="best"), "rows": lambda m, x: m.linalg.lstsq(x, x.mT),
    "cross": lambda m, x: m.linalg.cross(x, x[0]), "one matrix": lambda m, x: m.linalg.multi_dot([x]),
    "UPLO": lambda m, x: m.linalg.eigvalsh(m.eye(2), "M"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_raises_where_pytorch_raises(name):
    assert both_raise(ERRORS[name], (2, 3), errors=(RuntimeError, ValueError, TypeError))


SINGULAR = {
    "inv": (lambda m: m.linalg.inv(m.ones(2, 2)), "matrix (2, 2) is singular"),
    "batch": (lambda m: m.linalg.inv(m.stack([m.eye(2), m.ones(2, 2)])), "at [1] of the batch (2, 2, 2)"),
    "solve": (lambda m: m.linalg.solve(m.ones(2, 2), m.ones(2)), "singular"),
    "solve batch": (lambda m: m.linalg.solve(m.ones(2, 3, 2, 2), m.ones(2, 1)), "at [0, 0] of the batch"),
    "power": (lambda m: m.linalg.matrix_power(m.ones(2, 2), -1), "singular"),
    "nan": (lambda m: m.linalg.svd(m.full((2, 2), float("nan"))), "nan"),
}


@pytest.mark.parametrize("name", SINGULAR)
def test_what_has_no_result_is_told(name):
    function, text = SINGULAR[name]
    for m in (torch, pellucid):
        with pytest.raises(m.linalg.LinAlgError) as caught:
            function(m)
    assert text in str(caught.value)


def test_complex_eigenvalues_are_refused_by_name():
    turn = pellucid.tensor([[0.0, -1.0], [1.0, 0.0]])
    with pytest.raises(NotImplementedError, match="2 of the 2 eigenvalues are complex .* no complex tensors"):
        pellucid.linalg.eig(turn)


def test_the_gradient_of_a_determinant_where_pytorch_has_none():
    singular = np.array([[1.0, 2, 3], [2, 4, 6], [1, 1, 1]], np.float32)
    x = pellucid.tensor(singular, requires_grad=True)
    pellucid.det(x).backward()
    minors = [[np.linalg.det(np.delete(np.delete(singular, i, 0), j, 1)) * (-1) ** (i + j) for j in range(3)]
              for i in range(3)]
    np.testing.assert_allclose(x.grad.numpy(), minors, atol=1e-5)


@pytest.mark.parametrize("name, which", [("eigh", 1), ("svd", 0)])
def test_no_gradient_where_equal_values_are_told_apart(name, which):
    for m in (pellucid, torch):
        x = m.eye(3).requires_grad_()
        (getattr(m.linalg, name)(x)[which] * m.arange(9.0).reshape(3, 3)).sum().backward()
        assert not m.isfinite(x.grad).any()


def test_no_second_derivative_of_a_determinant_that_is_0():
    x = pellucid.ones(2, 2, requires_grad=True)
    with pytest.raises(NotImplementedError, match="no second derivative at a singular matrix"):
        pellucid.autograd.grad(pellucid.det(x), x, create_graph=True)
