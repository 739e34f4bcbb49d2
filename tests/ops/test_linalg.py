"""Products: einsum against NumPy's, the cheapest order, what a first layer need not compute, errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from pellucid.nn import functional as F
from pellucid.ops import linalg

SIZES = dict(zip("abcdefg", (2, 3, 1, 4, 2, 3, 5), strict=True))


@given(st.lists(st.lists(st.sampled_from("abcdefg"), min_size=0, max_size=4), min_size=1, max_size=3),
       st.data())
def test_einsum_is_numpys(terms, data):
    letters = sorted({letter for term in terms for letter in term})
    output = data.draw(st.lists(st.sampled_from(letters), unique=True)) if letters else []
    equation = ",".join("".join(term) for term in terms) + "->" + "".join(output)
    rng = np.random.RandomState(0)
    arrays = [rng.standard_normal([SIZES[letter] for letter in term]) for term in terms]
    y = pellucid.einsum(equation, *(pellucid.tensor(a, dtype=pellucid.float64) for a in arrays))
    np.testing.assert_allclose(y.numpy(), np.einsum(equation, *arrays), rtol=1e-9, atol=1e-9,
                               err_msg=equation)


def test_chain_matmul_takes_the_cheapest_order(monkeypatch):
    products = []
    from pellucid.ops import products as module

    def counted(x, y):
        products.append(x.shape[0] * x.shape[1] * y.shape[1])
        return x @ y

    monkeypatch.setattr(module, "mm", counted)
    a, b, c = (pellucid.ones(*s) for s in ((10, 100), (100, 5), (5, 50)))
    assert pellucid.chain_matmul(a, b, c).shape == (10, 50)
    assert sum(products) == 7500                                 # the other order costs 75,000


def test_the_first_layer_computes_no_gradient_of_its_input():
    asked = []
    rule = linalg.linear.op.rule

    def spy(g, y, saved, *inputs, needs, **params):
        asked.append(list(needs))
        return rule(g, y, saved, *inputs, needs=needs, **params)

    x = pellucid.ones(2, 3)
    weight, bias = pellucid.ones(4, 3, requires_grad=True), pellucid.ones(4, requires_grad=True)
    linalg.linear.op.rule = spy
    try:
        F.linear(x, weight, bias).sum().backward()
    finally:
        linalg.linear.op.rule = rule
    assert asked == [[False, True, True]] and weight.grad.tolist() == [[2.0] * 3] * 4


def test_a_shared_weight_gets_its_gradient_by_one_product():
    """(B, T, C) @ (C, D): no (B, C, D) is ever made."""
    x, weight = pellucid.randn(3, 5, 2), pellucid.randn(2, 4).requires_grad_()
    y = x @ weight
    y.backward(pellucid.ones(3, 5, 4))
    expected = np.einsum("btc,btd->cd", x.numpy(), np.ones((3, 5, 4)))
    np.testing.assert_allclose(weight.grad.numpy(), expected, rtol=1e-5)


ERRORS = {
    "mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)": lambda z: pellucid.mm(z(2, 3), z(4, 5)),
    "matmul: the shapes (2, 3) and (4, 5) do not fit: 3 columns on the left, 4 rows on the right":
        lambda z: z(2, 3) @ z(4, 5),
    "bmm: expects the shapes (B, N, K) and (B, K, M), got (2, 3, 4) and (3, 4, 5)":
        lambda z: z(2, 3, 4).bmm(z(3, 4, 5)),
    "linear: x has 3 features in its last axis, weight (10, 4) wants 4":
        lambda z: F.linear(z(2, 3), z(10, 4)),
    "linear: bias has shape (2, 4), weight (4, 3) wants (4,)":
        lambda z: F.linear(z(2, 3), z(4, 3), z(2, 4)),
    "matmul: x and y must have one dtype, got float32 and float64": lambda z: z(2, 2) @ z(2, 2).double(),
    "einsum: 'j' in 'ij,jk' has the sizes 3 and 4": lambda z: pellucid.einsum("ij,jk", z(2, 3), z(4, 5)),
    "einsum: 'ijk' in 'ijk' names 3 dimensions, operand 0 has 2": lambda z: pellucid.einsum("ijk", z(2, 3)),
    "layer_norm: x of shape (2, 4) must end in normalized_shape (3,)":
        lambda z: F.layer_norm(z(2, 4), (3,)),
    "embedding: input must lie in [0, 3], the rows of weight (4, 2); got 1 to 4":
        lambda z: F.embedding(pellucid.tensor([1, 4]), z(4, 2)),
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors_name_both_sizes(text):
    with pytest.raises((RuntimeError, IndexError)) as caught:
        ERRORS[text](pellucid.zeros)
    assert text in str(caught.value)


def test_embedding_leaves_out_the_padding_and_divides_by_frequency():
    table = pellucid.zeros(4, 1, requires_grad=True)
    F.embedding(pellucid.tensor([1, 2, 2, 3]), table, padding_idx=3).sum().backward()
    assert table.grad.flatten().tolist() == [0, 1, 2, 0]
    table.grad = None
    F.embedding(pellucid.tensor([1, 2, 2, 3]), table, scale_grad_by_freq=True).sum().backward()
    assert table.grad.flatten().tolist() == [0, 1, 1, 1]


def test_batch_norm_moves_its_running_statistics():
    mean, variance = pellucid.zeros(1), pellucid.ones(1)
    F.batch_norm(pellucid.tensor([[1.0], [3.0]]), mean, variance, training=True, momentum=0.5)
    assert mean.item() == 1.0 and variance.item() == 1.5         # halfway to mean 2 and unbiased variance 2


def test_sort_keeps_equal_elements_in_order():
    x = pellucid.tensor([2, 1, 2, 1])
    assert x.sort().indices.tolist() == [1, 3, 0, 2]
    assert x.sort(descending=True).indices.tolist() == [0, 2, 1, 3]


def test_the_places_that_sort_and_topk_give_may_be_changed():
    for order in (lambda x: x.sort(), lambda x: x.topk(2)):
        x = pellucid.tensor([3.0, 1.0, 2.0], requires_grad=True)
        values, indices = order(x)
        indices.zero_()
        (values * values).sum().backward()
        assert x.grad[0] == 6 and x.grad[2] == 4
