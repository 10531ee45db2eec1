"""Events from a session to its user: immutable facts, in order."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from chatter_tui import __version__
from chatter_tui.session.events import (
    Acknowledged,
    BlockAdded,
    BlockChanged,
    BlockDeleted,
    DocumentChanged,
    Ended,
    Failed,
    Peer,
    PeerJoined,
    PeerLeft,
    PresenceChanged,
    Rejected,
    RoleChanged,
    SessionEvent,
    Synced,
)
from chatter_tui.startup.immutable import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.authority import Role  # noqa: TC004 - only a type here, and slow to import
    from chatter_tui.blocks import Block
    from chatter_tui.storage.session_store import HistoryEntry

__all__ = [
    "Acknowledged",
    "BlockAdded",
    "BlockChanged",
    "BlockDeleted",
    "BlocksAnswer",
    "Connected",
    "Disconnected",
    "DocumentChanged",
    "Ended",
    "Event",
    "Failed",
    "HistoryAnswer",
    "InviteAnswer",
    "InviteState",
    "InvitesAnswer",
    "Peer",
    "PeerJoined",
    "PeerLeft",
    "PeersAnswer",
    "PresenceChanged",
    "Ready",
    "Rejected",
    "RevokeAnswer",
    "Role",
    "RoleChanged",
    "SaveState",
    "Status",
    "StatusAnswer",
    "Synced",
]


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the session at one moment. It contains no secret.

    `transport` is `webrtc`, `websocket` or `memory` while linked to the master, `local` on the
    master itself and None while offline; `latency` is the last round trip in seconds. `pending`
    counts the user's unanswered changes. On a host, `addresses` are where it can be reached and
    `invites` counts usable invites. `protocol` is the protocol's version. `saved_at` is when
    something was last written (Unix time); `problem` says why it is not saved.
    """

    session: str
    peer: str
    name: str
    role: Role
    document: str
    transport: str | None
    latency: float | None
    pending: int
    blocks: int
    peers: int
    saved: bool
    addresses: Sequence[str] = ()
    invites: int = 0
    version: str = __version__
    protocol: int = 0
    saved_at: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class InviteState:
    """The state of an invite; `line` is what is shared and contains the secret.

    `expires` is Unix time, `uses_left` None for any number. `refusal` is the code
    (docs/protocol.md) with which it refuses new peers, empty if it is usable. `joined` are the
    names of those who joined with it.
    """

    token: str
    line: str = field(repr=False)
    role: Role
    expires: float
    uses_left: int | None = None
    label: str = ""
    refusal: str = ""
    joined: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """The user is in the session (again); a host also gets the invite line.

    `asked` is the requested name if it was taken.
    """

    session: str
    peer: str
    name: str
    role: Role
    document: str
    invite: str | None = None
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Connected:
    """A link to the master is up."""

    transport: str


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The link is gone. The next attempt is in `retry_in` seconds, never if None."""

    reason: str
    retry_in: float | None


@dataclass(frozen=True, slots=True)
class SaveState:
    """Whether everything is saved; `problem` says why not, `reason` in few words."""

    saved: bool
    problem: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BlocksAnswer:
    """All blocks."""

    ref: object
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class PeersAnswer:
    """All peers, the user first."""

    ref: object
    peers: Sequence[Peer]


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """The answer to `GetStatus`."""

    ref: object
    status: Status


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """The history, oldest first."""

    ref: object
    entries: Sequence[HistoryEntry]


@dataclass(frozen=True, slots=True)
class InviteAnswer:
    """The invite that was created."""

    ref: object
    invite: InviteState


@dataclass(frozen=True, slots=True)
class RevokeAnswer:
    """The invite was revoked, or made usable again."""

    ref: object
    token: str


@dataclass(frozen=True, slots=True)
class InvitesAnswer:
    """All invites, oldest first."""

    ref: object
    invites: Sequence[InviteState]


Event = (
    SessionEvent
    | Ready
    | Connected
    | Disconnected
    | SaveState
    | BlocksAnswer
    | PeersAnswer
    | StatusAnswer
    | HistoryAnswer
    | InviteAnswer
    | RevokeAnswer
    | InvitesAnswer
)
