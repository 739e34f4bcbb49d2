"""doctor(model, data, loss, optimizer): each planted fault is found first, healthy trainings are passed."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from tests.explain.doctor.healthy import CLASSES, FEATURES, blobs, network, numbers, state

import pellucid as pl
from pellucid import nn, optim
from pellucid.explain import doctor
from pellucid.explain.doctor import Finding
from pellucid.explain.doctor.kinds import KINDS
from pellucid.nn import functional as F
from pellucid.utils.data import DataLoader, TensorDataset


def examine(model, data=None, loss=F.cross_entropy, lr=3e-3, trials=True, **options):
    return doctor(model, data or blobs(), loss, optim.Adam(model.parameters(), lr=lr), trials=trials,
                  **options)


def logistic(model_out, target):
    return F.binary_cross_entropy_with_logits(model_out[:, 0], target)


class Attends(nn.Module):
    """Attention over 6 positions, of which `hidden` rows see nothing."""

    def __init__(self, dim=-1, hidden=False):
        super().__init__()
        self.q, self.k, self.head = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, CLASSES)
        self.dim, self.hidden = dim, hidden

    def forward(self, x):
        scores = self.q(x) @ self.k(x).transpose(1, 2) / 8 ** 0.5
        if self.hidden:
            mask = pl.zeros(6, 6, dtype=pl.bool)
            mask[2] = True
            scores = scores.masked_fill(mask, -1e9)
        return self.head((F.softmax(scores, dim=self.dim) @ x).mean(1))


class Detached(nn.Module):
    def __init__(self, how):
        super().__init__()
        self.first, self.last, self.how = nn.Linear(FEATURES, 16), nn.Linear(16, CLASSES), how

    def forward(self, x):
        h = F.relu(self.first(x))
        return self.last(h.detach() if self.how == "detach" else pl.tensor(h.detach().numpy()))


def sequences(n=80):
    x, y = blobs(n)
    return np.repeat(x[:, None], 6, 1) + 0.1 * np.random.RandomState(3).randn(n, 6, 8).astype(np.float32), y


def windows(shuffled):
    series = np.sin(np.arange(400) / 7) + 0.2 * np.random.RandomState(0).standard_normal(400)
    x = np.stack([series[i:i + 12] for i in range(380)]).astype(np.float32)
    y = np.array([series[i + 12] for i in range(380)], np.float32)[:, None]
    order = np.random.RandomState(1).permutation(380) if shuffled else np.arange(380)
    return (x[order[:300]], y[order[:300]]), (x[order[300:]], y[order[300:]])


def regression(width=12):
    pl.manual_seed(0)
    return nn.Sequential(nn.Linear(width, 32), nn.Tanh(), nn.Linear(32, 1))


def scaled_together():
    x, y = blobs(seed=4)
    raw = 3 * x + 1
    together = (raw - raw.mean(0)) / raw.std(0)
    return (together[:120], y[:120]), (together[120:], y[120:])


def masked_sdpa():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.q, self.head = nn.Linear(8, 8), nn.Linear(8, CLASSES)

        def forward(self, x):
            mask = pl.ones(6, 6, dtype=pl.bool)
            mask[4] = False
            return self.head(F.scaled_dot_product_attention(self.q(x), x, x, attn_mask=mask).mean(1))
    return Model()


def loud():
    model = network()
    model[4].weight.data *= 60
    return model


class Blind(nn.Module):
    """Takes the mean over the batch where it should be over the positions: all samples look the same."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(FEATURES, 16), nn.Linear(16, CLASSES)

    def forward(self, x):
        return self.last(F.relu(self.first(x)).mean(0, keepdim=True).expand(len(x), -1))


def deep_sigmoids():
    pl.manual_seed(0)
    layers = [nn.Linear(FEATURES, 16), nn.Sigmoid()]
    for _ in range(10):
        layers += [nn.Linear(16, 16), nn.Sigmoid()]
    return nn.Sequential(*layers, nn.Linear(16, CLASSES))


def forgets_a_layer():
    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.forgotten = network(), nn.Linear(3, 3)

        def forward(self, x):
            return self.body(x)
    return Model()


def minus(prediction, target):
    return ((prediction - target) ** 2).mean()


