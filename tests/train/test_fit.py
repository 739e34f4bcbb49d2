"""fit: what it computes, what it keeps, how it stops, resumes and fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from pellucid import nn, optim
from pellucid.nn import functional as F
from pellucid.train import Callback, EarlyStopping, NonFiniteLoss, Run, Watch, fit
from pellucid.utils.data import DataLoader, TensorDataset


def toy(n=60, seed=0):
    rng = np.random.RandomState(seed)
    x = rng.standard_normal((n, 3)).astype(np.float32)
    return x, (x @ [1.0, -2.0, 0.5] > 0).astype(np.int64)


def net(seed=0, dropout=0.0):
    pl.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Dropout(dropout), nn.Linear(8, 2))


def weights(model):
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


def train(model, epochs=3, **options):
    options.setdefault("optimizer", optim.Adam(model.parameters(), lr=0.02))
    return fit(model, options.pop("train", toy()), loss=F.cross_entropy, epochs=epochs, verbose=0, **options)


def test_it_does_what_a_loop_by_hand_does():
    model, twin = net(), net()
    pl.manual_seed(1)
    history = train(model, 2, batch_size=16, metrics="accuracy", validation=toy(seed=1))
    pl.manual_seed(1)
    optimizer = optim.Adam(twin.parameters(), lr=0.02)
    x, y = map(pl.tensor, toy())
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True)
    for _ in range(2):
        total = 0.0
        for a, b in loader:
            loss = F.cross_entropy(twin(a), b)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(a)
        validation = TensorDataset(*map(pl.tensor, toy(seed=1)))
        list(DataLoader(validation, batch_size=256))             # draws a seed
    np.testing.assert_array_equal(weights(model), weights(twin))
    assert history["loss"][-1] == pytest.approx(total / 60)
    assert set(history.rows[0]) == {"epoch", "step", "lr", "loss", "accuracy", "val_loss", "val_accuracy",
                                    "seconds"}


def test_it_learns():
    history = train(net(), 30, metrics=["accuracy"])
    assert history["accuracy"][-1] > 0.95 and history["loss"][-1] < history["loss"][0] / 2
    assert history.best("loss")["epoch"] > 20


class Stop(Callback):
    """Interrupt in the middle of an epoch, as Ctrl-C does."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_batch_end(self, training, loss):
        if training.epoch + 1 == self.epoch and training.step % 4 == 2:
            raise KeyboardInterrupt


def parts(seed=0):
    """A model with dropout, an optimiser with state, a schedule, and a loader with its own generator."""
    model = net(seed, dropout=0.3)
    optimizer = optim.AdamW(model.parameters(), lr=0.02)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, 6)
    x, y = map(pl.tensor, toy())
    loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True,
                        generator=pl.Generator().manual_seed(9))
    return model, dict(optimizer=optimizer, scheduler=scheduler, train=loader, validation=toy(seed=1))


@pytest.mark.parametrize("at", [1, 2, 5])
def test_a_resumed_run_equals_the_uninterrupted_one_bit_for_bit(tmp_path, at):
    model, options = parts()
    whole = train(model, 6, callbacks=[Stop(99), EarlyStopping(patience=50)], run=tmp_path / "whole",
                  **options)
    final = pl.load(tmp_path / "whole" / "last.safetensors")

    broken, options = parts()
    with pytest.raises(KeyboardInterrupt):
        train(broken, 6, callbacks=[Stop(at), EarlyStopping(patience=50)], run=tmp_path / "cut", **options)
    pl.rand(7)                                                   # the streams are elsewhere now
    np.random.rand(3)
    fresh, options = parts(seed=5)
    resumed = train(fresh, 6, callbacks=[Stop(99), EarlyStopping(patience=50)], run=tmp_path / "cut",
                    resume=True, **options)
    np.testing.assert_array_equal(weights(model), weights(fresh))
    same = lambda rows: [{k: v for k, v in row.items() if k != "seconds"} for row in rows]  # noqa: E731
    assert same(whole.rows) == same(resumed.rows)
    again = pl.load(tmp_path / "cut" / "last.safetensors")
    for key, value in final["optimizer"]["state"][0].items():
        assert value.tolist() == again["optimizer"]["state"][0][key].tolist()
    assert final["scheduler"] == again["scheduler"]
    for key in ("pellucid",):
        assert final["random"][key].tolist() == again["random"][key].tolist()


def test_an_interrupt_leaves_a_good_checkpoint_and_a_non_zero_exit(tmp_path):
    script = textwrap.dedent("""
        import signal, sys, numpy as np, pellucid as pl
        signal.signal(signal.SIGINT, signal.default_int_handler)   # a job in the background ignores it
        from pellucid import nn, optim
        from pellucid.nn import functional as F
        from pellucid.train import Callback, fit
        class Tell(Callback):
            def on_epoch_end(self, training, row):
                print(row["epoch"], flush=True)
        model = nn.Linear(3, 2)
        x = np.random.RandomState(0).standard_normal((64, 3)).astype("float32")
        fit(model, (x, (x[:, 0] > 0).astype("int64")), loss=F.cross_entropy, epochs=10**6,
            optimizer=optim.SGD(model.parameters(), lr=0.1), run=sys.argv[1], callbacks=[Tell()])
    """)
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "PYTHONPATH": str(Path(pl.__file__).parents[1])})
    for _ in range(3):
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode != 0 and "interrupted in epoch" in err
    saved = pl.load(tmp_path / "last.safetensors")
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert saved["epoch"] == len(rows) >= 2


