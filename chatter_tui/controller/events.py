"""Events from a session to its user: immutable facts, in order."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from chatter_tui import __version__
from chatter_tui.immutable import dataclass
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.authority import Role  # noqa: TC004 - a type here, and slow to import
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
    """The session at one moment, safe to show: it holds no secret.

    `transport` is `webrtc`, `websocket` or `memory` while linked to the master, `local` on the
    master itself and None while offline; `latency` is the last round trip in seconds; `pending`
    counts the user's unanswered changes. `addresses` are where the host can be
    reached, `invites` counts usable ones, on the host; `protocol` is its version.
    `saved_at` is when something was last written, as Unix time; `problem` says why it is not saved.
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

    `expires` is Unix time, `uses_left` None for any number. `refusal` says why it can no longer be used
    (a code of docs/protocol.md), empty if it can. `joined` are the names of those who joined with it.
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

    `asked` is the requested name, if somebody else has it.
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
    """The link is gone; the next try is in `retry_in` seconds, or never when None."""

    reason: str
    retry_in: float | None


@dataclass(frozen=True, slots=True)
class SaveState:
    """Whether what is on disk is what is on screen; `problem` says why not, `reason` in short."""

    saved: bool
    problem: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BlocksAnswer:
    """All blocks, by id."""

    ref: object
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class PeersAnswer:
    """All peers, the user first."""

    ref: object
    peers: Sequence[Peer]


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """The session at this moment."""

    ref: object
    status: Status


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """Who did what, the oldest first."""

    ref: object
    entries: Sequence[HistoryEntry]


@dataclass(frozen=True, slots=True)
class InviteAnswer:
    """An invite that was asked for."""

    ref: object
    invite: InviteState


@dataclass(frozen=True, slots=True)
class RevokeAnswer:
    """The invite was revoked, or made usable again."""

    ref: object
    token: str


@dataclass(frozen=True, slots=True)
class InvitesAnswer:
    """All invites, the oldest first."""

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
