"""The README is true: its Python blocks run, top to bottom and as one program, and its commands exist."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(text: str, language: str) -> list[tuple[int, str]]:
    """Line number of the first line and text of every fenced block in a language."""
    return [(text.count("\n", 0, match.start(2)) + 1, match[2])
            for match in FENCE.finditer(text) if match[1] == language]


def run(text: str) -> dict[str, Any]:
    """Execute the Python blocks in one namespace; a traceback shows the README's own line numbers."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for line, source in blocks(text, "python"):
        exec(compile("\n" * (line - 1) + source, str(README), "exec"), namespace)
    return namespace


def missing_targets(text: str, makefile: str) -> list[str]:
    """Every `make TARGET` of the text, in a shell block or between backticks, that the Makefile lacks."""
    code = "\n".join([source for _, source in blocks(text, "sh")] + re.findall(r"`([^`\n]+)`", text))
    return [target for target in re.findall(r"\bmake ([a-z]+)", code)
            if not re.search(rf"^{target}:", makefile, re.MULTILINE)]


def test_python_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = README.read_text(encoding="utf-8")
    assert blocks(text, "python"), "the README shows no Python"
    run(text)


def test_make_targets_exist() -> None:
    text = README.read_text(encoding="utf-8")
    assert "make demo" in text and "make test" in text
    assert missing_targets(text, (ROOT / "Makefile").read_text(encoding="utf-8")) == []


def test_pictures_and_links_exist() -> None:
    links = re.findall(r"\]\(([^)#]+)", README.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_blocks_share_one_namespace() -> None:
    assert run("```python\na = 1\n```\nwords\n```sh\nls\n```\n```python\nb = a + 1\n```\n")["b"] == 2


def test_failing_block_is_caught_with_its_line() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        run("# title\n\n```python\nx = 1\nx / 0\n```\n")
    assert caught.traceback[-1].lineno + 1 == 5


def test_unknown_target_is_caught() -> None:
    text = "```sh\nmake test      # run\nmake tea\n```\nor `make coffee`; words make sense"
    assert missing_targets(text, "test: x\n") == ["tea", "coffee"]
