"""Filters, feature maps, attention: each figure shows the numbers that it is given."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import plot

pytest.importorskip("matplotlib")


def drawn(figure) -> list[np.ndarray]:
    """The pixels of each picture in a figure."""
    figure.draw_without_rendering()
    return [np.asarray(image.get_array()) for axes in figure.axes for image in axes.get_images()]


def texts(figure) -> list[str]:
    """All titles that are not empty."""
    found = [axes.get_title(side) for axes in figure.axes for side in ("left", "center")]
    return [text for text in found if text]


def test_filters_of_one_channel_are_drawn_one_by_one() -> None:
    w = np.random.RandomState(0).standard_normal((5, 1, 3, 3))
    figure = plot.filters(w)
    assert all(np.array_equal(image, each[0]) for image, each in zip(drawn(figure), w, strict=True))
    assert texts(figure) == ["0", "1", "2", "3", "4"]
    assert [image.get_clim() for axes in figure.axes for image in axes.get_images()][0] == (
        -np.abs(w[0]).max(), np.abs(w[0]).max())                  # 0 is in the middle of the colours


def test_filters_of_colours_are_grey_where_they_are_0() -> None:
    w = np.zeros((2, 3, 2, 2))
    w[0, 0, 0, 0], w[1, 2, 1, 1] = 2.0, -1.0
    first, second = drawn(plot.filters(w))
    assert first[0, 0].tolist() == [1, 0.5, 0.5] and second[1, 1].tolist() == [0.5, 0.5, 0.0]
    assert (first[1] == 0.5).all()


def test_filters_of_many_channels_fill_rows_and_columns() -> None:
    w = np.arange(4 * 6 * 4.0).reshape(4, 6, 2, 2)
    images = drawn(plot.filters(w, most=12))                      # three rows of four
    assert len(images) == 12 and np.array_equal(images[7], w[3, 1])
    with pytest.raises(ValueError, match=r"expected weights \(O, C, K, L\), got shape \(4, 6\)"):
        plot.filters(w[..., 0, 0])


def test_feature_maps_stand_in_rows_by_stage() -> None:
    maps = {"first": np.random.RandomState(0).random_sample((10, 4, 4)), "second": np.ones((3, 2, 2))}
    figure = plot.feature_maps(np.eye(8), maps)
    images = drawn(figure)
    assert len(images) == 14 and np.array_equal(images[0], np.eye(8))
    assert all(np.array_equal(a, b) for a, b in zip(images[1:11], maps["first"], strict=True))
    assert sorted(texts(figure)) == ["first", "picture", "second"]
    assert len(drawn(plot.feature_maps(np.ones((8, 8, 3)), {"zeros": np.zeros((2, 4, 4))}))) == 3


def test_attention_lies_over_its_picture() -> None:
    random = np.random.RandomState(0)
    pictures, maps = random.random_sample((2, 8, 8)), random.random_sample((2, 3, 4, 4))
    figure = plot.attention_maps(pictures, maps, ["a", "b", "c"])
    images = drawn(figure)                                        # each picture, then maps with it on top
    assert np.array_equal(images[0], pictures[0]) and np.array_equal(images[1], maps[0, 0])
    assert np.array_equal(images[7], pictures[1]) and np.array_equal(images[12], maps[1, 2])
    assert texts(figure) == ["a", "b", "c"]
    extents = {tuple(image.get_extent()) for image in figure.axes[1].get_images()}
    assert extents == {(-0.5, 7.5, 7.5, -0.5)}                    # the map covers the whole picture
    with pytest.raises(ValueError, match="2 pictures, maps for 1"):
        plot.attention_maps(pictures, maps[:1])


def test_gallery_scales_each_picture_by_itself() -> None:
    pictures = [np.array([[0.0, 5.0]]), np.full((1, 2), 3.0), np.arange(6.0).reshape(1, 2, 3)]
    images = drawn(plot.gallery(pictures, ["a", "b", "c"], columns=2))
    assert images[0].tolist() == [[0, 1]] and images[1].tolist() == [[0, 0]]
    assert images[2].shape == (1, 2, 3) and images[2].max() == 1


def test_table_writes_every_cell() -> None:
    figure = plot.table(["size", "name"], [(1, "a"), (22, "b")])
    assert [text.get_text() for text in figure.axes[0].texts] == ["size", "name", "1", "a", "22", "b"]
    with pytest.raises(ValueError, match="the head has 2 columns, a row 1"):
        plot.table(["size", "name"], [(1,)])
