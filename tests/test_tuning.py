"""What is set before NumPy is loaded, and when it is left alone. Each case is a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pellucid

CODE = """
import json, os, sys
if {numpy_first}: import numpy
import pellucid
print(json.dumps([pellucid.tuning.DONE, os.environ.get("OPENBLAS_CORETYPE")]))
"""


def tuned(numpy_first=False, **environment):
    clean = {k: v for k, v in os.environ.items()
             if k not in ("PELLUCID_TUNE", "OPENBLAS_CORETYPE", "LD_PRELOAD", "GLIBC_TUNABLES")}
    path = str(Path(pellucid.__file__).parents[1])
    code = CODE.format(numpy_first=numpy_first)
    result = subprocess.run([sys.executable, "-c", code], check=True, text=True, capture_output=True,
                            env={**clean, "PYTHONPATH": path, **environment})
    return json.loads(result.stdout)


def test_nothing_is_set_when_told_so():
    done, kernel = tuned(PELLUCID_TUNE="0")
    assert set(done.values()) == {"left alone: PELLUCID_TUNE=0"} and kernel is None


def test_the_users_own_settings_stay():
    done, kernel = tuned(OPENBLAS_CORETYPE="Haswell", MALLOC_ARENA_MAX="2")
    assert kernel == "Haswell" and done["kernel"] == "left alone: OPENBLAS_CORETYPE=Haswell was set already"
    assert done["allocator"] == "left alone: MALLOC_ARENA_MAX was set already"


def test_numpy_before_pellucid():
    done, kernel = tuned(numpy_first=True)
    assert done["kernel"] == "left alone: NumPy was imported before Pellucid" and kernel is None


def test_the_environment_is_left_as_it_was():
    done, kernel = tuned()
    assert done["kernel"] and kernel is None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator")
def test_freed_memory_is_used_again():
    code = """
import resource, pellucid as pl
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        pl.rand(1000, 1000).exp()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults(), pl.tuning.DONE["allocator"])
"""
    path = str(Path(pellucid.__file__).parents[1])

    def run(**environment):
        result = subprocess.run([sys.executable, "-c", code], check=True, text=True, capture_output=True,
                                env={**os.environ, "PYTHONPATH": path, **environment})
        count, _, what = result.stdout.partition(" ")
        return int(count), what

    count, what = run()
    if what.startswith("left alone"):
        pytest.skip(what)
    assert count < run(PELLUCID_TUNE="0")[0] / 10
