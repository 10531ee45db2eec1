"""What a session tells its user, on screen or as lines of JSON: immutable facts, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chatter_tui.blocks import Block

Role = Literal["owner", "moderator", "reviewer", "viewer"]


@dataclass(frozen=True, slots=True)
class Peer:
    """A participant and where they are.

    `section` is the heading they read and `block` the block they are at, each absent when they
    do not share it; `online` is false for a peer that left and may come back.
    """

    id: str
    name: str
    role: Role
    color: str = ""
    section: str | None = None
    block: str | None = None
    typing: bool = False
    online: bool = True


@dataclass(frozen=True, slots=True)
class Status:
    """The session at one moment, safe to show: it holds no secret.

    `transport` is `webrtc`, `websocket` or `memory` while linked to the master, `local` on the
    master itself and None while offline; `latency` is the last round trip in seconds; `pending`
    counts one's own changes that the master has not answered yet.
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


@dataclass(frozen=True, slots=True)
class Ready:
    """One is in the session (again); a host also learns the invite line to pass on."""

    session: str
    peer: str
    name: str
    role: Role
    document: str
    invite: str | None = None


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
class Synced:
    """Everything the master had has arrived."""

    blocks: int


@dataclass(frozen=True, slots=True)
class BlockAdded:
    """A block appeared; `peer` made it (oneself included), empty when not known."""

    id: str
    block: Block
    peer: str


@dataclass(frozen=True, slots=True)
class BlockChanged:
    """A block is different; `block` is what it is now."""

    id: str
    block: Block
    peer: str


@dataclass(frozen=True, slots=True)
class BlockDeleted:
    """A block is gone; `block` is what it was."""

    id: str
    block: Block
    peer: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The master took one's change of block `id`."""

    id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The master refused one's change of block `id`, which has been rolled back.

    `block` is the block as one had written it, so that nothing typed is lost; None when one had
    deleted it.
    """

    id: str
    code: str
    reason: str
    block: Block | None


@dataclass(frozen=True, slots=True)
class PeerJoined:
    """Somebody came, or came back."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """Somebody's link is gone."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class RoleChanged:
    """Somebody's role is another now, perhaps one's own."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """Somebody moved, types or stopped typing."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class DocumentChanged:
    """The document's text, on joining and whenever the master's file changes."""

    name: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class SaveState:
    """Whether what is on disk is what is on screen; `problem` says why not."""

    saved: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over for this peer; nothing follows."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """Something asked for could not be done, or the world did something worth telling."""

    message: str
    ref: object = None


@dataclass(frozen=True, slots=True)
class BlocksAnswer:
    """All blocks, by id."""

    ref: object
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True)
class PeersAnswer:
    """All peers, oneself first."""

    ref: object
    peers: Sequence[Peer]


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """The session at this moment."""

    ref: object
    status: Status


Event = (
    Ready
    | Connected
    | Disconnected
    | Synced
    | BlockAdded
    | BlockChanged
    | BlockDeleted
    | Acknowledged
    | Rejected
    | PeerJoined
    | PeerLeft
    | RoleChanged
    | PresenceChanged
    | DocumentChanged
    | SaveState
    | Ended
    | Failed
    | BlocksAnswer
    | PeersAnswer
    | StatusAnswer
)
