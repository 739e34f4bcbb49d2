"""doctor.fix: what is changed, that it helps, that what was examined stays, and what it says it cannot do."""

from __future__ import annotations

import numpy as np
import pytest
from tests.explain.doctor.healthy import CLASSES, FEATURES, blobs, loop, network, numbers, state

import pellucid as pl
from pellucid import nn, optim
from pellucid.explain import Doctor, doctor
from pellucid.explain.doctor import Cure, Finding
from pellucid.nn import functional as F
from pellucid.train import fit


def examined(model, data=None, loss=F.cross_entropy, lr=3e-3, kind=""):
    found = doctor(model, data or blobs(), loss, optim.Adam(model.parameters(), lr=lr))
    return next(finding for finding in found if finding.kind == kind)


class SoftAtTheEnd(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = network()

    def forward(self, x):
        return F.softmax(self.body(x), 1)


def minus(prediction, target):
    return ((prediction - target) ** 2).mean()


X, Y = blobs()
CURES = {
    "softmax module": (network(nn.Softmax(1)), None, F.cross_entropy, 3e-3, "softmax before the loss",
                       "taken out"),
    "softmax in forward": (SoftAtTheEnd(), None, F.cross_entropy, 3e-3, "softmax before the loss", "undone"),
    "rate too low": (network(), None, F.cross_entropy, 1e-6, "learning rate too low", "in place of 1e-06"),
    "rate too high": (network(), None, F.cross_entropy, 3.0, "learning rate too high", "in place of 3"),
    "scale": (network(), (X * 200 + 500, Y), F.cross_entropy, 3e-3, "inputs not scaled", "standardised"),
    "labels from 1": (network(), (X, Y + 1), F.cross_entropy, 3e-3, "labels out of range", "renumbered from "
                                                                                           "0"),
    "broadcast": (network(out=1), (numbers()[0], numbers()[1][:, 0]), minus, 3e-3, "shapes broadcast",
                  "the shape"),
}


@pytest.mark.parametrize("name", CURES)
def test_a_fix_is_applied_to_copies_and_helps(name):
    model, data, loss, lr, kind, changed = CURES[name]
    before = state(model)
    finding = examined(model, data, loss, lr, kind)
    cure = doctor.fix(finding, epochs=3)
    assert cure.applied and changed in cure.changed and len(cure.after) == 3 and cure.helped, cure
    assert state(model) == before and state(cure.model) != before
    assert "loss before" in repr(cure) and "it helped" in repr(cure)


def test_a_rate_that_is_far_too_low_is_mended_in_one_go():
    model = network()
    found = doctor(model, blobs(), F.cross_entropy, optim.SGD(model.parameters(), lr=1e-5))
    assert found.kinds == ["learning rate too low"] and found[0].numbers["factor"] >= 1e3
    cure = doctor.fix(found[0], epochs=3)
    assert cure.after[-1] < 0.9 * cure.before[-1] and cure.verdict == "it helped"
    assert found[0].numbers["better_lr"] in found[0].do


def test_what_failed_before_says_so():
    cure = doctor.fix(examined(network(), (X, Y + 1), kind="labels out of range"), epochs=1)
    assert cure.before == () and cure.helped and "before, it fails: LabelError" in repr(cure)


def test_losses_that_mean_something_else_are_not_compared():
    model = nn.Sequential(network(), nn.Dropout(0.5)).eval()
    cure = doctor.fix(examined(model, kind="training in eval mode"), epochs=1)
    assert "compare the validation losses" in repr(cure) and "did not help" not in repr(cure)
    assert Cure(cure.finding, "x", (1.0,), (0.99,)).helped
    assert Cure(Finding("plateau", "1"), "x", (1.0,), (0.99,)).verdict == "it hardly helped"


def test_both_trainings_have_the_same_start_and_budget():
    finding = examined(network(), lr=1e-6, kind="learning rate too low")
    one, other = doctor.fix(finding, epochs=2), doctor.fix(finding, epochs=2)
    assert one.before == other.before and one.after == other.after and len(one.before) == len(one.after) == 2
    assert one.before[0] == pytest.approx(one.before[1], rel=1e-3)


def test_gradients_are_cleared_in_a_loop_of_ones_own():
    model = network()
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    watch = Doctor(model, blobs(), F.cross_entropy, optimizer, verbose=False)
    found = loop(model, optimizer=optimizer, clear=False, watch=watch)
    cure = doctor.fix(found[0])
    assert cure.applied and "cleared before each backward" in cure.changed and cure.before != cure.after


def test_training_mode():
    model = nn.Sequential(nn.Linear(FEATURES, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32,
                                                                                            CLASSES)).eval()
    cure = doctor.fix(examined(model, kind="training in eval mode"), epochs=1)
    assert cure.applied and cure.model.training and not model.training


def test_what_fit_did_is_done_again_with_as_many_epochs():
    model = network()
    model[0].bias.data -= 30
    watch = Doctor(verbose=False)
    fit(model, blobs(), loss=F.cross_entropy, optimizer=optim.Adam(model.parameters(), lr=3e-3), epochs=6,
        verbose=0,
        callbacks=[watch])
    found = watch.diagnosis()
    assert found.kinds[0] == "dead units"
    cure = doctor.fix(found[0])
    assert "2 ReLU became LeakyReLU(0.01)" in cure.changed and len(cure.before) == len(cure.after) == 6
    assert cure.helped


@pytest.mark.parametrize("kind, end, changed", [
    ("vanishing gradients", nn.Sigmoid, "1 Sigmoid or Tanh became ReLU"), ("saturation", nn.Tanh,
                                                                           "drawn again"),
    ("exploding gradients", nn.ReLU, "clipped to a norm of 1")])
def test_the_other_remedies(kind, end, changed):
    pl.manual_seed(0)
    model = nn.Sequential(nn.Linear(FEATURES, 16), end(), nn.Linear(16, CLASSES))
    found = doctor(model, (X, Y + 1), F.cross_entropy, optim.Adam(model.parameters()))
    finding = Finding(kind, "1", case=found[0].case)
    finding.case.data = blobs()
    cure = doctor.fix(finding, epochs=1)
    assert changed in cure.changed and np.isfinite(cure.after[0])


def test_classes_are_weighed():
    random = np.random.RandomState(0)
    y = (np.arange(400) % 25 == 0).astype(np.int64)
    x = random.standard_normal((400, FEATURES)).astype(np.float32) + 0.6 * y[:, None].astype(np.float32)
    model, watch = network(width=4, out=2), Doctor(verbose=False)
    fit(model, (x, y), loss=nn.CrossEntropyLoss(), optimizer=optim.Adam(model.parameters()), epochs=6,
        verbose=0,
        callbacks=[watch])
    found = watch.diagnosis()
    assert found.kinds[0] == "class imbalance"
    cure = doctor.fix(found[0])
    answers = [m(pl.tensor(x)).detach().numpy().argmax(1) for m in (model, cure.model)]
    assert (answers[0] == 1).sum() == 0 < (answers[1] == 1).sum()


def test_what_cannot_be_applied_says_so():
    cure = doctor.fix(Finding("mode collapse", "spread 0.01"))
    assert not cure.applied and "knows neither data nor loss" in repr(cure) and "by hand" in repr(cure)
    found = examined(network(), (X, np.random.RandomState(0).permutation(Y)), kind="labels do not fit the "
                                                                                   "inputs")
    cure = doctor.fix(found)
    assert not cure.applied and "cannot be applied automatically" in repr(cure)
    assert all(line in repr(cure) for line in found.do.splitlines())
