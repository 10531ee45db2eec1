"""One SQLite file: created on first use, migrated, every fault a `StorageError`."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from chatter_tui.storage.atomic import unused
from chatter_tui.storage.errors import StorageError, storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_PATIENCE: Final = 5.0  # seconds to wait for another process that writes


class Database:
    """A SQLite file that any thread may use, one at a time.

    Args:
        path: the file; only its owner can read it.
        migrations: scripts that each raise the schema's version by one.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self._migrations = migrations
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        """Do all of it or nothing; it is on disk when this returns.

        Raises:
            StorageError: when it cannot be; `damaged` is its code when the file is no database.
        """
        with self._lock, self._errors():
            connection = self._open()
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk may have rolled back already
                    cursor.execute("ROLLBACK")
                raise
            finally:
                cursor.close()

    def close(self) -> None:
        """Close the file; using it again opens it again, if it is still the same."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection:
                with suppress(sqlite3.Error):  # nothing is open, and what was committed is kept
                    connection.close()

    def renew(self) -> None:
        """Accept that the file is another one, or none, by now; until then it is `lost`."""
        self.close()
        self._identity = None

    def set_aside(self) -> Path:
        """Move a file that is no database out of the way of a new one; returns where it is now."""
        self.renew()
        with self._lock, storage_errors(self.path):
            aside = self.path.rename(unused(self.path, "damaged"))
            for suffix in ("-wal", "-shm"):
                # Left behind, they would be taken for the new file's.
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        return aside

    def _open(self) -> sqlite3.Connection:
        if self._identity not in (None, _identity(self.path)):
            self.close()
            message = f"{self.path} was removed or replaced while it was in use"
            raise StorageError(message, "lost", "database removed")
        if self._connection is None:
            with storage_errors(self.path):
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
            connection = sqlite3.connect(
                self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection, self._identity = connection, _identity(self.path)
        return self._connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > len(self._migrations):
            raise StorageError(
                f"{self.path} was written by a newer version of chatter-tui; update to open it",
                "newer",
            )
        connection.execute("PRAGMA auto_vacuum = FULL")  # counts for a new file only
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        for number, script in enumerate(self._migrations[version:], version + 1):
            connection.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            # Of all its errors, only damaged files raise the base class itself.
            if type(error) is sqlite3.DatabaseError:
                message = f"{self.path} is damaged: {error}"
                raise StorageError(message, "damaged", "database damaged") from error
            full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
            reason = "disk full" if full else str(error)
            raise StorageError(f"{self.path}: {error}", reason=reason) from error


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
