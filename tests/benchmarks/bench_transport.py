"""How long connecting takes, and what a channel carries, on loopback with both ends in one loop."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from chatter_tui.transport import Certificate, Listener, Target, connect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from chatter_tui.transport import Channel, Transport

SESSION, SECRET = "bench", bytes(16)
CONNECTS, ROUND_TRIPS, CROWD = 20, 300, 20
BULK = 4_000_000
SMALL = 10_000


def run() -> list[tuple[str, str]]:
    """Measure both transports."""
    return asyncio.run(_run())


async def _run() -> list[tuple[str, str]]:
    figures: list[tuple[str, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        certificate = Certificate.load(Path(folder) / "certificate.pem")
        async with Listener(
            SESSION,
            listen=[("127.0.0.1", 0)],
            certificate=certificate,
            keys=lambda _: SECRET,
        ) as listener:
            target = Target(SESSION, "key", SECRET, listener.addresses)
            transports: list[Transport] = ["webrtc", "websocket"]
            for transport in transports:
                figures += await _measure(listener, target, transport)
    return figures


async def _measure(
    listener: Listener, target: Target, transport: Transport
) -> list[tuple[str, str]]:
    async def pair() -> tuple[Channel, Channel]:
        client = await connect(target, transport=transport)
        return client, await listener.accept()

    async def crowd() -> None:
        clients = await asyncio.gather(
            *(connect(target, transport=transport) for _ in range(CROWD))
        )
        masters = [await listener.accept() for _ in clients]
        await asyncio.gather(*(channel.close() for channel in (*clients, *masters)))

    connecting = []
    for _ in range(CONNECTS):
        started = time.perf_counter()
        channels = await pair()
        connecting.append(time.perf_counter() - started)
        await asyncio.gather(*(channel.close() for channel in channels))
    together = await _timed(crowd)
    client, master = await pair()
    lockstep = [await _timed(lambda: _round_trip(client, master)) for _ in range(ROUND_TRIPS)]
    paced = []
    for _ in range(ROUND_TRIPS // 3):
        await asyncio.sleep(0.02)
        paced.append(await _timed(lambda: _round_trip(client, master)))
    bulk = await _timed(lambda: _carry(master, client, [bytes(BULK)]))
    small = await _timed(lambda: _carry(client, master, [bytes(200)] * SMALL))
    await asyncio.gather(client.close(), master.close())
    return [
        (f"{transport}: connect, p50 / max", _milliseconds(connecting)),
        (f"{transport}: {CROWD} connect and close at once", f"{together:.2f} s"),
        (f"{transport}: round trip of 200 B at 50/s, p50 / max", _milliseconds(paced)),
        (f"{transport}: round trip of 200 B in lockstep, p50 / max", _milliseconds(lockstep)),
        (f"{transport}: one message of 4 MB", f"{BULK / bulk / 1e6:.1f} MB/s"),
        (f"{transport}: messages of 200 B", f"{SMALL / small:,.0f}/s"),
    ]


async def _timed(work: Callable[[], Awaitable[None]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


async def _round_trip(client: Channel, master: Channel) -> None:
    await client.send(bytes(200))
    await master.send(await master.receive())
    await client.receive()


async def _carry(sender: Channel, receiver: Channel, messages: list[bytes]) -> None:
    async def send() -> None:
        for message in messages:
            await sender.send(message)

    sending = asyncio.create_task(send())
    for _ in messages:
        await receiver.receive()
    await sending


def _milliseconds(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} / {max(seconds) * 1000:.1f} ms"
