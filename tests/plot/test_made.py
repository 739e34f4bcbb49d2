"""Mosaics, maps of codes, findings: each figure shows the numbers that it is given."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import plot

pytest.importorskip("matplotlib")


def test_a_mosaic_shows_every_picture_in_its_place() -> None:
    pictures = np.arange(3 * 4, dtype=float).reshape(3, 2, 2) / 12
    image = np.asarray(plot.mosaic(pictures, 2, gap=1).axes[0].get_images()[0].get_array())
    assert image.shape == (5, 5)
    np.testing.assert_array_equal(image[:2, 3:], pictures[1])
    np.testing.assert_array_equal(image[3:, :2], pictures[2])
    assert (image[3:, 3:] == 0).all() and (image[2] == 0).all()
    with pytest.raises(ValueError, match=r"pictures must have shape \(N, H, W\)"):
        plot.mosaic(np.zeros((3, 4)))


def test_a_map_has_each_code_in_the_colour_of_its_class() -> None:
    points = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    figure = plot.latent_map(points, [1, 0, 1], ["a", "b"], reach=6.0)
    first, second = figure.axes[0].collections
    np.testing.assert_array_equal(first.get_offsets(), points[[1]])
    np.testing.assert_array_equal(second.get_offsets(), points[[0, 2]])
    assert figure.axes[0].get_xlim() == (-6, 6)
    with pytest.raises(ValueError, match=r"points must have shape \(N, 2\), with a label each, got \(3, 3\)"):
        plot.latent_map(np.zeros((3, 3)), [0, 0, 0])


def test_findings_tell_their_area_and_where_is_marked() -> None:
    scores = {"good": [3.0, 2.0, 1.0, 0.0], "poor": [0.0, 0.0, 0.0, 0.0]}
    labels = [text.get_text() for text in plot.roc_curves(scores, [1, 1, 0, 0]).axes[0].get_legend().texts]
    assert labels == ["good, 1.000", "poor, 0.500"]
    figure = plot.astonishment(np.arange(4.0), scores, [False, True, True, False])
    assert [axes.get_title("left") for axes in figure.axes] == ["the series", "good", "poor"]
    assert all(len(axes.patches) == 1 for axes in figure.axes)
    with pytest.raises(ValueError, match="is_marked must have 4 values"):
        plot.astonishment(np.arange(4.0), scores, [True])
