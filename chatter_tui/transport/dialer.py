"""The client's side: connect to the host by whichever transport works."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from websockets.asyncio.client import connect as connect_websocket
from websockets.exceptions import InvalidStatus, WebSocketException

from chatter_tui.transport import ice
from chatter_tui.transport.certificate import client_context
from chatter_tui.transport.channel import (
    CLIENT_MESSAGE,
    MASTER_MESSAGE,
    ConnectError,
    SessionGoneError,
)
from chatter_tui.transport.negotiation import Negotiation, Settings
from chatter_tui.transport.sealing import Envelope, SealError, new_id, seal
from chatter_tui.transport.signaling import Signaling, SignalingError, explain, subscribe
from chatter_tui.transport.tasks import race, running, take
from chatter_tui.transport.websocket import CLOSE_TIMEOUT, MAX_QUEUE, WRITE_LIMIT, WebSocketChannel

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Sequence

    from chatter_tui.transport.channel import Channel

Transport = Literal["auto", "webrtc", "websocket"]

STAGGER = 0.25
"""Seconds before WebSocket is tried as well: WebRTC has usually connected by then."""

HEAD_START = 3.0
"""Seconds that an open WebSocket waits for WebRTC."""

REPEAT = 2.0
"""Seconds after which an unanswered offer is published again."""

TIMEOUT = 20.0
"""Seconds for all attempts together."""


@dataclass(frozen=True, slots=True)
class Target:
    """What to connect to: a session, its addresses and signaling servers, and an invite."""

    session: str
    key: str
    secret: bytes
    addresses: Sequence[tuple[str, int]] = ()
    signaling: Sequence[str] = ()


async def connect(
    target: Target,
    *,
    transport: Transport = "auto",
    ice_servers: Sequence[str] = (),
    timeout: float = TIMEOUT,  # noqa: ASYNC109 - the error says what was tried
) -> Channel:
    """Return a channel to the host, preferably WebRTC if that connects early enough.

    Raises:
        ConnectError: No channel could be opened.
        ValueError: An ICE server is invalid.
    """
    failures: list[Exception] = []
    async with _attempt(target, transport, ice_servers, failures) as contenders:
        return await _first(contenders, target, timeout, HEAD_START, failures)


async def dial(
    target: Target,
    *,
    transport: Transport = "auto",
    ice_servers: Sequence[str] = (),
    timeout: float = TIMEOUT,  # noqa: ASYNC109 - the error says what was tried
) -> AsyncGenerator[Channel, None]:
    """Yield the first channel that opens, then a WebRTC one if that opens later.

    Close the generator when done with it.

    Raises:
        ConnectError: No channel could be opened.
        SessionGoneError: It is certain that none will open.
    """
    failures: list[Exception] = []
    async with _attempt(target, transport, ice_servers, failures) as contenders:
        channel = await _first(contenders, target, timeout, 0, failures)
        yield channel
        if channel.transport != "webrtc" and contenders:
            with contextlib.suppress(ConnectError):
                channel = await _first(contenders, target, timeout, 0, failures)
                yield channel


@contextlib.asynccontextmanager
async def _attempt(
    target: Target, transport: Transport, ice_servers: Sequence[str], failures: list[Exception]
) -> AsyncIterator[list[asyncio.Task[Channel]]]:
    """Start what `transport` allows; WebRTC is the first contender.

    Failures that are retried are added to `failures`.
    """
    attempts: list[Coroutine[None, None, Channel]] = []
    if transport != "websocket":
        settings = Settings(
            ice.dialing_addresses([host for host, _ in target.addresses]),
            max_send=CLIENT_MESSAGE,
            max_receive=MASTER_MESSAGE,
            ice_servers=[ice.ice_server(url) for url in ice_servers],
        )
        attempts.append(_connect_webrtc(target, settings, failures))
    if transport != "webrtc":
        stagger = STAGGER if transport == "auto" else 0
        attempts.append(_connect_websocket(target, stagger))
    async with race(attempts, _discard) as contenders:
        yield contenders


async def _first(
    contenders: list[asyncio.Task[Channel]],
    target: Target,
    timeout: float,  # noqa: ASYNC109 - as above
    head_start: float,
    failures: list[Exception],
) -> Channel:
    try:
        async with asyncio.timeout(timeout):
            if len(contenders) > 1:
                await asyncio.wait(contenders[:1], timeout=head_start)
            return await take(contenders, ConnectError, failures)
    except ExceptionGroup:
        raise ConnectError(_reasons(failures)) from None
    except TimeoutError:
        ended = [task.exception() for task in contenders if task.done()]
        for error in ended:
            if isinstance(error, SessionGoneError):
                raise error from None
        failures += [error for error in ended if isinstance(error, ConnectError)]
        places = [_place(*address) for address in target.addresses] + list(target.signaling)
        silence = f"no answer within {round(timeout, 1):g} seconds from {', '.join(places)}"
        raise ConnectError(_reasons([*failures, silence])) from None


def _reasons(failures: Sequence[object]) -> str:
    return "; ".join(dict.fromkeys(map(str, failures)))


async def _discard(channel: Channel) -> None:
    await channel.close("another connection was faster")


async def _connect_webrtc(target: Target, settings: Settings, failures: list[Exception]) -> Channel:
    """Negotiate through all signaling servers at once; if that fails, try once more."""
    try:
        return await _negotiate(target, settings)
    except _OpenError as error:
        failures.append(error)
        return await _negotiate(target, settings)


class _OpenError(ConnectError):
    """The host answered, but no connection was established; worth one more attempt."""


async def _negotiate(target: Target, settings: Settings) -> Channel:
    negotiation = await Negotiation.offer(settings)
    try:
        answer = await _answer(target, negotiation.sdp)
    except BaseException:
        await negotiation.close()
        raise
    try:
        return await negotiation.open(answer)
    except ConnectError as error:
        raise _OpenError(str(error)) from None


async def _answer(target: Target, sdp: str) -> str:
    """Return the answer to an offer, which is published wherever the host may see it."""
    servers = [(f"wss://{_place(*address)}/signal", True) for address in target.addresses]
    servers += [(url, False) for url in target.signaling]
    if not servers:
        raise ConnectError("the invite has no usable address")
    offer = seal(sdp, target.secret, target.session, "offer", sender=new_id(), key=target.key)
    asking = [_ask(target, url, offer, direct=direct) for url, direct in servers]
    try:
        async with race(asking, _forget) as contenders:
            return await take(contenders, SignalingError)
    except ExceptionGroup as errors:
        reasons = "; ".join(map(str, errors.exceptions))
        raise ConnectError(f"WebRTC: {reasons}") from None


async def _forget(answer: str) -> None:
    """Discard an answer that arrives by a second way."""


async def _ask(target: Target, url: str, offer: Envelope, *, direct: bool) -> str:
    try:
        async with (
            subscribe(url, target.session, direct=direct) as signaling,
            running(_repeat(signaling, offer)),
        ):
            while True:
                # An envelope that cannot be opened is for somebody else, or forged.
                with contextlib.suppress(SealError):
                    envelope = Envelope.read(await signaling.receive())
                    if envelope.receiver == offer.sender:
                        return envelope.open(target.secret, target.session, "answer")
    except SignalingError as error:
        raise SignalingError(f"{url}: {error}") from None


async def _repeat(signaling: Signaling, offer: Envelope) -> None:
    while True:
        await signaling.publish(offer.fields())
        await asyncio.sleep(REPEAT)


async def _connect_websocket(target: Target, stagger: float) -> Channel:
    """Connect to all addresses at once."""
    await asyncio.sleep(stagger)
    if not target.addresses:
        raise ConnectError("the invite has no address")
    opening = [_open_websocket(target, *address) for address in target.addresses]
    try:
        async with race(opening, _discard) as contenders:
            return await take(contenders, ConnectError)
    except ExceptionGroup as errors:
        reasons = "; ".join(map(str, errors.exceptions))
        if not target.signaling and _is_gone(target, errors.exceptions):
            raise SessionGoneError(reasons) from None
        raise ConnectError(f"WebSocket: {reasons}") from None


class _NotThereError(ConnectError):
    """Another session is hosted at an address."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{_place(host, port)}: no such session there")
        self.host = host


