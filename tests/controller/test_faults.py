"""Every write of a session fails once, or for a while: the session goes on and loses nothing."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from chatter_tui.controller import keeping, saving
from chatter_tui.controller.commands import Add, Command, Delete, GetStatus, Quit
from chatter_tui.controller.events import (
    Acknowledged,
    Ended,
    Event,
    Ready,
    SaveState,
    StatusAnswer,
    Synced,
)
from chatter_tui.controller.host import HostSession
from chatter_tui.controller.join import JoinSession, Reaching
from chatter_tui.controller.listening import Listening
from chatter_tui.replica import Replica
from chatter_tui.session.invites import Address, Invite
from chatter_tui.storage import ReviewFiles, StorageError
from chatter_tui.storage.database import Database
from chatter_tui.storage.session_folder import SessionFolder

SESSION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"


class Disk:
    """Counts writes below a folder, and fails those from the `first` on, `count` of them."""

    def __init__(self, folder: Path, first: int = 10**9, count: int = 0) -> None:
        self.folder = folder
        self.first, self.last = first, first + count
        self.writes = 0
        self.failed = 0

    def write(self, where: object) -> None:
        path = Path(f"/proc/self/fd/{where}").readlink() if isinstance(where, int) else where
        if not isinstance(path, Path) or not path.is_relative_to(self.folder):
            return
        self.writes += 1
        if self.first < self.writes <= self.last:
            self.failed += 1
            raise OSError(errno.ENOSPC, "No space left on device")

    def install(self, patch: pytest.MonkeyPatch) -> None:
        def guarded(function: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **options: object) -> object:
                self.write(arguments[0])
                return function(*arguments, **options)

            return call

        patch.setattr(os, "fsync", guarded(os.fsync))
        for name in ("replace", "hardlink_to", "write_text", "mkdir"):
            patch.setattr(Path, name, guarded(getattr(Path, name)))
        transaction = Database.transaction

        @contextmanager
        def full(database: Database) -> Iterator[object]:
            with transaction(database) as cursor:
                yield cursor
                try:
                    self.write(database.path)
                except OSError as error:
                    raise StorageError("database or disk is full") from error

        patch.setattr(Database, "transaction", full)


class Run:
    """A lone review, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.events: list[Event] = []
        self.news = asyncio.Event()
        self.commands: asyncio.Queue[Command] = asyncio.Queue()

    def tell(self, event: Event) -> None:
        self.events.append(event)
        self.news.set()

    async def until(self, found: Callable[[Event], bool]) -> None:
        async with asyncio.timeout(20):
            while not any(map(found, self.events)):
                self.news.clear()
                await self.news.wait()

    async def saved(self) -> None:
        """Wait until everything is on disk."""
        async with asyncio.timeout(20):
            while True:
                ref = object()
                self.commands.put_nowait(GetStatus(ref))
                answers: list[StatusAnswer] = []
                while not answers:
                    self.news.clear()
                    await self.news.wait()
                    found = (event for event in self.events if isinstance(event, StatusAnswer))
                    answers = [answer for answer in found if answer.ref is ref]
                if answers[0].status.saved:
                    return

    async def review(self) -> None:
        session = HostSession(SESSION, self.folder / "plan.md", "ana", None)
        task = asyncio.create_task(session.run(self.commands, self.tell))
        for number in range(3):
            self.commands.put_nowait(Add({"id": f"b{number}", "content": "text"}))
            await self.until(lambda e, n=number: e == Acknowledged(f"b{n}"))  # type: ignore[misc]
            await asyncio.sleep(0.01)  # so that some of it is saved in between
        self.commands.put_nowait(Delete("b1"))
        await self.saved()
        self.commands.put_nowait(Quit())
        await task

    async def take_part(self, invite: str) -> None:
        """The same as a client, whose host's disk is sound."""
        reaching = Reaching("websocket")
        session = JoinSession(Invite.parse(invite), "bo", self.folder, reaching)
        task = asyncio.create_task(session.run(self.commands, self.tell))
        await self.until(lambda event: isinstance(event, Synced))
        for number in range(3):
            self.commands.put_nowait(Add({"id": f"b{number}", "content": "text"}))
            await self.until(lambda e, n=number: e == Acknowledged(f"b{n}"))  # type: ignore[misc]
            await asyncio.sleep(0.01)
        self.commands.put_nowait(Delete("b1"))
        await self.until(lambda _: self.events.count(Acknowledged("b1")) == 2)
        await self.saved()
        self.commands.put_nowait(Quit())
        await task


