"""A script under `pellucid run` is a script: its arguments, exit status, tracebacks and what it prints."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from tests.run.processes import pellucid_run, python

# None of these imports torch, so that Python alone can run them too.
SCRIPTS = {
    "what a script sees": """
        import sys, os, inspect
        print(__name__, __file__, __spec__, __doc__, __builtins__.__name__)
        print(sys.argv, sys.path[0], sys.modules["__main__"].__file__, flush=True)
        class Here: pass
        print(Here.__module__, inspect.getsource(Here), __annotations__ if "x" in globals() else "none")
        from neighbour import word
        print(word)
        def annotated(x: undefined_name): pass
        """,
    "a status": "import sys\nsys.exit(3)",
    "a sentence": "import sys\nsys.exit('it ends here')",
    "nothing": "import sys\nprint(1)\nsys.exit()",
    "an error": """
        def inner(x):
            return 1 / x

        def outer():
            return inner(0)
        outer()
        """,
    "an error that led to another": """
        def inner():
            raise KeyError("first")
        try:
            inner()
        except KeyError as error:
            raise ValueError("second") from error
        """,
    "an error while handling another": """
        try:
            {}["first"]
        except KeyError:
            {}["second"]
        """,
    "no Python": "x = = 3",
    "an error at import": "import missing_by_design",
    "a hook of its own": """
        import sys
        sys.excepthook = lambda kind, value, traceback: print("hooked", kind.__name__, traceback.tb_lineno)
        1 / 0
        """,
    "an interruption": "raise KeyboardInterrupt",
    "something at exit": """
        import atexit
        value = 5
        atexit.register(lambda: print("at exit", value))
        """,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_runs_as_with_python(name: str, tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "script.py").write_text(textwrap.dedent(SCRIPTS[name]))
    (tmp_path / "inside" / "neighbour.py").write_text("word = 'from beside the script'")
    words = ("inside/script.py", "--check", "-x", "a b")
    expected, found = python(*words, folder=tmp_path), pellucid_run(*words, folder=tmp_path)
    assert found.stdout == expected.stdout
    assert found.stderr == expected.stderr
    # Python ends itself by the signal; the status that a shell shows for it is 130.
    assert found.returncode == {-2: 130}.get(expected.returncode, expected.returncode)


def test_a_script_that_is_not_there(tmp_path: Path) -> None:
    found = pellucid_run("none.py", folder=tmp_path)
    assert found.returncode == 2 and found.stderr == "pellucid run: the script none.py does not exist\n"
    found = pellucid_run(".", folder=tmp_path)
    assert found.returncode == 2 and "is a folder" in found.stderr


def test_misuse(tmp_path: Path) -> None:
    for words in [(), ("--unknown",), ("--check",)]:
        found = pellucid_run(*words, folder=tmp_path)
        assert found.returncode == 2 and "usage:" in found.stderr
    assert pellucid_run("--help", folder=tmp_path).stdout.startswith("usage:")


def test_the_command_passes_everything_on(tmp_path: Path) -> None:
    pytest.importorskip("typer")
    pytest.importorskip("rich")
    (tmp_path / "script.py").write_text("import sys, torch\nprint(sys.argv, torch.__name__)\nsys.exit(4)\n")
    found = python("-m", "pellucid", "run", "script.py", "--check", "--help", "-x", "1", folder=tmp_path)
    assert (found.stdout, found.returncode) == ("['script.py', '--check', '--help', '-x', '1'] torch\n", 4)


def test_in_code(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("import sys, torch\nsize = torch.ones(2).shape\nargv = sys.argv\n")
    (tmp_path / "caller.py").write_text(textwrap.dedent("""
        import sys
        import pellucid.run
        before = list(sys.path), list(sys.argv), sys.modules["__main__"]
        found = pellucid.run.run_script("script.py", ["--lr", "1"])
        assert found["size"] == (2,) and found["argv"] == ["script.py", "--lr", "1"], found
        assert found["__name__"] == "__main__"
        assert (sys.path, sys.argv, sys.modules["__main__"]) == before
        assert "torch" not in sys.modules
        """))
    found = python("caller.py", folder=tmp_path)
    assert found.returncode == 0, found.stderr
