"""One real host process and a crowd of clients, all in this process: what a comment takes to the last.

The clients are the product's own, without files and screens. What arrives is noted at once and
taken in between two comments, as if each client had a processor of its own.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chatter_tui.blocks import Block
from chatter_tui.replica import Fork, Replica
from chatter_tui.session.client import Client, Credentials, Phase
from chatter_tui.session.effects import Send
from chatter_tui.session.invites import Invite
from chatter_tui.session.limits import PING_INTERVAL
from chatter_tui.session.messages import Ping, Side, Sync, decode, encode
from chatter_tui.transport import Target, connect
from tests.helpers.headless import Program, programs

if TYPE_CHECKING:
    from chatter_tui.transport import Channel, Transport

CROWDS: tuple[tuple[Transport, int], ...] = (
    ("webrtc", 20),
    ("websocket", 20),
    ("webrtc", 100),
    ("websocket", 100),
)
ADDS = 200
BURST = 5
LINK = 1


class Guest:
    """One client; `arrived` is when the last relay came."""

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
        """Connect, authenticate, and take in what is there."""
        invite = self._invite
        places = [(address.host, address.port) for address in invite.addresses]
        target = Target(invite.session, invite.token, invite.secret, places)
        self._channel = await connect(target, transport=transport)
        self.client.opened(LINK, self._channel.binding, time.time())
        await self.send()
        while self.client.phase is not Phase.ONLINE:
            self.client.received(LINK, await self._channel.receive(), time.time())
            await self.send()

    async def listen(self) -> None:
        """Note what arrives, for ever."""
        while True:
            data = await self._channel.receive()
            if isinstance(decode(data, sender=Side.MASTER), Sync):
                self.arrived = time.perf_counter()
                self.relays += 1
                self.news.set()
            self.inbox.append(data)

    async def stay(self) -> None:
        """Give signs of life, for ever: what arrives may wait for long to be taken in."""
        while True:
            await asyncio.sleep(PING_INTERVAL)
            await self._channel.send(encode(Ping(0)))

    async def add(self, id_: str) -> None:
        """Write a comment and send it."""
        block = Block.of(
            {
                "id": id_,
                "type": "comment",
                "content": "A comment of an ordinary length about something.",
                "author": self.client.credentials.name,
                "timestamp": "2026-01-02T03:04:05Z",
                "status": "open",
                "anchor": {"type": "text", "exact": "something"},
            }
        )
        self.client.write(partial(Replica.add, blocks=[block]))
        await self.send()

    async def settle(self) -> None:
        """Take in what has arrived."""
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


def run() -> list[tuple[str, str]]:
    """Measure each crowd with a host of its own."""
    return [
        figure for transport, count in CROWDS for figure in asyncio.run(_crowd(transport, count))
    ]


async def _crowd(transport: Transport, count: int) -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        async with programs(Path(folder)) as started:
            host = await started.host()
            invite = Invite.parse((await host.wait_for("ready"))["invite"])
            guests = [Guest(invite, number) for number in range(count)]
            before = _memory(host)
            begun = time.perf_counter()
            await asyncio.gather(*(guest.join(transport) for guest in guests))
            joined = time.perf_counter() - begun
            memory = (_memory(host) - before) / count
            background = [
                asyncio.create_task(work)
                for guest in guests
                for work in (guest.listen(), guest.stay())
            ]
            host_cpu, own_cpu = _cpu(host), time.process_time()
            ways = [await _way(guests, f"block-{number}") for number in range(ADDS)]
            host_cpu, own_cpu = (
                (_cpu(host) - host_cpu) / ADDS,
                (time.process_time() - own_cpu) / ADDS,
            )
            burst = await _burst(guests)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await asyncio.gather(*(guest.leave() for guest in guests))
    crowd = f"{count} by {transport}"
    ways.sort()
    p50, p99 = statistics.median(ways) * 1000, ways[int(ADDS * 0.99)] * 1000
    return [
        (f"{crowd}: all in the session", f"{joined:.2f} s"),
        (f"{crowd}: add → last receiver, p50 / p99", f"{p50:.1f} / {p99:.1f} ms"),
        (f"{crowd}: host's CPU for it, saving included", f"{host_cpu * 1000:.1f} ms"),
        (f"{crowd}: CPU of all clients together for it", f"{own_cpu * 1000:.1f} ms"),
        (f"{crowd}: {BURST} adds of each at once, until all have all", f"{burst:.2f} s"),
        (f"{crowd}: memory of the host for each", f"{memory / 1024:.0f} KB"),
    ]


async def _way(guests: list[Guest], id_: str) -> float:
    """Have one of them add a block; returns the seconds until the last of the others has it."""
    writer, *others = random.sample(guests, len(guests))
    for guest in guests:
        guest.news.clear()
    begun = time.perf_counter()
    await writer.add(id_)
    for guest in others:
        await guest.news.wait()
    way = max(guest.arrived for guest in others) - begun
    while writer.client.pending:
        await asyncio.sleep(0.001)
        await writer.settle()
    for guest in others:
        await guest.settle()
    assert all(id_ in guest.client.blocks for guest in guests)
    return way


async def _burst(guests: list[Guest]) -> float:
    """Have everybody add blocks at once; returns the seconds until everybody has them all."""
    expected = BURST * (len(guests) - 1)
    for guest in guests:
        guest.relays = 0
    begun = time.perf_counter()
    for number in range(BURST):
        for guest in guests:
            await guest.add(f"{guest.name}-{number}")
    for guest in guests:
        while guest.relays < expected:
            guest.news.clear()
            await guest.news.wait()
    burst = max(guest.arrived for guest in guests) - begun
    for guest in guests:
        await guest.settle()
        assert len(guest.client.blocks) == ADDS + BURST * len(guests)
    return burst


def _client_id() -> int:
    return secrets.randbelow(2**32 - 1) + 1


def _memory(program: Program) -> int:
    """Bytes of memory that a process uses."""
    pages = int(Path(f"/proc/{program.process.pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _cpu(program: Program) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{program.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
