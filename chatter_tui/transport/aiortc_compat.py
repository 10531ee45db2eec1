"""Patches and limits for aiortc and aioice, for the pinned versions only.

Nothing global is patched: `harden` replaces the classes of one connection's parts.
"""

# ruff: noqa: N803, SLF001 - reaching inside, under aiortc's own names, is what this module is for

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from typing import TYPE_CHECKING

import aioice
import aiortc
from aiortc import rtcsctptransport as sctp
from cryptography.hazmat.primitives.serialization import Encoding

from chatter_tui.transport import ice

if TYPE_CHECKING:
    from collections.abc import Sequence

if (aiortc.__version__, aioice.__version__) != ("1.16.0", "0.13.0"):
    raise ImportError("chatter-tui works with aiortc 1.16.0 and aioice 0.13.0 only")

# Without a handler, Python would print their warnings to the screen.
for _name in ("aiortc", "aioice"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

CHANNEL_ID = 0
"""Stream of the one data channel, agreed on beforehand, so no OPEN message can get lost."""

MAX_CWND = 64 * 1024
"""Congestion window in bytes; aiortc has no limit and overruns UDP buffers on fast links."""

MIN_RTO = 0.3
"""Seconds before a single lost packet is sent again; aiortc waits one second."""

MAX_DISORDER = 2048
"""Chunks kept behind a missing one: six seconds of the smallest frames. aiortc has no limit."""

_BINARY = (sctp.WEBRTC_BINARY, sctp.WEBRTC_BINARY_EMPTY)


class HardenedSctp(sctp.RTCSctpTransport):
    """SCTP that survives packet loss in the handshake, invalid bytes and early closing."""

    _stopped = False

    async def start(self, remoteCaps: sctp.RTCSctpCapabilities | None, remotePort: int) -> None:
        """Start, unless already stopped: aiortc would leave timers running."""
        if not self._stopped:
            await super().start(remoteCaps, remotePort)

    async def stop(self) -> None:
        """Stop for good."""
        self._stopped = True
        await super().stop()

    async def _send_chunk(self, chunk: sctp.Chunk) -> None:
        # INIT always has tag 0, also when repeated (RFC 9260, 8.5.1). Otherwise two lost INIT ACKs
        # would leave the association unopened forever.
        tag = 0 if isinstance(chunk, sctp.InitChunk) else self._remote_verification_tag
        assert self._remote_port is not None
        packet = sctp.serialize_packet(self._local_port, self._remote_port, tag, chunk)
        # A closed DTLS transport closes the connection itself; nobody handles errors of aiortc's
        # tasks.
        with contextlib.suppress(ConnectionError):
            await self.transport._send_data(packet)

    async def _handle_data(self, data: bytes) -> None:
        try:
            await super()._handle_data(data)
        except Exception:  # noqa: BLE001 - whatever the bytes broke, only this association ends
            await self.stop()

    async def _receive_data_chunk(self, chunk: sctp.DataChunk) -> None:
        if chunk.stream_id != CHANNEL_ID:
            return
        await super()._receive_data_chunk(chunk)
        waiting = len(self._get_inbound_stream(CHANNEL_ID).reassembly)
        if max(waiting, len(self._sack_misordered)) > MAX_DISORDER:
            await self.stop()

    async def _data_channel_receive(self, stream_id: int, pp_id: int, data: bytes) -> None:
        # Invalid UTF-8 in text and unrequested channels would break the connection silently.
        if pp_id in _BINARY:
            await super()._data_channel_receive(stream_id, pp_id, data)

    @property
    def _cwnd(self) -> int:
        value: int = self.__dict__["_cwnd"]
        return value

    @_cwnd.setter
    def _cwnd(self, value: int) -> None:
        self.__dict__["_cwnd"] = min(value, MAX_CWND)

    def _update_rto(self, R: float) -> None:
        super()._update_rto(R)
        assert self._srtt is not None
        assert self._rttvar is not None
        self._rto = max(MIN_RTO, min(self._srtt + 4 * self._rttvar, sctp.SCTP_RTO_MAX))


class BoundedIce(aioice.Connection):
    """ICE that gathers on given addresses in bounded time, and stays closed once closed."""

    addresses: Sequence[str] = ()
    gathering_timeout = 2

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],  # noqa: ARG002 - replaced by the given ones
        timeout: int = 5,  # noqa: ARG002, ASYNC109 - aioice's signature
    ) -> list[aioice.Candidate]:
        """Gather on the given addresses, within the timeout even if a server does not answer.

        Servers are asked only from the outward address, if it was given: requests from the
        addresses of bridges and tunnels get no answer, and aioice would wait for each.
        """
        outward = ice.outward_address()
        asking = [each for each in self.addresses if each == outward] or list(self.addresses)
        candidates = await super().get_component_candidates(
            component, asking, self.gathering_timeout
        )
        self.stun_server = self.turn_server = None
        others = [each for each in self.addresses if each not in asking]
        return candidates + await super().get_component_candidates(component, others)

    async def query_consent(self) -> None:
        """Monitor the peer's consent, unless closed: aioice would go on forever."""
        if not self._closing:
            await super().query_consent()


def harden(connection: aiortc.RTCPeerConnection, addresses: Sequence[str]) -> None:
    """Harden a connection that has its data channel, and gather on `addresses` only."""
    transport = connection.sctp
    assert transport is not None
    transport.__class__ = HardenedSctp
    agent = transport.transport.transport._connection
    agent.__class__ = BoundedIce
    assert isinstance(agent, BoundedIce)
    agent.addresses = addresses


def fingerprints(connection: aiortc.RTCPeerConnection) -> tuple[bytes, bytes]:
    """Return the SHA-256 of this side's DTLS certificate and of the peer's proven one."""
    assert connection.sctp is not None
    dtls = connection.sctp.transport
    own = next(f.value for f in dtls.getLocalParameters().fingerprints if f.algorithm == "sha-256")
    assert dtls._ssl is not None
    peer = dtls._ssl.get_peer_certificate(as_cryptography=True)
    assert peer is not None
    peer_digest = hashlib.sha256(peer.public_bytes(Encoding.DER)).digest()
    return bytes.fromhex(own.replace(":", "")), peer_digest


async def close(connection: aiortc.RTCPeerConnection) -> None:
    """Close a connection in any state, after sending what its channel was given."""
    await asyncio.sleep(0)  # aiortc's own sending tasks start now
    await connection.close()
