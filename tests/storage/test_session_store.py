"""A session's records on disk: what is kept is found again, whole or not at all."""

import errno
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from chatter_tui.authority import DeadSpan, Owner, RejectCode, Role
from chatter_tui.blocks import Block
from chatter_tui.replica import Replica
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
    Requeued,
    Update,
)
from chatter_tui.storage import StorageError
from chatter_tui.storage.atomic import replace_file
from chatter_tui.storage.database import Database
from chatter_tui.storage.schema import MIGRATIONS
from chatter_tui.storage.session_folder import SessionFolder
from chatter_tui.storage.session_store import SessionStore

SESSION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"
TOKEN = Token("tokenid1", b"s" * 16, Role.VIEWER, 1.5, 3, "for bo")


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionFolder(tmp_path).session(SESSION)


def block(id_: str) -> Block:
    return Block.of({"id": id_, "type": "comment", "content": f"text of {id_}"}).canonical()


def updates(count: int) -> list[bytes]:
    replica = Replica(7)
    return [replica.add([block(f"b{number}")]).update for number in range(count)]


def ids(state: bytes) -> set[str]:
    return set(Replica(0, state).blocks)


def test_nothing_is_made_before_the_first_record(store: SessionStore, tmp_path: Path) -> None:
    assert not store.exists
    with pytest.raises(StorageError, match="no session") as raised:
        store.load()
    assert raised.value.code == "not-found"
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_its_owners_alone_and_not_version_controls(
    store: SessionStore, tmp_path: Path
) -> None:
    store.rewrite([], b"\0\0")
    folder = tmp_path / ".chattermatter"
    assert (folder / ".gitignore").read_text() == "*\n"
    for path in (folder, folder / "sessions"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    files = list((folder / "sessions").iterdir())
    assert {path.suffix for path in files} >= {".db", ".crdt"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_every_record_is_found_again(tmp_path: Path) -> None:
    dead = DeadSpan(5, 3, 9, "b1", RejectCode.NOT_YOURS)
    bo = Enrolled("p1", "bo", Role.REVIEWER, "blue", b"r" * 16, removed=False)
    cy = Enrolled("p2", "cy", Role.VIEWER, "red", b"q" * 16, removed=False)
    records: list[Record] = [
        *map(Update, updates(3)),
        Ledgered((Owner(5, "p1"), dead)),
        Queued(1, b"one"),
        Queued(2, b"two"),
        Queued(3, b"three"),
        Answered(1),
        bo,
        cy,
        Enrolled("p1", "bo", Role.MODERATOR, "blue", b"r" * 16, removed=True),
        Issued(TOKEN),
        Issued(TOKEN.used()),
        Noted({"kind": "master", "x": "1"}),
        Noted({"x": "2"}),
        Happened("add", "p1", "bo", "b1", "text"),
    ]
    SessionFolder(tmp_path).session(SESSION).commit(records)
    again = SessionFolder(tmp_path).session(SESSION)
    stored = again.load()
    assert ids(stored.state) == {"b0", "b1", "b2"}
    assert stored.ledger == (Owner(5, "p1"), dead)
    assert stored.pending == (b"two", b"three")
    assert [(m.name, m.role, m.removed) for m in stored.members] == [
        ("bo", Role.MODERATOR, True),
        ("cy", Role.VIEWER, False),
    ]
    assert stored.tokens == (TOKEN.used(),)
    assert stored.notes == {"kind": "master", "x": "2"}
    assert [entry.happened for entry in again.history()] == [records[-1]]
    again.commit([Requeued((Queued(1, b"three"),))])
    assert again.load().pending == (b"three",)


def test_keeping_everything_twice_changes_nothing(store: SessionStore) -> None:
    records: list[Record] = [
        *map(Update, updates(2)),
        Ledgered((Owner(5, "p1"), DeadSpan(5, 3, 9, "b1", RejectCode.NOT_YOURS))),
        Issued(TOKEN),
        Noted({"kind": "master"}),
    ]
    store.commit(records)
    before = store.load()
    store.commit(records)
    after = store.load()
    assert ids(after.state) == ids(before.state)
    assert (after.ledger, after.tokens, after.notes) == (
        before.ledger,
        before.tokens,
        before.notes,
    )


def test_of_records_that_cannot_all_be_kept_none_is(store: SessionStore) -> None:
    store.commit([Noted({"x": "1"})])
    broken = Queued(1, None)  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="NOT NULL"):
        store.commit([Noted({"x": "2"}), broken])
    assert store.load().notes == {"x": "1"}
    store.commit([Noted({"x": "3"})])
    assert store.load().notes == {"x": "3"}


def test_a_snapshot_takes_the_place_of_the_updates_it_holds(store: SessionStore) -> None:
    made = updates(5)
    store.commit(map(Update, made[:3]))
    store.snapshot(store.load().state)
    assert rows(store, "updates") == 0
    store.commit(map(Update, made[3:]))
    assert rows(store, "updates") == 2
    assert ids(store.load().state) == {f"b{number}" for number in range(5)}


def rows(store: SessionStore, table: str) -> int:
    with sqlite3.connect(database(store)) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return int(count)


def database(store: SessionStore) -> Path:
    return store.folder.sessions / f"{SESSION}.db"


class StopError(Exception):
    """The moment of death."""


@pytest.mark.parametrize("at", range(4))
def test_a_snapshot_that_stops_anywhere_loses_nothing(
    store: SessionStore, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chatter_tui.storage import session_store as module

    made = updates(6)
    store.rewrite([], Replica(0).state())
    store.commit(map(Update, made[:2]))
    store.snapshot(store.load().state)
    store.commit(map(Update, made[2:]))
    state = store.load().state

    def stop(*arguments: object, **_: object) -> None:
        raise StopError

    def replace_and_stop(path: Path, data: bytes, *, mode: int) -> None:
        replace_file(path, data, mode=mode)
        raise StopError

    patches: list[Callable[[], None]] = [
        lambda: monkeypatch.setattr(module, "_digests", stop),
        lambda: monkeypatch.setattr(module, "replace_file", stop),
        lambda: monkeypatch.setattr(module, "replace_file", replace_and_stop),
        lambda: None,
    ]
    patches[at]()
    if at < 3:
        with pytest.raises(StopError):
            store.snapshot(state)
    else:
        store.snapshot(state)
    monkeypatch.undo()
    again = SessionFolder(store.folder.directory).session(SESSION)
    assert ids(again.load().state) == {f"b{number}" for number in range(6)}
    again.snapshot(again.load().state)
    assert ids(again.load().state) == {f"b{number}" for number in range(6)}


def test_snapshots_that_fail_again_and_again_leave_the_one_that_is_there(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chatter_tui.storage import session_store as module

    made = updates(4)
    store.rewrite([], Replica(0, made[0]).state())
    with monkeypatch.context() as patch:
        patch.setattr(module, "replace_file", raising(OSError(errno.ENOSPC, "full")))
        for number in range(1, 4):
            store.commit([Update(made[number])])
            with pytest.raises(StorageError, match="full"):
                store.snapshot(store.load().state)
    store.close()
    again = SessionFolder(store.folder.directory).session(SESSION)
    assert ids(again.load().state) == {f"b{number}" for number in range(4)}


def raising(error: Exception) -> Callable[..., None]:
    def call(*_: object, **__: object) -> None:
        raise error

    return call


@pytest.mark.parametrize("damage", [b"", b"\xff" * 100, None])
def test_a_damaged_snapshot_is_never_read(store: SessionStore, damage: bytes | None) -> None:
    store.rewrite(map(Update, updates(3)), b"\0\0")
    path = store.folder.sessions / f"{SESSION}.crdt"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    with pytest.raises(StorageError, match="missing or damaged"):
        store.load()


def test_a_newer_version_is_refused_in_one_line(store: SessionStore) -> None:
    store.commit([Noted({"x": "1"})])
    store.close()
    with sqlite3.connect(database(store)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    for use in (store.load, lambda: store.commit([Noted({"x": "2"})])):
        with pytest.raises(StorageError, match="newer version"):
            use()


def test_an_older_version_is_migrated_forward_and_keeps_what_it_has(tmp_path: Path) -> None:
    first = "CREATE TABLE deeds (id INTEGER PRIMARY KEY)"
    second = "ALTER TABLE deeds ADD COLUMN note TEXT NOT NULL DEFAULT 'none'"
    broken = "CREATE TABLE more (id INTEGER); INSERT INTO nowhere VALUES (1)"
    path = tmp_path / "x.db"
    old = Database(path, [first])
    with old.transaction() as cursor:
        cursor.execute("INSERT INTO deeds VALUES (7)")
    old.close()
    failing = Database(path, [first, broken])
    with pytest.raises(StorageError, match="nowhere"), failing.transaction():
        pass
    failing.close()
    for _ in range(2):
        new = Database(path, [first, second])
        with new.transaction() as cursor:
            assert cursor.execute("SELECT * FROM deeds").fetchall() == [(7, "none")]
            tables = cursor.execute("SELECT name FROM sqlite_schema").fetchall()
            assert tables == [("deeds",)]  # a migration that fails leaves nothing behind
        new.close()
    with pytest.raises(StorageError, match="newer") as raised, old.transaction():
        pass
    assert raised.value.code == "newer"


def test_bytes_that_are_no_database_are_set_aside_not_overwritten(store: SessionStore) -> None:
    store.rewrite([Noted({"x": "1"})], b"\0\0")
    store.close()
    path = database(store)
    garbage = b"garbage" * 5000
    path.write_bytes(garbage)
    with pytest.raises(StorageError, match="damaged"):
        store.load()
    store.rewrite([Noted({"x": "2"})], b"\0\0")
    assert store.load().notes["x"] == "2"
    assert path.with_name(f"{path.name}.damaged-1").read_bytes() == garbage


def test_of_a_damaged_snapshot_the_database_is_left(store: SessionStore) -> None:
    store.rewrite([*map(Update, updates(3)), Queued(1, b"mine"), Noted({"x": "1"})], b"\0\0")
    path = store.folder.sessions / f"{SESSION}.crdt"
    path.write_bytes(b"damage")
    assert store.set_aside()
    assert path.with_name(f"{path.name}.damaged-1").read_bytes() == b"damage"
    stored = store.load()
    assert (stored.pending, stored.notes["x"]) == ((b"mine",), "1")
    assert ids(stored.state) == set()


def test_of_a_damaged_database_nothing_is_left(store: SessionStore) -> None:
    store.rewrite([Noted({"x": "1"})], b"\0\0")
    store.close()
    database(store).write_bytes(b"damage" * 1000)
    assert not store.set_aside()
    assert not store.exists


def test_a_truncated_database_is_reported(store: SessionStore) -> None:
    store.rewrite([*map(Update, updates(400)), Noted({"x": "1"})], b"\0\0")
    store.commit(map(Update, updates(400)))
    store.close()
    path = database(store)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 // 4096 * 4096])
    with pytest.raises(StorageError, match="damaged"):
        store.load()


def test_a_database_that_is_deleted_while_in_use_is_noticed_and_made_anew(
    store: SessionStore,
) -> None:
    store.rewrite([Noted({"x": "1"})], b"\0\0")
    database(store).unlink()
    with pytest.raises(StorageError, match="removed"):
        store.commit([Noted({"x": "2"})])
    store.rewrite([Noted({"x": "3"})], b"\0\0")
    assert SessionFolder(store.folder.directory).session(SESSION).load().notes["x"] == "3"


def test_removing_a_session_leaves_no_file_of_it(store: SessionStore) -> None:
    store.rewrite([Noted({"x": "1"})], b"\0\0")
    other = store.folder.session("01JAAAAAAAAAAAAAAAAAAAAAAA")
    other.commit([Noted({})])
    assert [found.session for found in store.folder.all()] == [SESSION, other.session]
    store.remove()
    assert [found.session for found in store.folder.all()] == [other.session]
    assert not list(store.folder.sessions.glob(f"{SESSION}*"))
