"""Every loss against PyTorch, as function and as module: values, gradients, second derivatives."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.parity.both import agree, both_raise  # noqa: E402

import pellucid  # noqa: E402

REDUCTIONS = ("none", "mean", "sum")
rng = np.random.RandomState(0)


def probabilities(*shape):
    return rng.uniform(0.05, 0.95, shape).astype(np.float32)


def signs(*shape):
    return rng.choice([-1.0, 1.0], shape).astype(np.float32)


def simplex(*shape, axis=1):
    p = rng.uniform(0.1, 1, shape)
    return (p / p.sum(axis, keepdims=True)).astype(np.float32)


def log_simplex(*shape):
    return np.log(simplex(*shape))


def weights(*shape):
    return rng.uniform(0.5, 2, shape).astype(np.float32)


LABELS, FEW = np.array([2, 0, 3, 1, 0]), np.array([2, -100, 3, 1, -100])
GRID = rng.randint(0, 3, (2, 4, 2))
# The module, its settings, whether second derivatives are compared, and the inputs.
ELEMENTS = {
    "MSE": ("MSELoss", {}, True, (3, 4), (3, 4)),
    "MSE of a vector": ("MSELoss", {}, True, (4,), (4,)),
    "MSE of a number": ("MSELoss", {}, True, (), ()),
    "L1": ("L1Loss", {}, False, (3, 4), (3, 4)),
    "SmoothL1": ("SmoothL1Loss", {}, True, (3, 4), (3, 4)),
    "SmoothL1 beta": ("SmoothL1Loss", {"beta": 0.3}, True, (3, 4), (3, 4)),
    "SmoothL1 beta 0": ("SmoothL1Loss", {"beta": 0.0}, False, (3, 4), (3, 4)),
    "Huber": ("HuberLoss", {}, True, (3, 4), (3, 4)),
    "Huber delta": ("HuberLoss", {"delta": 0.4}, True, (3, 4), (3, 4)),
    "BCE": ("BCELoss", {}, True, probabilities(3, 4), probabilities(3, 4)),
    "BCEWithLogits": ("BCEWithLogitsLoss", {}, True, (3, 4), probabilities(3, 4)),
    "BCEWithLogits large": ("BCEWithLogitsLoss", {}, False, np.array([-90, -20, 20, 90.0], np.float32),
                            np.array([0, 1, 0.0, 1], np.float32)),
    "KL batchmean": ("KLDivLoss", {"reduction": "batchmean"}, True, log_simplex(3, 4), simplex(3, 4)),
    "KL log_target": ("KLDivLoss", {"log_target": True}, True, log_simplex(3, 4), log_simplex(3, 4)),
    "GaussianNLL": ("GaussianNLLLoss", {}, True, (3, 4), (3, 4), weights(3, 4)),
    "GaussianNLL full": ("GaussianNLLLoss", {"full": True, "eps": 0.8}, True, (3, 4), (3, 4), weights(3, 1)),
    "GaussianNLL one var": ("GaussianNLLLoss", {}, True, (3, 4), (3, 1), weights(3)),
    "PoissonNLL": ("PoissonNLLLoss", {}, True, (3, 4), weights(3, 4) * 3),
    "PoissonNLL full": ("PoissonNLLLoss", {"log_input": False, "full": True, "eps": 1e-3}, True,
                        weights(3, 4), weights(3, 4) * 2),
    "SoftMargin": ("SoftMarginLoss", {}, True, (3, 4), signs(3, 4)),
    "HingeEmbedding": ("HingeEmbeddingLoss", {"margin": 0.7}, False, (3, 4), signs(3, 4)),
    "MarginRanking": ("MarginRankingLoss", {"margin": 0.2}, False, (7,), (7,), signs(7)),
    "CosineEmbedding": ("CosineEmbeddingLoss", {"margin": 0.1}, True, (5, 4), (5, 4), signs(5)),
    "CosineEmbedding of vectors": ("CosineEmbeddingLoss", {}, True, (4,), (4,), np.array(1.0, np.float32)),
    "TripletMargin": ("TripletMarginLoss", {}, True, (5, 4), (5, 4), (5, 4)),
    "TripletMargin swap": ("TripletMarginLoss", {"p": 1.5, "swap": True, "margin": 2.0, "eps": 0.1}, True,
                           (5, 4), (5, 4), (5, 4)),
    "TripletMargin of vectors": ("TripletMarginLoss", {}, True, (4,), (4,), (4,)),
    "TripletMarginWithDistance": ("TripletMarginWithDistanceLoss", {"margin": 0.5}, True, (5, 4), (5, 4),
                                  (5, 4)),
}
CLASSES = {
    "CrossEntropy": ("CrossEntropyLoss", {}, (5, 4), LABELS),
    "CrossEntropy ignoring": ("CrossEntropyLoss", {}, (5, 4), FEW),
    "CrossEntropy ignore_index": ("CrossEntropyLoss", {"ignore_index": 0}, (5, 4), LABELS),
    "CrossEntropy of one": ("CrossEntropyLoss", {}, (4,), np.array(2)),
    "CrossEntropy smoothed": ("CrossEntropyLoss", {"label_smoothing": 0.2}, (5, 4), FEW),
    "CrossEntropy of places": ("CrossEntropyLoss", {}, (2, 3, 4, 2), GRID),
    "CrossEntropy of places, smoothed": ("CrossEntropyLoss", {"label_smoothing": 0.1}, (2, 3, 4, 2), GRID),
    "CrossEntropy of probabilities": ("CrossEntropyLoss", {}, (5, 4), simplex(5, 4)),
    "CrossEntropy of probabilities of one": ("CrossEntropyLoss", {}, (4,), simplex(4, axis=0)),
    "CrossEntropy of probabilities, places": ("CrossEntropyLoss", {"label_smoothing": 0.1}, (2, 4, 3),
                                              simplex(2, 4, 3)),
    "NLL": ("NLLLoss", {}, log_simplex(5, 4), LABELS),
    "NLL ignoring": ("NLLLoss", {}, log_simplex(5, 4), FEW),
    "NLL of one": ("NLLLoss", {}, log_simplex(1, 4)[0], np.array(1)),
    "NLL of places": ("NLLLoss", {"ignore_index": 1}, log_simplex(2, 3, 4, 2), GRID),
    "MultiMargin": ("MultiMarginLoss", {}, (5, 4), LABELS),
    "MultiMargin squared": ("MultiMarginLoss", {"p": 2, "margin": 0.6}, (5, 4), LABELS),
    "MultiMargin of one": ("MultiMarginLoss", {}, (4,), np.array(2)),
}


FIXED_TARGETS = ("SoftMarginLoss",)                             # PyTorch has no gradient of these


def compute(m, name, settings, inputs):
    loss = getattr(m.nn, name)(**settings)
    return loss(*(inputs if name not in FIXED_TARGETS else (inputs[0], inputs[1].detach())))


@pytest.mark.parametrize("name", ELEMENTS)
@pytest.mark.filterwarnings("ignore:.*batchmean")
def test_elementwise_loss(name):
    module, settings, second, *inputs = ELEMENTS[name]
    for reduction in REDUCTIONS if "reduction" not in settings else [settings["reduction"]]:
        agree(lambda m, *xs, r=reduction: compute(m, module, {**settings, "reduction": r}, xs), *inputs,
              second=second)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", CLASSES)
def test_loss_of_classes(name, weighted):
    module, settings, scores, target = CLASSES[name]
    n_classes = (scores if isinstance(scores, tuple) else scores.shape)[0 if target.ndim == 0 or (
        target.ndim == 1 and target.dtype.kind == "f") else 1]
    w = weights(n_classes) if weighted else None
    for reduction in REDUCTIONS:
        def loss(m, x, t, r=reduction):
            weight = None if w is None else m.tensor(w)
            return compute(m, module, {**settings, "reduction": r, "weight": weight}, (x, t))

        agree(loss, scores, target, second=module != "MultiMarginLoss")


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_weights_of_elements(reduction):
    w = weights(4)
    agree(lambda m, x, t: m.nn.BCELoss(m.tensor(w), reduction=reduction)(x, t), probabilities(3, 4),
          probabilities(3, 4))
    agree(lambda m, x, t, p: m.nn.functional.binary_cross_entropy_with_logits(
        x, t, m.tensor(w), pos_weight=p.detach(), reduction=reduction), (3, 4), probabilities(3, 4),
        weights(4))
    agree(lambda m, x, t: m.nn.BCEWithLogitsLoss(pos_weight=m.tensor(w), reduction=reduction)(x, t), (3, 4),
          probabilities(3, 4))
    agree(lambda m, x, t: m.nn.MultiLabelSoftMarginLoss(m.tensor(w), reduction=reduction)(x, t), (3, 4),
          np.round(probabilities(3, 4)))
    agree(lambda m, x, t: m.nn.functional.multilabel_soft_margin_loss(x, t, reduction=reduction), (4,), (4,))
    full = weights(3, 4)
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        def weighted(m, x, t, name=name):
            return getattr(m.nn.functional, name)(x, t, weight=m.tensor(full), reduction=reduction)

        agree(weighted, (3, 4), (3, 4), second=name == "mse_loss")


def test_binary_cross_entropy_at_the_ends():
    certain, truth = np.array([0.0, 1, 0, 1], np.float32), np.array([0.0, 1, 1, 0], np.float32)
    agree(lambda m, x, t: m.nn.BCELoss()(x, t.detach()), certain, truth, second=False)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_multilabel_margin(reduction):
    target = np.array([[3, 0, -1, 1], [2, -1, 2, 2], [-1, 0, 1, 2], [0, 1, 2, 3]])
    agree(lambda m, x, t: m.nn.MultiLabelMarginLoss(reduction=reduction)(x, t), (4, 4), target, second=False)
    agree(lambda m, x, t: m.nn.MultiLabelMarginLoss(reduction=reduction)(x, t), (4,), target[0], second=False)


def test_hinge_and_cosine_of_targets_that_are_no_sign():
    odd = np.array([1.0, -1, 0, 2, 5], np.float32)
    agree(lambda m, x, t: m.nn.functional.hinge_embedding_loss(x, t, reduction="none"), (5,), odd,
          second=False)
    agree(lambda m, x, y, t: m.nn.functional.cosine_embedding_loss(x, y, t, reduction="none"), (5, 3),
          (5, 3), odd, second=False)
    agree(lambda m, x: m.nn.functional.hinge_embedding_loss(x, m.tensor(-1.0)), (3, 4), second=False)


def test_a_distance_of_ones_own():
    def distance(x, y):
        return (x - y).abs().max(-1)[0]

    agree(lambda m, a, p, n: m.nn.functional.triplet_margin_with_distance_loss(
        a, p, n, distance_function=distance, swap=True, margin=0.4), (5, 3), (5, 3), (5, 3), second=False)


def test_mixed_dtypes_and_a_target_of_one_number():
    x = rng.standard_normal((3, 4)).astype(np.float32)
    agree(lambda m, x: m.nn.functional.mse_loss(x, x.double() + 1), x)
    agree(lambda m, x, t: m.nn.functional.mse_loss(x, t), x, rng.randint(0, 5, (3, 4)))
    agree(lambda m, x, t: m.nn.functional.cross_entropy(x, t), x.astype(np.float64), np.array([0, 3, 1]))
    agree(lambda m, x, t: m.nn.functional.cross_entropy(x, t), x, np.array([0, 3, 1], np.uint8))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agree(lambda m, x: m.nn.functional.mse_loss(x, m.tensor(1.0)), x)


def test_every_label_ignored_gives_nan_and_zero():
    labels = np.full(3, -100)
    for reduction in REDUCTIONS:
        agree(lambda m, x, t, r=reduction: m.nn.functional.cross_entropy(x, t, reduction=r), (3, 4), labels,
              second=False)


def test_scores_of_minus_infinity_are_no_class():
    x = np.array([[0.3, -np.inf, 1.0], [-np.inf, -0.2, 0.4]], np.float32)
    agree(lambda m, x, t: m.nn.functional.cross_entropy(x, t), x, np.array([2, 1]), second=False)
    y = pellucid.nn.functional.cross_entropy(pellucid.tensor(x), pellucid.tensor([2, -100]))
    assert np.isfinite(y.item()), "an ignored row counts 0, whatever its scores"


def test_random_configurations_of_cross_entropy():
    local = np.random.RandomState(1)
    for seed, (smoothing, weighted, ignored) in enumerate(itertools.product((0.0, 0.3),
                                                                            *[(False, True)] * 2)):
        shape = tuple(local.randint(1, 5, local.randint(2, 5)))
        labels = local.randint(0, shape[1], (shape[0], *shape[2:]))
        w = local.uniform(0.5, 2, shape[1]).astype(np.float32)
        settings = {"label_smoothing": smoothing, "ignore_index": 0 if ignored and labels.any() else -100}
        for reduction in REDUCTIONS:
            def loss(m, x, t, r=reduction, weight=w if weighted else None, settings=settings):
                weight = None if weight is None else m.tensor(weight)
                return m.nn.functional.cross_entropy(x, t, weight, reduction=r, **settings)

            agree(loss, shape, labels, seed=seed)


@pytest.mark.filterwarnings("ignore:size_average", "ignore:.*batchmean")
def test_old_words_for_the_reduction():
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "soft_margin_loss", "poisson_nll_loss", "kl_div"):
        for words in ({"size_average": False}, {"reduce": False}, {"size_average": True}):
            agree(lambda m, x, y, n=name, w=words: getattr(m.nn.functional, n)(x, y.detach(), **w), (3, 4),
                  weights(3, 4), second=False)
    agree(lambda m, x, t: m.nn.NLLLoss(size_average=False)(x, t), log_simplex(5, 4), LABELS)


WRONG = {
    "float labels": lambda F, x, t: F.cross_entropy(x, t.float()),
    "bool labels": lambda F, x, t: F.cross_entropy(x, t > 0),
    "a label too large": lambda F, x, t: F.cross_entropy(x, t + 2),
    "a negative label": lambda F, x, t: F.cross_entropy(x, t - 1),
    "too few labels": lambda F, x, t: F.cross_entropy(x, t[:2]),
    "columns of labels": lambda F, x, t: F.cross_entropy(x, t[:, None]),
    "weights of classes": lambda F, x, t: F.cross_entropy(x, t, weight=x[0, :3]),
    "smoothing": lambda F, x, t: F.cross_entropy(x, t, label_smoothing=1.5),
    "reduction": lambda F, x, t: F.cross_entropy(x, t, reduction="average"),
    "integer probabilities": lambda F, x, t: F.cross_entropy(x, x.long()),
    "ignored probability": lambda F, x, t: F.cross_entropy(x, x.double().float(), ignore_index=2),
    "nll labels": lambda F, x, t: F.nll_loss(x, t + 3),
    "nll float labels": lambda F, x, t: F.nll_loss(x, t * 1.0),
    "multi margin labels": lambda F, x, t: F.multi_margin_loss(x, t + 3),
    "multi margin p": lambda F, x, t: F.multi_margin_loss(x, t, p=3),
    "multilabel labels": lambda F, x, t: F.multilabel_margin_loss(x, t[:, None].expand(3, 4) + 3),
    "smooth l1 beta": lambda F, x, t: F.smooth_l1_loss(x, x, beta=-1.0),
    "huber delta": lambda F, x, t: F.huber_loss(x, x, delta=0.0),
    "bce input": lambda F, x, t: F.binary_cross_entropy(x * 5, x.sigmoid()),
    "bce target": lambda F, x, t: F.binary_cross_entropy(x.sigmoid(), x * 5),
    "bce integers": lambda F, x, t: F.binary_cross_entropy(x[:, 0].sigmoid(), t),
    "bce shapes": lambda F, x, t: F.binary_cross_entropy(x.sigmoid(), x[:, :1].sigmoid()),
    "logits shapes": lambda F, x, t: F.binary_cross_entropy_with_logits(x, x[:, :1].sigmoid()),
    "logits integers": lambda F, x, t: F.binary_cross_entropy_with_logits(x[:, 0], t),
    "logits pos_weight": lambda F, x, t: F.binary_cross_entropy_with_logits(x, x, pos_weight=x[:, 0]),
    "gaussian var": lambda F, x, t: F.gaussian_nll_loss(x, x, -x.abs()),
    "gaussian var's shape": lambda F, x, t: F.gaussian_nll_loss(x, x, x[0].abs()),
    "poisson shapes": lambda F, x, t: F.poisson_nll_loss(x, x[:2]),
    "kl shapes": lambda F, x, t: F.kl_div(x, x[:2], reduction="sum"),
    "ranking dimensions": lambda F, x, t: F.margin_ranking_loss(x, x, x[0]),
    "cosine target": lambda F, x, t: F.cosine_embedding_loss(x, x, x),
    "triplet dimensions": lambda F, x, t: F.triplet_margin_loss(x, x, x[0]),
    "triplet shapes": lambda F, x, t: F.triplet_margin_loss(x, x[:2], x),
    "triplet margin": lambda F, x, t: F.triplet_margin_loss(x, x, x, margin=-1.0),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_raises_as_in_pytorch(name):
    labels = np.array([0, 3, 1])
    errors = (Exception,)
    assert both_raise(lambda m, x, t: WRONG[name](m.nn.functional, x, t), (3, 4), labels, errors=errors)


def test_repr_and_state():
    names = [name for name in dir(torch.nn) if name.endswith("Loss") and hasattr(pellucid.nn, name)]
    assert len(names) > 18
    for name in names:
        assert repr(getattr(pellucid.nn, name)()) == repr(getattr(torch.nn, name)())
    ours = pellucid.nn.BCEWithLogitsLoss(pellucid.ones(3), pos_weight=pellucid.ones(3))
    theirs = torch.nn.BCEWithLogitsLoss(torch.ones(3), pos_weight=torch.ones(3))
    assert list(ours.state_dict()) == list(theirs.state_dict()) == ["weight", "pos_weight"]
