"""Data with anomalies: as published, where they lie here; patterns and sheets."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import datasets


def test_unknown_series_are_named() -> None:
    with pytest.raises(ValueError, match="name must be one of nyc_taxi, .*, got 'taxi'"):
        datasets.nab("taxi")


def test_taxis_are_marked_in_five_windows() -> None:
    try:
        series, is_odd = datasets.nab("nyc_taxi")
    except datasets.MissingData as error:
        pytest.skip(str(error))
    assert len(series) == 10320 and series.period == 48 and str(series.times[0]) == "2014-07-01T00:00:00"
    assert is_odd.sum() == 1035 and (np.diff(is_odd.astype(int)) == 1).sum() == 5
    assert is_odd[series.times == np.datetime64("2014-11-02T01:00:00")].all()            # the marathon
    assert series.values[0, 0] == 10844


def test_mammograms_hold_260_calcifications() -> None:
    try:
        spots = datasets.mammography()
    except datasets.MissingData as error:
        pytest.skip(str(error))
    assert spots.x.shape == (11183, 6) and spots.y.sum() == 260
    np.testing.assert_allclose(spots.x[0, :2], [0.23001961, 5.0725783], rtol=1e-6)


def test_patterns_are_what_their_class_says() -> None:
    found = datasets.patterns(90, 12, seed=1)
    assert found.x.min() >= 0 and found.x.max() <= 1 and np.bincount(found.y).tolist() == [30, 30, 30]
    for kind, picture in zip(found.y, found.images, strict=True):
        rows, columns = np.abs(np.diff(picture, axis=0)).max(), np.abs(np.diff(picture, axis=1)).max()
        levels = len(np.unique(picture.round(4)))
        if kind == 0:
            assert levels <= 2 and min(rows, columns) == 0                       # equal along the stripes
        elif kind == 1:
            assert levels <= 2
        else:
            assert levels > 4 and max(rows, columns) < 0.3                       # no steps
    again = datasets.patterns(90, 12, seed=1)
    np.testing.assert_array_equal(found.x, again.x)
    with pytest.raises(ValueError, match="n of at least 3 and size of at least 4, got n=2, size=16"):
        datasets.patterns(2)


def test_a_sheet_has_as_many_directions_as_it_says() -> None:
    points = datasets.sheet(3000, 8, 2, noise=0.0, seed=0)
    # Two numbers say all: points whose numbers are near each other lie near each other.
    t = points.y
    nearest = ((t[:50, None] - t[None]) ** 2).sum(2).argsort(1)[:, 1]
    apart = np.linalg.norm(points.x[:50] - points.x[nearest], axis=1)
    assert apart.max() < 0.5 < np.linalg.norm(points.x[:50] - points.x[50:100], axis=1).mean()
    values = np.linalg.svd(points.x - points.x.mean(0), compute_uv=False) ** 2
    assert values[:2].sum() < 0.85 * values.sum()                                # and no plane holds them
    with pytest.raises(ValueError, match="intrinsic from 1 to dimension, got n=2000, .*, intrinsic=9"):
        datasets.sheet(dimension=8, intrinsic=9)
