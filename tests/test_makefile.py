"""The Makefile sets up what a target needs, once: tried with an interpreter that only notes the questions."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")

# Answers the questions of the Makefile like a Python of the given kind; copies itself into a new environment.
INTERPRETER = """#!/bin/sh
echo "$@" >> "$ASKED"
case "$*" in
    *version_info*) [ "$KIND" != old ] ;;
    *'import ensurepip'*) [ "$KIND" != bare ] && [ "$KIND" != empty ] ;;
    '-m pip --version') [ "$KIND" != empty ] ;;
    *purelib*) echo .venv/lib ;;
    --version) echo Python 3.99 ;;
    *'-m venv'*) mkdir -p .venv/bin && cp "$0" .venv/bin/python && cp "$0" .venv/bin/pellucid ;;
    *'-m pip'*) [ "$KIND" != offline ] ;;
esac
"""


class Project:
    """A folder with the Makefile, a pyproject.toml and an interpreter of some kind."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, folder / "asked"
        shutil.copy(ROOT / "Makefile", folder)
        (folder / "pyproject.toml").touch()
        (folder / "python").write_text(INTERPRETER)
        (folder / "python").chmod(0o755)

    def make(self, *arguments: str, kind: str = "good") -> subprocess.CompletedProcess[str]:
        """Run make; what the interpreter was asked lies in `asked` afterwards."""
        self.asked.write_text("")
        ours = ("MAKE", "MFLAGS", "ARGS", "TORCH", "PYTHON", "VENV")   # of the make that runs the tests
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return subprocess.run(
            ["make", *arguments, f"PYTHON={self.folder / 'python'}"], cwd=self.folder, text=True,
            capture_output=True, timeout=60, env={**inherited, "ASKED": str(self.asked), "KIND": kind})

    def count(self, words: str) -> int:
        """How often the interpreter was asked something that holds these words."""
        return sum(words in line for line in self.asked.read_text().splitlines())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_demo_sets_up_once(project: Project) -> None:
    assert project.make("demo").returncode == 0
    assert project.count("-m venv") == 1
    assert project.count("pip --disable-pip-version-check --quiet install --editable .[cli,data,plot]") == 1
    assert project.count("train digits") == 1
    assert project.make("demo").returncode == 0
    assert project.count("-m venv") == project.count("install") == 0
    assert project.count("train digits") == 1


def test_what_the_tests_install_serves_the_demo(project: Project) -> None:
    assert project.make("test").returncode == 0
    assert project.count("install --editable .[dev]") == 1 and project.count("-m pytest") == 1
    assert project.make("demo", "lint", "wheel").returncode == 0
    assert project.count("install") == 0


def test_new_requirements_are_installed(project: Project) -> None:
    assert project.make("demo").returncode == 0
    later = (project.folder / ".venv" / ".demo").stat().st_mtime + 10
    os.utime(project.folder / "pyproject.toml", (later, later))
    assert project.make("demo").returncode == 0
    assert project.count("install") == 1 and project.count("-m venv") == 0


def test_failed_installation_is_tried_again(project: Project) -> None:
    assert project.make("demo", kind="offline").returncode != 0
    assert project.count("train") == 0
    assert project.make("demo").returncode == 0
    assert project.count("install") == 1


def test_moved_environment_is_made_anew(project: Project) -> None:
    assert project.make("venv").returncode == 0
    (project.folder / ".venv" / ".where").write_text("/elsewhere\n")
    assert project.make("venv").returncode == 0
    assert project.count("-m venv") == 1


def test_broken_environment_is_made_anew(project: Project) -> None:
    assert project.make("venv").returncode == 0
    (project.folder / ".venv" / "bin" / "python").unlink()
    assert project.make("venv").returncode == 0
    assert project.count("-m venv") == 1


def test_environment_made_by_hand_is_taken_over(project: Project) -> None:
    assert project.make("venv").returncode == 0
    (project.folder / ".venv" / ".where").unlink()
    assert project.make("venv").returncode == 0
    assert project.count("-m venv") == 0


def test_without_ensurepip_the_pip_at_hand_installs_pip(project: Project) -> None:
    assert project.make("demo", kind="bare").returncode == 0
    assert project.count("-m venv --without-pip") == 1
    assert project.count("-m pip install --quiet --target .venv/lib pip") == 1
    assert project.count("install --editable") == 1


@pytest.mark.parametrize("kind, message", [
    ("old", "Pellucid needs Python 3.10 or newer"),
    ("empty", "sudo apt install python3-venv"),
])
def test_unsuitable_interpreter_is_explained(project: Project, kind: str, message: str) -> None:
    result = project.make("demo", kind=kind)
    assert result.returncode != 0 and message in result.stderr
    assert not (project.folder / ".venv" / ".where").exists()


def test_bench_measures_with_and_without_the_extras(project: Project) -> None:
    assert project.make("bench").returncode == 0
    assert project.count("install --editable .[dev]") == project.count("install torch==") == 1
    assert project.count("-m bench") == 2 and project.count("-m bench --numpy-only") == 1
    assert project.make("bench", "ARGS=xor --quick").returncode == 0
    assert project.count("-m bench") == project.count("-m bench xor --quick") == 1


def test_clean_keeps_the_runs(project: Project) -> None:
    assert project.make("venv").returncode == 0
    kept = project.folder / "runs" / "digits" / "report.html"
    kept.parent.mkdir(parents=True)
    kept.touch()
    for name in ("src/pellucid/__pycache__", "tests", "bench", ".ci"):
        (project.folder / name).mkdir(parents=True)
    assert project.make("clean").returncode == 0
    assert kept.exists()
    assert not (project.folder / ".venv").exists()
    assert not (project.folder / "src" / "pellucid" / "__pycache__").exists()