def test_early_stopping_gives_the_best_weights_back():
    model, seen = net(), []

    class Remember(Callback):
        def on_epoch_end(self, training, row):
            seen.append((row["val_loss"], weights(model)))

    history = train(model, 200, train=toy(20), validation=toy(20, seed=4),
                    optimizer=optim.SGD(model.parameters(), 1.0),
                    callbacks=[EarlyStopping(patience=3), Remember()])
    best = min(range(len(seen)), key=lambda i: seen[i][0])
    assert len(history) < 200 and "has not improved" in history.stopped
    np.testing.assert_array_equal(weights(model), seen[best][1])


def test_the_best_checkpoint_is_the_best_epoch(tmp_path):
    model = net()
    history = train(model, 8, run=tmp_path, validation=toy(seed=4))
    saved = pl.load(tmp_path / "last.safetensors")
    assert saved["best"]["epoch"] == history.best("val_loss")["epoch"]
    assert set(pl.load(tmp_path / "best.safetensors")) == set(model.state_dict())


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    model = net()
    train(model, 2, run=tmp_path)
    before = (tmp_path / "last.safetensors").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        train(model, 2, run=tmp_path)
    assert (tmp_path / "last.safetensors").read_bytes() == before
    assert not [p for p in tmp_path.iterdir() if ".tmp" in p.name]


@pytest.mark.parametrize("accumulate", [2, 4, 7])
def test_accumulated_batches_make_the_step_of_one_large_batch(accumulate):
    model, twin = net(), net()
    data = toy(56)
    train(model, 2, train=data, batch_size=8, shuffle=False, accumulate=accumulate,
          optimizer=optim.SGD(model.parameters(), lr=0.5))
    optimizer = optim.SGD(twin.parameters(), lr=0.5)
    x, y = map(pl.tensor, data)
    size = 8 * accumulate
    for _ in range(2):
        for start in range(0, 56, size):
            optimizer.zero_grad()
            F.cross_entropy(twin(x[start:start + size]), y[start:start + size]).backward()
            optimizer.step()
    np.testing.assert_allclose(weights(model), weights(twin), rtol=2e-5, atol=1e-6)


def test_clipping():
    model = net()
    norms = []

    class Norms(Callback):
        def on_backward_end(self, training):
            norms.append(float(np.sqrt(sum((p.grad.numpy() ** 2).sum() for p in model.parameters()))))

    train(model, 1, clip_grad_norm=0.01, callbacks=[Norms()])
    assert max(norms) <= 0.0100001
    norms.clear()
    train(model, 1, clip_grad_value=1e-4, callbacks=[Norms()])
    assert max(norms) <= 1e-4 * np.sqrt(len(weights(model))) * 1.0001


def test_weights_of_classes_and_samples():
    x, y = toy()
    a, b, c = net(), net(), net()
    train(a, 2, train=(x, y), class_weight={0: 1.0, 1: 3.0}, shuffle=False)
    train(b, 2, train=(x, y), sample_weight=np.where(y == 1, 3.0, 1.0), shuffle=False)
    fit(c, (x, y), loss=nn.CrossEntropyLoss(weight=pl.tensor([1.0, 3.0])), epochs=2, verbose=0, shuffle=False,
        optimizer=optim.Adam(c.parameters(), lr=0.02))
    np.testing.assert_allclose(weights(a), weights(b), rtol=1e-6)
    np.testing.assert_allclose(weights(a), weights(c), rtol=1e-4, atol=1e-6)


def test_a_loss_that_is_not_a_number_is_traced_to_its_module():
    class Root(nn.Module):
        def forward(self, x):
            return (x - 100).sqrt()

    model = nn.Sequential(nn.Linear(3, 4), Root(), nn.Linear(4, 2))
    told = r"nan in epoch 1, batch 1: .*not finite is 1 \(Root\): nan at \[0, 0\]"
    with pytest.raises(NonFiniteLoss, match=told):
        train(model)


def test_a_step_that_was_too_large_is_named():
    model = nn.Linear(3, 2)
    with pytest.raises(NonFiniteLoss, match=r"the parameter (weight|bias) holds .*lower the learning rate"):
        fit(model, (toy()[0] * 1e18, toy()[0][:, :2]), loss=F.mse_loss, epochs=9, verbose=0,
            optimizer=optim.SGD(model.parameters(), lr=1e30))


