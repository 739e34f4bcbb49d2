"""Circles and squares: what tells the classes apart is the form alone."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import datasets


def test_classes_are_even_and_the_same_for_a_seed() -> None:
    data = datasets.shapes(200, seed=3)
    assert data.x.shape == (200, 256) and data.x.dtype == np.float32 and data.image_shape == (16, 16)
    assert np.bincount(data.y).tolist() == [100, 100] and data.class_names == ("circle", "square")
    again, other = datasets.shapes(200, seed=3), datasets.shapes(200, seed=4)
    assert np.array_equal(data.x, again.x) and not np.array_equal(data.x, other.x)


def test_form_is_inside_the_picture_and_neither_ink_nor_size_tells_the_class() -> None:
    data = datasets.shapes(4000, noise=0.0)
    assert 0 <= data.x.min() and 0.2 <= data.x.max(axis=1).min() and data.x.max() <= 1
    ink = data.x.sum(axis=1)
    order = np.argsort(ink)
    ranks = np.argsort(order)[data.y == 1].mean() / len(ink)      # 1/2 where the two orders are mixed
    assert abs(ranks - 0.5) < 0.03


def test_squares_have_corners_and_circles_none() -> None:
    """In the box around the ink, a filled or drawn square reaches the corners."""
    data = datasets.shapes(400, size=32, noise=0.0)
    for picture, label in zip(data.images, data.y, strict=True):
        strong = picture > 0.4 * picture.max()
        rows, columns = np.flatnonzero(strong.any(1)), np.flatnonzero(strong.any(0))
        corners = strong[np.ix_(rows[[0, -1]], columns[[0, -1]])]
        assert corners.all() if label else not corners.any()


@pytest.mark.parametrize("options", [{"n": 1}, {"size": 9}, {"noise": -1}])
def test_nonsense_is_refused(options: dict) -> None:
    with pytest.raises(ValueError, match="shapes: wants n of at least 2"):
        datasets.shapes(**options)
