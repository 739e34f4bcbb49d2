"""Small stand-ins for the texts and series that recipes read, so that their short runs are short."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import datasets
from pellucid.recipes import forecast


def babble() -> str:
    """1,500 letters, six different ones."""
    return "".join(np.random.RandomState(0).choice(list("abc \n."), 1500))


def little_books() -> list[str]:
    """Two books of a few words each, in which some things eat and some carry."""
    random = np.random.RandomState(2)
    things = {"eats": "horse dog cat", "and": "bread cheese milk", "sails": "ship boat coach"}
    lines = [f"the {random.choice(things[verb].split())} {verb} the {random.choice(things[verb].split())}"
             for verb in random.choice(list(things), 120)]
    return ["\n\n".join(lines[:60]), "\n\n".join(lines[60:])]


def few_word_pairs(name: str) -> list[tuple[str, str, float]]:
    """Pairs that people might find alike, the same under each name."""
    return [("dog", "cat", 8.0), ("ship", "boat", 9.0), ("bread", "coach", 1.0), ("tiger", "moon", 0.5)]


def few_questions() -> dict[str, list[tuple[str, ...]]]:
    """One question that can be asked, one that cannot."""
    return {"things": [("dog", "cat", "ship", "boat"), ("rome", "italy", "oslo", "norway")]}


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
        monkeypatch.setattr(datasets, "books", little_books)
        monkeypatch.setattr(datasets, "word_pairs", few_word_pairs)
        monkeypatch.setattr(datasets, "word_questions", few_questions)
