"""What a stopped client costs: memory of the host, and delay of the others.

One writes 3,000 comments of 1 KB as fast as they are taken, another now and then, a third reads
or is stopped.
"""

from __future__ import annotations

import asyncio
import signal
import statistics
import tempfile
import time
from pathlib import Path

from chatter_tui.session.invites import Invite
from tests.benchmarks.watched import watched_host
from tests.helpers.guest import Guest, memory
from tests.helpers.headless import Programs, programs

COMMENTS, SIZE = 3000, 1000
PAUSE = 0.05
_Measured = tuple[int, list[float], list[tuple[str, str]]]  # growth in bytes, seconds, the host's


def run() -> list[tuple[str, str]]:
    """Measure both, with hosts of their own."""
    return asyncio.run(_run())


async def _run() -> list[tuple[str, str]]:
    figures = []
    growths = []
    for stopped in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            async with programs(Path(folder)) as started:
                growth, ways, own_part = await _measure(started, stopped=stopped)
        ways.sort()
        p50, p99 = statistics.median(ways) * 1000, ways[int(len(ways) * 0.99)] * 1000
        third = f"a third {'is stopped' if stopped else 'reads'}"
        figures.append((f"{third}: add → acknowledged, p50 / p99", f"{p50:.0f} / {p99:.0f} ms"))
        figures += ((f"{third}: {name}", value) for name, value in own_part)
        growths.append(growth)
    extra = (growths[1] - growths[0]) / 2**20
    return [*figures, ("memory of the host for the stopped one", f"{extra:.1f} MB")]


async def _measure(started: Programs, *, stopped: bool) -> _Measured:
    # One arena that gives back what is free: what is left is what somebody holds.
    thrift = {"MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}
    host, watch = await watched_host(started, **thrift)
    invite = Invite.parse((await host.wait_for("ready"))["invite"])
    third = await started.join(host, "third")
    await third.wait_for("synced")
    busy, calm = Guest(invite, 0), Guest(invite, 1)
    for guest in (busy, calm):
        await guest.join("websocket")
    before = memory(host)
    watch.begin()
    if stopped:
        third.process.send_signal(signal.SIGSTOP)
    writing = asyncio.create_task(busy.write("busy", COMMENTS, SIZE))
    ways: list[float] = []
    while not writing.done():
        begun = time.perf_counter()
        await calm.write(f"calm-{len(ways)}", 1, SIZE)
        ways.append(time.perf_counter() - begun)
        await asyncio.sleep(PAUSE)
    await writing
    growth, own_part = memory(host) - before, watch.figures("any add")
    third.process.send_signal(signal.SIGCONT)
    await third.until_blocks(COMMENTS + len(ways), timeout=60)
    for guest in (busy, calm):
        await guest.leave()
    return growth, ways, own_part
