"""Whole binary messages between a client and its master, over WebRTC or WebSocket.

Names that need the network libraries are imported on first access: the libraries take a quarter of
a second and 30 MB, which a review without others does not need.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from chatter_tui.startup.without import without
from chatter_tui.transport.channel import (
    Channel,
    ChannelClosed,
    ConnectError,
    SessionGoneError,
)
from chatter_tui.transport.gate import AddressInUseError, ListenError
from chatter_tui.transport.memory import MemoryChannel
from chatter_tui.transport.reachable import reachable

if TYPE_CHECKING:
    from chatter_tui.transport.certificate import Certificate, CertificateError
    from chatter_tui.transport.dialer import Target, Transport, connect, dial
    from chatter_tui.transport.listener import Listener
    from chatter_tui.transport.signaling_server import SignalingServer

_LATER = {
    "Certificate": "certificate",
    "CertificateError": "certificate",
    "Listener": "listener",
    "SignalingServer": "signaling_server",
    "Target": "dialer",
    "Transport": "dialer",
    "connect": "dialer",
    "dial": "dialer",
}

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


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with without("av"):  # aiortc's audio and video codecs: 23 MB and a quarter of its import time
        return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
