"""Ways to the host: the one that opens first serves, and failing tells what was tried."""

from __future__ import annotations

import asyncio
import contextlib
import re
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.server import ServerConnection, serve

from chatter_tui.transport import (
    ConnectError,
    Listener,
    SessionGoneError,
    SignalingServer,
    Target,
    connect,
    dial,
    dialer,
    negotiation,
)
from chatter_tui.transport.negotiation import Negotiation, Settings
from chatter_tui.transport.sealing import Envelope, SealError, new_id, seal
from chatter_tui.transport.signaling import SignalingError, subscribe
from tests.transport.conftest import SECRETS, SESSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chatter_tui.transport import Certificate, Channel, Transport

SETTINGS = Settings(["127.0.0.1"], max_send=2**20, max_receive=2**20)


@pytest.fixture
async def signaling() -> AsyncIterator[str]:
    server = SignalingServer()
    await server.listen("127.0.0.1", 0)
    yield f"ws://127.0.0.1:{server.addresses[0][1]}"
    await server.close()


async def part(*channels: Channel) -> None:
    await asyncio.gather(*(channel.close() for channel in channels))


async def test_webrtc_is_preferred(listener: Listener, target: Target) -> None:
    channel = await connect(target)
    assert channel.transport == "webrtc"
    await part(channel, await listener.accept())


