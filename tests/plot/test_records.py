"""What a run recorded: every form of a history, half lines, doubled epochs, histograms that make no sense."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid.plot import profiles, records

ROWS = [{"epoch": 1, "loss": 0.5, "accuracy": 0.8}, {"epoch": 2, "loss": 0.25, "val_f1": 0.9}]


class Carrier:
    """An object that carries its history."""

    rows = ROWS


def test_every_form_of_a_history_gives_the_same_rows(tmp_path):
    (tmp_path / "metrics.jsonl").write_text('{"epoch": 1, "loss": 0.5, "accuracy": 0.8}\n\n'
                                            '{"epoch": 2, "loss": 0.25, "val_f1": 0.9}\n', encoding="utf-8")
    for history in (ROWS, iter(ROWS), Carrier(), tmp_path, str(tmp_path)):
        assert records.rows(history) == ROWS
    assert records.rows({"loss": [3, 2], "lr": [1]}) == [{"loss": 3, "lr": 1}, {"loss": 2}]


@pytest.mark.parametrize("history", [3, [1, 2], None])
def test_what_is_no_history_is_named(history):
    with pytest.raises(TypeError, match="history: expected a run folder, a list of dictionaries"):
        records.rows(history)


def test_unreadable_lines_are_counted(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"epoch": 1}\n[2]\n\xff\xfe\n{"epoch": 3, "lo')
    assert records.read_lines(path) == ([{"epoch": 1}], 3)
    assert records.read_lines(tmp_path / "none.jsonl") == ([], 0)


def test_a_resumed_run_counts_each_epoch_once_and_in_order():
    doubled = [{"epoch": 1, "loss": 4}, {"epoch": 2, "loss": 3}, {"epoch": 2, "loss": 2.5},
               {"epoch": 3, "loss": 2}]
    assert [row["loss"] for row in records.once_per_epoch(doubled)] == [4, 2.5, 2]


def test_series_keeps_nan_and_skips_what_was_not_recorded():
    epochs, values = records.series([{"epoch": 1, "a": None}, {"epoch": 2}, {"epoch": 3, "a": 5}], "a")
    np.testing.assert_array_equal(epochs, [1, 3])
    np.testing.assert_array_equal(values, [np.nan, 5])


def test_metrics_are_what_is_neither_loss_nor_bookkeeping():
    assert records.metric_names(ROWS) == ["accuracy", "f1"]
    assert records.metric_names([{"epoch": 1, "loss": 1, "lr": 1, "seconds": 2, "note": "x",
                                  "done": True}]) == []


def test_layers_are_grouped_by_kind_and_named_with_their_module():
    rows = [{"epoch": 1, "name": "0.weight"}, {"epoch": 1, "name": "1", "kind": "activation",
                                               "module": "ReLU"},
            {"epoch": 2, "name": "0.weight", "kind": "parameter"}]
    assert {name: len(group) for name, group in records.by_layer(rows,
                                                                 "parameter").items()} == {"0.weight": 2}
    assert list(records.by_layer(rows, "activation")) == ["1 ReLU"]


@pytest.mark.parametrize("row", [{}, {"histogram": [1, 2], "edges": [0, 1]},
                                 {"histogram": [0], "edges": [0, 1]},
                                 {"histogram": None, "edges": None},
                                 {"histogram": [1], "edges": [0, np.nan]}])
def test_a_histogram_that_makes_no_sense_is_none(row):
    assert records.histogram(row) is None


def test_an_outline_is_a_ridge_of_height_one_that_cuts_off_the_spike_at_zero():
    edges = np.linspace(-1, 1, 21)
    places, heights = profiles.outline(np.r_[np.ones(10), 1000.0, np.ones(9)], edges)
    assert heights.max() == 1 and heights[0] == heights[-1] == 0 and places[0] == -1 and places[-1] == 1
    assert np.sort(heights)[-2] > 0.5, "the rest has vanished beside the spike"


def test_few_values_get_few_bins():
    counts, edges = profiles.coarser(np.ones(40), np.linspace(0, 1, 41))
    assert len(counts) < 12 and counts.sum() == 40 and edges[0] == 0 and edges[-1] == 1
