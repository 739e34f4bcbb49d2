"""Pictures that might have been: what each distortion does, and that it does nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

import pellucid
from pellucid.generator import Generator
from pellucid.vision import augment

X = np.random.RandomState(0).random_sample((6, 2, 9, 11)).astype(np.float32)


def stream(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def test_nothing_asked_for_changes_nothing() -> None:
    assert np.array_equal(augment.distort(X), X) and augment.distort(X).dtype == np.float32
    assert np.array_equal(augment.shift(X, 0), X)


def test_flip_mirrors_some_pictures_whole() -> None:
    y = augment.flip(X, stream(1))
    mirrored = [np.array_equal(a, b[:, :, ::-1]) for a, b in zip(y, X, strict=True)]
    kept = [np.array_equal(a, b) for a, b in zip(y, X, strict=True)]
    assert any(mirrored) and any(kept) and all(m != k for m, k in zip(mirrored, kept, strict=True))


def test_shift_moves_all_channels_alike_and_fills_with_zeros() -> None:
    y = augment.shift(X, 3, stream(2))
    found = set()
    for before, after in zip(X, y, strict=True):
        wide = np.pad(before, ((0, 0), (3, 3), (3, 3)))
        places = [(a, b) for a in range(7) for b in range(7)
                  if np.array_equal(after, wide[:, a:a + 9, b:b + 11])]
        assert len(places) == 1
        found.add(places[0])
    assert len(found) > 3 and y.flags["C_CONTIGUOUS"]


def test_all_shifts_are_drawn_equally_often() -> None:
    one = np.zeros((4000, 1, 3, 3), np.float32)
    one[:, :, 1, 1] = 1
    counts = augment.shift(one, 1, stream())[:, 0].sum(0)
    assert counts.sum() == 4000 and np.abs(counts - 4000 / 9).max() < 80


@pytest.mark.parametrize("rows, columns", [(9, 11), (4, 5)])
def test_sample_is_scipys_linear_interpolation(rows: int, columns: int) -> None:
    random = np.random.RandomState(1)
    i, j = (random.uniform(-2.5, size + 1.5, (6, rows, columns)).astype(np.float32) for size in (9, 11))
    expected = np.stack([[ndimage.map_coordinates(np.pad(channel.astype(np.float64), 4), [i[n] + 4, j[n] + 4],
                                                  order=1) for channel in X[n]] for n in range(6)])
    np.testing.assert_allclose(augment.sample(X, i, j), expected, atol=1e-5)


def test_places_far_outside_are_empty() -> None:
    far = np.full((6, 1, 1), 1e6, np.float32)
    for i, j in ((far, 0 * far), (-far, 0 * far), (0 * far, far), (0 * far, -far)):
        assert not augment.sample(X, i, j).any()


def test_blur_is_scipys() -> None:
    row = np.random.RandomState(2).random_sample(28)
    expected = ndimage.gaussian_filter1d(row, 4.0, mode="constant", truncate=7.0)
    np.testing.assert_allclose(augment.blur_matrix(28, 4.0) @ row, expected, rtol=1e-5)


def test_a_turn_by_a_right_angle_is_rot90() -> None:
    """With the stream's draw put to its bound, the angle is known."""
    class Most(Generator):
        def uniform(self, shape: Any, low: float = 0.0, high: float = 1.0, dtype: Any = None) -> np.ndarray:
            return np.full(shape, high, np.float32)

    square = X[:, :, :, :9]
    y = augment.distort(square, degrees=90.0, generator=Most())
    np.testing.assert_allclose(y, np.rot90(square, -1, (2, 3)), atol=1e-4)


@pytest.mark.parametrize("options, least, most", [
    ({"shift": 2.0}, 0.9, 2.9), ({"degrees": 20.0}, 0.3, 6.0), ({"scale": 0.2}, 0.3, 4.0),
    ({"shear": 0.3}, 0.2, 4.5), ({"bend": 8.0}, 0.05, 3.0)])
def test_each_distortion_moves_pixels_about_as_far_as_it_says(options: dict, least: float,
                                                              most: float) -> None:
    """The picture holds its own coordinates, so that each pixel tells where it came from."""
    i, j = np.meshgrid(np.arange(28.0), np.arange(28.0), indexing="ij")
    x = np.broadcast_to(np.stack([i, j]), (50, 2, 28, 28)).astype(np.float32)
    y = augment.distort(x, **options, generator=stream())[:, :, 8:20, 8:20]      # what came from inside
    away = np.hypot(*np.moveaxis(y - x[:, :, 8:20, 8:20], 1, 0))
    assert least < away.max() < most and away.mean() > 0.1 * least


def test_the_stream_decides() -> None:
    options = {"shift": 2.0, "degrees": 10.0, "bend": 5.0}
    first, again, other = (augment.distort(X, **options, generator=stream(s)) for s in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    pellucid.manual_seed(3)
    assert np.array_equal(augment.distort(X, **options), first)


def test_batches_hold_every_picture_once_with_its_label_and_vary_it() -> None:
    x = np.arange(10, dtype=np.float32).reshape(10, 1, 1, 1)
    loader = augment.batches(x, np.arange(10), lambda some: some + 0.5, 4)
    parts = list(loader)
    assert len(loader) == 3 and [len(part) for part, _ in parts] == [4, 4, 2]
    values = np.concatenate([part.numpy().ravel() for part, _ in parts])
    labels = np.concatenate([label.numpy() for _, label in parts])
    assert sorted(labels) == list(range(10)) and np.array_equal(values, labels + 0.5)
    assert not np.array_equal(labels, np.concatenate([label.numpy() for _, label in loader]))
    one, label = loader.dataset[3]
    assert one.shape == (1, 1, 1) and one.item() == 3.5 and label.item() == 3
    with pytest.raises(RuntimeError, match="x has 10 pictures, y 9 labels"):
        augment.Varied(x, np.arange(9), lambda some: some)
