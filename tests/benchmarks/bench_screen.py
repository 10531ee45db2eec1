"""The screen beside a session of 10,000 blocks: a block that comes, and keys in a storm of events."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from statistics import median
from time import perf_counter

from chatter_tui.controller.events import BlockAdded, PresenceChanged
from tests.benchmarks.bench_document import blocks_of, text_of
from tests.tui.desk import PEOPLE, block, quote
from tests.tui.driver import Driver, review

LINES, BLOCKS = 20_000, 10_000
STORM = 1000  # events a second
SIZES = ((80, 24), (120, 40))


def run() -> list[tuple[str, str]]:
    """Measure; processor time of the screen's thread, and for keys the time until painted."""
    rows = [("import of the application", f"{_import() * 1000:.0f} ms")]
    for size in SIZES:
        name = f"{size[0]}x{size[1]}"
        rows += [(f"{name}: {what}", figure) for what, figure in asyncio.run(_screen(size))]
    return rows


def _import() -> float:
    times = []
    for _ in range(5):
        begin = perf_counter()
        subprocess.run([sys.executable, "-c", "import chatter_tui.tui.app"], check=True)
        times.append(perf_counter() - begin)
    return median(times)


async def _screen(size: tuple[int, int]) -> list[tuple[str, str]]:
    text = text_of(LINES)
    rows = []
    begin = time.thread_time()
    async with review(size=size, text=text, blocks=blocks_of(text, BLOCKS), patience=300) as driver:
        rows.append(("everything loaded", f"{time.thread_time() - begin:.1f} s"))
        for pane, name in (("1", "document"), ("2", "threads")):
            await driver.press(pane)
            adds = [await _add(driver, f"02{pane}{i:04}") for i in range(20)]
            rows.append((f"a block is added, {name} in front", _figure(adds)))
        await driver.press("1")
        rows.append(("a key", _figure([await _key(driver) for _ in range(60)])))
        over = threading.Event()
        storm = threading.Thread(target=_storm, args=(driver, over))
        storm.start()
        rows.append(
            (f"a key in {STORM} events/s", _figure([await _key(driver) for _ in range(100)]))
        )
        over.set()
        storm.join()
    return rows


async def _add(driver: Driver, id_: str) -> float:
    blocks = driver.screen.work.model.threads.blocks
    begin = time.thread_time()
    new = block(id_, "One more", "bo", anchor=quote("enchmark"))
    driver.desk.emit(BlockAdded(new.id, new, "p2"))
    await driver.wait(lambda: id_ in blocks)
    await driver.settle()
    return time.thread_time() - begin


async def _key(driver: Driver) -> float:
    begin = perf_counter()
    await driver.strike("j")
    return perf_counter() - begin


def _storm(driver: Driver, over: threading.Event) -> None:
    """Of ten events, seven are about presence, one is a new block, two are edited texts."""
    count = 0
    while not over.wait(10 / STORM):
        for _ in range(10):
            count += 1
            if count % 10 == 0:
                new = block(f"03{count:06}", "One more", "cy")
                driver.desk.emit(BlockAdded(new.id, new, "p3"))
            elif count % 5 == 1 and count > 10:
                id_ = f"03{count - count % 10:06}"
                driver.desk.emit(BlockAdded(id_, block(id_, f"Words {count}", "cy"), "p3"))
            else:
                driver.desk.emit(PresenceChanged(PEOPLE[1]))


def _figure(times: list[float]) -> str:
    times = sorted(times)
    return f"{median(times) * 1000:.1f} / {times[int(len(times) * 0.95)] * 1000:.1f} ms"
