"""Faults of disks and files as one exception with a message for users."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chatter_tui.storage.atomic import ChangedOnDiskError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class StorageError(Exception):
    """Something on disk cannot be read or written. `code` names the kind of fault.

    `reason` is a short form of the message without the path.
    """

    def __init__(self, message: str, code: str = "failed", reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason or message


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the system's errors about `path` into `StorageError`."""
    try:
        yield
    except FileNotFoundError as error:
        message = f"there is no file {error.filename or path}"
        raise StorageError(message, "not-found", "a file is missing") from error
    except IsADirectoryError as error:
        raise StorageError(f"{path} is a folder, not a document") from error
    except ChangedOnDiskError:
        raise  # not a fault: the writer reads the file again
    except OSError as error:
        reason = error.strerror or str(error)
        reason = "disk full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else reason.lower()
        message = f"{error.filename or path}: {error.strerror or error}"
        raise StorageError(message, reason=reason) from error
