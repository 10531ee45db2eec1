"""Patches and limits for aiortc and aioice, for one pinned version only.

Nothing global is patched: `harden` exchanges the classes of one connection's own parts.
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

# Without a handler, Python would print their warnings over the screen.
for _name in ("aiortc", "aioice"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

CHANNEL_ID = 0
"""Stream of the one data channel, agreed on beforehand: no open message that could get lost."""

MAX_CWND = 64 * 1024
"""Congestion window; aiortc has no bound and overruns UDP buffers on fast links."""

MIN_RTO = 0.3
"""Seconds before a lone lost packet is sent again; aiortc waits a second."""

MAX_DISORDER = 2048
"""Chunks kept behind a missing one, six seconds of the smallest frames; aiortc keeps any number."""

_BINARY = (sctp.WEBRTC_BINARY, sctp.WEBRTC_BINARY_EMPTY)


class HardenedSctp(sctp.RTCSctpTransport):
    """SCTP that completes its handshake under loss and survives any bytes and early closing."""

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
        # INIT carries tag 0 also when repeated (RFC 9260, 8.5.1), else two lost INIT ACKs leave
        # the association unopened for ever.
        tag = 0 if isinstance(chunk, sctp.InitChunk) else self._remote_verification_tag
        assert self._remote_port is not None
        packet = sctp.serialize_packet(self._local_port, self._remote_port, tag, chunk)
        # A DTLS transport that has gone closes the connection itself; the tasks that aiortc
        # sends from have nobody to tell.
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
        # Text with invalid UTF-8 and unasked-for channels would kill the connection unheard.
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
    """ICE on chosen addresses, with bounded gathering, that stays closed once closed."""

    addresses: Sequence[str] = ()
    gathering_timeout = 2

    async def get_component_candidates(
        self,
        component: int,
        addresses: list[str],  # noqa: ARG002 - replaced by the chosen ones
        timeout: int = 5,  # noqa: ARG002, ASYNC109 - aioice's signature
    ) -> list[aioice.Candidate]:
        """Gather on the chosen addresses; an unanswered server costs no more than the bound.

        Servers are asked only from the address that leads out, if it is among the chosen: those of
        bridges and tunnels get no answer, and aioice would wait for each.
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
        """Watch the peer, unless closed meanwhile: aioice would watch for ever."""
        if not self._closing:
            await super().query_consent()


def harden(connection: aiortc.RTCPeerConnection, addresses: Sequence[str]) -> None:
    """Make `connection`, which has its data channel, robust and gather on `addresses` only."""
    transport = connection.sctp
    assert transport is not None
    transport.__class__ = HardenedSctp
    agent = transport.transport.transport._connection
    agent.__class__ = BoundedIce
    assert isinstance(agent, BoundedIce)
    agent.addresses = addresses


def fingerprints(connection: aiortc.RTCPeerConnection) -> tuple[bytes, bytes]:
    """Return the SHA-256 of our DTLS certificate and of the one the peer has proved to hold."""
    assert connection.sctp is not None
    dtls = connection.sctp.transport
    own = next(f.value for f in dtls.getLocalParameters().fingerprints if f.algorithm == "sha-256")
    assert dtls._ssl is not None
    peer = dtls._ssl.get_peer_certificate(as_cryptography=True)
    assert peer is not None
    peer_digest = hashlib.sha256(peer.public_bytes(Encoding.DER)).digest()
    return bytes.fromhex(own.replace(":", "")), peer_digest


async def close(connection: aiortc.RTCPeerConnection) -> None:
    """Close a connection in any state, after what its channel was given has left."""
    await asyncio.sleep(0)  # aiortc sends from tasks of its own, which start now
    await connection.close()