async def test_websocket_serves_where_webrtc_cannot(
    listener: Listener, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatter_tui.transport.ice.dialing_addresses", lambda hosts: [])
    channel = await connect(target)
    assert channel.transport == "websocket"
    await part(channel, await listener.accept())


async def test_websocket_does_not_wait_for_webrtc_for_ever(
    listener: Listener, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialer, "HEAD_START", 0.3)
    wrong = replace(target, secret=b"x" * 16)
    channel = await connect(wrong)
    assert channel.transport == "websocket"
    await part(channel, await listener.accept())


async def test_webrtc_takes_over_when_it_opens_later(
    listener: Listener, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialer, "STAGGER", 0)
    async with aclosing(dial(target)) as channels:
        opened = [channel async for channel in channels]
    assert [channel.transport for channel in opened] == ["websocket", "webrtc"]
    masters = [await listener.accept(), await listener.accept()]
    await part(*opened, *masters)


async def test_dialing_can_be_left_at_any_time(
    listener: Listener, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialer, "STAGGER", 0)
    async with aclosing(dial(target)) as channels:
        async for channel in channels:
            await channel.close()
            break
    await (await listener.accept()).close()


async def test_all_addresses_are_tried_at_once(listener: Listener, target: Target) -> None:
    addresses = [("127.0.0.1", 1), ("no-such-host.invalid", 2), *target.addresses]
    transports: list[Transport] = ["auto", "webrtc", "websocket"]
    for transport in transports:
        channel = await connect(replace(target, addresses=addresses), transport=transport)
        await part(channel, await listener.accept())


async def test_failing_names_what_was_tried(target: Target) -> None:
    nowhere = replace(target, addresses=[("127.0.0.1", 1), ("::1", 1)], signaling=["ws://[::1]:2"])
    with pytest.raises(ConnectError) as failed:
        await connect(nowhere)
    for place in ("wss://127.0.0.1:1/signal", "ws://[::1]:2", "127.0.0.1:1:", "[::1]:1: "):
        assert place in str(failed.value)
    assert "refused" in str(failed.value)
    with pytest.raises(ConnectError, match="no usable address"):
        await connect(replace(target, addresses=[]))
    with pytest.raises(ValueError, match="ICE server"):
        await connect(target, ice_servers=["http://x"])


async def test_silence_is_given_up(target: Target) -> None:
    wrong = replace(target, secret=b"x" * 16)
    with pytest.raises(ConnectError, match=r"no answer within 0\.2 seconds from 127\.0\.0\.1:"):
        await connect(wrong, transport="webrtc", timeout=0.2)
    with pytest.raises(SessionGoneError, match="no such session there"):
        await connect(replace(target, session="other"), timeout=1.5)


@pytest.mark.parametrize(
    "host",
    [
        *("a..b", "xn--a", "no-such-host.invalid", "1.2.3", "0x7f.1", "127.1", "0.0.0.0"),
        *("255.255.255.255", "224.0.0.1", "::", "::ffff:127.0.0.1", "fe80::1%lo"),
    ],
)
async def test_odd_hosts_are_errors_like_any(target: Target, host: str) -> None:
    with pytest.raises(ConnectError, match=re.escape(host)) as failed:
        await connect(replace(target, addresses=[(host, 1)]), timeout=5)
    assert "codec" not in str(failed.value)


async def test_through_a_signaling_server_alone(certificate: Certificate, signaling: str) -> None:
    async with Listener(
        SESSION,
        listen=[("127.0.0.1", 0)],
        certificate=certificate,
        keys=SECRETS.get,
        signaling=[signaling],
    ) as listener:
        target = Target(SESSION, "viewer", SECRETS["viewer"], [], [signaling])
        channel = await connect(target)
        master = await listener.accept()
        assert channel.binding == master.binding
        await part(channel, master)


async def test_an_offer_is_repeated_until_the_host_is_there(
    certificate: Certificate, signaling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialer, "REPEAT", 0.05)
    target = Target(SESSION, "viewer", SECRETS["viewer"], [], [signaling])
    connecting = asyncio.create_task(connect(target))
    async with subscribe(signaling, SESSION) as eavesdropper:
        await eavesdropper.receive()
    async with Listener(
        SESSION,
        listen=[("127.0.0.1", 0)],
        certificate=certificate,
        keys=SECRETS.get,
        signaling=[signaling],
    ) as listener:
        await part(await connecting, await listener.accept())


async def test_a_connection_that_never_opens_is_tried_once_more(
    signaling: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(negotiation, "OPEN_TIMEOUT", 1.0)
    secret = SECRETS["viewer"]

    async def answer(sdp: str, offer: Envelope) -> tuple[Negotiation, dict[str, str]]:
        attempt = await Negotiation.answer(SETTINGS, sdp)
        sealed = seal(
            attempt.sdp, secret, SESSION, "answer",
            sender=new_id(), receiver=offer.sender, key=offer.key,
        )  # fmt: skip
        return attempt, sealed.fields()

    async def host() -> Channel:
        """Answer two attempts, and be there for the second only."""
        attempts: list[str] = []
        async with subscribe(signaling, SESSION) as room:
            while True:
                offer = Envelope.read(await room.receive())
                if offer.receiver or offer.sender in attempts:
                    continue
                attempts.append(offer.sender)
                attempt, reply = await answer(offer.open(secret, SESSION, "offer"), offer)
                if len(attempts) == 2:
                    await room.publish(reply)
                    return await attempt.open()
                await attempt.close()
                await room.publish(reply)

    hosting = asyncio.create_task(host())
    channel = await connect(Target(SESSION, "viewer", secret, [], [signaling]))
    await part(channel, await hosting)


async def test_forged_answers_are_passed_over(certificate: Certificate, signaling: str) -> None:
    async def forge() -> None:
        async with subscribe(signaling, SESSION) as room:
            while True:
                with contextlib.suppress(SealError):
                    offer = Envelope.read(await room.receive())
                    if not offer.receiver:
                        await room.publish({"data": "nonsense", "to": offer.sender})
                        fake = replace(offer, receiver=offer.sender, sender="forger")
                        await room.publish(fake.fields())
                        forged.set()

    forged = asyncio.Event()
    forging = asyncio.create_task(forge())
    target = Target(SESSION, "viewer", SECRETS["viewer"], [], [signaling])
    connecting = asyncio.create_task(connect(target))
    await forged.wait()
    async with Listener(
        SESSION,
        listen=[("127.0.0.1", 0)],
        certificate=certificate,
        keys=SECRETS.get,
        signaling=[signaling],
    ) as listener:
        await part(await connecting, await listener.accept())
    forging.cancel()


@pytest.mark.parametrize(
    ("banner", "reason"), [(b"SSH-2.0-OpenSSH\r\n", "no TLS there"), (b"", "it hung up")]
)
async def test_a_port_of_something_else_is_named(
    banner: bytes, reason: str, target: Target
) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(banner)
        writer.close()

    other = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]
    with pytest.raises(ConnectError, match=rf"127\.0\.0\.1:{port}: {reason}"):
        await connect(replace(target, addresses=[("127.0.0.1", port)]))
    other.close()


async def test_a_quiet_signaling_server_is_kept_and_a_silent_one_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chatter_tui.transport.signaling.PING_INTERVAL", 0.2)

    async def answer_two_pings(connection: ServerConnection) -> None:
        assert "subscribe" in str(await connection.recv())
        for _ in range(2):
            assert await connection.recv() == '{"type": "ping"}'
            await connection.send('{"type": "pong"}')
        await connection.send('{"type": "publish", "topic": "room", "data": "finally"}')
        await connection.wait_closed()

    async with serve(answer_two_pings, "127.0.0.1", 0, close_timeout=0.1) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with subscribe(url, "room") as room:
            assert (await room.receive())["data"] == "finally"
            with pytest.raises(SignalingError, match="silent"):
                await room.receive()