def test_callbacks_learn_that_training_failed():
    class Learns(Callback):
        told: list = []

        def on_fit_failed(self, training, error):
            self.told.append((training.epoch, type(error).__name__))

        def on_fit_end(self, training):
            self.told.append("ended")

    model = nn.Linear(3, 2)
    with pytest.raises(NonFiniteLoss):
        fit(model, (toy()[0] * 1e18, toy()[0][:, :2]), loss=F.mse_loss, epochs=9, verbose=0,
            optimizer=optim.SGD(model.parameters(), lr=1e30), callbacks=[Learns()])
    assert Learns.told == [(0, "NonFiniteLoss")]


def test_nan_in_the_data_is_refused_before_training():
    x, y = toy()
    x[4, 1] = np.nan
    with pytest.raises(RuntimeError, match=r"train\[0\] holds nan at \[4, 1\]"):
        train(net(), train=(x, y))


@pytest.mark.parametrize("options, error, message", [
    (dict(train=toy()[0]), TypeError, "train must be a DataLoader, a Dataset or a pair"),
    (dict(train=(toy()[0], toy()[1][:5])), RuntimeError,
     r"same number of samples, got shapes \[\(60, 3\), \(5,\)\]"),
    (dict(train=(toy()[0][:0], toy()[1][:0])), RuntimeError, "train has no samples"),
    (dict(metrics="acuracy"), ValueError, "no metric is called 'acuracy'"),
    (dict(epochs=-1), ValueError, "epochs must be a number of at least 0, got -1"),
    (dict(accumulate=0), ValueError, "accumulate must be a positive number"),
    (dict(step_scheduler="step"), ValueError, "must be 'epoch' or 'batch'"),
    (dict(class_weight={0: -1.0}), ValueError, "finite numbers of at least 0"),
    (dict(class_weight=[1.0]), RuntimeError, "class_weight has 1 classes, a target is 1"),
    (dict(sample_weight=np.ones(3)), RuntimeError, "same number of samples"),
    (dict(resume=True), ValueError, "resume=True needs run="),
    (dict(callbacks=[EarlyStopping("val_los")]), KeyError, "no 'val_los' in this run; there are"),
])
def test_bad_input(options, error, message):
    with pytest.raises(error, match=message):
        train(net(), options.pop("epochs", 1), **options)


def test_labels_out_of_range_are_named():
    x, y = toy()
    y[7] = 5
    with pytest.raises((RuntimeError, IndexError), match="5"):
        train(net(), train=(x, y))


def test_progress_is_quiet_outside_a_terminal(capsys):
    model = net()
    fit(model, toy(), loss=F.cross_entropy, epochs=20, optimizer=optim.SGD(model.parameters(), lr=0.1))
    lines = capsys.readouterr().err.splitlines()
    assert 10 <= len(lines) <= 13 and lines[0].startswith("epoch 1/20  loss ") and "\r" not in "".join(lines)
    train(net())
    assert capsys.readouterr().err == ""


def test_watch_writes_what_layers_do(tmp_path):
    run, model = Run(tmp_path), net()
    with pl.no_grad():
        model[0].bias.copy_(pl.tensor([-100.0, -100.0, 0, 0, 0, 0, 0, 0]))   # two units that never fire
    train(model, 3, run=run, callbacks=[Watch(run)])
    rows = run.read_rows("layers.jsonl")
    parameter = [r for r in rows if r["name"] == "0.weight" and r["epoch"] == 3][0]
    assert parameter["norm"] == pytest.approx(float(np.linalg.norm(model[0].weight.detach().numpy())))
    assert 0 < parameter["update_ratio"] < 1 and parameter["grad_norm"] > 0
    assert sum(parameter["histogram"]) == 24 and len(parameter["edges"]) == 31
    relu = [r for r in rows if r["kind"] == "activation" and r["module"] == "ReLU"]
    assert [(r["units"], r["dead"] >= 2) for r in relu] == [(8, True)] * 3


def test_a_plateau_scheduler_watches_the_validation_loss():
    model = net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, threshold=10.0,
                                                     threshold_mode="abs")
    history = train(model, 4, optimizer=optimizer, scheduler=scheduler, validation=toy(seed=1))
    assert history["lr"] == pytest.approx([0.1, 0.1, 0.01, 0.001])


def test_a_schedule_per_batch():
    model = net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=8)
    train(model, 4, optimizer=optimizer, scheduler=scheduler, step_scheduler="batch", batch_size=32)
    assert scheduler.last_epoch == 8


def test_an_unwritable_run_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="run folder .*file/run cannot be written"):
        Run(tmp_path / "file" / "run")


def test_refuses_what_would_not_train():
    with pytest.raises(ValueError, match="optimizer holds none of the model's parameters"):
        train(net(), optimizer=optim.Adam(net().parameters()))
    with pytest.raises(TypeError, match="fit: optimizer must be one of pellucid.optim.*got 'adam'"):
        train(net(), optimizer="adam")
    with pytest.raises(TypeError, match="fit: loss must be a function.*got 'mse'"):
        fit(net(), toy(), loss="mse", optimizer=optim.Adam(net().parameters()), epochs=1)
