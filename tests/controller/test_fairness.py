"""A peer that sends much is read no sooner than one that sends little."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from chatter_tui.blocks import Block
from chatter_tui.controller import carrying
from chatter_tui.controller.commands import Command, Quit
from chatter_tui.controller.host import HostSession
from chatter_tui.replica import Fork
from chatter_tui.session.authentication import Credentials
from chatter_tui.session.client import Client
from chatter_tui.session.effects import Send
from chatter_tui.session.messages import Ack, Ping, Pong, Side, Sync
from chatter_tui.session.phase import Phase
from chatter_tui.session.wire import decode, encode
from chatter_tui.storage.session_store import SessionStore
from chatter_tui.transport import ChannelClosed
from chatter_tui.transport.memory import MemoryChannel

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    import pytest

    from chatter_tui.session.records import Record

SESSION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"
BURST = 200


class Peer:
    """A client machine at one end of a channel in memory."""

    def __init__(self, session: HostSession, name: str, client_id: int) -> None:
        token = session._token
        self.client = Client(
            SESSION,
            Credentials(f"peer-{name}", name, token.id, token.secret),
            Fork(client_id),
            new_client_id=lambda: client_id + 1,
        )
        self.name = name
        self.channel, far = MemoryChannel.pair()
        self.serving = asyncio.create_task(session.serve(far))

    async def carry(self) -> None:
        for effect in self.client.effects():
            if isinstance(effect, Send):
                await self.channel.send(effect.data)

    async def take(self) -> bytes:
        data = await self.channel.receive()
        self.client.received(1, data, 0.0)
        await self.carry()
        return data

    async def join(self) -> None:
        self.client.opened(1, self.channel.binding, 0.0)
        await self.carry()
        while self.client.phase is not Phase.ONLINE:
            await self.take()

    def write(self, number: int) -> None:
        values = {"id": f"{self.name}-{number}", "type": "comment", "author": self.name}
        self.client.write(lambda replica: replica.add([Block.of(values | {"content": "text"})]))

    async def leave(self) -> None:
        await self.channel.close("done")
        await self.serving


@asynccontextmanager
async def hosting(folder: Path) -> AsyncIterator[HostSession]:
    """A session that runs until the test ends."""
    (folder / "plan.md").write_text("# Plan\n")
    commands: asyncio.Queue[Command] = asyncio.Queue()
    session = HostSession(SESSION, folder / "plan.md", "ana", None)
    running = asyncio.create_task(session.run(commands, lambda _: None))
    await session.ready.wait()
    yield session
    commands.put_nowait(Quit())
    with suppress(ChannelClosed):
        await running


async def drain(peer: Peer, count: int) -> None:
    """Read until a number of this client's changes have been answered."""
    while peer.client.pending > count:
        await peer.take()


async def test_whoever_sends_what_takes_long_is_read_after_a_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hosting(tmp_path) as session:
        loud = Peer(session, "loud", 1001)
        await loud.join()

        rested = asyncio.Event()
        sleep = asyncio.sleep

        async def rest(seconds: float) -> None:
            if seconds == 24.0:
                rested.set()
            else:
                await sleep(seconds)

        monkeypatch.setattr(asyncio, "sleep", rest)
        monkeypatch.setattr(time, "thread_time", itertools.count(0.0, 8.0).__next__)
        await loud.channel.send(encode(Ping(7)))
        async with asyncio.timeout(30):
            await rested.wait()
            while decode(await loud.take(), sender=Side.MASTER) != Pong(7):
                pass
        monkeypatch.undo()
        assert loud.client.phase is Phase.ONLINE

        await loud.leave()


async def test_nobody_is_read_further_than_the_disk_keeps_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hosting(tmp_path) as session:
        loud = Peer(session, "loud", 1001)
        await loud.join()
        await session._carrier.idle()

        monkeypatch.setattr(carrying, "_BACKLOG", 10)
        writes, commit = threading.Event(), SessionStore.commit

        def stall(self: SessionStore, records: Sequence[Record]) -> None:
            writes.wait(30)
            commit(self, records)

        monkeypatch.setattr(SessionStore, "commit", stall)
        for number in range(20):  # each is kept, acknowledged and told
            loud.write(number)
        await loud.carry()
        for _ in range(300):  # in which all of it would be read
            await asyncio.sleep(0)
        assert len(session.machine.blocks) < 10
        writes.set()
        async with asyncio.timeout(30):
            await drain(loud, 0)
        assert len(session.machine.blocks) == 20

        await loud.leave()


async def test_one_change_among_a_burst_is_answered_before_the_burst_is_through(
    tmp_path: Path,
) -> None:
    async with hosting(tmp_path) as session:
        loud, calm = Peer(session, "loud", 1001), Peer(session, "calm", 2001)
        await loud.join()
        await calm.join()

        for number in range(BURST):
            loud.write(number)
        calm.write(0)
        sending = asyncio.gather(loud.carry(), drain(loud, 0), calm.carry())
        before = 0  # of the burst, which calm heard of before it was answered
        async with asyncio.timeout(30):
            while not isinstance(message := decode(await calm.take(), sender=Side.MASTER), Ack):
                before += isinstance(message, Sync)
            await sending
            while len(calm.client.blocks) < BURST + 1:
                await calm.take()
        assert before < BURST // 10
        assert calm.client.blocks == loud.client.blocks

        await loud.leave()
        await calm.leave()
