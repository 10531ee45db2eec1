"""Atomic replacement of files that never overwrites another program's change."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from types import EllipsisType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Digest(NamedTuple):
    """The SHA-256 of a file's contents, which stands for them."""

    hex: str

    @classmethod
    def of(cls, *data: bytes | memoryview) -> Digest:
        """Return the digest of some contents, in parts."""
        import hashlib  # noqa: PLC0415 - loads OpenSSL, which a first screen does without

        found = hashlib.sha256()
        for part in data:
            found.update(part)
        return cls(found.hexdigest())

    @classmethod
    def of_file(cls, path: Path) -> Digest | None:
        """Return the digest of a file, which is not loaded as a whole; None if there is none."""
        import hashlib  # noqa: PLC0415 - see `of`

        try:
            with path.open("rb") as file:
                return cls(hashlib.file_digest(file, "sha256").hexdigest())
        except FileNotFoundError:
            return None


Contents = bytes | Digest | EllipsisType | None


class ChangedOnDiskError(OSError):
    """A file has changed since it was read, so replacing it would undo that change."""

    def __init__(self, path: Path) -> None:
        super().__init__(errno.EBUSY, "changed on disk since it was read", str(path))


def read_file(path: Path) -> bytes | None:
    """Return a file's contents, or None if there is no file.

    Raises:
        OSError: The file cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def unused(path: Path, why: str) -> Path:
    """Return an unused path beside `path` to set the file aside; `why` becomes part of its name."""
    number = 1
    while (aside := path.with_name(f"{path.name}.{why}-{number}")).exists():
        number += 1
    return aside


def replace_file(
    path: Path,
    data: bytes | Sequence[bytes | memoryview],
    *,
    expected: Contents = ...,
    mode: int | None = None,
) -> None:
    """Replace the contents of a file in one step that survives a crash.

    Symbolic links are followed. The mode, unless given, and if possible the owner are kept. Nothing
    is written if `expected` equals `data`.

    Args:
        path: The file.
        data: Its new contents, or their parts.
        expected: The contents when it was read, or their digest; None for no file, `...` to skip
            the check.
        mode: Permission bits.

    Raises:
        ChangedOnDiskError: The file no longer holds `expected`.
        OSError: The file cannot be written.
    """
    target = Path(os.path.realpath(path))
    before = _regular(target)
    _require(target, expected, path)
    parts = [data] if isinstance(data, bytes) else data
    if expected == (Digest.of(*parts) if isinstance(expected, Digest) else data):
        return
    if mode is None and before is not None:
        mode = stat.S_IMODE(before.st_mode)
    temporary = target.with_name(f".{target.name[:100]}.{os.urandom(4).hex()}.tmp")
    try:
        _write(temporary, parts, before, mode)
        _install(temporary, target, expected, path)
    except OSError as error:
        if error.filename == str(temporary):  # a name that means nothing, and differs each time
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(target.parent)


def _require(target: Path, expected: Contents, path: Path) -> None:
    if expected is ...:
        return
    found = Digest.of_file(target) if isinstance(expected, Digest) else read_file(target)
    if found != expected:
        raise ChangedOnDiskError(path)


def _regular(target: Path) -> os.stat_result | None:
    try:
        status = target.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "not a regular file", str(target))
    # Renaming needs only permission for the folder, but a read-only file is meant to stay.
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(target))
    return status


def _write(
    temporary: Path,
    parts: Sequence[bytes | memoryview],
    before: os.stat_result | None,
    mode: int | None,
) -> None:
    # Not readable by others until the right mode is known.
    creation = 0o666 if mode is None else 0o600
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, creation)
    with open(descriptor, "wb") as file:  # noqa: PTH123  (a descriptor, not a path)
        if before is not None:
            with suppress(PermissionError):
                os.fchown(descriptor, before.st_uid, before.st_gid)
        if mode is not None:
            os.fchmod(descriptor, mode)
        file.writelines(parts)
        file.flush()
        os.fsync(descriptor)


def _install(temporary: Path, target: Path, expected: Contents, path: Path) -> None:
    if expected is None:
        try:
            target.hardlink_to(temporary)  # fails if the file was created in the meantime
        except FileExistsError:
            raise ChangedOnDiskError(path) from None
        except OSError as error:
            # On file systems without links, the check below is the best there is.
            if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
                raise
        else:
            return
    _require(target, expected, path)  # again, as late as possible: writing took time
    temporary.replace(target)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
