import gzip
import hashlib

import pytest
from tests.datasets.web import answer

from pellucid.datasets import files, plain
from pellucid.datasets.files import MissingData, TextFile
from pellucid.io import CorruptFile

TEXT = "a,b\r\n1,\N{GREEK SMALL LETTER ALPHA}\n"
CONTENT = TEXT.encode()
SUM = hashlib.sha256(CONTENT).hexdigest()
TOY = TextFile("toy", "toy.csv", SUM,
               ("https://one.example/input.txt", "https://two.example/toy.csv"), ("sub",))


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """A machine with an empty cache and no data; what the web answers is to be filled in."""
    answers = {}
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PELLUCID_DATA", raising=False)
    answer(monkeypatch, answers)
    monkeypatch.setattr(files, "folders",
                        lambda root=None: iter([tmp_path] if root else [files.cache_folder()]))
    return answers


@pytest.mark.parametrize("suffix, pack", [("", bytes), (".gz", gzip.compress)])
@pytest.mark.parametrize("where", ["", "toy", "sub"])
def test_a_text_is_read_as_it_is(alone, tmp_path, suffix, pack, where):
    (tmp_path / where).mkdir(exist_ok=True)
    (tmp_path / where / f"toy.csv{suffix}").write_bytes(pack(CONTENT))
    assert TOY.read(tmp_path) == TEXT


def test_a_download_is_checked_kept_under_its_own_name_and_not_repeated(alone, tmp_path, capsys):
    alone.update({"https://one.example/input.txt": b"<html>", "https://two.example/toy.csv": CONTENT})
    assert TOY.read() == TEXT
    assert (tmp_path / "cache/pellucid/toy/toy.csv").read_bytes() == CONTENT
    assert capsys.readouterr().err.count("downloading") == 2
    alone.clear()
    assert TOY.read() == TEXT


def test_offline_the_error_says_what_to_do(alone):
    with pytest.raises(MissingData) as caught:
        TOY.read()
    for part in ("toy: toy.csv is not in", "download https://one.example/input.txt", "PELLUCID_DATA",
                 f"{SUM}) as toy.csv into", "https://two.example/toy.csv: no network"):
        assert part in str(caught.value)


@pytest.mark.parametrize("damage, found", [(CONTENT + b"x", "sha256"),
                                           (gzip.compress(CONTENT, mtime=0)[:20], "cannot be decompressed")])
def test_a_damaged_text_is_never_used(alone, tmp_path, damage, found):
    (tmp_path / "toy.csv").write_bytes(damage)
    with pytest.raises(CorruptFile, match=found) as caught:
        TOY.read(tmp_path)
    for part in (str(tmp_path / "toy.csv"), "delete it, then download"):
        assert part in str(caught.value)


def test_what_is_no_text_or_too_long_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CorruptFile, match="no UTF-8 text"):
        plain.read_text(tmp_path / "a")
    monkeypatch.setattr(plain, "LARGEST_TEXT", 1000)
    (tmp_path / "b.gz").write_bytes(gzip.compress(bytes(5000)))
    with pytest.raises(CorruptFile, match="more than 1000 bytes"):
        plain.read_text(tmp_path / "b.gz")
