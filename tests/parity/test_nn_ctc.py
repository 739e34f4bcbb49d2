"""Connectionist temporal classification against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402
from pellucid.nn import functional as F  # noqa: E402

TEXTS = np.array([[1, 2, 3, 3], [2, 2, 1, 1], [5, 1, 5, 1], [4, 4, 4, 4], [1, 2, 3, 4]])
INPUTS, LENGTHS = np.array([12, 10, 7, 9, 1]), np.array([4, 2, 3, 0, 1])


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_texts_in_rows_and_in_one_row(reduction):
    def loss(m, x, texts, inputs, lengths):
        return m.nn.CTCLoss(reduction=reduction)(x.log_softmax(2), texts, inputs, lengths)

    agree(loss, (12, 5, 6), TEXTS, INPUTS, LENGTHS, second=False)
    in_one_row = np.concatenate([text[:length] for text, length in zip(TEXTS, LENGTHS, strict=True)])
    agree(loss, (12, 5, 6), in_one_row, INPUTS, LENGTHS, second=False)


def test_another_blank_lengths_as_tuples_and_a_single_row():
    agree(lambda m, x, t: m.nn.functional.ctc_loss(x.log_softmax(-1), t, (12,) * 5, (3, 2, 1, 3, 2), blank=0),
          (12, 5, 6), TEXTS, second=False)
    agree(lambda m, x, t: m.nn.functional.ctc_loss(
        x.log_softmax(-1), t, (9, 8), (2, 4), blank=5, reduction="sum"), (9, 2, 6),
        np.array([[0, 0, 1, 2], [1, 4, 4, 0]]), second=False)
    for reduction in ("none", "mean"):
        agree(lambda m, x, t, r=reduction: m.nn.functional.ctc_loss(
            x.log_softmax(-1), t, m.tensor(8), m.tensor(3), reduction=r), (8, 6), np.array([1, 3, 3]),
            second=False)


@pytest.mark.parametrize("zero_infinity", [False, True])
def test_a_text_that_does_not_fit(zero_infinity):
    """Two equal letters need three moments: in two there is no way."""
    def losses(m, x, t):
        return m.nn.functional.ctc_loss(x.log_softmax(-1), t, (2, 4), (2, 2), reduction="none",
                                        zero_infinity=zero_infinity)

    data = np.random.RandomState(0).standard_normal((4, 2, 3)).astype(np.float32)
    agree(losses, data, np.array([[1, 1], [2, 2]]), grad=zero_infinity, second=False)
    x = pellucid.tensor(data, requires_grad=True)
    losses(pellucid, x, pellucid.tensor([[1, 1], [2, 2]])).sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


def test_the_probabilities_of_all_texts_add_up_to_one():
    """Every text of up to 3 letters out of 2: their probabilities in 3 moments are all there is."""
    x = pellucid.tensor(np.random.RandomState(1).standard_normal((3, 1, 3))).log_softmax(-1)
    total = 0.0
    for length in range(4):
        for text in np.ndindex(*(2,) * length):
            letters = pellucid.tensor(np.array([[*text, 0][:max(length, 1)]]) + 1)
            total += float(np.exp(-F.ctc_loss(x, letters, (3,), (length,), reduction="sum").item()))
    assert total == pytest.approx(1.0, abs=1e-6)


WRONG = {
    "inputs too long": lambda m, x, t: m.nn.functional.ctc_loss(x, t, (9, 4), (1, 1)),
    "number of lengths": lambda m, x, t: m.nn.functional.ctc_loss(x, t, (4,), (1, 1)),
    "sum of lengths": lambda m, x, t: m.nn.functional.ctc_loss(x, t.reshape(-1), (4, 4), (1, 1)),
    "blank": lambda m, x, t: m.nn.functional.ctc_loss(x, t, (4, 4), (1, 1), blank=7),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_raises_as_in_pytorch(name):
    assert "ctc_loss: " in both_raise(WRONG[name], (4, 2, 3), np.array([[1, 2], [2, 1]]))


def test_wrong_letters_are_named():
    x = pellucid.zeros(4, 1, 3)
    with pytest.raises(IndexError, match="letters from 0 to 2 other than the blank 0, got 5"):
        F.ctc_loss(x, pellucid.tensor([[5]]), (4,), (1,))
    with pytest.raises(IndexError, match="other than the blank 0, got 0"):
        F.ctc_loss(x, pellucid.tensor([[0]]), (4,), (1,))
    with pytest.raises(RuntimeError, match=r"do not hold 1 texts of up to 2"):
        F.ctc_loss(x, pellucid.tensor([[1], [1]]), (4,), (2,))
    with pytest.raises(RuntimeError, match="log_probs must be"):
        F.ctc_loss(pellucid.zeros(4), pellucid.tensor([[1]]), (4,), (1,))
    with pytest.raises(RuntimeError, match="targets must hold integers, got float32"):
        F.ctc_loss(x, pellucid.ones(1, 1), (4,), (1,))
    with pytest.raises(RuntimeError, match="input_lengths must hold integers"):
        F.ctc_loss(x, pellucid.tensor([[1]]), (4.5,), (1,))