def _is_gone(target: Target, errors: Sequence[Exception]) -> bool:
    """Return whether something else is hosted at the host's address now.

    An invite also names the host's loopback address, where anything on this machine may listen.
    """
    elsewhere = [host for host, _ in target.addresses if ice.loopback_address(host) is None]
    not_there = [error.host for error in errors if isinstance(error, _NotThereError)]
    return any(host in not_there for host in elsewhere) if elsewhere else bool(not_there)


async def _open_websocket(target: Target, host: str, port: int) -> Channel:
    place = _place(host, port)
    try:
        connection = await connect_websocket(
            f"wss://{place}/session/{target.session}",
            ssl=client_context(),
            proxy=None,
            compression=None,
            ping_interval=None,
            open_timeout=TIMEOUT,
            close_timeout=CLOSE_TIMEOUT,
            ssl_shutdown_timeout=CLOSE_TIMEOUT,
            max_size=MASTER_MESSAGE,
            max_queue=MAX_QUEUE,
            write_limit=WRITE_LIMIT,
        )
    except InvalidStatus as error:
        status = error.response.status_code
        if status == 404:
            raise _NotThereError(host, port) from None
        raise ConnectError(f"{place}: HTTP status {status}") from None
    except (OSError, WebSocketException, ValueError) as error:
        raise ConnectError(f"{place}: {explain(error)}") from None
    tls: ssl.SSLObject = connection.transport.get_extra_info("ssl_object")
    certificate = tls.getpeercert(binary_form=True)
    assert certificate is not None
    binding = hashlib.sha256(certificate).digest()
    return WebSocketChannel(connection, binding, max_send=CLIENT_MESSAGE)


def _place(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
