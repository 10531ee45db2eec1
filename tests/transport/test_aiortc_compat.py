"""Each repair of aiortc and aioice, beside the fault that makes it necessary.

Where a test says that the original still has its fault and fails, the repair can go.
"""

from __future__ import annotations

import asyncio
import struct
from typing import cast

import aioice
import aioice.mdns
import aiortc
import pytest
from aiortc import rtcsctptransport as sctp

from chatter_tui.transport import aiortc_compat, ice
from chatter_tui.transport.aiortc_compat import BoundedIce, HardenedSctp

ORIGINAL_SCTP = sctp.RTCSctpTransport


class Wire:
    """Replaces DTLS below SCTP, and records what is sent."""

    state = "connected"
    _role = "client"

    def __init__(self) -> None:
        self.tags: list[int] = []

    async def _send_data(self, data: bytes) -> None:
        self.tags.append(sctp.parse_packet(data)[2])

    def _register_data_receiver(self, receiver: object) -> None: ...
    def _unregister_data_receiver(self, receiver: object) -> None: ...


def association(kind: type[sctp.RTCSctpTransport]) -> tuple[sctp.RTCSctpTransport, Wire]:
    wire = Wire()
    transport = sctp.RTCSctpTransport(cast("aiortc.RTCDtlsTransport", wire))
    transport.__class__ = kind
    transport._remote_port = 5000
    return transport, wire


@pytest.mark.parametrize(("kind", "tag"), [(ORIGINAL_SCTP, 7), (HardenedSctp, 0)])
async def test_a_repeated_init_carries_no_tag(kind: type[sctp.RTCSctpTransport], tag: int) -> None:
    transport, wire = association(kind)
    transport._remote_verification_tag = 7
    await transport._send_chunk(sctp.InitChunk())
    await transport._send_chunk(sctp.CookieAckChunk())
    assert wire.tags == [tag, 7]


@pytest.mark.parametrize(("kind", "starts"), [(ORIGINAL_SCTP, True), (HardenedSctp, False)])
async def test_sctp_stopped_before_its_start_stays_so(
    kind: type[sctp.RTCSctpTransport], starts: bool
) -> None:
    transport, _ = association(kind)
    await transport.stop()
    await transport.start(None, 5000)
    assert (transport._t1_handle is not None) == starts
    transport._t1_cancel()


@pytest.mark.parametrize(("kind", "endless"), [(aioice.Connection, True), (BoundedIce, False)])
async def test_ice_closed_before_it_connects_stays_so(
    kind: type[aioice.Connection], endless: bool
) -> None:
    agent = kind(ice_controlling=True)
    agent.remote_password = "x"
    await agent.close()
    watching = asyncio.create_task(agent.query_consent())
    await asyncio.wait([watching], timeout=0.01)
    assert watching.done() != endless
    watching.cancel()


def data(number: int, *, stream: int = aiortc_compat.CHANNEL_ID) -> sctp.DataChunk:
    """A whole message that is preceded by a missing one."""
    chunk = sctp.DataChunk()
    chunk.flags = sctp.SCTP_DATA_FIRST_FRAG | sctp.SCTP_DATA_LAST_FRAG
    chunk.tsn, chunk.stream_id, chunk.stream_seq = 100 + number, stream, 1 + number
    chunk.protocol, chunk.user_data = sctp.WEBRTC_BINARY, b"x"
    return chunk


@pytest.mark.parametrize(("kind", "kept"), [(ORIGINAL_SCTP, [7]), (HardenedSctp, [])])
async def test_nothing_is_kept_of_other_streams(
    kind: type[sctp.RTCSctpTransport], kept: list[int]
) -> None:
    transport, _ = association(kind)
    transport._last_received_tsn = 1
    await transport._receive_data_chunk(data(0, stream=7))
    assert list(transport._inbound_streams) == kept


@pytest.mark.parametrize(("kind", "goes_on"), [(ORIGINAL_SCTP, True), (HardenedSctp, False)])
async def test_so_much_is_kept_behind_a_missing_chunk(
    kind: type[sctp.RTCSctpTransport], goes_on: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aiortc_compat, "MAX_DISORDER", 5)
    transport, _ = association(kind)
    transport._last_received_tsn = 1
    transport._set_state(transport.State.ESTABLISHED)
    for number in range(5):
        await transport._receive_data_chunk(data(number))
    assert transport.state == "connected"
    await transport._receive_data_chunk(data(5))
    assert (transport.state == "connected") == goes_on
    await transport.stop()


