"""Bad input to losses: each is refused with words that say what came and what was wanted, or warned of."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import pellucid
from pellucid import nn
from pellucid.nn import functional as F
from pellucid.nn.functional import classification
from pellucid.nn.functional.labels import Lookout

X = pellucid.tensor([[0.2, -1.0, 2.0], [0.5, 0.1, -0.3]])
COLUMN, ROW = pellucid.ones(3, 1), pellucid.ones(3)
LABELS = pellucid.tensor([0, 2])
HALF = pellucid.full((3,), 0.5)
WRONG = {
    "column against row": (RuntimeError, r"mse_loss: input has shape \(3, 1\) and target \(3,\); they must "
                           r"have the same shape: input.squeeze\(-1\) or target.unsqueeze\(-1\)",
                           lambda: F.mse_loss(COLUMN, ROW)),
    "row against column": (RuntimeError, r"target.squeeze\(-1\) or input.unsqueeze\(-1\)",
                           lambda: F.l1_loss(ROW, COLUMN)),
    "l1": (RuntimeError, r"l1_loss: input has shape \(3, 1\)", lambda: nn.L1Loss()(COLUMN, ROW)),
    "huber": (RuntimeError, r"huber_loss: input has shape \(3, 1\)", lambda: nn.HuberLoss()(COLUMN, ROW)),
    "smooth l1": (RuntimeError, r"smooth_l1_loss: input has shape \(3, 1\)",
                  lambda: nn.SmoothL1Loss()(COLUMN, ROW)),
    "bce": (RuntimeError, r"binary_cross_entropy: input has shape \(3, 1\)",
            lambda: nn.BCELoss()(COLUMN, ROW)),
    "logits": (RuntimeError, r"binary_cross_entropy_with_logits: input has shape \(3, 1\)",
               lambda: nn.BCEWithLogitsLoss()(COLUMN, ROW)),
    "a number for logits": (RuntimeError, r"target has shape \(\), input \(3,\)",
                            lambda: nn.BCEWithLogitsLoss()(ROW, pellucid.tensor(1.0))),
    "poisson": (RuntimeError, r"poisson_nll_loss: target of shape \(3,\) does not fit input of shape \(3, 1",
                lambda: nn.PoissonNLLLoss()(COLUMN, ROW)),
    "gaussian": (RuntimeError, r"gaussian_nll_loss: target of shape \(3,\) does not fit",
                 lambda: nn.GaussianNLLLoss()(COLUMN, ROW, COLUMN)),
    "kl": (RuntimeError, r"kl_div: target of shape \(3,\) does not fit", lambda: F.kl_div(COLUMN, ROW)),
    "soft margin": (RuntimeError, r"soft_margin_loss: target of shape \(3, 1\) does not fit",
                    lambda: F.soft_margin_loss(ROW, COLUMN)),
    "ranking": (RuntimeError, r"margin_ranking_loss: input2 of shape \(3,\) does not fit",
                lambda: F.margin_ranking_loss(COLUMN, ROW, COLUMN)),
    "integers": (RuntimeError, "mse_loss: input or target must be floating, got pellucid.int64 and "
                               "pellucid.int",
                 lambda: F.mse_loss(LABELS, LABELS)),
    "no tensor": (TypeError, "mse_loss: target must be a Tensor, got list", lambda: F.mse_loss(X, [1.0])),
    "label too large": (IndexError, r"cross_entropy: target\[1\] is 3, but input has 3 classes: labels must "
                        r"lie in \[0, 2\]", lambda: F.cross_entropy(X, pellucid.tensor([0, 3]))),
    "label is runtime error too": (RuntimeError, r"target\[0\] is -1",
                                   lambda: F.cross_entropy(X, LABELS - 1)),
    "label of a place": (IndexError, r"nll_loss: target\[1, 2\] is 9, but input has 2 classes",
                         lambda: F.nll_loss(pellucid.zeros(2, 2, 3),
                                            pellucid.tensor([[0, 0, 1], [1, 0, 9]]))),
    "label of one": (IndexError, r"target\[\] is 7", lambda: F.cross_entropy(X[0], pellucid.tensor(7))),
    "float labels": (RuntimeError, r"target must hold labels, integers, got pellucid.float32 of shape "
                     r"\(2,\); target.long\(\) makes them so", lambda: F.cross_entropy(X, LABELS.float())),
    "bool labels": (RuntimeError, "target must hold labels, integers, got pellucid.bool",
                    lambda: F.cross_entropy(X, LABELS > 0)),
    "probabilities of wrong shape": (RuntimeError, r"class probabilities would have the shape \(2, 3\)",
                                     lambda: F.cross_entropy(X, X[:, :2])),
    "too many labels": (RuntimeError, r"input of shape \(2, 3\) wants one label per row, target of shape "
                        r"\(2,\); got \(3,\)", lambda: F.cross_entropy(X, pellucid.tensor([0, 1, 2]))),
    "labels in a column": (RuntimeError, r"got \(2, 1\): target.squeeze\(1\) fits",
                           lambda: F.cross_entropy(X, LABELS.unsqueeze(1))),
    "integer scores": (RuntimeError, r"cross_entropy: input must be floating, got pellucid.int64; "
                                     r"input.float",
                       lambda: F.cross_entropy(X.long(), LABELS)),
    "weights": (RuntimeError, r"weight must have one number for each of the 3 classes, got shape \(2,\)",
                lambda: F.cross_entropy(X, LABELS, weight=pellucid.ones(2))),
    "smoothing": (RuntimeError, r"label_smoothing must lie in \[0, 1\], got 2.0",
                  lambda: F.cross_entropy(X, LABELS, label_smoothing=2.0)),
    "ignored probability": (RuntimeError, "ignore_index names a label, but target holds probabilities",
                            lambda: F.cross_entropy(X, X, ignore_index=1)),
    "no classes": (RuntimeError, "must have a dimension of classes",
                   lambda: F.cross_entropy(pellucid.tensor(1.0), pellucid.tensor(0))),
    "reduction": (ValueError, "average is not a valid value for reduction: it must be one of none, mean, sum",
                  lambda: nn.MSELoss(reduction="average")),
    "input beyond 1": (RuntimeError, r"binary_cross_entropy: input must hold probabilities in \[0, 1\], got "
                       r".* to 2; sigmoid\(input\) does", lambda: F.binary_cross_entropy(HALF * 4, HALF)),
    "nan": (RuntimeError, "must hold probabilities",
            lambda: F.binary_cross_entropy(HALF * float("nan"), HALF)),
    "target beyond 1": (RuntimeError, r"target must hold probabilities in \[0, 1\], got -1 to -1",
                        lambda: F.binary_cross_entropy(HALF, HALF * -2)),
    "integer target": (RuntimeError, r"target must be floating, got pellucid.int64; target.float\(\)",
                       lambda: F.binary_cross_entropy_with_logits(HALF[:2], LABELS)),
    "pos_weight": (RuntimeError, r"pos_weight of shape \(2,\) does not fit input of shape \(3,\)",
                   lambda: F.binary_cross_entropy_with_logits(HALF, HALF, pos_weight=HALF[:2])),
    "negative var": (RuntimeError, "var must not be negative, the smallest is -0.5",
                     lambda: F.gaussian_nll_loss(HALF, HALF, -HALF)),
    "negative var as a number": (ValueError, "var must not be negative, got -1.0",
                                 lambda: F.gaussian_nll_loss(HALF, HALF, -1.0)),
    "listed label": (IndexError, r"multilabel_margin_loss: target\[0, 1\] is 5, but input has 3 classes",
                     lambda: F.multilabel_margin_loss(X[0], pellucid.tensor([0, 5, -1]))),
    "listed floats": (RuntimeError, "target must hold labels", lambda: F.multilabel_margin_loss(X, X)),
    "margin": (ValueError, "margin must be greater than 0, got 0", lambda: nn.TripletMarginLoss(margin=0)),
    "own distance's margin": (ValueError, "margin must be greater than 0",
                              lambda: nn.TripletMarginWithDistanceLoss(margin=-1)),
    "power": (ValueError, "p must be 1 or 2, got 3", lambda: nn.MultiMarginLoss(p=3)),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore:.*batchmean")
def test_bad_input_is_told(name):
    error, message, call = WRONG[name]
    with pytest.raises(error, match=message):
        call()


EMPTY, NO_LABELS = pellucid.zeros(0, 3), pellucid.zeros(0).long()
ON_NOTHING = {
    "cross_entropy": lambda r: F.cross_entropy(EMPTY, NO_LABELS, reduction=r),
    "cross_entropy of probabilities": lambda r: F.cross_entropy(EMPTY, EMPTY, reduction=r),
    "nll_loss": lambda r: F.nll_loss(EMPTY, NO_LABELS, reduction=r),
    "mse_loss": lambda r: F.mse_loss(EMPTY, EMPTY, reduction=r),
    "binary_cross_entropy": lambda r: F.binary_cross_entropy(EMPTY, EMPTY, reduction=r),
    "kl_div": lambda r: F.kl_div(EMPTY, EMPTY, reduction=r),
    "cosine_embedding_loss": lambda r: F.cosine_embedding_loss(EMPTY, EMPTY, pellucid.zeros(0), reduction=r),
    "triplet_margin_loss": lambda r: F.triplet_margin_loss(EMPTY, EMPTY, EMPTY, reduction=r),
    "multi_margin_loss": lambda r: F.multi_margin_loss(EMPTY, NO_LABELS, reduction=r),
}


@pytest.mark.parametrize("name", ON_NOTHING)
@pytest.mark.filterwarnings("ignore:.*batchmean")
def test_an_empty_batch_has_no_mean(name):
    loss = ON_NOTHING[name]
    with pytest.raises(RuntimeError, match=f"{name.split()[0]}: the batch is empty"):
        loss("mean")
    assert loss("sum").item() == 0 and loss("none").numpy().size == 0


@pytest.fixture
def lookout(monkeypatch):
    fresh = Lookout()
    monkeypatch.setattr(classification, "lookout", fresh)
    return fresh


def test_probabilities_in_place_of_scores_are_warned_of_once(lookout):
    probabilities = X.softmax(1)
    with pytest.warns(UserWarning, match="cross_entropy: every row of input lies in .* seems to hold "
                                         "probabilities; give it the scores before softmax") as caught:
        loss = F.cross_entropy(probabilities, LABELS)
    assert caught[0].filename == __file__ and np.isfinite(loss.item())
    F.cross_entropy(probabilities, LABELS)                       # silent: a warning would be an error here


def test_probabilities_are_noticed_later_too(lookout):
    for _ in range(5):
        F.cross_entropy(X, LABELS)
    with pytest.warns(UserWarning, match="probabilities"):
        for _ in range(4):
            nn.CrossEntropyLoss()(X.softmax(1), LABELS)


@pytest.mark.parametrize("name, call", [
    ("nll_loss", lambda: F.nll_loss(X.softmax(1), LABELS)),
    ("kl_div", lambda: F.kl_div(X.softmax(1), X.softmax(1), reduction="sum")),
    ("cross_entropy", lambda: F.cross_entropy(X.softmax(1), X.softmax(1)))])
def test_other_losses_notice_probabilities(lookout, name, call):
    with pytest.warns(UserWarning, match=f"{name}: every row of input"):
        call()


def test_scores_are_no_probabilities(lookout):
    for scores in (X, X * 0, X.abs(), X.softmax(1)[:, :1], X.softmax(1) * 1.01, X.log_softmax(1)):
        F.cross_entropy(scores, LABELS * 0)
        lookout.calls = 0


def test_the_mean_of_kl_div_and_old_words_warn():
    with pytest.warns(UserWarning, match="batchmean"):
        F.kl_div(X.log_softmax(1), X.softmax(1))
    with pytest.warns(UserWarning, match="write reduction='sum'"):
        nn.NLLLoss(size_average=False)
    with pytest.warns(UserWarning, match="write reduction='none'"):
        assert F.mse_loss(X, X, reduce=False).shape == (2, 3)


def test_one_number_fits_any_shape():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert F.mse_loss(X * 0 + 3, pellucid.tensor(1.0)).item() == 4.0


def test_integer_labels_of_every_width():
    expected = F.cross_entropy(X, LABELS).item()
    for dtype in (pellucid.int32, pellucid.int16, pellucid.uint8):
        assert F.cross_entropy(X, LABELS.to(dtype)).item() == expected


def test_large_scores_stay_finite():
    x = pellucid.tensor([[1e4, -1e4], [3e4, 3e4]], requires_grad=True)
    loss = F.cross_entropy(x, pellucid.tensor([1, 0]), reduction="none")
    assert loss.tolist() == pytest.approx([2e4, np.log(2)])
    loss.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [[1, -1], [-0.5, 0.5]])
    z = pellucid.tensor([-200.0, 200.0], requires_grad=True)
    losses = F.binary_cross_entropy_with_logits(z, pellucid.tensor([1.0, 0.0]), reduction="none")
    assert losses.tolist() == [200.0, 200.0]
    assert F.soft_margin_loss(z, pellucid.tensor([1.0, -1.0]), reduction="none").tolist() == [200.0, 200.0]


def test_labels_may_be_overwritten_before_backward():
    labels, slopes = LABELS.clone(), []
    for overwrite in (False, True):
        x = X.clone().requires_grad_()
        loss = F.cross_entropy(x, labels)
        if overwrite:
            labels.zero_()
        loss.backward()
        slopes.append(x.grad.numpy())
    np.testing.assert_array_equal(*slopes)


def test_losses_work_on_a_batch_of_one():
    assert F.cross_entropy(X[:1], LABELS[:1]).shape == ()
    assert F.cross_entropy(X[0], LABELS[:1]).shape == ()        # PyTorch takes (1,) for a single row too
    weight = pellucid.ones(1)
    assert F.binary_cross_entropy_with_logits(pellucid.ones(1, 1), pellucid.ones(1, 1),
                                              pos_weight=weight).shape == ()