def with_nan():
    x, y = blobs()
    x[7, 2] = np.nan
    return x, y


X, Y = blobs()
FAULTS = {
    "softmax": (lambda: examine(network(nn.Softmax(1))), "softmax before the loss"),
    "sigmoid twice": (lambda: examine(network(nn.Sigmoid(), out=1), (X, (Y > 2).astype(np.float32)),
                                      logistic),
                      "softmax before the loss"),
    "nll of probabilities": (lambda: examine(network(nn.Softmax(1)), loss=F.nll_loss),
                             "probabilities where logarithms belong"),
    "softmax over the batch": (lambda: examine(network(nn.LogSoftmax(0)), loss=F.nll_loss),
                               "softmax over the wrong axis"),
    "attention over queries": (lambda: examine(Attends(dim=1), sequences()), "softmax over the wrong axis"),
    "masked row": (lambda: examine(Attends(hidden=True), sequences()), "attention row all masked"),
    "masked row, built in": (lambda: examine(masked_sdpa(), sequences()), "attention row all masked"),
    "broadcast": (lambda: examine(network(out=1), (numbers()[0], numbers()[1][:, 0]), minus),
                  "shapes broadcast"),
    "broadcast, refused": (lambda: examine(network(out=1), (numbers()[0], numbers()[1][:, 0]), F.mse_loss),
                           "shapes broadcast"),
    "labels from 1": (lambda: examine(network(), (X, Y + 1)), "labels out of range"),
    "labels shuffled": (lambda: examine(network(), (X, np.random.RandomState(0).permutation(Y))),
                        "labels do not fit the inputs"),
    "labels moved": (lambda: examine(network(), (X, np.roll(Y, 1))), "labels do not fit the inputs"),
    "pixels": (lambda: examine(network(), (X * 200 + 500, Y)), "inputs not scaled"),
    "one large feature": (lambda: examine(network(), (X * np.float32([1e4] + [1] * 7), Y)), "inputs not "
                                                                                            "scaled"),
    "constant": (lambda: examine(network(), (np.ones_like(X), Y)), "inputs constant"),
    "nan": (lambda: examine(network(), with_nan()), "inputs not finite"),
    "detached": (lambda: examine(Detached("detach")), "no gradient"),
    "through NumPy": (lambda: examine(Detached("numpy")), "no gradient"),
    "forgotten layer": (lambda: examine(forgets_a_layer()), "no gradient"),
    "eval": (lambda: examine(network(nn.Dropout(0.1)).eval()), "training in eval mode"),
    "overlap": (lambda: examine(network(), validation=(X[:40], Y[:40])), "train and validation overlap"),
    "shuffled series": (lambda: examine(regression(), windows(True)[0], F.mse_loss,
                                        validation=windows(True)[1]),
                        "time series shuffled"),
    "scaler": (lambda: examine(network(), scaled_together()[0], validation=scaled_together()[1]),
               "scaler fitted on all data"),
    "first loss": (lambda: examine(loud()), "initial loss"),
    "mean over the batch": (lambda: examine(Blind()), "cannot overfit one batch"),
    "rate too low": (lambda: examine(network(), lr=1e-6), "learning rate too low"),
    "rate too high": (lambda: examine(network(), lr=3.0), "learning rate too high"),
    "vanishing": (lambda: examine(deep_sigmoids()), "vanishing gradients"),
    "wrong width": (lambda: examine(network(), (X[:, :5], Y)), "fails"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found_first(name):
    make, kind = FAULTS[name]
    found = make()
    assert found.kinds and found.kinds[0] == kind, found
    first = found[0]
    assert first.confidence >= 0.6 and any(letter.isdigit() for letter in first.seen)
    assert first.why.count(". ") >= 1 and first.why.endswith(".") and "{" not in first.why and first.do


class Bag(nn.Module):
    """The mean vector of each text's words: all words in one row, and where each text begins."""

    def __init__(self):
        super().__init__()
        pl.manual_seed(0)
        self.words, self.last = nn.EmbeddingBag(20, 16), nn.Linear(16, 2)

    def forward(self, words, starts):
        return self.last(self.words(words, starts))


def test_inputs_that_are_no_rows_are_tried_whole():
    random = np.random.RandomState(0)
    words = pl.tensor(np.concatenate([random.randint(10 * (i % 2), 10 + 10 * (i % 2), 5) for i in range(40)]))
    class Batches:
        def __iter__(self):
            yield (words, pl.arange(0, 200, 5)), pl.arange(40) % 2

    model = Bag()
    assert not doctor(model, Batches(), F.cross_entropy, optim.Adam(model.parameters(), lr=1e-2))
    found = doctor(model, Batches(), F.cross_entropy, optim.Adam(model.parameters(), lr=1e-7))
    assert found.kinds == ["learning rate too low"] and "on 40 samples" in found[0].seen


def test_a_trial_that_has_no_time_shows_nothing(monkeypatch):
    from pellucid.explain.doctor import trial

    assert examine(Blind()).kinds == ["cannot overfit one batch"]
    monkeypatch.setattr(trial, "SECONDS", 0.0)
    assert not examine(Blind())


def test_not_in_the_optimizer():
    model = network()
    optimizer = optim.Adam(model[4].parameters(), lr=3e-3)
    assert doctor(model, blobs(), F.cross_entropy, optimizer, trials=False).kinds[0] == "not in the optimizer"


def test_gradients_from_before():
    model = network()
    F.cross_entropy(model(pl.tensor(X)), pl.tensor(Y)).backward()
    assert examine(model, trials=False).kinds == ["gradients not cleared"]


HEALTHY = {
    "classes": lambda: examine(network(), validation=blobs(seed=5)),
    "tanh, dropout, normalised": lambda: examine(nn.Sequential(
        nn.Linear(FEATURES, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Dropout(0.2), nn.Linear(16, CLASSES))),
    "numbers": lambda: examine(network(out=1), numbers(), F.mse_loss, validation=numbers(seed=3)),
    "yes or no": lambda: examine(network(out=1), (X, (Y > 2).astype(np.float32)), logistic),
    "log-softmax": lambda: examine(network(nn.LogSoftmax(1)), loss=F.nll_loss),
    "attention": lambda: examine(Attends(), sequences()),
    "series": lambda: examine(regression(), windows(False)[0], F.mse_loss, validation=windows(False)[1]),
    "scaler of the training part": lambda: examine(
        network(), ((X - X[:120].mean(0))[:120] / X[:120].std(0), Y[:120]),
        validation=((X - X[:120].mean(0))[120:] / X[:120].std(0), Y[120:])),
    "a loader": lambda: doctor(model := network(), DataLoader(TensorDataset(*map(pl.tensor, blobs())), 16,
                                                              True),
                               nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1)),
    "words": lambda: examine(nn.Sequential(nn.Embedding(20, 8), nn.Flatten(), nn.Linear(24, CLASSES)), (
        np.random.RandomState(0).randint(0, 20, (80, 3)), np.arange(80) % CLASSES)),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_training_is_passed(name):
    pl.manual_seed(0)
    found = HEALTHY[name]()
    assert not found, found


def test_everything_is_as_before():
    model = nn.Sequential(nn.Linear(FEATURES, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, CLASSES))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    x, y = map(pl.tensor, blobs())
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
    model[2].eval()
    loader = DataLoader(TensorDataset(x, y), 16, True, generator=pl.Generator())
    grads = [p.grad for p in model.parameters()]
    slopes = [g.numpy().copy() for g in grads]
    before = (state(model), str(optimizer.state_dict()), pl.get_rng_state().numpy().tobytes(),
              loader.generator.get_state().numpy().tobytes(), [m.training for m in model.modules()])
    doctor(model, loader, F.cross_entropy, optimizer)
    assert before == (state(model), str(optimizer.state_dict()), pl.get_rng_state().numpy().tobytes(),
                      loader.generator.get_state().numpy().tobytes(), [m.training for m in model.modules()])
    assert all(p.grad is g for p, g in zip(model.parameters(), grads, strict=True))
    assert all(np.array_equal(g.numpy(), old) for g, old in zip(grads, slopes, strict=True))
    assert not model._hooks


def test_a_finding_names_layer_and_line_and_can_be_printed_and_kept(tmp_path):
    found = examine(Attends(dim=1), sequences(), trials=False)
    assert found[0].line.startswith("test_before.py:") and "F.softmax(scores, dim=self.dim)" in found[0].line
    assert found[0].layer == "Attends" and "along axis 1 of shape (32, 6, 6)" in found[0].seen
    kept = json.loads(found.to_json(tmp_path / "found.json"))
    assert json.loads((tmp_path / "found.json").read_text()) == kept
    assert kept["findings"][0]["kind"] == found[0].kind and kept["findings"][0]["confidence"] == 0.9
    text, page = repr(found), found._repr_html_()
    for part in ("seen", "where", "why", "do", "axis 1", "confidence 90%", "test_before.py"):
        assert part in text
    assert "<li><b>softmax over the wrong axis</b>" in page and "&#x27;" not in found[0].kind
    assert examine(network(nn.Softmax(1)), trials=False)[0].layer == "5 (Softmax)"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_two_sentences_and_code(kind):
    known = KINDS[kind]
    assert len(re.findall(r"\.(?: |$)", known.why)) == 2 and known.do and known.severity in (1, 2, 3)
    assert known.explains <= set(KINDS)


def test_nothing_follows_from_itself():
    found = examine(network(), (X, np.random.RandomState(0).permutation(Y)), trials=False)
    assert found.kinds == ["labels do not fit the inputs"] and not found[0].follows_from


def test_a_consequence_comes_after_its_cause():
    found = examine(network(), (X * 200 + 500, Y))
    assert found.kinds == ["inputs not scaled", "initial loss"]
    assert found[1].follows_from == "inputs not scaled"


@pytest.mark.parametrize("arguments, error, told", [
    ((None, blobs(), F.cross_entropy), TypeError, "model must be a Module, got NoneType"),
    ((network(), blobs(), 3), TypeError, "loss must be a function of"),
    ((network(), blobs(), nn.MSELoss), TypeError, "got the class MSELoss itself: call it first"),
    ((nn.Linear, blobs(), F.cross_entropy), TypeError, "got the class Linear itself"),
    ((network(), blobs(), F.cross_entropy, optim.Adam), TypeError, "got the class Adam itself"),
    ((network(), {"x": X}, F.mse_loss), TypeError, "data must be a pair .* got dict"),
    ((network(), np.zeros(3), F.mse_loss), TypeError, "data must be a pair .* got ndarray"),
    ((network(), 3, F.mse_loss), TypeError, "data must be a pair .* got int"),
    ((network(), blobs(), F.cross_entropy, "adam"), TypeError, "optimizer must be one of pellucid.optim"),
    ((network(), (X[:0], Y[:0]), F.cross_entropy), RuntimeError, "no samples"),
    ((network(), (X, Y[:3]), F.cross_entropy), RuntimeError, "the same number of samples"),
])
def test_bad_input_is_refused_in_words(arguments, error, told):
    with pytest.raises(error, match=told):
        doctor(*arguments)


def test_validation_and_budget_are_checked_too():
    model = network()
    optimizer = optim.Adam(model.parameters())
    with pytest.raises(TypeError, match="validation must be a pair .* got ndarray"):
        doctor(model, blobs(), F.cross_entropy, optimizer, validation=X)
    with pytest.raises(ValueError, match="epochs must be a positive number, got 0"):
        doctor(model, blobs(), F.cross_entropy, optimizer, epochs=0)


@pytest.mark.parametrize("loss, kind, told", [
    (lambda p, y: F.cross_entropy(p, y).item(), "no gradient", "the loss is a float and no Tensor"),
    (lambda p, y: F.cross_entropy(p, y, reduction="none"), "fails", "a gradient can be implied only for")])
def test_a_loss_that_is_no_single_tensor_is_a_finding(loss, kind, told):
    found = examine(network(), loss=loss)
    assert found.kinds == [kind] and told in found[0].seen


def test_fix_refuses_what_is_no_finding():
    with pytest.raises(TypeError, match=r"got Diagnosis: take one of them, as in fix\(found\[0\]\)"):
        doctor.fix(examine(network(), lr=1e-6))
    with pytest.raises(TypeError, match="finding must be one of a diagnosis, got str"):
        doctor.fix("lower the rate")
    with pytest.raises(ValueError, match="epochs must be a positive number, got 0"):
        doctor.fix(Finding("plateau", "1"), epochs=0)
