"""A link is closed in bounded time, whatever its other end does."""

from __future__ import annotations

import asyncio

import pytest

from chatter_tui.controller import links
from chatter_tui.controller.links import FULL, MAX_QUEUED, Link
from chatter_tui.transport import ChannelClosed, MemoryChannel

MESSAGE = bytes(60_000)


def link() -> tuple[Link, MemoryChannel]:
    near, far = MemoryChannel.pair()
    return Link(near, lambda: None, lambda: None), far


async def received(channel: MemoryChannel) -> tuple[int, str]:
    """How many messages come, and how it ends."""
    count = 0
    try:
        while True:
            await channel.receive()
            count += 1
    except ChannelClosed as closed:
        return count, closed.reason


async def test_what_is_queued_leaves_before_the_goodbye() -> None:
    one, far = link()
    running = asyncio.create_task(one.run())
    for _ in range(20):
        one.send(MESSAGE)
    one.close("the end")
    assert await received(far) == (20, "the end")
    await running


@pytest.mark.parametrize("waits", [False, True])
async def test_an_end_that_does_not_read_holds_up_no_goodbye(
    waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "_FLUSH", 0.01)
    one, far = link()
    running = asyncio.create_task(one.run())
    for _ in range(FULL // len(MESSAGE) if waits else 1):
        one.send(MESSAGE)
    await asyncio.sleep(0)  # it has begun to wait for the other end
    one.close("you are silent")
    async with asyncio.timeout(10):
        await running
    assert (await received(far))[1] == "you are silent"


async def test_whoever_lets_too_much_wait_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "_FLUSH", 0.01)
    one, far = link()
    running = asyncio.create_task(one.run())
    for _ in range(MAX_QUEUED // len(MESSAGE) + 3):
        one.send(MESSAGE)
        await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await running
    assert (await received(far))[1] == "reads too slowly"
