"""A session's store: records in a database, and a snapshot from time to time.

The snapshot `<session>.crdt` is one Yjs update that any Yjs tool can read. The database holds the
updates since, and everything that is not part of the Yjs document.
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import TYPE_CHECKING

from chatter_tui.authority import DeadSpan, Entry, Owner, RejectCode, Role
from chatter_tui.blocks import timestamp_of
from chatter_tui.replica.replica import merged
from chatter_tui.session.invites import Token
from chatter_tui.session.records import (
    Answered,
    Enrolled,
    Happened,
    Issued,
    Ledgered,
    Noted,
    Queued,
    Record,
    Replaced,
    Requeued,
    Update,
)
from chatter_tui.storage.atomic import read_file, replace_file, unused
from chatter_tui.storage.database import Database
from chatter_tui.storage.errors import StorageError, storage_errors
from chatter_tui.storage.schema import MIGRATIONS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from chatter_tui.storage.session_folder import SessionFolder

_NOTHING = b"\0\0"  # an empty Yjs update
_DIGESTS = "snapshot digests"
_FILES = "files digest"
_ROWS = 100  # rows per statement


@dataclass(frozen=True, slots=True)
class Stored:
    """A session as stored.

    `state` is the confirmed state as one Yjs update. `pending` are a client's own unanswered
    updates, oldest first.
    """

    notes: Mapping[str, str]
    state: bytes
    pending: tuple[bytes, ...]
    ledger: tuple[Entry, ...]
    members: tuple[Enrolled, ...]
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """An entry of the history with its time (Unix time)."""

    at: float
    happened: Happened

    def fields(self) -> dict[str, str]:
        """Return it as JSON fields, with the time in ISO 8601."""
        at = timestamp_of(datetime.fromtimestamp(self.at, UTC))
        return {"at": at, **asdict(self.happened)}


class SessionStore:
    """The files of one session in `folder`, created with the first record."""

    def __init__(self, folder: SessionFolder, session: str) -> None:
        self.folder = folder
        self.session = session
        self._database = Database(folder.sessions / f"{session}.db", MIGRATIONS)
        self._snapshot_path = folder.sessions / f"{session}.crdt"

    @property
    def exists(self) -> bool:
        """Whether anything of the session is on disk."""
        return self._database.path.exists()

    @property
    def used(self) -> float:
        """When something was last stored (Unix time); 0 if nothing is."""
        files = self.folder.sessions.glob(f"{self.session}.*")
        return max((path.stat().st_mtime for path in files if path.exists()), default=0.0)

    # -- writing -------------------------------------------------------------------------------

    def commit(self, records: Iterable[Record]) -> None:
        """Store all records or none. They are on disk when this returns.

        Raises:
            StorageError: They cannot be stored.
        """
        self.folder.make()
        now = time.time()
        kept = [*records]
        deeds = [(now, *astuple(each)) for each in kept if isinstance(each, Happened)]
        others = (each for each in kept if not isinstance(each, Happened))
        with self._database.transaction() as cursor:
            for kind, alike in groupby(others, type):
                if kind is Update:
                    data = ((each.data,) for each in alike if isinstance(each, Update))
                    _insert(cursor, "updates (data)", [row for row in data if row != (_NOTHING,)])
                else:
                    for record in alike:
                        _keep(cursor, record)
            _insert(cursor, "history (at, deed, peer, name, block, detail)", deeds)

    def snapshot(self, state: bytes) -> None:
        """Store the whole state in place of the updates, all of which it contains.

        Raises:
            StorageError: It cannot be stored; what was there before is kept.
        """
        digest = hashlib.sha256(state).hexdigest()
        with storage_errors(self._snapshot_path):
            before = hashlib.sha256(read_file(self._snapshot_path) or b"").hexdigest()
        # Both files are valid between the two transactions. After a failure it is unknown which of
        # them is on disk, so that is looked up.
        with self._database.transaction() as cursor:
            (last,) = cursor.execute("SELECT coalesce(max(id), 0) FROM updates").fetchone()
            known = [before] if before in _digests(cursor) else []
            _note(cursor, {_DIGESTS: json.dumps([*known, digest])})
        with storage_errors(self._snapshot_path):
            replace_file(self._snapshot_path, state, mode=0o600)
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM updates WHERE id <= ?", (last,))
            _note(cursor, {_DIGESTS: json.dumps([digest])})

    def rewrite(self, records: Iterable[Record], state: bytes) -> None:
        """Store the whole session again, at its beginning or when what is on disk was lost.

        Raises:
            StorageError: It cannot be stored.
        """
        new = not self.exists
        if (
            new
        ):  # nothing refers to the snapshot yet, so that it can be written first, and only once
            self.folder.make()
            with storage_errors(self._snapshot_path):
                replace_file(self._snapshot_path, state, mode=0o600)
            digests = json.dumps([hashlib.sha256(state).hexdigest()])
            kept: Sequence[Record] = (*records, Noted({_DIGESTS: digests}))
        else:
            kept = (*records, Update(state))
        try:
            self.commit(kept)
        except StorageError as error:
            if error.code == "damaged":
                self._database.set_aside()
            elif error.code == "lost":
                self._database.renew()
            else:
                raise
            self.commit(kept)
        if not new:
            self.snapshot(state)

    def set_aside(self) -> bool:
        """Move a damaged database out of the way, or a damaged snapshot if the database is sound.

        Return whether the database is sound, so that everything but the state can still be read.

        Raises:
            StorageError: The files cannot be moved.
        """
        try:
            self.load(state=False)
        except StorageError as error:
            if error.code != "damaged":
                raise
            self._database.set_aside()
            return False
        with storage_errors(self._snapshot_path):
            if self._snapshot_path.exists():
                self._snapshot_path.rename(unused(self._snapshot_path, "damaged"))
        with self._database.transaction() as cursor:
            cursor.execute("DELETE FROM updates")  # they build on the lost snapshot
            _note(cursor, {_DIGESTS: "[]"})
        return True

    def close(self) -> None:
        """Close the files."""
        self._database.close()

    def remove(self) -> None:
        """Delete the whole session."""
        self._database.renew()
        for path in self.folder.sessions.glob(f"{self.session}.*"):
            with storage_errors(path):
                path.unlink(missing_ok=True)

    # -- reading -------------------------------------------------------------------------------

    def load(self, *, state: bool = True) -> Stored:
        """Load the session; without `state`, only what does not need the snapshot.

        Raises:
            StorageError: There is no session, or it cannot be read.
        """
        self._require()
        with self._database.transaction() as cursor:
            notes = _notes(cursor)
            digests = _digests(cursor)
            updates = [data for (data,) in cursor.execute("SELECT data FROM updates ORDER BY id")]
            pending = [data for (data,) in cursor.execute("SELECT data FROM pending ORDER BY seq")]
            ledger = tuple(_ledger(cursor))
            members = tuple(_members(cursor))
            tokens = tuple(_tokens(cursor))
        kept = self._read_snapshot(digests) if state else _NOTHING
        whole = merged(kept, updates) if state and updates else kept
        return Stored(notes, whole, tuple(pending), ledger, members, tokens)

    def notes(self) -> Mapping[str, str]:
        """Return the stored facts by name.

        Raises:
            StorageError: There is no session, or it cannot be read.
        """
        self._require()
        with self._database.transaction() as cursor:
            return _notes(cursor)

    def history(self) -> list[HistoryEntry]:
        """Return the history, oldest first.

        Raises:
            StorageError: There is no session, or it cannot be read.
        """
        self._require()
        with self._database.transaction() as cursor:
            rows = cursor.execute(
                "SELECT at, deed, peer, name, block, detail FROM history ORDER BY id"
            )
            return [HistoryEntry(at, Happened(*rest)) for at, *rest in rows]

    def _require(self) -> None:
        if not self.exists:
            raise StorageError(f"there is no session {self.session} here", "not-found")

    def _read_snapshot(self, digests: Sequence[str]) -> bytes:
        if not digests:
            return _NOTHING
        with storage_errors(self._snapshot_path):
            data = read_file(self._snapshot_path)
        if data is None or hashlib.sha256(data).hexdigest() not in digests:
            # Native code parses it, so it must be what was written here.
            raise StorageError(f"{self._snapshot_path} is missing or damaged", "damaged")
        return data

    # -- the review's files ------------------------------------------------------------------------

    def filing(self, blocks: Iterable[tuple[str, str]]) -> None:
        """Record what the review's files may soon contain: ids, and JSON or "" for no block.

        Raises:
            StorageError: It cannot be recorded.
        """
        self.folder.make()
        with self._database.transaction() as cursor:
            cursor.executemany("INSERT OR IGNORE INTO filed VALUES (?, ?)", blocks)

    def filed(self, blocks: Mapping[str, str], digest: str) -> None:
        """Record that `blocks` are written: the files contain no other form of them.

        `digest`, if not empty, identifies files in which this holds for all blocks.

        Raises:
            StorageError: It cannot be recorded.
        """
        self.folder.make()
        with self._database.transaction() as cursor:
            _note(cursor, {_FILES: digest})
            cursor.executemany("INSERT OR IGNORE INTO filed VALUES (?, ?)", list(blocks.items()))
            cursor.executemany(
                "DELETE FROM filed WHERE block = ? AND text <> ?", list(blocks.items())
            )
            cursor.execute("DELETE FROM filed WHERE text = ''")

    def files(self) -> tuple[dict[str, list[str]], str]:
        """Return the forms that each block may have in the files without an external edit.

        The second value is the digest of files known to contain nothing else, or "".

        Raises:
            StorageError: It cannot be read.
        """
        found: dict[str, list[str]] = {}
        with self._database.transaction() as cursor:
            for id_, text in cursor.execute("SELECT block, text FROM filed"):
                found.setdefault(id_, []).append(text)
            return found, _notes(cursor).get(_FILES, "")


def _insert(cursor: sqlite3.Cursor, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, many per statement: after each, this thread waits for the session's thread."""
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        row = f"({', '.join('?' * len(part[0]))})"
        values = ", ".join([row] * len(part))
        cursor.execute(f"INSERT INTO {table} VALUES {values}", [*chain(*part)])  # noqa: S608 - no input


