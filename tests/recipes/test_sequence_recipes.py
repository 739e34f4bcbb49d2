"""The recipes of sequences: what they compute beside training, and that they go on after an interruption."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.recipes.short import SHORT

from pellucid import datasets, no_grad, recipes, tensor
from pellucid.models.seq2seq import Seq2Seq, Seq2SeqConfig
from pellucid.recipes import addition, char_rnn, forecast
from pellucid.train import fitting


def interrupted_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the step of this number, counted over all trainings of the recipe."""
    taken, take = 0, fitting.Training._step

    def counted(training: Any) -> None:
        nonlocal taken
        taken += 1
        if taken == step:
            raise KeyboardInterrupt
        take(training)

    monkeypatch.setattr(fitting.Training, "_step", counted)


@pytest.mark.parametrize("name, step", [("gpt", 5), ("addition", 5), ("char-rnn", 5), ("char-rnn", 11),
                                        ("forecast", 3), ("forecast", 24), ("ner", 6), ("ner", 30),
                                        ("translate", 14), ("sentiment", 6), ("sentiment", 22)])
def test_an_interrupted_run_goes_on_bit_for_bit(name: str, step: int, tmp_path: Path,
                                                monkeypatch: pytest.MonkeyPatch) -> None:
    if name == "translate":
        pytest.importorskip("sacrebleu")
    monkeypatch.setattr(recipes.Job, "figure", lambda *_: None)
    whole = recipes.train(name, out=tmp_path / "whole", verbose=0, report=False, **SHORT[name])
    with monkeypatch.context() as patch, pytest.raises(recipes.Interrupted, match="after epoch 1 of 2"):
        interrupted_at(step, patch)
        recipes.train(name, out=tmp_path / "broken", verbose=0, report=False, **SHORT[name])
    resumed = recipes.train(name, out=tmp_path / "broken", resume=True, verbose=0, report=False)
    assert resumed.metrics == whole.metrics
    for checkpoint in ("best", "last"):
        kept = [job.run.load(checkpoint) for job in (resumed, whole)]
        kept = [state.get("model", state) for state in kept]
        assert kept[0].keys() == kept[1].keys()
        assert all(np.array_equal(kept[0][key].numpy(), kept[1][key].numpy()) for key in kept[0])
    for file in sorted((tmp_path / "whole" / "figures").glob("*.json")):
        assert (tmp_path / "broken" / "figures" / file.name).read_text() == file.read_text()   # samples too


def test_rules_know_what_they_are_made_for() -> None:
    times = np.datetime64("2001-01") + np.arange(60)
    season = np.tile([1.0, 5.0, 2.0, 7.0], 15)
    line = 3 + 0.5 * np.arange(60)
    for values, rule in ((season, "seasonal naive"), (line, "drift"), (np.full(60, 4.0), "naive")):
        series = datasets.Series(times, values[:, None].astype(np.float32), ("v",), 4)
        for is_growing in (False, True):
            task = forecast.Task("toy", series, "v", 8, 6, (30, 10, 14), is_growing)
            truth = task.units(task.part(2)[1])
            assert truth.shape == (9, 6)
            found = forecast.rules(task)
            np.testing.assert_allclose(found[rule], truth, rtol=1e-6)
            assert all(values.shape == truth.shape for values in found.values())


def test_parts_do_not_overlap_in_what_is_foreseen() -> None:
    values = np.arange(50, dtype=np.float32)[:, None]
    series = datasets.Series(np.datetime64("2001-01") + np.arange(50), values, ("v",), 4)
    task = forecast.Task("toy", series, "v", 5, 3, (20, 12, 10))
    parts = [task.part(number) for number in range(3)]
    foreseen = [set(y.ravel().astype(int).tolist()) for _, y in parts]
    assert foreseen == [set(range(5, 20)), set(range(20, 32)), set(range(32, 42))]
    for x, y in parts:
        np.testing.assert_array_equal(x[:, -1] + 1, y[:, 0])      # what is seen ends where the unknown begins


