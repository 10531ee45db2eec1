"""The real data channel against peers that misbehave, vanish or come in crowds."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import struct
import sys
from itertools import count
from typing import TYPE_CHECKING

import pytest
from aiortc import rtcsctptransport as sctp

from chatter_tui.transport import ConnectError, aiortc_compat, connect, negotiation
from chatter_tui.transport.channel import LOST
from chatter_tui.transport.negotiation import Negotiation, Settings
from tests.helpers.channels import end_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from chatter_tui.transport import Listener, Target
    from chatter_tui.transport.webrtc import WebRTCChannel

SETTINGS = Settings(["127.0.0.1"], max_send=2**20, max_receive=2**20)

Pair = tuple["WebRTCChannel", "WebRTCChannel"]


async def open_pair() -> Pair:
    offer = await Negotiation.offer(SETTINGS)
    answer = await Negotiation.answer(SETTINGS, offer.sdp)
    one, other = await asyncio.gather(offer.open(answer.sdp), answer.open())
    return one, other


@pytest.fixture
async def pair() -> AsyncIterator[Pair]:
    one, other = await open_pair()
    yield one, other
    await asyncio.gather(one.close(), other.close())


def association(channel: WebRTCChannel) -> sctp.RTCSctpTransport:
    assert channel._connection.sctp is not None
    return channel._connection.sctp


async def send_garbage(peer: WebRTCChannel) -> None:
    peer._data.send(os.urandom(20_000))


async def send_random_frames(peer: WebRTCChannel) -> None:
    for _ in range(50):
        peer._data.send(os.urandom(50))


async def ignore_the_window(peer: WebRTCChannel) -> None:
    for _ in range(10):
        peer._data.send((16_000).to_bytes(2, "big") + bytes(16_000))


async def break_a_chunk(peer: WebRTCChannel) -> None:
    chunk = sctp.ReconfigChunk()
    chunk.params.append((sctp.SCTP_STR_RESET_OUT_REQUEST, b"\x00"))
    await association(peer)._send_chunk(chunk)


async def never_finish_a_message(peer: WebRTCChannel) -> None:
    transport = association(peer)
    for number in count():
        chunk = sctp.DataChunk()
        chunk.flags = 0 if number else sctp.SCTP_DATA_FIRST_FRAG
        chunk.tsn = (transport._local_tsn + number) % 2**32
        chunk.protocol = sctp.WEBRTC_BINARY
        chunk.user_data = b"x"
        await transport._send_chunk(chunk)
        if not number % 20:
            await asyncio.sleep(0)
        if peer._data.readyState != "open":
            assert number > aiortc_compat.MAX_DISORDER
            return


@pytest.mark.parametrize(
    "attack",
    [
        send_garbage,
        send_random_frames,
        ignore_the_window,
        break_a_chunk,
        never_finish_a_message,
    ],
)
async def test_a_hostile_peer_loses_its_channel_and_nobody_else_notices(
    attack: Callable[[WebRTCChannel], Awaitable[None]], pair: Pair
) -> None:
    peer, channel = await open_pair()
    await attack(peer)
    assert await end_of(channel)
    await asyncio.gather(peer.close(), channel.close())
    await pair[0].send(b"unimpressed")
    assert await pair[1].receive() == b"unimpressed"


async def test_what_is_no_binary_message_on_the_channel_does_not_exist(pair: Pair) -> None:
    peer, channel = pair
    transport = association(peer)
    opening = struct.pack("!BBHLHH", sctp.DATA_CHANNEL_OPEN, 0, 0, 0, 1, 0) + b"x"
    await transport._send(0, sctp.WEBRTC_DCEP, opening)
    await transport._send(0, sctp.WEBRTC_DCEP, b"\x02")
    await transport._send(0, sctp.WEBRTC_STRING, b"\xff\xfe")
    await transport._send(0, 99, b"unknown")
    await transport.transport._send_data(os.urandom(100))
    await peer.send(b"still fine")
    assert await channel.receive() == b"still fine"
    assert list(association(channel)._data_channels) == [0]


async def test_connections_closed_at_any_moment_leave_nothing() -> None:
    chance = random.Random(1)

    async def attempt(delay: float) -> None:
        offer = await Negotiation.offer(SETTINGS)
        answer = await Negotiation.answer(SETTINGS, offer.sdp)
        opening = asyncio.gather(offer.open(answer.sdp), answer.open(), return_exceptions=True)
        await asyncio.wait([opening], timeout=delay)
        await offer.close()
        await answer.close()
        outcomes = await opening
        for outcome in outcomes:
            assert not isinstance(outcome, BaseException) or isinstance(outcome, ConnectError)

    for _ in range(10):
        await asyncio.gather(*(attempt(chance.uniform(0.01, 0.06)) for _ in range(10)))


async def test_opening_is_given_up_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(negotiation, "OPEN_TIMEOUT", 0.1)
    offer = await Negotiation.offer(SETTINGS)
    answer = await Negotiation.answer(SETTINGS, offer.sdp)
    gone = answer.sdp
    await answer.close()
    with pytest.raises(ConnectError, match="no path to the other side"):
        await offer.open(gone)


async def test_an_unusable_description_is_a_connect_error() -> None:
    with pytest.raises(ConnectError, match="description"):
        await Negotiation.answer(SETTINGS, "v=0")
    offer = await Negotiation.offer(SETTINGS)
    with pytest.raises(ConnectError, match="description"):
        await offer.open(offer.sdp.replace("a=ice-ufrag", "a=x"))


async def test_without_an_address_there_is_no_offer() -> None:
    with pytest.raises(ConnectError, match="no local network address"):
        await Negotiation.offer(Settings([], max_send=1, max_receive=1))


async def test_small_messages_sent_together_share_a_frame(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[bytes] = []
    send = pair[0]._data.send

    def record(frame: bytes) -> None:
        frames.append(frame)
        send(frame)

    monkeypatch.setattr(pair[0]._data, "send", record)
    for _ in range(100):
        await pair[0].send(b"tiny")
    for _ in range(100):
        await pair[1].receive()
    assert len(frames) < 10


async def test_twenty_connect_at_once(listener: Listener, target: Target) -> None:
    clients = await asyncio.gather(*(connect(target, transport="webrtc") for _ in range(20)))
    masters = [await listener.accept() for _ in clients]
    assert {client.binding for client in clients} == {master.binding for master in masters}
    for number, client in enumerate(clients):
        await client.send(b"%d" % number)
    heard = {await master.receive() for master in masters}
    assert heard == {b"%d" % number for number in range(20)}
    await asyncio.gather(*(channel.close() for channel in (*clients, *masters)))


PEER = """
import asyncio, sys
from chatter_tui.transport import Target, connect

async def main():
    session, port, transport = sys.argv[1:]
    target = Target(session, "reviewer", b"r" * 16, [("127.0.0.1", int(port))])
    channel = await connect(target, transport=transport)
    await channel.send(b"ready")
    await channel.receive()

asyncio.run(main())
"""


@pytest.mark.processes
@pytest.mark.parametrize("transport", ["webrtc", "websocket"])
async def test_closing_after_the_other_process_died_takes_bounded_time(
    listener: Listener, target: Target, transport: str
) -> None:
    port = str(target.addresses[0][1])
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PEER, target.session, port, transport
    )
    channel = await listener.accept()
    assert await channel.receive() == b"ready"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    if transport == "websocket":
        assert await end_of(channel) == LOST
    async with asyncio.timeout(5):
        await channel.close("nobody hears this")
