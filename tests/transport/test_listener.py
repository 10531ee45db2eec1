"""The host's port: who is admitted, who is disconnected, and that closing leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

import pytest
from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from chatter_tui.transport import (
    AddressInUseError,
    Certificate,
    ChannelClosed,
    Listener,
    ListenError,
    SessionGoneError,
    Target,
    connect,
    web,
)
from chatter_tui.transport.certificate import client_context
from chatter_tui.transport.gate import Gate
from tests.transport.conftest import SECRETS, SESSION, open_descriptors

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chatter_tui.transport import Transport

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def knock(listener: Listener, tls: ssl.SSLContext | None = None) -> Streams:
    host, port = listener.addresses[0]
    return await asyncio.open_connection(host, port, ssl=tls)


async def hung_up(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(5):
            await reader.read()
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


async def test_a_browser_is_told_what_this_is(listener: Listener) -> None:
    reader, writer = await knock(listener, client_context())
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"chatter-tui join" in answer
    writer.close()


async def test_other_sessions_are_not_here(listener: Listener, target: Target) -> None:
    with pytest.raises(SessionGoneError, match="no such session there"):
        await connect(
            Target("01K0OTHER", target.key, target.secret, target.addresses), transport="websocket"
        )


@pytest.mark.parametrize("path", ["/signal", f"/session/{SESSION}"])
async def test_web_pages_have_no_business_here(listener: Listener, path: str) -> None:
    host, port = listener.addresses[0]
    with pytest.raises(InvalidStatus, match="403"):
        await connect_websocket(
            f"wss://{host}:{port}{path}",
            ssl=client_context(),
            proxy=None,
            origin=Origin("https://evil.example"),
        )


async def test_tls_with_the_certificate_given(listener: Listener, certificate: Certificate) -> None:
    _, writer = await knock(listener, client_context())
    tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
    assert tls.version() == "TLSv1.3"
    der = tls.getpeercert(binary_form=True)
    assert der is not None
    assert hashlib.sha256(der).digest() == certificate.fingerprint
    writer.close()


def test_nothing_older_than_tls_1_3_is_spoken(certificate: Certificate) -> None:
    older = client_context()
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        older.wrap_bio(back, there).do_handshake()
    host = certificate.context.wrap_bio(there, back, server_side=True)
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        host.do_handshake()


@pytest.mark.parametrize(
    "noise", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 100, b"\x16\x03\x01\xff\xff" + bytes(50)]
)
async def test_whoever_talks_no_tls_is_hung_up_on(listener: Listener, noise: bytes) -> None:
    reader, writer = await knock(listener)
    writer.write(noise)
    writer.write_eof()
    assert await hung_up(reader)
    writer.close()


@pytest.mark.parametrize("encrypted", [False, True])
async def test_whoever_dawdles_is_hung_up_on(
    certificate: Certificate, encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "HANDSHAKE_TIMEOUT", 0.5)
    async with Listener(
        SESSION, listen=[("127.0.0.1", 0)], certificate=certificate, keys=SECRETS.get
    ) as listener:
        reader, writer = await knock(listener, client_context() if encrypted else None)
        writer.write(b"GET /signal HTTP/1.1\r\nX-Slow: " if encrypted else b"\x16")
        assert await hung_up(reader)
        writer.close()


class Door:
    """A server behind a gate, and everybody who came there."""

    def __init__(self, port: int) -> None:
        self.inside: asyncio.Queue[asyncio.StreamWriter] = asyncio.Queue()
        self._port = port
        self._clients: list[asyncio.StreamWriter] = []

    @classmethod
    @asynccontextmanager
    async def behind(cls, gate: Gate) -> AsyncIterator[Self]:
        (listening,) = gate.listen("127.0.0.1", 0)
        self = cls(listening.getsockname()[1])
        server = await asyncio.start_server(self._serve, sock=listening)
        yield self
        server.close()
        await gate.end()
        for writer in self._clients:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.inside.put_nowait(writer)
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()

    async def knock(self, host: str = "127.0.0.1") -> asyncio.StreamReader:
        """Come from an address, and hear what happens."""
        streams = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(host, 0))
        self._clients.append(streams[1])
        return streams[0]

    async def enter(self, host: str = "127.0.0.1") -> Streams:
        """Come in from an address; the host's side comes second."""
        return await self.knock(host), await self.inside.get()


async def test_too_many_connections_find_the_door_shut() -> None:
    async with Door.behind(Gate(max_connections=3, max_strangers=2, patience=60)) as door:
        _, first = await door.enter()
        await door.enter()
        assert await hung_up(await door.knock())
        await door.enter("127.0.0.2")
        first.close()
        await first.wait_closed()
        await door.enter()


async def test_a_stranger_that_dawdles_gives_way_to_one_from_its_address() -> None:
    refused: list[str] = []
    async with Door.behind(Gate(max_strangers=2, patience=0, on_refused=refused.append)) as door:
        first, _ = await door.enter()
        second, _ = await door.enter()
        await door.enter()
        assert await hung_up(first)
        assert not second.at_eof()
        assert refused == ["127.0.0.1"]


async def test_members_never_give_way_and_take_no_stranger_s_place() -> None:
    gate = Gate(max_strangers=1, patience=0)
    async with Door.behind(gate) as door:
        member, theirs = await door.enter()
        gate.vouch(*theirs.get_extra_info("peername"))
        stranger, _ = await door.enter()
        await door.enter()
        assert await hung_up(stranger)
        assert not member.at_eof()


