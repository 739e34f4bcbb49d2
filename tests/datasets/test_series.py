"""Series, their windows, and those that were measured."""

import numpy as np
import pytest

from pellucid.datasets import airline_passengers, etth1
from pellucid.datasets.series import Series, windows


def toy(n=10):
    times = np.datetime64("2021-01-01") + np.arange(n)
    values = np.stack([np.arange(n), -np.arange(n)], 1).astype(np.float32)
    return Series(times, values, ("up", "down"), 7, "toy")


def test_parts_follow_each_other_and_lose_nothing():
    series = toy()
    parts = series.split(4, 3)
    assert [len(part) for part in parts] == [4, 3, 3]
    np.testing.assert_array_equal(np.concatenate([part.times for part in parts]), series.times)
    np.testing.assert_array_equal(np.concatenate([part.values for part in parts]), series.values)
    assert parts[1].period == 7 and parts[1].column("down").tolist() == [-4, -5, -6]
    assert repr(parts[0]) == "<toy: 4 times from 2021-01-01 to 2021-01-04, 2 variables>"


def test_what_does_not_fit_is_refused():
    series = toy()
    with pytest.raises(ValueError, match=r"toy: sizes \(8, 3\) of 10 times"):
        series.split(8, 3)
    with pytest.raises(KeyError, match="no variable 'left', there are up, down"):
        series.column("left")
    with pytest.raises(ValueError, match="the times must rise"):
        Series(series.times[::-1], series.values, series.variables, 7)
    with pytest.raises(ValueError, match=r"want values of shape \(10, 2\), got \(9, 2\)"):
        Series(series.times, series.values[1:], series.variables, 7)
    bad = series.values.copy()
    bad[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN or infinite"):
        Series(series.times, bad, series.variables, 7)


@pytest.mark.parametrize("shape", [(11,), (11, 3)])
def test_windows_hold_what_went_before_and_what_came_after(shape):
    values = np.arange(np.prod(shape)).reshape(shape)
    x, y = windows(values, 4, 2)
    assert x.shape == (6, 4, *shape[1:]) and y.shape == (6, 2, *shape[1:])
    for i in range(6):
        np.testing.assert_array_equal(x[i], values[i:i + 4])
        np.testing.assert_array_equal(y[i], values[i + 4:i + 6])
    with pytest.raises(ValueError, match=r"windows: 10 \+ 2 values wanted for a window, there are 11"):
        windows(values, 10, 2)


def test_the_real_airline_passengers(data_dir):
    if not (data_dir / "timeseries" / "airline-passengers.csv").is_file():
        pytest.skip(f"no airline passengers: {data_dir} has no timeseries/airline-passengers.csv")
    series = airline_passengers(data_dir)
    assert repr(series) == "<airline passengers: 144 times from 1949-01 to 1960-12, 1 variable>"
    assert series.values[:3, 0].tolist() == [112, 118, 132] and series.values[-1, 0] == 432
    assert (np.diff(series.times) == np.timedelta64(1, "M")).all() and series.values.dtype == np.float32


def test_the_real_etth1(data_dir):
    if not (data_dir / "timeseries" / "ETTh1.csv.gz").is_file():
        pytest.skip(f"no ETTh1: {data_dir} has no timeseries/ETTh1.csv.gz")
    series = etth1(data_dir)
    assert repr(series) == "<ETTh1: 17420 times from 2016-07-01T00 to 2018-06-26T19, 7 variables>"
    assert series.variables == ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT")
    assert series.column("OT")[0] == np.float32(30.531)
    assert (np.diff(series.times) == np.timedelta64(1, "h")).all()
