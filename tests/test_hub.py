"""torch.hub: tqdm with and without the package; what is fetched from the net is refused."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

import pellucid


def test_without_tqdm_it_counts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    bar = pellucid.hub.tqdm([3, 4], desc="train")
    assert len(bar) == 2
    for i, each in enumerate(bar):
        assert each == i + 3
        bar.set_postfix({"Loss": "0.5"}, more=1)
    told = capsys.readouterr()
    assert told.out == "" and told.err.endswith("\rtrain: 2/2 Loss=0.5, more=1\n")


def test_by_hand_and_in_silence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)
    with pellucid.hub.tqdm(total=10) as bar:
        bar.set_description("x")
        bar.update(4)
    assert bar.n == 4 and capsys.readouterr().err == "\rx: 4/10 \n"
    assert list(pellucid.hub.tqdm(iter("ab"), disable=True)) == ["a", "b"] and capsys.readouterr().err == ""


def test_with_tqdm_it_is_tqdm(monkeypatch: pytest.MonkeyPatch) -> None:
    package = ModuleType("tqdm")
    package.tqdm = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tqdm", package)
    assert pellucid.hub.tqdm is package.tqdm


def test_the_net_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="hub.load is not in Pellucid"):
        pellucid.hub.load("some/repository", "model")
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = pellucid.hub.nonsense
