"""Small stand-ins for the texts and series that recipes read, so that their short runs are short."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import datasets
from pellucid.recipes import forecast


def babble() -> str:
    """1,500 letters, six different ones."""
    return "".join(np.random.RandomState(0).choice(list("abc \n."), 1500))


def small_tasks() -> tuple[forecast.Task, forecast.Task]:
    """A growing series of months and a wave of hours, both with a season and some noise."""
    random = np.random.RandomState(1)
    months, hours = np.arange(60), np.arange(120)
    sales = np.exp(3 + 0.02 * months + 0.2 * np.sin(months * np.pi / 6) + 0.01 * random.randn(60))
    heat = 5 * np.sin(hours * np.pi / 4) + 0.1 * random.randn(120)
    of_month = datasets.Series(np.datetime64("2001-01") + months, sales[:, None].astype(np.float32),
                               ("sold",), 12, "sales")
    of_hour = datasets.Series(np.datetime64("2001-01-01T00") + hours, heat[:, None].astype(np.float32),
                              ("OT",), 8, "heat")
    return (forecast.Task("airline", of_month, "sold", 12, 6, (30, 10, 10), True),
            forecast.Task("etth1", of_hour, "OT", 16, 4, (60, 30, 30)))


@pytest.fixture(autouse=True)
def small_sequences(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What recipes of sequences read, except in the slow tests, which want the real thing."""
    if "slow" not in request.keywords:
        monkeypatch.setattr(datasets, "tinyshakespeare", babble)
        monkeypatch.setattr(forecast, "tasks", small_tasks)
