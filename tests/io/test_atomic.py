import errno
import os
import resource
import stat
import subprocess
import sys
import textwrap

import pytest

from pellucid.io import open_atomic, write_bytes, write_text


def only(folder, name):
    """Nothing but `name` is left in the folder: no temporary file."""
    assert os.listdir(folder) == [name]


def test_writes_bytes_and_text(tmp_path):
    write_bytes(tmp_path / "a", b"\x00\xff")
    assert (tmp_path / "a").read_bytes() == b"\x00\xff"
    write_text(tmp_path / "a", "zwölf\nlines\n")
    assert (tmp_path / "a").read_bytes() == "zwölf\nlines\n".encode()
    write_text(str(tmp_path / "a"), "é", encoding="latin-1")
    assert (tmp_path / "a").read_bytes() == b"\xe9"
    only(tmp_path, "a")


def test_the_old_content_is_there_until_the_end(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    with open_atomic(path, "w") as file:
        file.write("new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_an_interruption_keeps_the_old_file(tmp_path, error):
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(type(error)), open_atomic(path, "w") as file:
        file.write("new")
        raise error
    assert path.read_text() == "old"
    only(tmp_path, "a")


def test_an_interruption_leaves_no_new_file(tmp_path):
    with pytest.raises(ZeroDivisionError), open_atomic(tmp_path / "a"):
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failing_disk_keeps_the_old_file_and_names_it(tmp_path, monkeypatch, step):
    path = tmp_path / "model.safetensors"
    path.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left.*untouched.*model.safetensors") as caught:
        write_text(path, "new")
    assert caught.value.errno == errno.ENOSPC
    assert path.read_text() == "old"
    only(tmp_path, path.name)


def test_a_full_disk_for_real(tmp_path):
    """A limit on file sizes stands in for the full disk: the kernel itself refuses to write on."""
    path = tmp_path / "model.safetensors"
    path.write_text("old")
    script = textwrap.dedent(f"""
        import resource
        from pellucid.io import write_bytes
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, {resource.RLIM_INFINITY}))
        try:
            write_bytes({str(path)!r}, bytes(1_000_000))
        except OSError as error:
            print(error)
    """)
    source = os.pathsep.join(sys.path)
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, "PYTHONPATH": source},
                          capture_output=True, text=True, check=True)
    assert "File too large; not written" in done.stdout and str(path) in done.stdout
    assert path.read_text() == "old"
    only(tmp_path, path.name)


def test_permissions(tmp_path):
    path = tmp_path / "a"
    write_bytes(path, b"")
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask       # as open() would have made it
    path.chmod(0o640)
    write_bytes(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder; cannot write a into: .*missing"):
        write_bytes(tmp_path / "missing" / "a", b"")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        write_bytes(tmp_path, b"")
    assert os.listdir(tmp_path) == []


def test_an_unwritable_folder_is_named(tmp_path, monkeypatch):
    """As root every folder is writable, so the refusal is put in by hand there."""
    tmp_path.chmod(0o500)
    if os.access(tmp_path, os.W_OK):
        def refuse(path, *_):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(PermissionError, match="cannot write model into") as caught:
        write_bytes(tmp_path / "model", b"")
    assert caught.value.filename == str(tmp_path)
    tmp_path.chmod(0o700)


def test_a_read_only_file_is_respected(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o400)
    if os.access(path, os.W_OK):
        monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match="read-only"):
        write_bytes(path, b"new")
    assert path.read_text() == "old"


def test_a_wrong_mode_is_refused(tmp_path):
    with pytest.raises(ValueError, match="mode is 'a', wants"), open_atomic(tmp_path / "x", "a"):
        pass