@asynccontextmanager
async def hosting(folder: Path) -> AsyncIterator[str]:
    """A host with a sound disk; the invite to it."""
    folder.mkdir()
    (folder / "plan.md").write_text("# Plan\n")
    run = Run(folder)
    where = Listening((Address("127.0.0.1", 0),), folder / "certificate.pem")
    session = HostSession(SESSION, folder / "plan.md", "ana", where)
    task = asyncio.create_task(session.run(run.commands, run.tell))
    await run.until(lambda event: isinstance(event, Ready))
    (ready,) = (event for event in run.events if isinstance(event, Ready))
    assert ready.invite
    yield ready.invite
    run.commands.put_nowait(Quit())
    await task


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "plan.md").write_text("# Plan\n")
    monkeypatch.setattr(saving, "_DELAY", 0.0)
    monkeypatch.setattr(saving, "_REST", 0.0)
    monkeypatch.setattr(saving, "_RETRY", 0.0)
    monkeypatch.setattr(keeping, "_RETRY", 0.0)
    return tmp_path


def ids(folder: Path) -> set[str]:
    return {block.id for block in ReviewFiles.open(folder / "plan.md").blocks}


async def test_nothing_is_told_of_a_disk_that_works(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, run = Disk(folder), Run(folder)
    disk.install(monkeypatch)
    await run.review()
    assert not any(isinstance(event, SaveState) for event in run.events)
    assert ids(folder) == {"b0", "b2"}
    assert disk.writes > 15
    assert SessionFolder(folder).all() == []  # a lone review leaves its files only


@pytest.mark.parametrize("count", [1, 9])
@pytest.mark.parametrize("first", range(24))
async def test_a_disk_that_fails_somewhere_loses_nothing(
    folder: Path, first: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, run = Disk(folder, first, count), Run(folder)
    disk.install(monkeypatch)
    await run.review()
    assert isinstance(run.events[-1], Ended)
    assert run.events[-1].code == ""
    assert ids(folder) == {"b0", "b2"}
    assert disk.failed
    states = [event.saved for event in run.events if isinstance(event, SaveState)]
    assert not states or states[0] is False
    assert not list(folder.glob(".*.tmp"))


@pytest.mark.parametrize("count", [1, 9])
@pytest.mark.parametrize("first", range(0, 36, 3))
async def test_a_clients_disk_that_fails_somewhere_loses_nothing(
    folder: Path, first: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = folder / "bo"
    mine.mkdir()
    async with hosting(folder / "ana") as invite:
        disk, run = Disk(mine, first, count), Run(mine)
        disk.install(monkeypatch)
        await run.take_part(invite)
        monkeypatch.undo()
    assert isinstance(run.events[-1], Ended)
    assert run.events[-1].code == ""
    assert disk.failed
    assert ids(mine) == {"b0", "b2"}
    assert (mine / "plan.md").read_text() == "# Plan\n"
    store = SessionFolder(mine).session(SESSION)
    assert Replica(0, store.load().state).blocks.keys() == {"b0", "b2"}
    store.close()
    assert not list(mine.glob(".*.tmp"))


async def test_a_disk_that_fails_to_the_end_leaves_what_was_valid(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar = folder / "plan.md.chatter"
    sidecar.write_text('```chattermatter\n{"id":"old","type":"comment","content":"x"}\n```\n')
    before = sidecar.read_bytes()
    disk, run = Disk(folder, 0, 10**9), Run(folder)
    disk.install(monkeypatch)
    session = HostSession(SESSION, folder / "plan.md", "ana", None)
    run.commands.put_nowait(Add({"id": "new", "content": "text"}))
    run.commands.put_nowait(GetStatus(ref=1))
    task = asyncio.create_task(session.run(run.commands, run.tell))
    await run.until(lambda event: event == Acknowledged("new"))
    await run.until(lambda event: isinstance(event, SaveState) and not event.saved)
    run.commands.put_nowait(Quit())
    await task
    assert sidecar.read_bytes() == before
    assert isinstance(run.events[-1], Ended)


async def test_a_sidecar_deleted_underneath_is_written_again(folder: Path) -> None:
    run = Run(folder)
    session = HostSession(SESSION, folder / "plan.md", "ana", None)
    task = asyncio.create_task(session.run(run.commands, run.tell))
    run.commands.put_nowait(Add({"id": "one", "content": "text"}))
    await run.until(lambda event: event == Acknowledged("one"))
    await run.saved()
    (folder / "plan.md.chatter").unlink()
    for path in (folder / ".chattermatter").rglob("*.*"):
        path.unlink(missing_ok=True)
    run.commands.put_nowait(Add({"id": "two", "content": "text"}))
    await run.until(lambda event: event == Acknowledged("two"))
    await run.saved()
    run.commands.put_nowait(Quit())
    await task
    assert ids(folder) >= {"two"}
