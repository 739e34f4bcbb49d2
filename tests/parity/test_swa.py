"""Averaged models, their schedule and their batch statistics, beside PyTorch's."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import pellucid  # noqa: E402

BOTH = (pellucid, torch)


def network(library):
    library.manual_seed(0)
    nn = library.nn
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def averaged(library, make, n=5, **options):
    """n steps of SGD, each taken into the mean."""
    model = network(library)
    swa = library.optim.swa_utils
    mean = swa.AveragedModel(model, **make(swa), **options)
    optimizer = library.optim.SGD(model.parameters(), lr=0.1)
    rng = np.random.RandomState(0)
    for _ in range(n):
        x = library.from_numpy(rng.standard_normal((6, 3)).astype("f4"))
        optimizer.zero_grad()
        (model(x) ** 2).sum().backward()
        optimizer.step()
        mean.update_parameters(model)
    return mean, model


def same(ours, theirs, rtol=1e-5):
    a, b = ours.state_dict(), theirs.state_dict()
    assert list(a) == list(b)
    for name in a:
        np.testing.assert_allclose(a[name].numpy(), b[name].numpy(), rtol=rtol, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("make, use_buffers", [
    (lambda swa: {}, False), (lambda swa: {}, True),
    (lambda swa: {"avg_fn": swa.get_ema_avg_fn(0.9)}, True),
    (lambda swa: {"avg_fn": swa.get_swa_avg_fn()}, True),
    (lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.8)}, True),
    (lambda swa: {"multi_avg_fn": swa.get_swa_multi_avg_fn()}, False),
    (lambda swa: {"avg_fn": lambda mean, now, n: 0.5 * (mean + now)}, False)])
def test_means(make, use_buffers):
    (ours, model), (theirs, _) = (averaged(library, make, use_buffers=use_buffers) for library in BOTH)
    same(ours, theirs)
    assert not np.array_equal(ours.module[0].weight.detach().numpy(), model[0].weight.detach().numpy())
    x = np.ones((2, 3), "f4")
    a, b = (mean.eval()(library.from_numpy(x)).detach().numpy()
            for mean, library in ((ours, pellucid), (theirs, torch)))
    np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_batch_statistics():
    rng = np.random.RandomState(1)
    batches = [rng.standard_normal((4, 3)).astype("f4") for _ in range(3)]
    models = []
    for library in BOTH:
        mean, _ = averaged(library, lambda swa: {})
        mean.eval()
        loader = [(library.from_numpy(batch), None) for batch in batches]
        library.optim.swa_utils.update_bn(loader, mean)
        assert not mean.training and mean.module[1].momentum == 0.1
        models.append(mean)
    same(*models)


@pytest.mark.parametrize("options", [dict(swa_lr=0.05), dict(swa_lr=[0.5, 0.02], anneal_epochs=4),
                                     dict(swa_lr=0.05, anneal_epochs=3, anneal_strategy="linear"),
                                     dict(swa_lr=0.05, anneal_epochs=0)])
def test_the_schedule(options):
    rates = []
    for library in BOTH:
        ps = [library.nn.Parameter(library.ones(1)) for _ in range(2)]
        optimizer = library.optim.SGD([{"params": [ps[0]], "lr": 0.3}, {"params": [ps[1]]}], lr=0.1)
        schedule = library.optim.swa_utils.SWALR(optimizer, **options)
        found = [schedule.get_last_lr()]
        for _ in range(12):
            optimizer.step()
            schedule.step()
            found.append(schedule.get_last_lr())
        rates.append(found)
    np.testing.assert_allclose(*rates, rtol=1e-9)


def test_refusals():
    swa = pellucid.optim.swa_utils
    optimizer = pellucid.optim.SGD([pellucid.nn.Parameter(pellucid.ones(1))], lr=0.1)
    for options, words in (({"anneal_strategy": "square"}, "'cos' or 'linear'"),
                           ({"anneal_epochs": -1}, "0 or more"),
                           ({"swa_lr": [1, 2]}, "2 rates, the optimizer 1 groups")):
        with pytest.raises(ValueError, match=words):
            swa.SWALR(optimizer, **{"swa_lr": 0.1, **options})
    with pytest.raises(ValueError, match="decay"):
        swa.get_ema_avg_fn(1.5)
    with pytest.raises(AssertionError, match="not both"):
        swa.AveragedModel(network(pellucid), avg_fn=abs, multi_avg_fn=abs)
