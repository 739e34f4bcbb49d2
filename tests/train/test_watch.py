"""Watch: the rows it appends, and values that are hard to put into a histogram."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pellucid import nn, optim
from pellucid.nn import functional as F
from pellucid.train import Watch, fit
from pellucid.train.run import Run
from pellucid.train.watch import BINS, summary


@pytest.mark.parametrize("values", [[0.0], [1e30], [-3e38], [1e38, 2e38], [1.0, np.nan, np.inf], [5.0] * 9])
def test_summary_of_any_values(values: list[float]) -> None:
    found = summary(np.array(values, np.float32))
    finite = [v for v in np.array(values, np.float32).astype(float) if np.isfinite(v)]
    assert sum(found["histogram"]) == len(finite) and len(found["edges"]) == BINS + 1
    assert found["edges"][0] < found["edges"][-1]
    assert (found["min"], found["max"]) == (min(finite), max(finite))
    assert found["norm"] == pytest.approx(np.sqrt(sum(v * v for v in finite)))


def test_summary_of_nothing_finite() -> None:
    assert summary(np.array([np.nan, np.inf])) == {"norm": None}


def test_rows_are_appended_and_cut_back_to_what_is_kept(tmp_path: Path) -> None:
    def train(epochs: int) -> list[int]:
        model, x, y = nn.Linear(3, 2), np.ones((8, 3), np.float32), np.zeros(8, np.int64)
        optimizer = optim.SGD(model.parameters(), lr=0.1)
        fit(model, (x, y), loss=F.cross_entropy, optimizer=optimizer, epochs=epochs, callbacks=[watch],
            verbose=0)
        return [json.loads(line)["epoch"] for line in (tmp_path / "layers.jsonl").read_text().splitlines()]

    (tmp_path / "layers.jsonl").write_text("left by another run\n")
    watch = Watch(Run(tmp_path))
    assert train(3) == [1, 1, 2, 2, 3, 3]                         # the weight and the bias
    watch.load_state_dict({"rows": 4})
    assert (tmp_path / "layers.jsonl").read_text().count("\n") == 4 and watch.state_dict() == {"rows": 4}
    assert train(1) == [1, 1, 2, 2, 1, 1]
