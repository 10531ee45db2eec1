"""A file lock held by one process and released when it dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from chatter_tui.startup.immutable import dataclass
from chatter_tui.storage.errors import StorageError, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_LOOKS: Final = 3
_LOOK: Final = 0.01  # seconds, longer than a look at the lock takes


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock: its id, start (Unix time), and whether it has no screen."""

    pid: int
    since: float
    detached: bool = False

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.since))
        return f"process {self.pid} since {since}"


class HeldError(StorageError):
    """Another process holds the lock. `holder` is None if it has not recorded who it is."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        super().__init__(f"{path} is held by {holder or 'another process'}", "held")
        self.holder = holder


@contextmanager
def hold(path: Path, *, detached: bool = False) -> Iterator[None]:
    """Hold a lock while the block runs. Its folder must exist.

    Raises:
        HeldError: Another process holds it.
        StorageError: It cannot be locked here.
    """
    with storage_errors(path):
        descriptor = _claim(path, detached=detached)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # before it is released, so that it is not somebody else's
        os.close(descriptor)


def holder(path: Path) -> Holder | None:
    """Return who holds a lock, or None."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None


def _claim(path: Path, *, detached: bool) -> int:
    looks = _LOOKS
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                os.ftruncate(descriptor, 0)
                claim = [os.getpid(), time.time(), detached]
                os.write(descriptor, json.dumps(claim).encode())
                return descriptor
        except BlockingIOError:
            found = _holder(descriptor)
            os.close(descriptor)
            if looks:  # the other process may only be looking at it
                looks -= 1
                time.sleep(_LOOK)
                continue
            raise HeldError(path, found) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the last holder has just deleted it


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _holder(descriptor: int) -> Holder | None:
    try:
        pid, since, *more = json.loads(os.pread(descriptor, 200, 0))
        return Holder(int(pid), float(since), more == [True])
    except (ValueError, TypeError):
        return None
