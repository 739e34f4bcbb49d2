"""Figures of sequences: each draws the numbers that it is given, and refuses those that do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import plot

pytest.importorskip("matplotlib")


def drawn(axes):
    """The matrix that a plot shows."""
    return np.asarray(axes.images[0].get_array())


def test_token_attention_has_a_map_for_each_layer_and_head():
    maps = np.random.RandomState(0).rand(2, 3, 4, 4)
    figure = plot.token_attention(maps, list("abc "))
    assert len(figure.axes) == 6
    for i, axes in enumerate(figure.axes):
        np.testing.assert_array_equal(drawn(axes), maps[i // 3, i % 3])
        assert axes.get_title(loc="left") == f"layer {i // 3 + 1}, head {i % 3 + 1}"
        assert [tick.get_text() for tick in axes.get_xticklabels()] == list("abc ")
    many = plot.token_attention(np.zeros((1, 1, 70, 70)), ["x"] * 70).axes[0]
    assert len(many.get_xticks()) == 0                                        # too many names to read
    with pytest.raises(ValueError, match=r"4 tokens want maps \(L, H, 4, 4\), got \(2, 3, 5, 5\)"):
        plot.token_attention(np.zeros((2, 3, 5, 5)), list("abcd"))


def test_alignments_have_a_row_for_each_symbol_written():
    weights = [np.eye(2, 3), np.ones((2, 3)) / 3, np.eye(2, 3)]
    figure = plot.alignments(weights, ["1+2"] * 3, [(3, 0)] * 3, ["a", "b", "c"], columns=2)
    assert len(figure.axes) == 3 and figure.axes[1].get_title(loc="left") == "b"
    np.testing.assert_array_equal(drawn(figure.axes[0]), weights[0])
    assert [tick.get_text() for tick in figure.axes[0].get_yticklabels()] == ["3", "0"]
    for source, angle in (("1+2", 0), (["ein", "Hund", "."], 90)):   # words stand upright, or they overlap
        axes = plot.alignments(weights[:1], [source], [(3, 0)]).axes[0]
        assert {tick.get_rotation() for tick in axes.get_xticklabels()} == {angle}
    with pytest.raises(ValueError, match=r"2 symbols written from 3 want weights \(2, 3\), number 1 has"):
        plot.alignments([weights[0], np.eye(3)], ["1+2"] * 2, [(3, 0)] * 2)


def test_forecasts_show_what_was_known_what_came_and_what_was_foreseen():
    predicted = {"naive": [3, 3], "LSTM": [4.5, 5.5]}
    axes = plot.forecasts([1, 2, 3], [4, 5], predicted, dashed=("naive",), y_label="km").axes[0]
    known, came, naive, network = axes.lines[:4]
    assert known.get_xdata().tolist() == [-3, -2, -1] and known.get_ydata().tolist() == [1, 2, 3]
    assert came.get_xdata().tolist() == [0, 1] and came.get_ydata().tolist() == [4, 5]
    assert naive.get_linestyle() == "--" and network.get_ydata().tolist() == [4.5, 5.5]
    times = np.datetime64("2020-01") + np.arange(5)
    assert plot.forecasts([1, 2, 3], [4, 5], {}, labels=times).axes[0].lines[1].get_xdata().tolist() == \
        times[3:].tolist()
    with pytest.raises(ValueError, match="LSTM foresees 3 steps, 2 came"):
        plot.forecasts([1], [2, 3], {"LSTM": [1, 2, 3]})
