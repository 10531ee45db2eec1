"""Events that both machines report: immutable facts, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.startup.immutable import dataclass

if TYPE_CHECKING:
    from chatter_tui.authority import Role
    from chatter_tui.blocks import Block


@dataclass(frozen=True, slots=True)
class Peer:
    """A participant and their presence.

    `section` is the heading they read and `block` the id of the block they are at; both are None
    when not shared. `online` is false for a peer that left and may come back. `following` is the id
    of the peer they follow. Only the master sees a `hidden` peer; to the others it has left.
    `transport` and `latency` (the last round trip in seconds) describe the peer's link to the
    master. The master knows all of them, a client only its own; they are part of answers, not of
    events.
    """

    id: str
    name: str
    role: Role
    color: str = ""
    section: str | None = None
    block: str | None = None
    typing: bool = False
    online: bool = True
    following: str | None = None
    hidden: bool = False
    transport: str | None = None
    latency: float | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """The master admitted this client as `me` on `link`, to review `document`.

    The caller reports it as `Ready`, unless the client was already in and only changed its link.
    """

    me: Peer
    document: str
    link: int


@dataclass(frozen=True, slots=True)
class Synced:
    """The master's whole state has arrived, with this number of blocks."""

    blocks: int


@dataclass(frozen=True, slots=True)
class MasterBehind:
    """The master was restored from an older backup, and the client has adopted its state.

    `again` are the ids of blocks whose local changes are sent again, `lost` the blocks of others
    that the master lacks, `back` the ids of blocks that had been deleted.
    """

    again: tuple[str, ...]
    lost: tuple[Block, ...]
    back: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlockAdded:
    """A block was added. `peer` is its author's id (possibly this peer's), empty if unknown."""

    id: str
    block: Block
    peer: str


@dataclass(frozen=True, slots=True)
class BlockChanged:
    """A block changed; `block` is its new value."""

    id: str
    block: Block
    peer: str


@dataclass(frozen=True, slots=True)
class BlockDeleted:
    """A block was deleted; `block` is its last value."""

    id: str
    block: Block
    peer: str


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """The master accepted this peer's change to block `id`. Only the caller fills in `ref`."""

    id: str
    ref: object = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The master rejected this peer's change to block `id`, and the change was rolled back.

    `block` is the block as this peer had written it, so that no text is lost; None if the change
    was a deletion. `ref` is as in `Acknowledged`.
    """

    id: str
    code: str
    reason: str
    block: Block | None
    ref: object = None


@dataclass(frozen=True, slots=True)
class PeerJoined:
    """A peer joined or came back."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class PeerLeft:
    """A peer left."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class RoleChanged:
    """The role of a peer changed, possibly this one's."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class PresenceChanged:
    """A peer moved, or started or stopped typing."""

    peer: Peer


@dataclass(frozen=True, slots=True)
class DocumentChanged:
    """The document's text, on joining and whenever the master's file changes."""

    name: str
    version: int
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The session is over for this peer; no event follows.

    `code` is empty for an ordinary end, `taken-over` when another process of the same user
    continues the session, and otherwise says what went wrong, such as the master's refusal
    (docs/protocol.md).
    """

    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """An operation failed, or something happened that the user should know."""

    message: str
    ref: object = None


SessionEvent = (
    Synced
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
    | Ended
    | Failed
)

MachineEvent = SessionEvent | Joined | MasterBehind
