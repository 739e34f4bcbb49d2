"""The protocol with sides that are played, and whole runs with small rows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.__main__ import chosen, main
from bench.pairs import Protocol, measured
from bench.process import SideError
from bench.report import moved, tables
from bench.results import write
from bench.session import Session
from bench.workloads import every_row

PROMISED = {"row", "vs", "ratio", "ours_ms", "theirs_ms", "memory_ratio", "floor_fraction"}


class Played:
    """A side whose answers are given, and which notes the questions."""

    log: list[str] = []

    def __init__(self, name: str, values: float = 1.0, seconds: tuple[float, ...] = (1.0,),
                 **answers: Any) -> None:
        self.name, self.values, self.seconds, self.answers = name, values, list(seconds), answers
        self.process = self

    def poll(self) -> None:
        """It lives."""

    def close(self) -> None:
        self.log.append(f"{self.name} close")

    def ask(self, do: str, **_: Any) -> dict[str, Any]:
        self.log.append(f"{self.name} {do}")
        answer = self.answers.get(do)
        if isinstance(answer, str):
            raise SideError(f"{self.name}: {answer}")
        usual = {"check": {"values": [[(self.values, self.values)]]}, "warm": {"steps": 5},
                 "memory": {"peak_mib": 100.0 if self.name == "a" else 250.0, "base_mib": 30.0,
                            "disk_mib": None},
                 "profile": {"profile": [{"where": "x.py:1 f", "share": 0.5, "calls": 2.0}]},
                 "rate": {"gflops": 100.0 if self.name == "a" else 50.0},
                 "about": {"version": "1", "machine": {"cores": 2}}}
        if do == "time":
            return {"seconds": self.seconds.pop(0)}
        return answer if answer is not None else usual.get(do, {})


@pytest.fixture(autouse=True)
def _empty_log() -> None:
    Played.log = []


def run(ours: Played, theirs: Played | None, **options: Any) -> dict[str, Any]:
    """Measure one row with played sides."""
    protocol = Protocol(**{"pairs": 3, "pause": 0.0, **options})
    return measured("xor", ours, theirs, protocol)      # type: ignore[arg-type]


def test_sides_take_turns_after_they_agree() -> None:
    found = run(Played("a", seconds=(1.0, 1.0, 2.0)), Played("b", seconds=(2.0, 3.0, 2.0)))
    assert found["status"] == "measured" and found["ratios"] == [2.0, 3.0, 1.0] and found["ratio"] == 2.0
    assert found["memory_ratio"] == 2.5 and "profile" not in found
    assert Played.log == ["a build", "a save", "a check", "b build", "b check", "a warm", "b warm",
                          *["a time", "b time"] * 3, "a memory", "b memory", "a rate", "b rate"]


def test_slower_row_tells_where_its_time_goes() -> None:
    found = run(Played("a", seconds=(2.0, 2.0, 2.0)), Played("b", seconds=(1.0, 1.0, 1.0)))
    assert found["ratio"] == 0.5 and found["profile"][0]["where"] == "x.py:1 f"


def test_row_that_disagrees_is_wrong_and_not_timed() -> None:
    assert run(Played("a"), Played("b", values=1.1)) == {"status": "wrong: step 1: 1 against 1.1"}
    assert "a time" not in Played.log and "b warm" not in Played.log


def test_quick_run_times_nothing() -> None:
    assert run(Played("a"), Played("b"), is_quick=True) == {"status": "agrees"}
    assert not [line for line in Played.log if line.endswith(("warm", "time", "memory"))]


def test_row_that_needs_a_layer_asks_nobody_else() -> None:
    assert run(Played("a", build={"needs": "Conv2d"}), Played("b")) == {"status": "needs Conv2d"}
    assert Played.log == ["a build"]


def test_peer_that_cannot() -> None:
    assert run(Played("a"), Played("b", build={"skip": "no such layer"})) == {"status": "no such layer"}
    assert run(Played("a"), Played("b", build={"needs": "Conv2d"})) == {"status": "b needs Conv2d"}


def test_side_alone_is_timed_without_a_ratio() -> None:
    found = run(Played("a", seconds=(1.0, 2.0, 3.0)), None)
    assert found["ours_ms"] == 2000.0 and "ratio" not in found and "memory_ratio" not in found


def session(sides: dict[str, dict[str, Any]], **options: Any) -> dict[str, Any]:
    """A run over two rows with played sides; one that is not given is missing."""
    def open_side(name: str, threads: int | None) -> Any:
        if name not in sides:
            raise SideError(f"{name} is not installed")
        Played.log.append(f"{name} open")
        return Played({"pellucid": "a", "torch": "b"}[name], **sides[name])

    rows = {name: every_row()[name] for name in ("xor", "small-ops")}
    protocol = Protocol(**{"pairs": 1, "pause": 0.0, **options})
    return Session(protocol, open_side=open_side).run(rows, "pellucid", ["torch"])


def test_run_gives_what_is_promised() -> None:
    found = session({"pellucid": {"seconds": (0.001,)}, "torch": {"seconds": (0.002,)}})
    assert [row["row"] for row in found["rows"]] == ["xor", "small-ops"]
    assert all(set(row) >= PROMISED for row in found["rows"])
    assert found["matrix_gflops"] == 100.0              # the better of the two
    xor, small = found["rows"]
    assert xor["ratio"] == 2.0 and xor["floor_ms"] == pytest.approx(1120 / 100e9 * 1e3)
    assert xor["floor_fraction"] == pytest.approx(1120 / 100e9 / 0.001) and small["floor_fraction"] is None
    assert found["geometric_mean"] == {"torch": pytest.approx(2.0)}
    assert json.loads(json.dumps(found)) == found
    assert Played.log.count("pellucid open") == 5       # to introduce itself, then twice for each row:
    assert Played.log.count("torch open") == 3          # what it compiles, it compiles in another process


def test_quick_run_keeps_its_processes() -> None:
    found = session({"pellucid": {}, "torch": {}}, is_quick=True)
    assert [row["status"] for row in found["rows"]] == ["agrees", "agrees"]
    assert all(row["ratio"] is None and set(row) >= PROMISED for row in found["rows"])
    assert Played.log.count("pellucid open") == Played.log.count("torch open") == 1
    assert Played.log.count("a close") == Played.log.count("b close") == 1


def test_crash_ends_one_row_and_not_the_run() -> None:
    found = session({"pellucid": {}, "torch": {"check": "ended with status -11"}})
    assert [row["status"] for row in found["rows"]] == ["crashed: b: ended with status -11"] * 2
    assert Played.log.count("b close") == 3


def test_missing_peer_leaves_pellucids_own_times() -> None:
    found = session({"pellucid": {"seconds": (0.001,)}})
    assert [(row["status"], row["ratio"]) for row in found["rows"]] == [("torch is not installed", None)] * 2
    assert found["rows"][0]["ours_ms"] == 1.0 and set(found["rows"][0]) >= PROMISED
    assert "torch is not installed" in tables(found)


def small(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, dict[str, Any]]:
    """A real run of two rows in JSON."""
    status = main(["xor", "small-ops", "--vs", "numpy-only", "--threads", "1", "--json", *options])
    return status, json.loads(capsys.readouterr().out)


def test_real_quick_run(capsys: pytest.CaptureFixture[str]) -> None:
    status, found = small(capsys, "--quick")
    assert status == 0 and [row["status"] for row in found["rows"]] == ["agrees", "agrees"]


def test_real_run_writes_and_compares(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = small(capsys, "--pairs", "2", "--seconds", "0.02", "--profile", "--out", str(tmp_path))
    assert status == 0
    for row in found["rows"]:
        assert set(row) >= PROMISED and row["status"] == "measured"
        assert row["ratio"] > 0 and row["ours_ms"] > 0 and row["memory_ratio"] > 0
    assert {path.name for path in tmp_path.iterdir()} == {"RESULTS.md", "results.json"}
    text = (tmp_path / "RESULTS.md").read_text()
    assert "## Pellucid beside Pellucid without Numba" in text and "| xor | " in text
    main(["xor", "--vs", "numpy-only", "--quick", "--compare", str(tmp_path / "results.json")])
    assert "changed" in capsys.readouterr().out


def entry(row: str, vs: str, ratio: float | None, **more: Any) -> dict[str, Any]:
    """A row of a run."""
    usual = {"ours": "pellucid", "what": "", "status": "measured", "workload": row, "ours_ms": 1.0,
             "theirs_ms": 2.0, "ours_mib": 40.0, "theirs_mib": 30.0, "memory_ratio": 0.75, "floor_ms": None,
             "floor_fraction": None, "spread": ratio and [ratio - 0.1, ratio + 0.1]}
    return {"row": row, "vs": vs, "ratio": ratio, **usual, **more}


def outcome(date: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """A run."""
    sides = {name: {"version": "1"} for name in {"pellucid", *(row["vs"] for row in rows)}}
    return {"date": date, "machine": {"cores": 2, "load": 1.5}, "protocol": "By hand.", "quick": False,
            "sides": sides, "matrix_gflops": None, "geometric_mean": {row["vs"]: 1.5 for row in rows},
            "rows": list(rows)}


def test_results_keep_the_latest_table_of_each_peer(tmp_path: Path) -> None:
    write(outcome("monday", entry("xor", "torch", 2.0), entry("iris", "torch", 1.0)), tmp_path)
    write(outcome("tuesday", entry("xor", "sklearn", 9.0)), tmp_path)
    write(outcome("friday", entry("xor", "torch", 3.0)), tmp_path)
    kept = json.loads((tmp_path / "results.json").read_text())
    assert [(row["vs"], row["ratio"], row["date"]) for row in kept["rows"]] == [
        ("torch", 3.0, "friday"), ("sklearn", 9.0, "tuesday")]
    assert {run["date"] for run in kept["runs"]} == {"friday", "tuesday"}
    text = (tmp_path / "RESULTS.md").read_text()
    assert text.index("friday") < text.index("tuesday") and "monday" not in text


def test_table_says_what_counts() -> None:
    slow = entry("lstm", "torch", 0.8, profile=[{"where": "ops/x.py:3 f", "share": 0.41, "calls": 50.0}])
    text = tables(outcome("monday", entry("xor", "torch", 2.0), slow,
                          entry("lenet", "torch", None, status="needs Conv2d", ours_ms=None)))
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert lines["xor"].split()[1:5] == ["2.00", "1.90", "to", "2.10"]
    assert lines["lenet"].split() == ["lenet", "needs", "Conv2d"]
    assert "2 of 3 rows" in text and "Slower than PyTorch: lstm. More memory: xor, lstm." in text
    assert "41% `ops/x.py:3 f` (50 calls)" in text
    assert "The machine was busy when this began (load 1.5)" in text


def test_compare_shows_what_moved() -> None:
    new = outcome("friday", *(entry(name, "torch", 2.0) for name in ("xor", "iris", "gan", "vae")),
                  entry("gpt", "torch", None, status="wrong: step 1", ours_ms=None))
    before = {"xor": 1.0, "iris": 2.05, "gan": 3.0, "gpt": 1.0}
    old = outcome("monday", *(entry(name, "torch", ratio) for name, ratio in before.items()))
    words = {line.split()[0]: line.split()[-1] for line in moved(new, old).splitlines()[1:]}
    assert words["xor"] == "faster" and words["gan"] == "SLOWER" and words["iris"] not in ("faster", "SLOWER")
    assert words["vae"] == words["gpt"] == "changed"


def test_name_of_a_workload_means_all_of_its_rows() -> None:
    assert list(chosen(["lstm"])) == ["lstm", "lstm-large"]
    assert list(chosen(["lstm-large", "xor"])) == ["lstm-large", "xor"]
    assert list(chosen([])) == list(every_row())


@pytest.mark.parametrize("options, words", [
    (["nothing"], "no row nothing; there are xor"),
    (["--vs", "nobody"], "no side nobody; there are pellucid"),
    (["--pairs", "0"], "must be positive"),
    (["--compare", "nowhere.json"], "nowhere.json is not a file"),
])
def test_misuse_is_explained(options: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(options)
    assert caught.value.code == 2 and words in capsys.readouterr().err


def test_status_tells_of_failure(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def status_of(*rows: dict[str, Any], quick: bool = False) -> int:
        found = {**outcome("friday", *rows), "quick": quick}
        monkeypatch.setattr(Session, "run", lambda *_: found)
        return main(["xor", *(["--quick"] if quick else [])])

    bad = {"ratio": None, "ours_ms": None, "spread": None}
    assert status_of(entry("xor", "torch", 2.0)) == 0
    assert status_of(entry("xor", "torch", 0.5)) == 0   # slow is no failure
    for status in ("wrong: step 1: 1 against 2", "crashed: torch: ended with status 1"):
        assert status_of(entry("xor", "torch", 2.0), entry("gpt", "torch", **bad, status=status)) == 1
    assert status_of(entry("xor", "torch", **bad, status="needs Conv2d")) == 0
    assert status_of(entry("xor", "torch", **bad, status="torch is not installed"), quick=True) == 1
    assert status_of(entry("xor", "torch", **bad, status="agrees"), quick=True) == 0


def test_pellucid_bench(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typer")
    pytest.importorskip("rich")
    from pellucid.cli import main as pellucid

    monkeypatch.setattr(sys, "path", list(sys.path))
    assert pellucid(["bench", "xor", "--vs", "numpy-only", "--quick", "--threads", "1"]) == 0
    assert "1 of 1 rows run and agree" in capsys.readouterr().out


def test_pellucid_bench_outside_a_checkout(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typer")
    pytest.importorskip("rich")
    from pellucid import cli
    from pellucid.commands import machine

    monkeypatch.setattr(machine, "__file__", str(tmp_path / "a" / "pellucid" / "commands" / "machine.py"))
    assert cli.main(["bench"]) == cli.FAILED
    assert "bench wants a checkout of the sources" in capsys.readouterr().err


def test_scikit_learn_takes_the_same_steps(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sklearn")
    assert main(["xor", "digits", "autoencoder", "--vs", "sklearn", "--quick", "--json"]) == 0
    statuses = [row["status"] for row in json.loads(capsys.readouterr().out)["rows"]]
    assert statuses == ["agrees", "agrees", "scikit-learn's MLPClassifier only tells classes apart"]
