"""A session as its users feel it: joining, and a comment's way to the others."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

from tests.benchmarks.watched import Watch, watched_host
from tests.helpers.headless import Programs, programs

_BLOCKS = 1000
_ADDS = 200


def run() -> list[tuple[str, str]]:
    return asyncio.run(_run())


async def _run() -> list[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        async with programs(Path(folder)) as started:
            watch, joining = await _joining(started)
            return [*joining, *await _adding(started), *await _bursting(started, watch)]


async def _joining(run: Programs) -> tuple[Watch, list[tuple[str, str]]]:
    folder = run.folder("host")
    text = "\n".join(f"Paragraph {number} says something.\n" for number in range(5000))
    (folder / "plan.md").write_text(f"# Plan\n\n{text}")
    (folder / "plan.md.chatter").write_text(
        "\n".join(
            "```chattermatter\n"
            + json.dumps(
                {
                    "id": f"b{number}",
                    "type": "comment",
                    "content": f"remark {number} " * 10,
                    "author": "ana",
                    "anchor": {"type": "text", "exact": f"Paragraph {number * 5} says"},
                }
            )
            + "\n```\n"
            for number in range(_BLOCKS)
        )
    )
    started = time.perf_counter()
    host, watch = await watched_host(run)
    await host.wait_for("synced")
    hosting = time.perf_counter() - started
    figures = []
    for transport in ("webrtc", "websocket"):
        started = time.perf_counter()
        client = await run.join(host, f"bo-{transport}", "--transport", transport)
        await client.wait_for("ready")
        ready = time.perf_counter() - started
        await client.wait_for("synced", blocks=_BLOCKS)
        synced = time.perf_counter() - started
        figures.append(
            (
                f"join over {transport}: start → in the session → {_BLOCKS} blocks and 10,000 lines",
                f"{ready:.2f} s → {synced:.2f} s",
            )
        )
    return watch, [(f"host: start → serving {_BLOCKS} blocks", f"{hosting:.2f} s"), *figures]


async def _adding(run: Programs) -> list[tuple[str, str]]:
    host = run.running[0]
    figures = []
    for transport in ("webrtc", "websocket"):
        names = (f"cy-{transport}", f"di-{transport}")
        one, other = [await run.join(host, name, "--transport", transport) for name in names]
        await one.wait_for("synced")
        await other.wait_for("synced")
        before = host.cpu()
        ways: list[float] = []
        for number in range(_ADDS):
            started = time.perf_counter()
            one.do("add", block={"id": f"{transport}-{number}", "content": f"remark {number}"})
            await other.wait_for("block_added", id=f"{transport}-{number}")
            ways.append((time.perf_counter() - started) * 1000)
        cpu = (host.cpu() - before) / _ADDS * 1000
        ways.sort()
        figures += [
            (
                f"add → seen by another over {transport}, p50 / p95",
                f"{statistics.median(ways):.1f} / {ways[int(len(ways) * 0.95)]:.1f} ms",
            ),
            (
                f"CPU of the host for it, 4 clients and saving included, {transport}",
                f"{cpu:.1f} ms",
            ),
        ]
        for client in (one, other):
            await client.quit()
    return figures


async def _bursting(run: Programs, watch: Watch) -> list[tuple[str, str]]:
    host = run.running[0]
    loud, calm = await run.join(host, "loud"), await run.join(host, "calm")
    await loud.wait_for("synced")
    await calm.wait_for("synced")
    watch.begin()
    started = time.perf_counter()
    for number in range(500):
        loud.do("add", block={"id": f"loud-{number}", "content": f"remark {number}"})
    last = asyncio.create_task(loud.wait_for("acknowledged", id="loud-499"))
    waits: list[float] = []
    while not last.done():
        asked = time.perf_counter()
        calm.do("add", block={"id": f"calm-{len(waits)}", "content": "a calm remark"})
        await calm.wait_for("acknowledged", id=f"calm-{len(waits)}")
        waits.append((time.perf_counter() - asked) * 1000)
    took = time.perf_counter() - started
    waits.sort()
    return [
        ("a burst of 500 adds is acknowledged within", f"{took:.2f} s"),
        (
            "a calm peer's add is acknowledged meanwhile after, p50 / most",
            f"{statistics.median(waits):.0f} / {waits[-1]:.0f} ms",
        ),
        *watch.figures("any add in the burst"),
    ]
