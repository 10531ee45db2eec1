"""One real host process and a crowd of clients, all in this process: what a comment takes to the last.

The clients are the product's own, without files and screens. What arrives is noted at once and
taken in between two comments, as if each client had a processor of its own.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from chatter_tui.session.invites import Invite
from tests.benchmarks.watched import watched_host
from tests.helpers.guest import Guest, memory
from tests.helpers.headless import programs

if TYPE_CHECKING:
    from chatter_tui.transport import Transport

CROWDS: tuple[tuple[Transport, int], ...] = (
    ("webrtc", 20),
    ("websocket", 20),
    ("webrtc", 100),
    ("websocket", 100),
)
ADDS = 200
BURST = 5


def run() -> list[tuple[str, str]]:
    """Measure each crowd with a host of its own."""
    return [
        figure for transport, count in CROWDS for figure in asyncio.run(_crowd(transport, count))
    ]


async def _crowd(transport: Transport, count: int) -> list[tuple[str, str]]:
    crowd = f"{count} by {transport}"
    with tempfile.TemporaryDirectory() as folder:
        async with programs(Path(folder)) as started:
            host, watch = await watched_host(started)
            invite = Invite.parse((await host.wait_for("ready"))["invite"])
            guests = [Guest(invite, number) for number in range(count)]
            before = memory(host)
            begun = time.perf_counter()
            staying = await asyncio.gather(*(_join(guest, transport) for guest in guests))
            joined = time.perf_counter() - begun
            each = (memory(host) - before) / count
            background = [*staying, *(asyncio.create_task(guest.listen()) for guest in guests)]
            host_cpu, own_cpu = host.cpu(), time.process_time()
            watch.begin()
            ways = [await _way(guests, f"block-{number}") for number in range(ADDS)]
            host_cpu, own_cpu = (
                (host.cpu() - host_cpu) / ADDS,
                (time.process_time() - own_cpu) / ADDS,
            )
            own_part = watch.figures(crowd)
            burst = await _burst(guests)
            for task in background:
                task.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            await asyncio.gather(*(guest.leave() for guest in guests))
    ways.sort()
    p50, p99 = statistics.median(ways) * 1000, ways[int(ADDS * 0.99)] * 1000
    return [
        (f"{crowd}: all in the session", f"{joined:.2f} s"),
        (f"{crowd}: add → last receiver, p50 / p99", f"{p50:.1f} / {p99:.1f} ms"),
        *own_part,
        (f"{crowd}: host's CPU for it, saving included", f"{host_cpu * 1000:.1f} ms"),
        (f"{crowd}: CPU of all clients together for it", f"{own_cpu * 1000:.1f} ms"),
        (f"{crowd}: {BURST} adds of each at once, until all have all", f"{burst:.2f} s"),
        (f"{crowd}: memory of the host for each", f"{each / 1024:.0f} KB"),
    ]


async def _join(guest: Guest, transport: Transport) -> asyncio.Task[None]:
    await guest.join(transport)
    return asyncio.create_task(guest.stay())


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
