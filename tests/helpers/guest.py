"""A client without files and screen in the test's own process: the real machine and channels."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chatter_tui.blocks import Block
from chatter_tui.replica import Fork, Replica
from chatter_tui.session.authentication import Credentials
from chatter_tui.session.client import Client
from chatter_tui.session.effects import Send
from chatter_tui.session.invites import Invite
from chatter_tui.session.limits import PING_INTERVAL
from chatter_tui.session.messages import Ping, Side, Sync
from chatter_tui.session.phase import Phase
from chatter_tui.session.wire import decode, encode
from chatter_tui.transport import Target, connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.transport import Channel, Transport
    from tests.helpers.headless import Program

LINK = 1
_UNANSWERED = 50  # changes in transit before a writer waits


class Guest:
    """A client; `arrived` is when the last relay came."""

    def __init__(self, invite: Invite, number: int) -> None:
        self.name = f"guest-{number}"
        self.arrived = 0.0
        self.relays = 0
        self.client = Client(
            invite.session,
            Credentials(f"peer-{number}", self.name, invite.token, invite.secret),
            Fork(_client_id()),
            new_client_id=_client_id,
        )
        self.inbox: list[bytes] = []
        self.news = asyncio.Event()
        self._invite = invite
        self._channel: Channel

    async def join(self, transport: Transport) -> None:
        """Connect, authenticate, and receive the state."""
        invite = self._invite
        places = [(address.host, address.port) for address in invite.addresses]
        target = Target(invite.session, invite.token, invite.secret, places)
        self._channel = await connect(target, transport=transport)
        self.client.opened(LINK, self._channel.binding, time.time())
        await self.send()
        await self.read(lambda: self.client.phase is Phase.ONLINE)

    async def listen(self) -> None:
        """Receive messages, forever."""
        while True:
            data = await self._channel.receive()
            if isinstance(decode(data, sender=Side.MASTER), Sync):
                self.arrived = time.perf_counter()
                self.relays += 1
                self.news.set()
            self.inbox.append(data)

    async def stay(self) -> None:
        """Send pings, forever: received messages may be handled much later."""
        while True:
            await asyncio.sleep(PING_INTERVAL)
            await self._channel.send(encode(Ping(0)))

    async def add(self, id_: str, text: str = "A comment of an ordinary length.") -> None:
        """Write a comment and send it."""
        block = Block.of(
            {
                "id": id_,
                "type": "comment",
                "content": text,
                "author": self.client.credentials.name,
                "timestamp": "2026-01-02T03:04:05Z",
                "status": "open",
                "anchor": {"type": "text", "exact": "something"},
            }
        )
        self.client.write(partial(Replica.add, blocks=[block]))
        await self.send()

    async def settle(self) -> None:
        """Handle what has been received."""
        for data in self.inbox:
            self.client.received(LINK, data, time.time())
        self.inbox.clear()
        await self.send()

    async def send(self) -> None:
        for effect in self.client.effects():
            if isinstance(effect, Send):
                await self._channel.send(effect.data)

    async def leave(self) -> None:
        await self._channel.close()

    async def write(self, prefix: str, count: int, size: int) -> None:
        """Write comments of `size` characters, and read until all are answered."""
        for number in range(count):
            await self.add(f"{prefix}-{number}", "word " * (size // 5))
            await self.read(lambda: self.client.pending < _UNANSWERED)
        await self.read(lambda: not self.client.pending)

    async def read(self, enough: Callable[[], bool]) -> None:
        """Handle messages until there are enough."""
        while not enough():
            self.client.received(LINK, await self._channel.receive(), time.time())
            await self.send()


def _client_id() -> int:
    return secrets.randbelow(2**32 - 1) + 1


def memory(program: Program) -> int:
    """Return the memory of a process in bytes."""
    pages = int(Path(f"/proc/{program.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
