"""What every channel promises, whatever carries it."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING

import pytest

from chatter_tui.transport import ChannelClosed, MemoryChannel, connect
from chatter_tui.transport.websocket import WebSocketChannel
from tests.helpers.channels import end_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chatter_tui.transport import Channel, Listener, Target, Transport

Pair = tuple["Channel", "Channel"]


@pytest.fixture(params=["memory", "webrtc", "websocket"])
async def pair(
    request: pytest.FixtureRequest, listener: Listener, target: Target
) -> AsyncIterator[Pair]:
    """A client's channel and the master's end of it."""
    transport: Transport = request.param
    client: Channel
    master: Channel
    if request.param == "memory":
        client, master = MemoryChannel.pair()
    else:
        client = await connect(target, transport=transport)
        master = await listener.accept()
        master.admitted()
    assert client.transport == master.transport == request.param
    yield client, master
    await asyncio.gather(client.close(), master.close())


async def test_messages_arrive_whole_and_in_order_both_ways(pair: Pair) -> None:
    messages = [b"", b"a", os.urandom(100), os.urandom(16_384), os.urandom(200_000), b"z"]
    for one, other in (pair, pair[::-1]):

        async def send(channel: Channel = one) -> None:
            for message in messages:
                await channel.send(message)

        sending = asyncio.create_task(send())
        assert [await other.receive() for _ in messages] == messages
        await sending


async def test_bulk_both_ways_lets_small_messages_through(pair: Pair) -> None:
    bulk = [os.urandom(64 * 1024) for _ in range(64)]
    expected = [part for chunk in bulk for part in (chunk, b"small")]

    async def send(channel: Channel) -> None:
        for message in expected:
            await channel.send(message)

    async def receive(channel: Channel) -> list[bytes]:
        return [await channel.receive() for _ in expected]

    client, master = pair
    _, _, at_client, at_master = await asyncio.gather(
        send(client), send(master), receive(client), receive(master)
    )
    assert at_client == expected
    assert at_master == expected


async def test_a_message_of_megabytes_goes_to_the_client(pair: Pair) -> None:
    client, master = pair
    message = os.urandom(4_000_000)
    _, received = await asyncio.gather(master.send(message), client.receive())
    assert received == message


async def test_both_ends_have_the_same_binding_and_no_two_pairs(
    pair: Pair, listener: Listener, target: Target
) -> None:
    client, master = pair
    assert client.binding == master.binding
    assert len(client.binding) == 32
    if client.transport == "webrtc":
        other = await connect(target, transport="webrtc")
        assert other.binding != client.binding
        await other.close()
        await (await listener.accept()).close()


async def test_closing_delivers_what_was_sent_and_the_reason(pair: Pair) -> None:
    for message in (b"one", b"two"):
        await pair[0].send(message)
    closing = asyncio.create_task(pair[0].close("that is all"))
    assert await pair[1].receive() == b"one"
    assert await pair[1].receive() == b"two"
    assert await end_of(pair[1]) == "that is all"
    await closing
    with pytest.raises(ChannelClosed):
        await pair[1].send(b"too late")


async def test_after_closing_everything_says_so(pair: Pair) -> None:
    client, master = pair
    await asyncio.gather(client.close("enough"), client.close("again"))
    await client.close()
    await client.wait_closed()
    assert await end_of(client) == "enough"
    with pytest.raises(ChannelClosed):
        await client.send(b"")
    assert await end_of(master) == "enough"


async def test_a_long_reason_is_cut_between_characters(pair: Pair) -> None:
    client, master = pair
    await asyncio.gather(client.close("é" * 100), master_end := asyncio.create_task(end_of(master)))
    assert set(master_end.result()) == {"é"}


async def test_closing_ends_a_waiting_receive(pair: Pair) -> None:
    waiting = asyncio.create_task(end_of(pair[0]))
    await asyncio.sleep(0)
    await pair[0].close("mine")
    assert await waiting == "mine"


async def test_a_receive_given_up_loses_nothing(pair: Pair) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await pair[1].receive()
    await pair[0].send(b"still here")
    assert await pair[1].receive() == b"still here"


async def test_a_sender_waits_for_a_reader_and_closing_does_not(pair: Pair) -> None:
    master = pair[1]
    chunk = bytes(256 * 1024)
    sent = 0

    async def flood() -> None:
        nonlocal sent
        while True:
            await master.send(chunk)
            sent += 1

    flooding = asyncio.create_task(flood())
    seen = -1
    while seen != sent:  # buffers of the operating system fill first
        seen = sent
        await asyncio.sleep(0.2)
    assert not flooding.done()
    assert master.backlog > 0
    async with asyncio.timeout(10):
        await master.close("stop")
    with pytest.raises(ChannelClosed):
        await flooding


async def test_nothing_is_taken_once_it_is_being_closed(pair: Pair) -> None:
    master = pair[1]
    closing = asyncio.create_task(master.close("stop"))
    await asyncio.sleep(0)
    assert not master.offer(b"late")
    with pytest.raises(ChannelClosed):
        await master.send(b"late")
    await closing


async def test_closing_that_somebody_gives_up_on_is_finished(pair: Pair) -> None:
    client, master = pair
    closing = asyncio.create_task(master.close("over"))
    await asyncio.sleep(0)
    closing.cancel()
    await asyncio.gather(closing, return_exceptions=True)
    async with asyncio.timeout(10):
        await asyncio.gather(master.close(), client.close())
        await asyncio.gather(master.wait_closed(), client.wait_closed())


async def test_nothing_is_told_of_what_is_written_as_a_connection_breaks(
    pair: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a handler, Python would print it over the screen."""
    _, master = pair
    if isinstance(master, WebSocketChannel):
        wire: socket.socket = master._connection.transport.get_extra_info("socket")
        with socket.socket(fileno=os.dup(wire.fileno())) as broken:
            broken.shutdown(socket.SHUT_RDWR)
    for _ in range(20):  # in one go: nobody has looked at it since
        master.offer(b"lost")
    await asyncio.sleep(0)
    assert caplog.messages == []


async def test_too_large_a_message_is_the_callers_mistake(pair: Pair) -> None:
    client, master = pair
    limit = (16 if client.transport == "memory" else 1) * 1024 * 1024
    with pytest.raises(ValueError, match="exceeds"):
        await client.send(bytes(limit + 1))
    await client.send(b"alive")
    assert await master.receive() == b"alive"
