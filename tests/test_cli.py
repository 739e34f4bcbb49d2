"""The command line: what it prints and where, its exit status, and errors of one sentence.

Most of it is driven through `main`; a few commands run as processes of their own, as a person runs them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import recipes
from pellucid.cli import json_line, sentence

pytest.importorskip("typer")
pytest.importorskip("rich")

SOURCE = Path(pellucid.__file__).parents[1]
SMALL = ("--set", "samples=80", "--epochs", "3", "--set", "hidden=4", "--set", "batch_size=8")
FULL = Path("/dev/full")


@pytest.fixture
def cli(command_line: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run the command line in an empty folder, without figures; gives status, stdout and stderr."""
    monkeypatch.delenv("PELLUCID_TRACEBACK", raising=False)
    monkeypatch.setattr(recipes.Job, "figure", lambda *_: None)
    return command_line


def process(*words: str, **options: Any) -> subprocess.Popen[str]:
    """`python -m pellucid ...`, in which Ctrl-C works even where the tests run with it switched off."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-m", "pellucid", *words], env=environment, text=True,
                            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))


def test_json_is_one_line_on_stdout_and_the_last(cli: Any, tmp_path: Path) -> None:
    status, out, err = cli("train", "circles", *SMALL, "--out", "run", "--json")
    assert status == 0 and out.count("\n") == 1 and out.endswith("\n")
    found = json.loads(out)
    assert found["recipe"] == "circles" and found["run"] == "run" and found["seconds"] > 0
    assert found["metrics"]["test_accuracy"] == found["test_accuracy"] and found["reached"] in (True, False)
    assert Path(found["report"]).is_file() and "epoch 3/3" in err
    config = json.loads(Path("run/config.json").read_text())
    assert config["settings"]["samples"] == 80 and config["epochs"] == 3
    assert config["metrics"] == found["metrics"]


def test_quiet_says_nothing(cli: Any) -> None:
    assert cli("train", "perceptron", "--quiet", "--out", "run") == (0, "", "")
    status, out, err = cli("train", "perceptron", "--quiet", "--json")
    assert status == 0 and err == ""
    assert json.loads(out)["run"].startswith(os.path.join("runs", "perceptron-20"))


def test_result_for_a_person(cli: Any) -> None:
    status, out, err = cli("train", "perceptron", "--out", "run")
    assert status == 0 and "xor: " in err
    assert "and_correct  4   (must be at least 4: yes)" in out and "at most 3: yes" in out
    assert os.path.join("run", "report.html") in out


def test_missed_number_fails_a_default_run_alone(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pellucid.recipes.xor.EXPECTED", {"accuracy": 1.1})
    status, out, err = cli("train", "xor", "--json", "--quiet")
    assert status == 1 and json.loads(out)["reached"] is False
    assert err.startswith("pellucid: xor did not reach 4 of 4 ") and err.endswith(": accuracy (1.0)\n")
    status, out, err = cli("train", "xor", "--json", "--quiet", "--set", "networks=1")
    assert (status, err) == (0, "") and json.loads(out)["reached"] is False


@pytest.mark.parametrize("words, status, complaint", [
    ("train digist", 1, "no recipe is called 'digist'; did you mean 'digits'? (there are perceptron, xor,"),
    ("train", 2, "Missing argument"),
    ("trian xor", 2, "No such command 'trian'"),
    ("digits", 2, "Did you mean 'pellucid train digits'? (pellucid --help shows what there is)"),
    ("recipes nonesuch", 1, "no recipe is called 'nonesuch' (there are"),
    ("train xor --epoch 3", 2, "No such option"),
    ("train xor --epochs many", 2, "--epochs"),
    ("train xor --epochs 0", 1, "recipe xor: option epochs wants a whole number of at least 1, got 0"),
    ("train xor --epochs -2", 1, "option epochs wants a whole number of at least 1, got -2"),
    ("train xor --seed -1", 1, "option seed wants a whole number from 0 to 4294967295, got -1"),
    ("train xor --set lr=abc", 1, "recipe xor: option lr wants a number above 0, got 'abc'"),
    ("train xor --set lrr=1", 1, "no option 'lrr'; did you mean 'lr'? (it has seed, networks"),
    ("train xor --set lr", 1, "--set wants KEY=VALUE, got 'lr'"),
    ("train xor --set =1", 1, "--set wants KEY=VALUE, got '=1'"),
    ("train xor --set lr=1 --set lr=2", 1, "option lr is given twice: 1 and 2"),
    ("train xor --seed 1 --set seed=2", 1, "option seed is given twice: 1 and 2"),
    ("train xor --set out=elsewhere", 1, "recipe xor: no option 'out'"),
    ("train xor --out file", 1, "run folder file cannot be written (File exists); choose another"),
    ("train xor --out file/run", 1, "run folder file/run cannot be written (Not a directory)"),
    ("train xor --resume", 1, "--resume needs --out"),
    ("train xor --resume --out empty", 1, "--resume: empty holds no run to go on with"),
    ("train xor --resume --out none", 1, "--resume: none holds no run to go on with"),
    ("report none", 1, "none is not the folder of a run: it is not a folder"),
    ("report empty", 1, "empty is not the folder of a run: it holds neither config.json nor metrics.jsonl"),
])
def test_errors_are_one_sentence_that_names_the_argument(words: str, status: int, complaint: str, cli: Any,
                                                         tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    before = sorted(tmp_path.rglob("*"))
    found, out, err = cli(*words.split())
    assert (found, out) == (status, "") and complaint in err
    assert err.startswith("pellucid: ") and err.count("\n") == 1 and "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before                  # and nothing was left behind


def test_traceback_on_request(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_TRACEBACK", "1")
    status, _, err = cli("train", "digist")
    assert status == 1 and err.startswith("Traceback") and err.endswith(f"{recipes.names()[-1]})\n")


def test_defect_of_the_program_says_so(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise IndexError("list index out of range")

    monkeypatch.setattr("pellucid.recipes.xor.network", broken)
    status, _, err = cli("train", "xor")
    assert status == 1 and err == ("pellucid: unexpected IndexError: list index out of range "
                                   "(PELLUCID_TRACEBACK=1 shows where)\n")


def test_another_run_is_not_overwritten(cli: Any) -> None:
    assert cli("train", "perceptron", "--out", "run", "--quiet")[0] == 0
    status, _, err = cli("train", "perceptron", "--out", "run")
    assert status == 1 and "run already holds a finished run of perceptron" in err and "--out" in err
    status, out, err = cli("train", "perceptron", "--out", "run", "--resume", "--json")
    assert status == 0 and "nothing is left to train" in err and json.loads(out)["reached"] is True


@pytest.mark.parametrize("module, extra", [("typer", "cli"), ("rich", "cli"), ("sklearn", "data")])
def test_missing_extra_names_the_command(module: str, extra: str, cli: Any,
                                         monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    status, out, err = cli("train", "iris", "--quiet")
    assert (status, out) == (1, "")
    assert err == (f"pellucid: this needs {module}, which is not installed: "
                   f'pip install "pellucid[{extra}]"\n')


def test_missing_data_names_the_file_its_checksum_and_the_remedy(cli: Any, tmp_path: Path,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(url: str) -> bytes:
        raise OSError("no network")

    monkeypatch.setattr("pellucid.datasets.files._fetch", offline)
    monkeypatch.setattr("pellucid.datasets.files.folders", lambda root=None: iter([tmp_path / "data"]))
    status, _, err = cli("train", "mnist", "--quiet", "--out", "run")
    assert status == 1
    assert err.splitlines()[-1].startswith("pellucid: mnist: train-images-idx3-ubyte is not in")
    assert "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db" in err
    assert "PELLUCID_DATA" in err and "no network" in err
    monkeypatch.setattr("pellucid.datasets.mnist", lambda split: 1 / 0)
    assert "already holds" not in cli("train", "mnist", "--out", "run")[2]    # it can be tried again


def test_data_folder_that_is_none(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PELLUCID_DATA", "nowhere")
    status, _, err = cli("train", "mnist", "--quiet")
    assert status == 1 and "PELLUCID_DATA is 'nowhere', which is not a folder" in err


def test_report_is_drawn_again(cli: Any) -> None:
    cli("train", "perceptron", "--out", "run", "--quiet")
    Path("run/report.html").unlink()
    assert cli("report", "run") == (0, os.path.join("run", "report.html") + "\n", "")
    assert cli("report", "run", "--out", "page.html")[0] == 0 and Path("page.html").stat().st_size > 10_000
    status, _, err = cli("report", "run", "--out", "none/page.html")
    assert status == 1 and "none" in err


def test_recipes_are_listed(cli: Any) -> None:
    status, out, _ = cli("recipes")
    assert status == 0 and all(name in out for name in recipes.names())
    status, out, _ = cli("recipes", "digits")
    assert status == 0 and "Reaches   test accuracy >= 97.5 %" in out and "--set epochs=" in out
    status, out, _ = cli("recipes", "--json")
    listed = json.loads(out)["recipes"]
    assert [recipe["name"] for recipe in listed] == list(recipes.names())
    mnist = next(recipe for recipe in listed if recipe["name"] == "mnist")
    assert mnist["expected"] == {"test_accuracy": 0.984} and mnist["options"]["seed"] == 0


def test_env_tells_what_it_runs_on(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    status, out, _ = cli("env", "--json")
    found = json.loads(out)
    assert status == 0 and found["pellucid"] == pellucid.__version__ and found["numpy"] == np.__version__
    assert found["cores"] >= 1 and found["environment"]["OMP_NUM_THREADS"] == "3" and "name" in found["blas"]
    assert set(found["extras"]) == {"cli", "data", "plot", "fast", "io", "vision", "text", "rl", "symbolic",
                                    "search", "map"} and "typer" in found["extras"]["cli"]
    status, out, _ = cli("env")
    assert status == 0 and "processor" in out and "OMP_NUM_THREADS        3" in out
    assert "GFLOP/s" in found["speed"]["matrix products"] and "GB/s" in found["speed"]["copying"]
    assert found["tuning"].keys() == {"kernel", "allocator"} and "advice" in out


def test_version_help_and_nothing(cli: Any) -> None:
    assert cli("--version") == (0, f"pellucid {pellucid.__version__}\n", "")
    assert cli("--help")[0] == 0
    status, out, err = cli()
    assert status == 2 and "Usage: pellucid" in out + err


def test_ctrl_c_keeps_the_run_and_resume_ends_it_alike(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    small = {"epochs": 120, "hidden": 16, "batch_size": 128}
    options = [word for key, value in small.items() for word in ("--set", f"{key}={value}")]
    words = ("train", "digits", *options, "--json", "--out", str(tmp_path / "broken"))
    broken = process(*words)
    for line in broken.stderr or ():
        if line.startswith("epoch 12/120"):
            broken.send_signal(signal.SIGINT)
            break
    out, err = broken.communicate(timeout=60)
    assert (broken.returncode, out) == (130, "")
    said = err.splitlines()[-1]
    assert said.startswith("pellucid: interrupted; ") and "of 120." in said and "Traceback" not in err
    assert said.endswith(f"Go on with: pellucid train digits --out {tmp_path / 'broken'} --resume")
    resumed = process(*words, "--resume")
    whole = process(*words[:-1], str(tmp_path / "whole"))        # here BLAS may have another kernel
    out, err = resumed.communicate(timeout=60)
    assert resumed.returncode == 0 and out.count("\n") == 1 and "epoch 1/120" not in err
    assert json.loads(out)["metrics"] == json.loads(whole.communicate(timeout=60)[0])["metrics"]
    runs = (recipes.run("digits", {}, out=tmp_path / name, resume=True, verbose=0).run
            for name in ("broken", "whole"))
    one, other = (run.load("last")["model"] for run in runs)
    assert one.keys() == other.keys()
    assert all(np.array_equal(one[name].numpy(), other[name].numpy()) for name in one)


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_output_that_cannot_be_written_is_a_failure() -> None:
    with FULL.open("w") as full:
        failed = process("env", stdout=full)
        _, err = failed.communicate(timeout=60)
    assert failed.returncode == 1 and err == "pellucid: No space left on device\n"


@pytest.mark.parametrize("error, text", [
    (ValueError("a  b\nc"), "a b c"), (OSError(28, "No space left on device", "x/last.safetensors"),
                                       "No space left on device: x/last.safetensors"),
    (MemoryError(), "out of memory (a smaller batch or network would need less)"),
    (KeyError("x"), "unexpected KeyError: 'x' (PELLUCID_TRACEBACK=1 shows where)"),
    (ValueError(), "unexpected ValueError: no text (PELLUCID_TRACEBACK=1 shows where)")])
def test_errors_as_sentences(error: Exception, text: str) -> None:
    assert sentence(error) == text


def test_json_has_no_nan() -> None:
    values = {"a": float("nan"), "b": [np.float32(0.5), float("inf")], "c": Path("x"), "d": np.int64(3)}
    line = json_line(values)
    assert json.loads(line) == {"a": None, "b": [0.5, None], "c": "x", "d": 3}
