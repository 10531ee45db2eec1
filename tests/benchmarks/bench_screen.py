"""The screen around the document: start, a key, and a storm of events."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from statistics import median
from time import perf_counter

from chatter_tui.blocks import Block
from chatter_tui.controller.events import BlockAdded, PresenceChanged
from tests.tui.desk import PEOPLE, block
from tests.tui.driver import review

THREADS = 2000


def run() -> list[tuple[str, str]]:
    """Measure; times are medians unless said otherwise."""
    return [
        ("import of the application", f"{_import() * 1000:.0f} ms"),
        *asyncio.run(_screen()),
    ]


def _import() -> float:
    times = []
    for _ in range(5):
        begin = perf_counter()
        subprocess.run([sys.executable, "-c", "import chatter_tui.tui.app"], check=True)
        times.append(perf_counter() - begin)
    return median(times)


def _blocks() -> list[Block]:
    return [block(f"{i:06}", f"Comment number {i}. " * (i % 7 + 1), "bo") for i in range(THREADS)]


async def _screen() -> list[tuple[str, str]]:
    begin = perf_counter()
    async with review(blocks=_blocks()) as driver:
        started = perf_counter() - begin
        keys = []
        for key in ("2", *("j" * 40), *("n" * 10)):
            begin = perf_counter()
            await driver.press(key)
            keys.append(perf_counter() - begin)
        begin = perf_counter()
        for i in range(1000):
            driver.desk.emit(PresenceChanged(PEOPLE[1]))
            if i % 10 == 0:
                new = block(f"x{i:05}", "One more", "cy")
                driver.desk.emit(BlockAdded(new.id, new, "p3"))
        await driver.wait(lambda: "x00990" in driver.screen.work.model.threads.blocks)
        await driver.settle()
        storm = perf_counter() - begin
    return [
        (f"start to {THREADS} threads on screen, headless", f"{started * 1000:.0f} ms"),
        ("a key, dealt with and painted", f"{median(keys) * 1000:.1f} ms"),
        ("1,000 events, 100 of them comments", f"{storm * 1000:.0f} ms"),
    ]