@pytest.mark.parametrize("kind", [ORIGINAL_SCTP, HardenedSctp])
async def test_bytes_that_break_it_end_the_association_only(
    kind: type[sctp.RTCSctpTransport],
) -> None:
    transport, _ = association(kind)
    transport._set_state(transport.State.ESTABLISHED)
    short = sctp.ReconfigChunk()
    short.params.append((sctp.SCTP_STR_RESET_OUT_REQUEST, b"\0"))
    tag = transport._local_verification_tag
    packet = sctp.serialize_packet(5000, 5000, tag, short)
    if kind is ORIGINAL_SCTP:
        with pytest.raises(struct.error):  # in the task that reads for everything above DTLS
            await transport._handle_data(packet)
    else:
        await transport._handle_data(packet)
        assert transport.state == "closed"
    await transport.stop()


@pytest.mark.parametrize(("kind", "bound"), [(ORIGINAL_SCTP, 10**9), (HardenedSctp, 64 * 1024)])
async def test_the_congestion_window_is_bounded(
    kind: type[sctp.RTCSctpTransport], bound: int
) -> None:
    transport, _ = association(kind)
    transport._cwnd = 10**9
    assert transport._cwnd == bound


@pytest.mark.parametrize(("kind", "seconds"), [(ORIGINAL_SCTP, 1), (HardenedSctp, 0.3)])
async def test_a_lone_lost_packet_is_soon_sent_again(
    kind: type[sctp.RTCSctpTransport], seconds: float
) -> None:
    transport, _ = association(kind)
    transport._update_rto(0.001)
    assert transport._rto == seconds


def test_aioice_would_ask_the_network_for_local_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert aioice.mdns.is_mdns_hostname("a1b2.local")


def test_aiortc_would_ask_a_public_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert aiortc.RTCIceGatherer.getDefaultIceServers()


async def test_gathering_is_on_the_chosen_addresses_only() -> None:
    connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
    connection.createDataChannel("x", negotiated=True, id=0)
    aiortc_compat.harden(connection, ["127.0.0.1", "::1", "192.0.2.1"])
    await connection.setLocalDescription()
    found = ice.candidates(connection.localDescription.sdp)
    assert {line.split()[4] for line in found} == {"127.0.0.1", "::1"}
    await aiortc_compat.close(connection)


async def test_ice_servers_are_asked_from_the_address_that_leads_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: set[str] = set()

    class Server(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            asked.add(addr[0])

    monkeypatch.setattr(BoundedIce, "gathering_timeout", 0.1)
    loop = asyncio.get_running_loop()
    listening, _ = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    port = listening.get_extra_info("sockname")[1]
    addresses = ["127.0.0.2", "127.0.0.3"]
    for outward, expected in (("127.0.0.3", {"127.0.0.3"}), (None, set(addresses))):
        asked.clear()
        monkeypatch.setattr(ice, "outward_address", lambda outward=outward: outward)
        server = ice.ice_server(f"stun:127.0.0.1:{port}")
        connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[server]))
        connection.createDataChannel("x", negotiated=True, id=0)
        aiortc_compat.harden(connection, addresses)
        await connection.setLocalDescription()
        found = ice.candidates(connection.localDescription.sdp)
        assert {line.split()[4] for line in found} == set(addresses)
        assert asked == expected
        await aiortc_compat.close(connection)
    listening.close()


async def test_a_silent_ice_server_costs_no_more_than_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BoundedIce, "gathering_timeout", 0)
    loop = asyncio.get_running_loop()
    silent, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    port = silent.get_extra_info("sockname")[1]
    server = ice.ice_server(f"stun:127.0.0.1:{port}")
    connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[server]))
    connection.createDataChannel("x", negotiated=True, id=0)
    aiortc_compat.harden(connection, ["127.0.0.1"])
    async with asyncio.timeout(2):
        await connection.setLocalDescription()
    assert len(ice.candidates(connection.localDescription.sdp)) == 1
    await aiortc_compat.close(connection)
    silent.close()