def test_what_happens_in_the_test_part_changes_no_training(tmp_path: Path,
                                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes.Job, "figure", lambda *_: None)
    before = recipes.train("forecast", out=tmp_path / "a", verbose=0, report=False, **SHORT["forecast"])
    tasks = forecast.tasks()
    for task in tasks:
        task.series.values[sum(task.sizes[:2]):] *= 3
    monkeypatch.setattr(forecast, "tasks", lambda: tasks)
    after = recipes.train("forecast", out=tmp_path / "b", verbose=0, report=False, **SHORT["forecast"])
    weights = [job.run.load("best") for job in (before, after)]
    assert all(np.array_equal(weights[0][key].numpy(), weights[1][key].numpy()) for key in weights[0])
    assert before.metrics["etth1_lstm_mae"] != after.metrics["etth1_lstm_mae"]


def test_errors_are_the_formulas() -> None:
    found = forecast.errors(np.array([[1.0, 4.0], [0.5, -4.0]]), np.array([[2.0, 2.0], [0.0, -5.0]]))
    assert found == {"mae": pytest.approx(4.5 / 4), "rmse": pytest.approx((6.25 / 4) ** 0.5),
                     "mape": pytest.approx(100 * (0.5 + 1 + 0.2) / 3)}


def test_exact_after_right_digits_is_exact_after_its_own() -> None:
    random, model = np.random.RandomState(0), Seq2Seq(Seq2SeqConfig(12, 3, 2, 4, 6))
    source, answer = random.randint(0, 12, (200, 5)), random.randint(0, 3, (200, 2))
    with no_grad():
        taught = addition.exact(model(tensor(source), tensor(answer)), tensor(answer))
    alone = (model.write(tensor(source))[0] == answer).all(1).mean()
    assert taught == alone > 0


def test_sums_are_read_and_written_as_numbers_are() -> None:
    a, b = np.array([0, 37, 999, 5]), np.array([0, 485, 999, 10])
    source, answer = addition.written(a, b, 3)
    assert ["".join(addition.SIGNS[row]) for row in source] == ["0+0    ", "37+485 ", "999+999", "5+10   "]
    assert [addition.number(row) for row in answer] == [0, 522, 1998, 15]
    assert addition.carried(a, b, 3).tolist() == [0, 2, 3, 0]


def test_no_pair_is_both_learned_and_tested() -> None:
    settings = addition.Settings(digits=2, train_sums=9000, validation_sums=150, test_sums=800)
    pairs = [set(zip(a.tolist(), b.tolist(), strict=True)) for a, b in addition.drawn(settings)]
    assert [len(part) for part in pairs[1:]] == [150, 800]
    assert not pairs[0] & pairs[1] and not pairs[0] & pairs[2] and not pairs[1] & pairs[2]
    a, b = addition.drawn(settings)[0]
    assert len(a) == len(b) == 9000 and max(a.max(), b.max()) <= 99
    assert 0.5 < (a < 10).mean() < 0.6                            # half are drawn below 10, some by chance


def test_batches_of_sums_hold_every_sum_once() -> None:
    source, answer = addition.written(np.arange(10), np.arange(10) * 3, 2)
    for shuffle in (False, True):
        batches = list(addition.Sums(source, answer, 4, shuffle))
        read = np.concatenate([x.numpy() for (x, _), _ in batches])
        order = np.array([int(np.flatnonzero((source == row).all(1))[0]) for row in read])
        np.testing.assert_array_equal(np.concatenate([y.numpy() for _, y in batches]), answer[order])
        assert sorted(order.tolist()) == list(range(10)) and (order.tolist() != list(range(10))) == shuffle


def test_what_remains_is_counted_from_the_end() -> None:
    norms = 0.5 ** np.arange(100)[::-1]
    assert char_rnn.remaining(norms, 10) == pytest.approx(0.5 ** 10)
    assert char_rnn.remaining(norms[-4:], 10) == pytest.approx(0.5 ** 3)