def _keep(cursor: sqlite3.Cursor, record: Record) -> None:
    match record:
        case Replaced(state):
            cursor.execute("DELETE FROM updates")
            _note(cursor, {_DIGESTS: "[]"})  # which makes any existing snapshot void
            cursor.execute("INSERT INTO updates (data) VALUES (?)", (state,))
        case Queued(seq, data):
            cursor.execute("INSERT OR REPLACE INTO pending VALUES (?, ?)", (seq, data))
        case Answered(seq):
            cursor.execute("DELETE FROM pending WHERE seq = ?", (seq,))
        case Requeued(updates):
            cursor.execute("DELETE FROM pending")
            rows = [(queued.seq, queued.data) for queued in updates]
            cursor.executemany("INSERT INTO pending VALUES (?, ?)", rows)
        case Noted(values):
            _note(cursor, values)
        case Ledgered(entries):
            for entry in entries:
                _keep_entry(cursor, entry)
        case Enrolled(peer, name, role, color, resume, removed, token):
            cursor.execute(
                # An upsert keeps the row's position; replacing would move it to the end.
                "INSERT INTO members VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (peer) DO UPDATE"
                " SET name = ?2, role = ?3, color = ?4, resume = ?5, removed = ?6, token = ?7",
                (peer, name, role, color, resume, removed, token),
            )
        case Issued(token):
            cursor.execute(
                "INSERT INTO tokens VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE"
                " SET expires = ?4, uses_left = ?5, label = ?6, revoked = ?7",
                (
                    token.id,
                    token.secret,
                    token.role,
                    token.expires,
                    token.uses_left,
                    token.label,
                    token.revoked,
                ),
            )


