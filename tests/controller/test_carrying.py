"""Effects in order, and nothing leaves before what it depends on is on disk."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from chatter_tui.controller import keeping
from chatter_tui.controller.carrying import Act, Carrier, KeepAll, Say
from chatter_tui.controller.events import Event, Failed, SaveState
from chatter_tui.controller.keeping import Keeper
from chatter_tui.controller.saving import SaveReport
from chatter_tui.replica.replica import NOTHING
from chatter_tui.session.effects import Effect, Send, Store
from chatter_tui.session.records import Happened, Noted, Queued, Record, Update
from chatter_tui.storage import StorageError
from chatter_tui.storage.session_folder import SessionFolder
from chatter_tui.storage.session_store import SessionStore

SESSION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"


@pytest.fixture
def store(tmp_path: Path) -> SessionStore:
    return SessionFolder(tmp_path).session(SESSION)


class Witness:
    """Looks, whenever something leaves, at what another process would find on disk."""

    def __init__(self, store: SessionStore) -> None:
        self.store = store
        self.acts: list[object] = []
        self.on_disk: list[tuple[bytes, ...]] = []

    def act(self, item: Act) -> None:
        self.acts.append(item)
        other = SessionFolder(self.store.folder.directory).session(SESSION)
        self.on_disk.append(other.load().pending if other.exists else ())
        other.close()


async def test_what_is_sent_after_a_record_finds_it_on_disk(store: SessionStore) -> None:
    rng = random.Random(3)
    witness = Witness(store)
    carrier = Carrier(witness.act)
    run = asyncio.create_task(carrier.run(Keeper(store, SaveReport(lambda _: None))))
    expected: list[tuple[object, int]] = []
    kept = 0
    for number in range(120):
        effects: list[Effect] = []
        for _ in range(rng.randrange(4)):
            if rng.random() < 0.5:
                kept += 1
                effects.append(Store(Queued(kept, str(kept).encode())))
            else:
                send = Send(number, b"x")
                effects.append(send)
                expected.append((send, kept))
        carrier.take(effects)
        if rng.random() < 0.3:
            await asyncio.sleep(0)
        if rng.random() < 0.05:
            await carrier.idle()
    carrier.finish()
    await run
    store.close()
    assert witness.acts == [send for send, _ in expected]
    for (_, least), found in zip(expected, witness.on_disk, strict=True):
        assert found[:least] == tuple(str(number).encode() for number in range(1, least + 1))


async def test_what_comes_while_the_disk_is_busy_is_one_transaction(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    commit = SessionStore.commit

    def counted(self: SessionStore, records: Iterable[Record]) -> None:
        kept = list(records)
        commits.append(len(kept))
        commit(self, kept)

    monkeypatch.setattr(SessionStore, "commit", counted)
    carrier = Carrier(lambda _: None)
    run = asyncio.create_task(carrier.run(Keeper(store, SaveReport(lambda _: None))))
    carrier.take([Store(Queued(1, b"x"))])
    await asyncio.sleep(0)  # the first is on its way now
    for number in range(2, 102):
        carrier.take([Store(Queued(number, b"x"))])
    carrier.finish()
    await run
    assert commits == [1, 100]
    store.close()


async def test_a_disk_that_fails_is_told_once_and_the_rest_goes_on(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Event] = []
    acts: list[object] = []

    def full(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(SessionStore, "commit", full)
    keeper = Keeper(store, SaveReport(told.append))
    carrier = Carrier(acts.append)
    run = asyncio.create_task(carrier.run(keeper))
    for number in range(3):
        carrier.take([Store(Queued(number, b"x")), Send(number, b"y")])
        await carrier.idle()
    assert acts == [Send(number, b"y") for number in range(3)]
    problem = "the disk is full"
    assert told == [SaveState(saved=False, problem=problem, reason=problem)]
    assert not keeper.saved
    assert not keeper.wants_all()  # not at once again

    carrier.take([Store(Happened("add", "p", "bo", "b1"))])
    monkeypatch.undo()
    carrier.take([KeepAll([Noted({"x": "1"}), Queued(9, b"z")], b"\0\0")])
    await carrier.idle()
    assert told[1:] == [SaveState(saved=True)]
    assert keeper.saved
    assert store.load().pending == (b"z",)
    assert [entry.happened.block for entry in store.history()] == ["b1"]
    carrier.finish()
    await run
    store.close()


async def test_a_snapshot_holds_what_came_before_it_and_nothing_after(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def commit(_: SessionStore, records: Sequence[Record]) -> None:
        order.append(f"commit {len(list(records))}")

    monkeypatch.setattr(SessionStore, "commit", commit)
    monkeypatch.setattr(SessionStore, "snapshot", lambda *_: order.append("snapshot"))
    carrier = Carrier(lambda item: order.append(type(item).__name__))
    carrier.take([Store(Queued(1, b"")), Say(Failed("one")), KeepAll([], b"")])
    carrier.take([Store(Queued(2, b"")), Store(Queued(3, b"")), Say(Failed("two"))])
    carrier.finish()
    await carrier.run(Keeper(store, SaveReport(lambda _: None)))
    assert order == ["commit 1", "Say", "snapshot", "commit 2", "Say"]


async def test_whoever_causes_too_much_waits(store: SessionStore) -> None:
    carrier = Carrier(lambda _: None)
    await carrier.room()
    carrier.take([Send(1, b"x")] * 6000)
    waiting = asyncio.create_task(carrier.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    carrier.finish()
    await carrier.run(Keeper(store, SaveReport(lambda _: None)))
    await waiting


async def test_a_snapshot_waits_for_a_calm_moment_but_not_for_ever(
    store: SessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = Keeper(store, SaveReport(lambda _: None))
    now = 1000.0
    monkeypatch.setattr(keeping, "time", SimpleNamespace(monotonic=lambda: now))
    wanted = []
    for _ in range(30):
        await keeper.keep([Update(NOTHING)] * 200)
        wanted.append(keeper.wants_all())
    assert not any(wanted[:14])
    assert any(wanted)  # in the middle of it
    await keeper.keep([Update(NOTHING)] * 400)
    now += 5
    assert keeper.wants_all()
    assert not keeper.wants_all()  # once
    await keeper.keep([Update(NOTHING)] * 200)
    now += 5
    assert not keeper.wants_all()  # too few to be worth it
    store.close()
