import os
import stat
from pathlib import Path

import pytest

from chatter_tui.storage.atomic import ChangedOnDiskError, read_file, replace_file


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_a_new_file_gets_the_usual_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    umask = os.umask(0o027)
    try:
        replace_file(path, b"new", expected=None)
    finally:
        os.umask(umask)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["a.md"]


def test_the_mode_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    path.chmod(0o604)
    replace_file(path, b"new", expected=b"old")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert path.read_bytes() == b"new"


def test_symbolic_links_are_followed(tmp_path: Path) -> None:
    real = tmp_path / "real" / "a.md"
    real.parent.mkdir()
    real.write_bytes(b"old")
    link = tmp_path / "link.md"
    link.symlink_to(real)
    replace_file(link, b"new", expected=b"old")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_link_to_nothing_makes_its_target(tmp_path: Path) -> None:
    link = tmp_path / "link.md"
    link.symlink_to("target.md")
    replace_file(link, b"new", expected=None)
    assert (tmp_path / "target.md").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("expected", "actual"), [(b"read", b"other"), (b"read", None), (None, b"other")]
)
def test_a_change_on_disk_is_refused_not_overwritten(
    tmp_path: Path, expected: bytes | None, actual: bytes | None
) -> None:
    path = tmp_path / "a.md"
    if actual is not None:
        path.write_bytes(actual)
    with pytest.raises(ChangedOnDiskError, match="changed on disk"):
        replace_file(path, b"mine", expected=expected)
    assert read_file(path) == actual
    assert names(tmp_path) == ([] if actual is None else ["a.md"])


@pytest.mark.parametrize("expected", [None, b"read"])
def test_a_change_during_the_write_is_noticed(
    tmp_path: Path, expected: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    if expected is not None:
        path.write_bytes(expected)
    fsync = os.fsync

    def meanwhile(descriptor: int) -> None:
        path.write_bytes(b"theirs")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    with pytest.raises(ChangedOnDiskError):
        replace_file(path, b"mine", expected=expected)
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["a.md"]


def test_the_same_contents_write_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"same")
    before = path.stat()
    replace_file(path, b"same", expected=b"same")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path, b"x", expected=None)


def test_what_is_no_regular_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(OSError, match="not a regular file"):
        replace_file(path, b"x", expected=None)
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        replace_file(tmp_path / "no" / "a.md", b"x", expected=None)


def test_a_read_only_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")
    path.chmod(0o444)
    if os.geteuid() == 0:  # root may do anything; see what others get
        monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(PermissionError):
        replace_file(path, b"new", expected=b"old")
    assert path.read_bytes() == b"old"


def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"new", expected=b"old")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a.md"]


def test_a_file_may_be_replaced_whatever_it_held_and_get_a_mode(tmp_path: Path) -> None:
    path = tmp_path / "state"
    for data in (b"one", b"two"):
        replace_file(path, data, mode=0o600)
        assert path.read_bytes() == data
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert names(tmp_path) == ["state"]


def test_an_error_names_the_file_not_a_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "link.md"
    path.symlink_to(tmp_path / "gone" / "a.md")
    with pytest.raises(FileNotFoundError) as raised:
        replace_file(path, b"new", expected=None)
    assert raised.value.filename == str(path)