async def test_one_address_that_takes_every_place_makes_room_for_others() -> None:
    async with Door.behind(Gate(max_connections=3, patience=60)) as door:
        crowd = [(await door.enter())[0] for _ in range(3)]
        other, _ = await door.enter("127.0.0.2")
        assert await hung_up(crowd[0])
        assert await hung_up(await door.knock())  # its address has most places anyway
        assert not other.at_eof()


async def test_who_has_proved_to_be_a_member_is_no_stranger(
    listener: Listener, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener._gate, "_max_strangers", 1)
    monkeypatch.setattr(listener._gate, "_patience", 0.0)
    client = await connect(target, transport="websocket")
    master = await listener.accept()
    master.admitted()
    others = [await connect(target, transport="websocket") for _ in range(2)]
    for _ in others:
        await listener.accept()
    with pytest.raises(ChannelClosed):
        await others[0].receive()
    await client.send(b"still here")
    assert await master.receive() == b"still here"
    await asyncio.gather(*(channel.close() for channel in (client, *others)))


async def test_a_taken_port_is_named(listener: Listener, certificate: Certificate) -> None:
    second = Listener(
        SESSION,
        listen=[("127.0.0.1", 0), listener.addresses[0]],
        certificate=certificate,
        keys=SECRETS.get,
    )
    with pytest.raises(AddressInUseError, match=f"port {listener.addresses[0][1]}"):
        await second.start()


async def test_an_address_that_is_none_is_named(certificate: Certificate) -> None:
    for host in ("192.0.2.1", "no-such-host.invalid"):
        with pytest.raises(ListenError, match=host):
            await Listener(
                SESSION, listen=[(host, 0)], certificate=certificate, keys=SECRETS.get
            ).start()


@pytest.mark.parametrize("transport", ["webrtc", "websocket"])
async def test_ipv6(certificate: Certificate, transport: Transport) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    async with Listener(
        SESSION, listen=[("::1", 0)], certificate=certificate, keys=SECRETS.get
    ) as listener:
        target = Target(SESSION, "viewer", SECRETS["viewer"], listener.addresses)
        client = await connect(target, transport=transport)
        master = await listener.accept()
        assert client.binding == master.binding
        await asyncio.gather(client.close(), master.close())


async def test_closing_in_any_state_leaves_nothing(certificate: Certificate) -> None:
    before = open_descriptors()
    listener = Listener(
        SESSION, listen=[("127.0.0.1", 0)], certificate=certificate, keys=SECRETS.get
    )
    await listener.start()
    host, port = listener.addresses[0]
    target = Target(SESSION, "reviewer", SECRETS["reviewer"], [(host, port)])
    strangers = [await knock(listener), await knock(listener, client_context())]
    strangers[1][1].write(b"GET / HTTP/1.1\r\nX: ")
    signaling = await connect_websocket(
        f"wss://{host}:{port}/signal", ssl=client_context(), proxy=None
    )
    accepted = await connect(target, transport="webrtc")
    await listener.accept()
    waiting = [await connect(target, transport=way) for way in ("webrtc", "websocket")]
    connecting = [asyncio.create_task(connect(target, transport="webrtc")) for _ in range(3)]
    async with asyncio.timeout(10):
        await listener.close("the end")
    for channel in (accepted, *waiting):
        with pytest.raises(ChannelClosed, match="the end"):
            await channel.receive()
        await channel.close()
    for attempt in connecting:
        attempt.cancel()
    for outcome in await asyncio.gather(*connecting, return_exceptions=True):
        if not isinstance(outcome, BaseException):
            await outcome.close()
    await signaling.close()
    for _, writer in strangers:
        writer.close()
    await asyncio.sleep(0)
    assert open_descriptors() <= before + len(strangers)


async def test_a_failure_in_the_background_is_not_lost(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host's broken list of invites must not just look like silence."""
    failures: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: failures.put_nowait(context)
    )

    def broken(_: str) -> bytes:
        raise RuntimeError("no invites")

    async with Listener(
        SESSION, listen=[("127.0.0.1", 0)], certificate=certificate, keys=broken
    ) as listener:
        target = Target(SESSION, "viewer", SECRETS["viewer"], listener.addresses)
        connecting = asyncio.create_task(connect(target, transport="webrtc"))
        assert str((await failures.get())["exception"]) == "no invites"
        connecting.cancel()


async def test_channels_that_nobody_accepts_are_bounded(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatter_tui.transport.listener.MAX_WAITING", 1)
    async with Listener(
        SESSION, listen=[("127.0.0.1", 0)], certificate=certificate, keys=SECRETS.get
    ) as listener:
        target = Target(SESSION, "viewer", SECRETS["viewer"], listener.addresses)
        first = await connect(target, transport="websocket")
        second = await connect(target, transport="webrtc")
        with pytest.raises(ChannelClosed, match="the host is busy"):
            await second.receive()
        await asyncio.gather(first.close(), second.close(), (await listener.accept()).close())


@pytest.mark.parametrize("member", [False, True])
async def test_a_websocket_message_too_large_ends_the_channel(
    listener: Listener, member: bool
) -> None:
    host, port = listener.addresses[0]
    url = f"wss://{host}:{port}/session/{SESSION}"
    async with connect_websocket(url, ssl=client_context(), proxy=None) as hostile:
        master = await listener.accept()
        await hostile.send("text is read as UTF-8")
        assert await master.receive() == b"text is read as UTF-8"
        if member:  # it shows with what it says next
            master.admitted()
            await hostile.send("I am in")
            assert await master.receive() == b"I am in"
            await hostile.send(bytes(1024 * 1024))
            assert len(await master.receive()) == 1024 * 1024
        await hostile.send(bytes(1024 * 1024 + 1 if member else 128 * 1024 + 1))
        with pytest.raises(ChannelClosed, match="protocol error"):
            await master.receive()
        await master.close()
