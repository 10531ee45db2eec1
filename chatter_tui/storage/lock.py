"""A claim on a file name that only one process has, and that dies with it however it dies."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatter_tui.storage.errors import StorageError, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Holder:
    """Who has a claim: its process, and since when (Unix time)."""

    pid: int
    since: float

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(self.since))
        return f"process {self.pid} since {since}"


class HeldError(StorageError):
    """Another process has the claim; `holder` is None when it does not say who it is."""

    def __init__(self, path: Path, holder: Holder | None) -> None:
        super().__init__(f"{path} is held by {holder or 'another process'}", "held")
        self.holder = holder


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Have a claim for as long as the block runs; its folder must be there.

    Raises:
        HeldError: when another process has it; StorageError: when there can be none here.
    """
    with storage_errors(path):
        descriptor = _claim(path)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: nobody can have claimed it anew
        os.close(descriptor)


def _claim(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_at(descriptor, path):
                os.ftruncate(descriptor, 0)
                os.write(descriptor, json.dumps([os.getpid(), time.time()]).encode())
                return descriptor
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise HeldError(path, holder) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its last holder deleted it just now


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _holder(descriptor: int) -> Holder | None:
    try:
        pid, since = json.loads(os.pread(descriptor, 200, 0))
        return Holder(int(pid), float(since))
    except (ValueError, TypeError):
        return None