def _keep_entry(cursor: sqlite3.Cursor, entry: Entry) -> None:
    if isinstance(entry, Owner):
        cursor.execute("INSERT OR IGNORE INTO owners VALUES (?, ?)", entry)
    else:
        cursor.execute("INSERT OR IGNORE INTO dead VALUES (?, ?, ?, ?, ?)", entry)


def _note(cursor: sqlite3.Cursor, values: Mapping[str, str]) -> None:
    cursor.executemany("INSERT OR REPLACE INTO notes VALUES (?, ?)", list(values.items()))


def _notes(cursor: sqlite3.Cursor) -> dict[str, str]:
    return dict(cursor.execute("SELECT name, value FROM notes").fetchall())


def _digests(cursor: sqlite3.Cursor) -> list[str]:
    return [str(digest) for digest in json.loads(_notes(cursor).get(_DIGESTS, "[]"))]


def _ledger(cursor: sqlite3.Cursor) -> Iterable[Entry]:
    for client, peer in cursor.execute("SELECT client, peer FROM owners ORDER BY rowid"):
        yield Owner(client, peer)
    columns = "SELECT client, first, beyond, block, code FROM dead ORDER BY client, first"
    for client, first, beyond, block, code in cursor.execute(columns):
        yield DeadSpan(client, first, beyond, block, RejectCode(code))


def _members(cursor: sqlite3.Cursor) -> Iterable[Enrolled]:
    columns = "SELECT peer, name, role, color, resume, removed, token FROM members ORDER BY rowid"
    for peer, name, role, color, resume, removed, token in cursor.execute(columns):
        yield Enrolled(peer, name, Role(role), color, resume, bool(removed), token)


def _tokens(cursor: sqlite3.Cursor) -> Iterable[Token]:
    columns = (
        "SELECT id, secret, role, expires, uses_left, label, revoked FROM tokens ORDER BY rowid"
    )
    for id_, secret, role, expires, uses_left, label, revoked in cursor.execute(columns):
        yield Token(id_, secret, Role(role), expires, uses_left, label, bool(revoked))
