"""Maps with values and arrows, regret: each figure shows the numbers that it is given."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import plot

pytest.importorskip("matplotlib")


def test_a_map_has_its_values_and_arrows() -> None:
    values = np.array([[1.0, np.nan, 2.0]])
    arrows = np.zeros((1, 3, 4), bool)
    arrows[0, 0, 1] = arrows[0, 1, 2] = True                     # right; and down, from a wall: not drawn
    axes = plot.grid_values({"a": values}, {"a": arrows}, [["S", "#", ""]], paths={"a": [0, 1, 2]},
                            width=4.0).axes[0]
    np.testing.assert_array_equal(axes.get_images()[0].get_array(), values)
    texts = [text.get_text() for text in axes.texts]
    assert "1.00" in texts and "2.00" in texts and "S" in texts and "nan" not in texts
    arrow, = [text for text in axes.texts if hasattr(text, "arrow_patch")]
    assert arrow.xy[0] > 0 and arrow.xy[1] == arrow.get_position()[1]
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [0, 1, 2])
    assert axes.get_title("left") == "a" and len(plot.grid_values({"a": values, "b": values}).axes) == 2


def test_regret_has_a_curve_for_each_way_and_a_line() -> None:
    pulls, runs = [1, 10, 100], np.array([[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]])
    left, right = plot.regret_curves(pulls, {"a": runs}, {"least": [0.0, 1.0, 1.5]}, top=9.0).axes
    for axes in (left, right):
        np.testing.assert_array_equal(axes.lines[0].get_ydata(), [1, 2, 3])
        np.testing.assert_array_equal(axes.lines[1].get_ydata(), [0, 1, 1.5])
        assert len(axes.collections) == 1
    assert left.get_xscale() == "linear" and right.get_xscale() == "log" and right.get_ylim() == (0, 9)


@pytest.mark.parametrize("wrong, message", [
    (lambda: plot.grid_values({"a": np.zeros(3)}), r"values wants maps \(H, W\), got {'a': \(3,\)}"),
    (lambda: plot.grid_values({"a": np.zeros((1, 2))}, {"a": np.zeros((1, 2, 3))}),
     r"arrows of 'a' must have shape \(1, 2, 4\), got \(1, 2, 3\)"),
    (lambda: plot.grid_values({"a": np.zeros((1, 2))}, letters=[["a"]]), "letters of 'a' must have shape"),
    (lambda: plot.regret_curves([1, 2], {"a": [[1.0]]}), "a has 1 values, pulls has 2"),
    (lambda: plot.regret_curves([1, 2], {}, {"b": [1.0]}), "b has 1 values, pulls has 2")])
def test_what_does_not_fit_is_named(wrong, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()
