"""Events of the two machines: immutable facts, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.immutable import dataclass

if TYPE_CHECKING:
    from chatter_tui.authority import Role
    from chatter_tui.blocks import Block


@dataclass(frozen=True, slots=True)
class Peer:
    """A participant and where they are.

    `section` is the heading they read and `block` the block they are at, each absent when they
    do not share it; `online` is false for a peer that left and may come back. `following` is the
    id of the peer they go after. Only the master sees a `hidden` peer: to all others it has left.
    `transport` and `latency` (the last round trip, in seconds) are of a peer's link to the master,
    which knows everybody's, and a client its own; they come with answers, not with events.
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
    """The master let one in, as `me`, to review `document`, by `link`.

    The caller makes it a `Ready`, unless it is another link of one who is in already.
    """

    me: Peer
    document: str
    link: int


@dataclass(frozen=True, slots=True)
class Synced:
    """Everything the master had has arrived."""

    blocks: int


@dataclass(frozen=True, slots=True)
class MasterBehind:
    """The master's disk was an older backup, whose state the client has adopted.

    `again` are blocks with the client's own changes, which are sent again, `lost` are others' blocks that
    the master lacks, `back` are blocks that had been deleted.
    """

    again: tuple[str, ...]
    lost: tuple[Block, ...]
    back: tuple[str, ...]


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
    """The master took one's change of block `id`; the machines leave `ref` to their caller."""

    id: str
    ref: object = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The master refused one's change of block `id`, which has been rolled back.

    `block` is the block as one had written it, so that nothing typed is lost; None when one had
    deleted it. `ref` is as in `Acknowledged`.
    """

    id: str
    code: str
    reason: str
    block: Block | None
    ref: object = None


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
class Ended:
    """The session is over for this peer; nothing follows.

    `code` is empty for an ordinary end, `taken-over` when another process of this user has it now,
    else what went wrong, say the master's refusal (docs/protocol.md).
    """

    reason: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """Something asked for could not be done, or the world did something worth telling."""

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
