"""Products of matrices against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

CASES = {
    "matmul": [((2, 3), (3, 4)), ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((3,), (3,)), ((3,), (3, 2)),
               ((2, 3), (3,)),
               ((4, 2, 3), (3,)), ((3,), (4, 3, 2)), ((2, 1, 2, 3), (4, 3, 2)), ((2, 2, 2, 3), (2, 2, 3, 1)),
               ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 0, 3), (3, 2)), ((1, 2, 3), (6, 3, 2))],
    "mm": [((2, 3), (3, 4)), ((0, 3), (3, 4))], "bmm": [((5, 2, 3), (5, 3, 4)), ((0, 2, 3), (0, 3, 4))],
    "mv": [((2, 3), (3,))], "dot": [((3,), (3,)), ((0,), (0,))], "vdot": [((3,), (3,))],
    "inner": [((3,), (3,)), ((2, 3), (4, 3)), ((2, 2, 3), (3,)), ((), (3,))],
    "outer": [((3,), (4,)), ((0,), (4,))],
    "ger": [((3,), (4,))], "kron": [((2, 3), (4, 2)), ((3,), (2, 2)), ((), (2,))],
    "addmm": [((2, 4), (2, 3), (3, 4)), ((4,), (2, 3), (3, 4)), ((2, 1), (2, 3), (3, 4))],
    "addmv": [((2,), (2, 3), (3,))], "addr": [((2, 3), (2,), (3,))],
    "addbmm": [((2, 4), (5, 2, 3), (5, 3, 4))], "baddbmm": [((5, 2, 4), (5, 2, 3), (5, 3, 4)),
                                                            ((4,), (5, 2, 3), (5, 3, 4))],
    "chain_matmul": [((2, 3), (3, 4), (4, 1), (1, 5)), ((2, 3),)],
    "tensordot": [((2, 3, 4), (3, 4, 2))],
}


@pytest.mark.parametrize("name, shapes", [(name, shapes) for name, many in CASES.items() for shapes in many])
@pytest.mark.filterwarnings("ignore:torch.chain_matmul is deprecated")
def test_same_as_pytorch(name, shapes):
    agree(lambda m, *xs: getattr(m, name)(*xs), *shapes)


OTHERS = {
    "operators": (lambda m, x, y: [x @ y, x.matmul(y), x.mm(y), m.matmul(x, other=y), m.mm(input=x, mat2=y)],
                  (2, 3), (3, 4)),
    "beta": (lambda m, c, x, y: [m.addmm(c, x, y, beta=0.5, alpha=2), c.addmm(x, y, alpha=-1),
                                 c.addmm(x, y, beta=0)],
             (2, 4), (2, 3), (3, 4)),
    "beta 3": (lambda m, c, x, y: [m.baddbmm(c, x, y, beta=2, alpha=0.5), c[0].addbmm(x, y, beta=2, alpha=3)],
               (2, 2, 4), (2, 2, 3), (2, 3, 4)),
    "addmv": (lambda m, c, x, y: [m.addmv(c, x, y, beta=2, alpha=0.5),
                                  c.addr(x[:, 0], y, beta=2) if False else c],
              (2,), (2, 3), (3,)),
    "methods": (lambda m, x, y: [x.mv(y[0]), x[0].dot(y[0]), x[0].outer(y[0]), x.inner(y),
                                 x.bmm(y) if x.ndim == 3 else x.t() @ y],
                (2, 3), (2, 3)),
    "transposed": (lambda m, x, y: [x.t() @ y.t(), x.transpose(0, 1).mm(y.transpose(0, 1))], (3, 2), (4, 3)),
    "heads": (lambda m, q, k: [q @ k.transpose(-2, -1), q.permute(0, 2, 1, 3) @ k.permute(0, 2, 3, 1)],
              (2, 3, 4, 5), (2, 3, 4, 5)),
    "expanded": (lambda m, x, y: x.expand(4, 2, 3) @ y, (1, 2, 3), (3, 2)),
    "power": (lambda m, x: [m.matrix_power(x, 3), x.matrix_power(1), x.matrix_power(5), m.matrix_power(x, 0)],
              (2, 3, 3)),
    "tensordot": (lambda m, x, y: [m.tensordot(x, y, 1), m.tensordot(x, y, 0),
                                   m.tensordot(x, y, dims=([1, 0], [2, 1])),
                                   m.tensordot(x, y, ([-1], [0]))], (2, 3, 4), (4, 2, 3)),
    "same": (lambda m, x: [x @ x.t(), x.t() @ x, x.mm(x.t()).mm(x)], (2, 3)),
    "vecdot": (lambda m, x, y: m.linalg.vecdot(x, y) if m is torch else m.vecdot(x, y), (2, 3), (2, 3)),
    "cross": (lambda m, x, y: [m.cross(x, y, dim=1), x.cross(y, -1), m.cross(x, y[:1], dim=1)], (2, 3),
              (2, 3)),
    "multi_dot": (lambda m, x, y, z: m.linalg.multi_dot([x, y, z]) if m is torch else m.multi_dot([x, y, z]),
                  (3,), (3, 4), (4,)),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_calls(name):
    agree(OTHERS[name][0], *OTHERS[name][1:])


@pytest.mark.parametrize("shapes", [((2, 3), (3, 4)), ((5, 2, 3), (3,)), ((5, 2, 3), (5, 3, 4))])
@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8, np.float64])
def test_other_dtypes(shapes, dtype):
    x, y = (np.arange(int(np.prod(s))).reshape(s).astype(dtype) for s in shapes)
    agree(lambda m, x, y: x @ y, x, y)


ERRORS = {
    "mm": (lambda m, x, y: m.mm(x, y), (2, 3), (4, 5)), "mm ndim": (lambda m, x, y: m.mm(x, y), (2, 3),
                                                                    (2, 3, 4)),
    "bmm": (lambda m, x, y: m.bmm(x, y), (2, 3, 4), (3, 4, 5)),
    "bmm ndim": (lambda m, x, y: m.bmm(x, y), (2, 3), (3, 4)),
    "mv": (lambda m, x, y: m.mv(x, y), (2, 3), (2,)), "dot": (lambda m, x, y: m.dot(x, y), (2,), (3,)),
    "dot ndim": (lambda m, x, y: m.dot(x, y), (2, 3), (3,)),
    "outer": (lambda m, x, y: m.outer(x, y), (2, 3), (3,)),
    "matmul": (lambda m, x, y: x @ y, (2, 3), (4, 5)), "matmul batch": (lambda m, x, y: x @ y, (2, 2, 3),
                                                                        (3, 3, 4)),
    "matmul 0-d": (lambda m, x, y: x @ y, (), (3,)), "matmul vector": (lambda m, x, y: x @ y, (2, 3), (2,)),
    "addmm": (lambda m, x, y: m.addmm(x, y, y.t()), (3, 3), (2, 4)),
    "inner": (lambda m, x, y: m.inner(x, y), (2, 3), (2, 4)),
    "tensordot": (lambda m, x, y: m.tensordot(x, y, 1), (2, 3), (2, 3)),
    "cross": (lambda m, x, y: m.cross(x, y, dim=0), (2, 3), (2, 3)),
    "power": (lambda m, x, y: m.matrix_power(x, 2), (2, 3), (3,)),
    "dtype": (lambda m, x, y: x @ y.double(), (2, 3), (3, 2)),
    "dtype int": (lambda m, x, y: x @ y.long(), (2, 3), (3, 2)),
    "addmm dtype": (lambda m, x, y: m.addmm(x.double(), y, y.t()), (2, 2), (2, 3)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_raises_where_pytorch_raises(name):
    message = both_raise(*ERRORS[name])
    assert "shape" in message or "dtype" in message or "size" in message or "dims" in message, message


def test_the_error_of_mm_names_both_shapes():
    message = both_raise(lambda m, x, y: m.mm(x, y), (2, 3), (4, 5))
    assert message == "mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"


EQUATIONS = {
    "ij,jk->ik": ((2, 3), (3, 4)), "ij,jk": ((2, 3), (3, 4)), "bij,bjk->bik": ((2, 3, 4), (2, 4, 5)),
    "bhqd,bhkd->bhqk": ((2, 2, 3, 4), (2, 2, 5, 4)), "bhqk,bhkd->bqhd": ((2, 2, 3, 5), (2, 2, 5, 4)),
    "btc,dc->btd": ((2, 3, 4), (5, 4)), "i,j->ij": ((3,), (4,)), "i,i": ((3,), (3,)), "i,i->i": ((3,), (3,)),
    "ij->ji": ((2, 3),),
    "ba": ((2, 3),), "ij->": ((2, 3),), "ij->j": ((2, 3),), "ii": ((3, 3),), "ii->i": ((3, 3),),
    "iij->j": ((3, 3, 2),),
    "iji->ij": ((3, 2, 3),), "iii->i": ((3, 3, 3),), "ii,ij->j": ((3, 3), (3, 2)),
    "ij,ij->": ((2, 3), (2, 3)),
    "ij,kj->ik": ((2, 3), (4, 3)), "...ij,...jk->...ik": ((5, 2, 3), (5, 3, 4)),
    "...ij,jk": ((2, 5, 2, 3), (3, 4)),
    "...ij,...jk": ((2, 1, 2, 3), (4, 3, 2)), "b...->...b": ((2, 3, 4),), "...,...->...": ((2, 3), (3,)),
    "...": ((2, 3),),
    "i...->...": ((3, 2),), "...->": ((2, 3),), "...ii->...i": ((2, 3, 3),),
    "ij,jk,kl->il": ((2, 3), (3, 4), (4, 5)),
    "a,b,c->abc": ((2,), (3,), (4,)), "ab,ac,ad->bcd": ((2, 3), (2, 4), (2, 5)),
    "bn,anm,bm->ba": ((2, 5), (3, 5, 4), (2, 4)),
    "ij,k->ik": ((2, 3), (4,)), "ij,ij->ij": ((2, 1), (2, 3)), "ij,jk->ki": ((2, 1), (3, 4)),
    "i,ij": ((1,), (3, 2)),
    "A b, b C -> A C": ((2, 3), (3, 4)), "ijk,ijk->k": ((2, 3, 4), (2, 3, 4)),
    "abc,cd->dab": ((2, 3, 4), (4, 5)),
    "ij,kj->ki": ((2, 3), (4, 3)), "ab,cd->dbca": ((2, 3), (4, 5)), "ij,jk->k": ((2, 0), (0, 4)),
    "zab,zcb->zac": ((2, 3, 4), (2, 5, 4)),
}


@pytest.mark.parametrize("equation", EQUATIONS)
def test_einsum(equation):
    agree(lambda m, *xs: m.einsum(equation, *xs), *EQUATIONS[equation])


def test_einsum_in_other_words():
    agree(lambda m, x, y: [m.einsum(x, [0, 1], y, [1, 2], [0, 2]), m.einsum(x, [0, 1], y, [1, 2]),
                           m.einsum("ij,jk", [x, y]),
                           m.einsum(x, [..., 1], [..., 1]), m.einsum(x, [1, 0])], (2, 3), (3, 4))


@pytest.mark.parametrize("equation, shapes", [
    ("ij,jk->ik", ((2, 3), (4, 5))), ("ij->ik", ((2, 3),)), ("ij,jk->ik", ((2, 3),)), ("ij", ((2, 3, 4),)),
    ("ijk", ((2, 3),)),
    ("ij->ii", ((2, 3),)), ("ii", ((2, 3),)), ("i-j", ((2, 3),)), ("i1", ((2, 3),)), ("...i...", ((2, 3),)),
    ("", ((2,),)),
])
def test_einsum_raises_where_pytorch_raises(equation, shapes):
    assert "einsum" in both_raise(lambda m, *xs: m.einsum(equation, *xs), *shapes)


@pytest.mark.parametrize("shapes", [((2, 3), (4, 3), (4,)), ((2, 5, 3), (4, 3), (4,)), ((3,), (4, 3), (4,)),
                                    ((2, 3), (4, 3)),
                                    ((2, 3), (3,)), ((0, 3), (4, 3), (4,)),
                                    ((2, 0), (4, 0), (4,)),
                                    ((2, 3), (4, 3), (1,))])
def test_linear(shapes):
    agree(lambda m, *xs: nn(m).linear(*xs), *shapes)


@pytest.mark.parametrize("shapes", [((2, 3), (2, 4), (5, 3, 4), (5,)), ((2, 6, 3), (2, 6, 4), (5, 3, 4)),
                                    ((3,), (4,), (5, 3, 4), (5,)),
                                    ((0, 3), (0, 4), (5, 3, 4), (5,))])
def test_bilinear(shapes):
    agree(lambda m, *xs: nn(m).bilinear(*xs), *shapes)


def nn(m):
    from pellucid.ops import linalg
    return torch.nn.functional if m is torch else linalg


@pytest.mark.parametrize("shapes", [((2, 3), (10, 4)), ((2, 3), (4, 3), (5,)), ((2, 3), (4, 3, 2)),
                                    ((), (4, 3))])
def test_linear_raises_where_pytorch_raises(shapes):
    both_raise(lambda m, *xs: nn(m).linear(*xs), *shapes)


def test_the_error_of_linear_names_both_sizes():
    message = both_raise(lambda m, *xs: nn(m).linear(*xs), (2, 3), (10, 4))
    assert message == "linear: x has 3 features in its last axis, weight (10, 4) wants 4"


def test_bilinear_raises_where_pytorch_raises():
    both_raise(lambda m, *xs: nn(m).bilinear(*xs), (2, 3), (2, 4), (5, 4, 3))
    both_raise(lambda m, *xs: nn(m).bilinear(*xs), (2, 3), (3, 4), (5, 3, 4))
