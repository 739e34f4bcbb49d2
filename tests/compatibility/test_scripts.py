"""The public scripts, where they lie in the folder that PELLUCID_SCRIPTS names: both sides, the first losses.

FOLDER/examples is pytorch/examples, FOLDER/planetoid is kimiyoung/planetoid (for Cora), and so on; the data
is looked for in PELLUCID_DATA. Each script is stopped after a few losses; `python -m compatibility run` runs
them to their ends.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import os
from pathlib import Path

import pytest
from compatibility.data import Missing
from compatibility.scripts import SCRIPTS, Script

from compatibility import compare

STEPS = 6


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: f"{script.folder}: {script.name}")
def test_a_public_script_agrees_with_pytorch(script: Script) -> None:
    folder = Path(os.environ.get("PELLUCID_SCRIPTS") or "no-scripts")
    if not (folder / script.folder / script.path).is_file():
        pytest.skip(f"{script.folder}/{script.path} is not in the folder that PELLUCID_SCRIPTS names")
    for package in ("torch", "torchvision", "gymnasium"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed, the scripts are compared with it")
    brief = dataclasses.replace(script, steps=STEPS, stop=STEPS)
    try:
        ours, theirs = (compare.run(brief, side, folder) for side in compare.SIDES)
    except Missing as problem:
        pytest.skip(str(problem))
    assert len(ours.losses) == len(theirs.losses) > 0
    assert compare.is_whole(ours.losses, theirs.losses), list(zip(ours.losses, theirs.losses, strict=True))
