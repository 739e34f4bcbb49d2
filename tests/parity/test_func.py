"""torch.func, torch.vmap and torch.autograd.functional against PyTorch."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402


def f(m, x):
    return m.stack([x[0] ** 2 * x[1], m.sin(x[0]), x[1] * x[2].exp()])


def total(m, x, y):
    return (x ** 2 * y).sum() + (x * y ** 3).sum()


FUNC = {
    "grad": lambda m, x, y: [m.func.grad(lambda x: total(m, x, y))(x),
                             m.func.grad(lambda a: f(m, a).sum())(y)],
    "argnums": lambda m, x, y: [*m.func.grad(lambda *a: total(m, *a), argnums=(0, 1))(x, y),
                                m.func.grad(lambda *a: total(m, *a), argnums=-1)(x, y)],
    "grad_and_value": lambda m, x, y: list(m.func.grad_and_value(lambda *a: total(m, *a))(x, y)),
    "aux": lambda m, x, y: [*m.func.grad(lambda x: (total(m, x, y), x * 2), has_aux=True)(x),
                            *m.func.jacrev(lambda x: (f(m, x), x * 3), has_aux=True)(x),
                            *m.func.jacfwd(lambda x: (f(m, x), x * 3), has_aux=True)(x)],
    "dictionary": lambda m, x, y: list(m.func.grad(
        lambda d: total(m, d["a"], d["b"]))({"a": x, "b": y}).values()),
    "vjp": lambda m, x, y: [m.func.vjp(lambda a: f(m, a), x)[0], *m.func.vjp(lambda a: f(m, a), x)[1](y),
                            *m.func.vjp(lambda a, b: (a * b, a), x, y)[1]((x, y))],
    "jvp": lambda m, x, y: [*m.func.jvp(lambda a: f(m, a), (x,), (y,)),
                            *m.func.jvp(lambda a, b: a * b ** 2, (x, y), (y, x))],
    "jacrev": lambda m, x, y: [m.func.jacrev(lambda a: f(m, a))(x),
                               *m.func.jacrev(lambda a, b: a[:2] * b[1:], argnums=(0, 1))(x, y),
                               m.func.jacrev(lambda a: {"q": f(m, a)})(x)["q"]],
    "jacfwd": lambda m, x, y: [m.func.jacfwd(lambda a: f(m, a))(x),
                               *m.func.jacfwd(lambda a, b: a[:2] * b[1:], argnums=(0, 1))(x, y),
                               m.func.jacfwd(lambda a: (a, f(m, a)))(x)[1]],
    "hessian": lambda m, x, y: [m.func.hessian(lambda a: f(m, a).sum())(x),
                                *sum(m.func.hessian(lambda *a: total(m, *a), argnums=(0, 1))(x, y), ()),
                                m.func.hessian(lambda a: f(m, a))(x)],
    "independent": lambda m, x, y: [m.func.grad(lambda x: (y * y).sum())(x),
                                    m.func.jacrev(lambda x: y * 2)(x)],
    "nested": lambda m, x, y: [m.func.grad(lambda x: m.func.grad(lambda x: f(m, x).sum())(x)[0])(x),
                               m.func.jacrev(m.func.jacfwd(lambda x: f(m, x)))(x)],
}
MATRICES = {
    "vmap": lambda m, a, b: [m.vmap(m.dot)(a, b), m.func.vmap(lambda u: u.sum(), in_dims=1)(a)],
    "dims": lambda m, a, b: [m.vmap(lambda u, v: u * v, in_dims=(0, None), out_dims=1)(a, b[0]),
                             m.vmap(lambda u, v: u @ v, in_dims=(1, -1))(a, b),
                             *m.vmap(lambda u: (u, u.sum()), out_dims=(1, 0))(a)],
    "trees": lambda m, a, b: [m.vmap(lambda d: d["a"] - d["b"][0])({"a": a, "b": (b,)}),
                              m.vmap(lambda d, s: d["a"] * s, in_dims=({"a": 1}, None))({"a": a}, 2.0),
                              m.vmap(lambda u: {"s": u.sin(), "t": [u]})(a)["t"][0]],
    "nested": lambda m, a, b: [m.vmap(m.vmap(m.mul))(a, b), m.vmap(lambda u: m.vmap(lambda v: u @ v)(b))(a)],
    "of grad": lambda m, a, b: m.vmap(m.func.grad(lambda u: (u ** 3).sum()))(a),
    "empty": lambda m, a, b: [m.vmap(m.sin)(a[:0]), m.vmap(lambda u: u.sum())(a[:0])],
    "constant": lambda m, a, b: m.vmap(lambda u: m.ones(2))(a),
    "keywords": lambda m, a, b: m.vmap(lambda u, v: u * v)(a, v=b),
}


@pytest.mark.parametrize("name", FUNC)
@pytest.mark.filterwarnings("ignore:There is a performance drop", "ignore::DeprecationWarning",
                            "ignore:`torch.jit")
def test_func(name):
    agree(lambda m, x, y: FUNC[name](m, x, y), (3,), (3,), second=False, rtol=2e-5)


@pytest.mark.parametrize("name", MATRICES)
def test_vmap(name):
    agree(lambda m, a, b: MATRICES[name](m, a, b), (4, 3), (4, 3), second=False, grad=name != "empty")


def AF(m):
    return m.autograd.functional


FUNCTIONAL = {
    "jacobian": lambda m, x, y: [AF(m).jacobian(lambda a: f(m, a), x), AF(m).jacobian(lambda a: a.sum(), y),
                                 *sum(AF(m).jacobian(lambda a, b: (a * b, b[:2]), (x, y)), ())],
    "independent": lambda m, x, y: AF(m).jacobian(lambda a: m.ones(2), x),
    "vectorize": lambda m, x, y: [AF(m).jacobian(lambda a: f(m, a), x, vectorize=True),
                                  AF(m).hessian(lambda a: f(m, a).sum(), x, vectorize=True)],
    "hessian": lambda m, x, y: [AF(m).hessian(lambda a: f(m, a).sum(), x),
                                *sum(AF(m).hessian(lambda *a: total(m, *a), (x, y)), ()),
                                AF(m).hessian(lambda a: a.sum(), x)],
    "vjp": lambda m, x, y: [*AF(m).vjp(lambda a: f(m, a), x, y), *AF(m).vjp(lambda a: a.sum(), x),
                            *AF(m).vjp(lambda a, b: a * b, (x, y), x)[1]],
    "jvp": lambda m, x, y: [*AF(m).jvp(lambda a: f(m, a), x, y),
                            *AF(m).jvp(lambda a, b: (a * b, a), (x, y), (y, x))[1],
                            *AF(m).jvp(lambda a: a ** 2, x[:1])],
    "vhp": lambda m, x, y: [*AF(m).vhp(lambda a: f(m, a).sum(), x, y),
                            *AF(m).vhp(lambda *a: total(m, *a), (x, y), (y, x))[1]],
    "hvp": lambda m, x, y: [*AF(m).hvp(lambda a: f(m, a).sum(), x, y),
                            *AF(m).hvp(lambda *a: total(m, *a), (x, y), (y, x))[1]],
}


@pytest.mark.parametrize("name", FUNCTIONAL)
def test_functional(name):
    agree(lambda m, x, y: FUNCTIONAL[name](m, x, y), (3,), (3,), grad=False, rtol=2e-5)


GRAPHS = {
    "jacobian": lambda m, x, y: AF(m).jacobian(lambda a: f(m, a), x, create_graph=True),
    "hessian": lambda m, x, y: AF(m).hessian(lambda a: f(m, a).sum(), x, create_graph=True),
    "vjp": lambda m, x, y: AF(m).vjp(lambda a: f(m, a), x, y, create_graph=True),
    "jvp": lambda m, x, y: AF(m).jvp(lambda a: f(m, a), x, y, create_graph=True),
    "vhp": lambda m, x, y: AF(m).vhp(lambda a: f(m, a).sum(), x, y, create_graph=True),
    "hvp": lambda m, x, y: AF(m).hvp(lambda a: f(m, a).sum(), x, y, create_graph=True),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_results_that_can_be_differentiated_again(name):
    agree(lambda m, x, y: GRAPHS[name](m, x, y), (3,), (3,), second=False, rtol=2e-5)


ERRORS = {
    "grad of a vector": lambda m, x: m.func.grad(lambda a: a)(x),
    "grad of integers": lambda m, x: m.func.grad(lambda a: a.sum())(m.arange(3)),
    "argnums": lambda m, x: m.func.grad(lambda a: a.sum(), argnums=1)(x),
    "aux": lambda m, x: m.func.grad(lambda a: a.sum(), has_aux=True)(x),
    "no tensor": lambda m, x: m.func.grad(lambda a: 1.0)(x),
    "vjp": lambda m, x: m.func.vjp(lambda a: a, x)[1](m.ones(2)),
    "jvp": lambda m, x: m.func.jvp(m.sin, (x,), (m.ones(2),)),
    "jvp tuple": lambda m, x: m.func.jvp(m.sin, x, x),
    "vmap sizes": lambda m, x: m.vmap(m.dot)(m.ones(2, 3), m.ones(3, 3)),
    "vmap nothing": lambda m, x: m.vmap(m.sin, in_dims=None)(x),
    "vmap 0-d": lambda m, x: m.vmap(m.sin)(x[0]),
    "vmap dims": lambda m, x: m.vmap(m.sin, in_dims=3)(x), "vmap number": lambda m, x: m.vmap(m.mul)(x, 3),
    "vmap out": lambda m, x: m.vmap(lambda a: 3)(x),
    "vmap out_dims": lambda m, x: m.vmap(lambda a: (a, a), out_dims=(0, 0, 0))(x),
    "vmap random": lambda m, x: m.vmap(lambda a: a + m.randn(1))(x),
    "jacobian of a number": lambda m, x: AF(m).jacobian(lambda a: 3, x),
    "jacobian by a number": lambda m, x: AF(m).jacobian(lambda a: a, 3),
    "strict": lambda m, x: AF(m).jacobian(lambda a, b: a, (x, x), strict=True),
    "strict constant": lambda m, x: AF(m).jacobian(lambda a: m.ones(2), x, strict=True),
    "strict again": lambda m, x: AF(m).jacobian(lambda a: a * 2, x, create_graph=True, strict=True),
    "strict hessian": lambda m, x: AF(m).hessian(lambda a: a.sum(), x, strict=True),
    "strict vjp": lambda m, x: AF(m).vjp(lambda a, b: a, (x, x), x, strict=True),
    "strict jvp": lambda m, x: AF(m).jvp(lambda a: m.ones(3), x, x, strict=True),
    "strict hvp": lambda m, x: AF(m).hvp(lambda a: a.sum(), x, x, strict=True),
    "hessian of a vector": lambda m, x: AF(m).hessian(lambda a: a, x),
    "vjp without v": lambda m, x: AF(m).vjp(lambda a: a, x),
    "jvp without v": lambda m, x: AF(m).jvp(m.sin, x),
    "v of another shape": lambda m, x: AF(m).vjp(lambda a: a, x, m.ones(2)),
    "hvp of a vector": lambda m, x: AF(m).hvp(lambda a: a, x, x),
    "forward mode": lambda m, x: AF(m).jacobian(lambda a: a, x, strategy="forward-mode"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_raises_where_pytorch_raises(name):
    both_raise(ERRORS[name], (3,))
