"""When a client dials: at first, when a link ends or falls silent, and for a better way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable

import pytest

from chatter_tui.controller import linking
from chatter_tui.controller.linking import Linking
from chatter_tui.transport import Channel, ChannelClosed, ConnectError, MemoryChannel, Transport


class World:
    """A host that answers or not, and the client's links to it."""

    def __init__(self, transport: Transport = "auto") -> None:
        self.answers = True
        self.dialed: list[Transport] = []
        self.hosts: list[MemoryChannel] = []
        self.told: list[tuple[str, float | None]] = []
        self.linking = Linking(transport, dial=self.dial, serve=self.serve, lost=self.lost)
        self._news = asyncio.Event()

    async def dial(self, transport: Transport, timeout: float) -> AsyncGenerator[Channel, None]:
        self.dialed.append(transport)
        self._news.set()
        await asyncio.sleep(0)
        if not self.answers:
            raise ConnectError("nobody answers")
        client, host = MemoryChannel.pair()
        self.hosts.append(host)
        yield client

    async def serve(self, channel: Channel) -> str:
        self.linking.joined()
        self._news.set()
        try:
            while True:
                await channel.receive()
        except ChannelClosed as closed:
            return closed.reason

    def lost(self, reason: str, retry_in: float | None) -> None:
        self.told.append((reason, retry_in))
        self._news.set()

    async def until(self, found: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not found():
                self._news.clear()
                await self._news.wait()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "BACKOFF", (0.01, 0.02))
    monkeypatch.setattr(linking, "UPGRADES", (0.0, 3600.0))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    running = asyncio.create_task(made.linking.run())
    await made.until(lambda: len(made.hosts) == 1)
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await asyncio.gather(*(host.close() for host in made.hosts))


async def test_a_link_that_ends_is_made_again_and_that_is_told(world: World) -> None:
    await world.hosts[0].close("the host restarts")
    await world.until(lambda: len(world.hosts) == 2)
    ((reason, pause),) = world.told
    assert reason == "the host restarts"
    assert pause is not None
    assert 0.007 <= pause <= 0.013


async def test_it_is_tried_for_ever(world: World) -> None:
    world.answers = False
    await world.hosts[0].close()
    await world.until(lambda: len(world.dialed) > 6)
    world.answers = True
    await world.until(lambda: len(world.hosts) == 2)
    assert {reason for reason, _ in world.told[1:]} == {"nobody answers"}


async def test_silence_makes_it_look_for_another_way_once_at_a_time(world: World) -> None:
    world.linking.watch("webrtc", linking.SUSPICIOUS - 1)
    assert world.dialed == ["auto"]
    world.linking.watch("webrtc", linking.SUSPICIOUS + 2)
    world.linking.watch("webrtc", linking.SUSPICIOUS + 3)
    await world.until(lambda: len(world.hosts) == 2)
    assert world.dialed == ["auto", "auto"]
    await world.hosts[0].close("silent")  # the old link may end now without anybody being told
    await world.hosts[1].send(b"x")
    assert world.told == []


async def test_links_that_are_given_up_need_not_be_closed_to_be_replaced(world: World) -> None:
    world.linking.drop("the host does not answer")
    await world.until(lambda: len(world.hosts) == 2)
    await world.hosts[0].close("late")
    await world.hosts[1].send(b"x")
    assert [reason for reason, _ in world.told] == ["the host does not answer"]
    world.linking.watch("webrtc", 0)
    assert world.dialed == ["auto", "auto"]


async def test_webrtc_is_tried_again_from_websocket_with_growing_pauses(world: World) -> None:
    world.answers = False
    await asyncio.sleep(0)
    world.linking.watch("websocket", 0)
    await world.until(lambda: world.dialed == ["auto", "webrtc"])
    for _ in range(5):  # it has failed, and the next time is far away
        await asyncio.sleep(0)
        world.linking.watch("websocket", 0)
    assert world.dialed == ["auto", "webrtc"]
    assert world.told == []


async def test_what_was_chosen_is_kept_to() -> None:
    world = World("websocket")
    running = asyncio.create_task(world.linking.run())
    await world.until(lambda: len(world.hosts) == 1)
    world.linking.watch("websocket", 0)
    world.linking.watch("websocket", linking.SUSPICIOUS + 2)
    await world.until(lambda: len(world.hosts) == 2)
    assert world.dialed == ["websocket", "websocket"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_offline_stays_away_and_online_comes_back_at_once(world: World) -> None:
    world.linking.leave()
    await world.hosts[0].close("went offline")
    await world.until(lambda: bool(world.told))
    assert world.told == [("you went offline", None)]
    world.linking.watch(None, 0)
    world.linking.come_back()
    await world.until(lambda: len(world.hosts) == 2)


async def test_leaving_and_coming_back_while_dialing_ends_in_a_link(world: World) -> None:
    world.answers = False
    await world.hosts[0].close()
    await world.until(lambda: len(world.dialed) > 1)
    for _ in range(3):
        world.linking.leave()
        world.linking.come_back()
    world.answers = True
    await world.until(lambda: len(world.hosts) > 1)


async def test_a_first_link_that_is_not_to_be_had_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(linking, "FIRST_CONNECT", 0.05)
    world = World()
    world.answers = False
    error = await world.linking.run()
    assert str(error) == "nobody answers"
