"""What `pellucid env` advises, and that memory does not grow while a process trains or predicts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pellucid
from pellucid import runtime

WELL: dict[str, Any] = {"tuning": {"kernel": "OPENBLAS_CORETYPE=Haswell: why"}, "cores": 2,
                        "extras": {"fast": "numba 1.0"}, "blas": {"name": "scipy-openblas", "threads": 2},
                        "environment": {"PELLUCID_TUNE": None, "PELLUCID_KERNELS": None}}


@pytest.mark.parametrize("changes, word", [
    ({"extras": {"fast": 'numba not installed: pip install "pellucid[fast]"'}}, "pellucid[fast]"),
    ({"tuning": {"kernel": "left alone: NumPy was imported before Pellucid"}}, "before numpy"),
    ({"environment": {"PELLUCID_TUNE": "0"}}, "PELLUCID_TUNE"),
    ({"environment": {"PELLUCID_KERNELS": "0"}}, "PELLUCID_KERNELS"),
    ({"blas": {"name": "scipy-openblas", "threads": 1}}, "OPENBLAS_NUM_THREADS=2"),
    ({"blas": {"name": "blis"}}, "blis")])
def test_advice(changes, word):
    assert runtime.advice(WELL) == []
    lines = runtime.advice(WELL | changes)
    assert len(lines) == 1 and word in lines[0]


LOOP = """
import sys
import pellucid as torch
from pellucid import nn

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 2 ** 20

torch.manual_seed(0)
picture = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                        nn.Dropout(), nn.Linear(8 * 25, 4))
sequence = nn.LSTM(8, 8, batch_first=True)
optimizer = torch.optim.Adam([*picture.parameters(), *sequence.parameters()])
x, words, y = torch.randn(16, 1, 12, 12), torch.randn(4, 10, 8), torch.randint(0, 4, (16,))

def train():
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(picture(x), y) + sequence(words)[0].square().mean()
    loss.backward()
    optimizer.step()

def predict():
    with torch.no_grad():
        return picture(x).argmax(1), sequence(words)[0]

for work in (train, predict):
    for _ in range(200):
        work()
    before = resident()
    for _ in range(1000):
        work()
    print(work.__name__, resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_memory_does_not_grow():
    path = str(Path(pellucid.__file__).parents[1])
    result = subprocess.run([sys.executable, "-c", LOOP], check=True, text=True, capture_output=True,
                            env={**os.environ, "PYTHONPATH": path})
    growth = {line.split()[0]: float(line.split()[1]) for line in result.stdout.splitlines()}
    assert growth.keys() == {"train", "predict"} and max(growth.values()) < 1, growth
