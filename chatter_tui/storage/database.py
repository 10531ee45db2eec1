"""One SQLite file: created on first use, migrated, with every fault raised as `StorageError`."""

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

_PATIENCE: Final = 5.0  # seconds to wait while another process writes


class Database:
    """A SQLite file that threads may share; one uses it at a time.

    Args:
        path: The file, readable by its owner only.
        migrations: Scripts, each of which raises the schema's version by one.
    """

    def __init__(self, path: Path, migrations: Sequence[str]) -> None:
        self.path = path
        self._migrations = migrations
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        """Run the block as a transaction, which is on disk when the context exits.

        Raises:
            StorageError: The transaction failed; code `damaged` if the file is not a database.
        """
        with self._lock, self._errors():
            connection = self._open()
            cursor = connection.cursor()
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk may have caused a rollback already
                    cursor.execute("ROLLBACK")
                raise
            finally:
                cursor.close()

    def close(self) -> None:
        """Close the file. Later use reopens it, provided that it is still the same file."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection:
                with suppress(sqlite3.Error):  # everything committed is safe, whatever fails here
                    connection.close()

    def renew(self) -> None:
        """Accept that the file has been replaced or removed.

        Until then, using it fails as `lost`.
        """
        self.close()
        self._identity = None

    def set_aside(self) -> Path:
        """Move a file that is not a database out of the way, and return its new path."""
        self.renew()
        with self._lock, storage_errors(self.path):
            aside = self.path.rename(unused(self.path, "damaged"))
            for suffix in ("-wal", "-shm"):
                # A new database would take them for its own.
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
        connection.execute("PRAGMA auto_vacuum = FULL")  # takes effect in a new file only
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        for number, script in enumerate(self._migrations[version:], version + 1):
            connection.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            # SQLite raises the base class itself for damaged files only.
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
