"""Whole binary messages between a client and its master, by WebRTC or WebSocket."""

from chatter_tui.transport.certificate import Certificate, CertificateError
from chatter_tui.transport.channel import (
    Channel,
    ChannelClosed,
    ConnectError,
    SessionGoneError,
)
from chatter_tui.transport.dialer import Target, Transport, connect, dial
from chatter_tui.transport.gate import AddressInUseError, ListenError
from chatter_tui.transport.listener import Listener
from chatter_tui.transport.memory import MemoryChannel
from chatter_tui.transport.reachable import reachable
from chatter_tui.transport.signaling_server import SignalingServer

__all__ = [
    "AddressInUseError",
    "Certificate",
    "CertificateError",
    "Channel",
    "ChannelClosed",
    "ConnectError",
    "ListenError",
    "Listener",
    "MemoryChannel",
    "SessionGoneError",
    "SignalingServer",
    "Target",
    "Transport",
    "connect",
    "dial",
    "reachable",
]
