"""Keyword arguments under PyTorch's names."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree  # noqa: E402

import pellucid  # noqa: E402

X = (2, 3, 4)
KEYWORDS = {
    "cat": lambda m, x: [m.cat((x, x), axis=1), m.stack((x, x), axis=-1),
                         m.concatenate(tensors=(x, x), axis=0)],
    "split": lambda m, x: [*x.split(split_size=2, dim=2),
                           *m.split(tensor=x, split_size_or_sections=2, dim=1)],
    "split 2": lambda m, x: [*m.chunk(input=x, chunks=2, dim=1), *m.unbind(input=x), *m.unbind(x, axis=1)],
    "tensor_split": lambda m, x: [*m.tensor_split(input=x, sections=2, dim=1),
                                  *m.tensor_split(x, indices=(1, 2), dim=2)],
    "sizes": lambda m, x: [x.view(size=(6, 4)), x.reshape(shape=(4, 6)), x.expand(size=(2, 2, 3, 4)),
                           x.repeat(repeats=(2, 1, 1)), m.reshape(input=x, shape=(24,))],
    "sizes 2": lambda m, x: [m.broadcast_to(input=x, size=(1, 2, 3, 4)), m.tile(input=x, dims=(2,)),
                             m.unflatten(input=x, dim=0, sizes=(1, 2)), m.flatten(input=x, start_dim=1),
                             m.squeeze(input=x, dim=0), x.unsqueeze(axis=0)],
    "order": lambda m, x: [m.permute(input=x, dims=(2, 0, 1)), m.swapaxes(x, axis0=0, axis1=1),
                           m.swapdims(x, dim0=0, dim1=1), m.transpose(input=x, dim0=0, dim1=2)],
    "order 2": lambda m, x: [m.movedim(input=x, source=0, destination=1), m.flip(input=x, dims=(0,)),
                             m.roll(input=x, shifts=1, dims=0), m.rot90(input=x, k=1, dims=(0, 1))],
    "diagonal": lambda m, x: [m.diagonal(input=x, offset=1, dim1=1, dim2=2), m.diag(input=x[0], diagonal=1),
                              m.diag_embed(input=x, offset=1, dim1=0, dim2=1), m.trace(input=x[0])],
    "triangles": lambda m, x: [m.tril(input=x, diagonal=1), m.triu(input=x)],
    "sort": lambda m, x: [*x.sort(axis=0), m.argsort(input=x, axis=1), *m.topk(input=x, k=2, dim=1),
                          *m.kthvalue(input=x, k=1, dim=0)],
    "repeat_interleave": lambda m, x: m.repeat_interleave(input=x, repeats=2, dim=1),
}


@pytest.mark.parametrize("name", KEYWORDS)
def test_one_tensor(name):
    agree(KEYWORDS[name], X, second=False)


PRODUCTS = {
    "matmul": lambda m, x, y: m.matmul(input=x, other=y), "mm": lambda m, x, y: m.mm(input=x, mat2=y),
    "bmm": lambda m, x, y: m.bmm(input=x[None], mat2=y[None]),
    "mv": lambda m, x, y: m.mv(input=x, vec=y[:, 0]),
    "dot": lambda m, x, y: m.dot(input=x[0], tensor=y[:, 0]),
    "outer": lambda m, x, y: m.outer(input=x[0], vec2=y[0]),
    "addmm": lambda m, x, y: m.addmm(input=x @ y, mat1=x, mat2=y, beta=2, alpha=3),
    "inner": lambda m, x, y: m.inner(input=x, other=x), "kron": lambda m, x, y: m.kron(input=x, other=y),
    "tensordot": lambda m, x, y: m.tensordot(a=x, b=y, dims=1),
    "cross": lambda m, x, y: m.cross(input=x, other=x, dim=1),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name):
    agree(PRODUCTS[name], (2, 3), (3, 4), second=False)


NUMBERS = {
    "pow": lambda m, x: [m.pow(x * x, exponent=1.5), m.pow(input=x, exponent=2), x.pow(exponent=3)],
    "vdot": lambda m, x: m.vdot(input=x[0, 0], other=x[0, 1]),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name):
    agree(NUMBERS[name], X, second=False)


def test_result_type():
    assert str(pellucid.result_type(tensor=pellucid.ones(2), other=2)) == "pellucid.float32"
