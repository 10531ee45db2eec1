"""Each repair of aiortc and aioice, beside the fault that makes it necessary.

Where a test says that the original still has its fault and fails, the repair can go.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import aioice
import aioice.mdns
import aiortc
import pytest
from aiortc import rtcsctptransport as sctp

from chatter_tui.transport import aiortc_compat
from chatter_tui.transport.aiortc_compat import BoundedIce, HardenedSctp

if TYPE_CHECKING:
    from collections.abc import Callable

ORIGINAL_SCTP = sctp.RTCSctpTransport
HOST = "a=candidate:1 1 udp 2130706431 {} 5000 typ host"


class Wire:
    """Stands for DTLS below SCTP and keeps what is sent."""

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
    found = aiortc_compat.candidates(connection.localDescription.sdp)
    assert {line.split()[4] for line in found} == {"127.0.0.1", "::1"}
    await aiortc_compat.close(connection)


async def test_a_silent_ice_server_costs_no_more_than_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BoundedIce, "gathering_timeout", 0)
    loop = asyncio.get_running_loop()
    silent, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    port = silent.get_extra_info("sockname")[1]
    server = aiortc_compat.ice_server(f"stun:127.0.0.1:{port}")
    connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[server]))
    connection.createDataChannel("x", negotiated=True, id=0)
    aiortc_compat.harden(connection, ["127.0.0.1"])
    async with asyncio.timeout(2):
        await connection.setLocalDescription()
    assert len(aiortc_compat.candidates(connection.localDescription.sdp)) == 1
    await aiortc_compat.close(connection)
    silent.close()


@pytest.fixture
async def description() -> str:
    connection = aiortc.RTCPeerConnection(aiortc.RTCConfiguration(iceServers=[]))
    connection.createDataChannel("x", negotiated=True, id=0)
    aiortc_compat.harden(connection, ["127.0.0.1"])
    await connection.setLocalDescription()
    sdp = connection.localDescription.sdp
    await aiortc_compat.close(connection)
    return "".join(f"{x}\r\n" for x in sdp.splitlines() if not x.startswith("a=candidate"))


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        (["127.0.0.1"], {"127.0.0.2", "::1"}),
        (["192.0.2.1"], {"192.0.2.7"}),
        (["127.0.0.1", "192.0.2.1"], {"127.0.0.2", "::1", "192.0.2.7"}),
    ],
)
def test_candidates_that_cannot_work_are_dropped(
    description: str, own: list[str], kept: set[str]
) -> None:
    hosts = ["a1b2.local", "127.0.0.2", "::1", "192.0.2.7"]
    sdp = description + "".join(HOST.format(host) + "\r\n" for host in hosts)
    usable = aiortc_compat.candidates(aiortc_compat.usable_description(sdp, own))
    assert {line.split()[4] for line in usable} == kept


def test_candidates_are_bounded(description: str) -> None:
    many = "".join(HOST.format(f"192.0.2.{i}") + "\r\n" for i in range(100))
    usable = aiortc_compat.usable_description(description + many, ["192.0.2.200"])
    assert len(aiortc_compat.candidates(usable)) == aiortc_compat.MAX_CANDIDATES


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda sdp: "", id="nothing"),
        pytest.param(lambda sdp: "hello", id="no description"),
        pytest.param(lambda sdp: sdp.replace("application", "audio"), id="audio"),
        pytest.param(lambda sdp: sdp + sdp[sdp.index("m=") :], id="two media"),
        pytest.param(lambda sdp: sdp.replace("a=fingerprint", "a=x"), id="no fingerprint"),
        pytest.param(lambda sdp: sdp.replace("sha-256", "sha-1"), id="weak fingerprint"),
        pytest.param(lambda sdp: sdp.replace("a=ice-pwd", "a=x"), id="no password"),
        pytest.param(lambda sdp: sdp.replace("a=sctp-port", "a=x"), id="no port"),
        pytest.param(lambda sdp: sdp + HOST.format("127.0.0.1 x") + "\r\n", id="odd port"),
        pytest.param(lambda sdp: sdp + "a=x\r\n" * 10_000, id="too long"),
    ],
)
def test_other_descriptions_are_refused(description: str, spoil: Callable[[str], str]) -> None:
    aiortc_compat.usable_description(description, ["127.0.0.1"])
    with pytest.raises(ValueError, match=r"malformed|not one data channel|too long"):
        aiortc_compat.usable_description(spoil(description), ["127.0.0.1"])


def test_addresses_to_gather_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interfaces(*, use_ipv4: bool, use_ipv6: bool) -> list[str]:
        return ["192.0.2.1"] * use_ipv4 + ["fd00::1"] * use_ipv6

    listening, dialing = aiortc_compat.listening_addresses, aiortc_compat.dialing_addresses
    monkeypatch.setattr("aioice.ice.get_host_addresses", interfaces)
    assert listening(["127.0.0.1"]) == ["127.0.0.1"]
    assert listening(["192.0.2.9", "192.0.2.9"]) == ["192.0.2.9"]
    assert listening(["0.0.0.0", "::"]) == ["192.0.2.1", "fd00::1"]
    assert dialing(["127.0.0.1", "::1", "localhost"]) == ["127.0.0.1", "::1"]
    assert dialing(["192.0.2.9", "127.0.0.1"]) == ["127.0.0.1", "192.0.2.1", "fd00::1"]
    assert dialing([]) == dialing(["host.example"]) == ["192.0.2.1", "fd00::1"]
    monkeypatch.setattr("aioice.ice.get_host_addresses", lambda **_: [])
    assert listening(["0.0.0.0", "::"]) == ["127.0.0.1", "::1"]


def test_ice_servers() -> None:
    assert aiortc_compat.ice_server("stun:192.0.2.1").urls == "stun:192.0.2.1"
    turn = aiortc_compat.ice_server("turn:me:p%40ss@turn.example:3478?transport=tcp")
    assert turn.urls == "turn:turn.example:3478?transport=tcp"
    assert (turn.username, turn.credential) == ("me", "p@ss")
    for url in ("", "http://x", "stun:", "192.0.2.1:3478"):
        with pytest.raises(ValueError, match="not an ICE server"):
            aiortc_compat.ice_server(url)
