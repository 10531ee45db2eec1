"""How far a client's connection to its master has come."""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """The state of the connection to the master."""

    OFFLINE = "offline"
    AUTHENTICATING = "authenticating"
    SYNCING = "syncing"
    ONLINE = "online"
