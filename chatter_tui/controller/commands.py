"""Commands of a user to a session: immutable requests.

`ref` is any value; an answer to the request carries it. `force` skips one's own checks, so that
the master's can be tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.immutable import dataclass
from chatter_tui.session.invites import DEFAULT_LIFETIME

if TYPE_CHECKING:
    from collections.abc import Mapping


MAX_LABEL: Final = 40  # characters of an invite's label: a row of a list must hold it


@dataclass(frozen=True, slots=True)
class Add:
    """Add a block; `fields` are its fields as JSON values.

    `id` (a new ULID), `author` (the user), `timestamp` (now), `status` and `spec_version` are
    filled in if absent.
    """

    fields: Mapping[str, object]
    force: bool = False
    ref: object = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Make `content` the text of a block; only what differs is sent, so that edits merge."""

    id: str
    content: str
    force: bool = False
    ref: object = None


@dataclass(frozen=True, slots=True)
class Resolve:
    """Resolve a thread (`id` is its root) or reopen it."""

    id: str
    resolved: bool = True
    ref: object = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a block and its replies."""

    id: str
    force: bool = False
    ref: object = None


@dataclass(frozen=True, slots=True)
class React:
    """Answer a block with one emoji, `+1`, `-1`, `agree` or `disagree`."""

    id: str
    content: str
    ref: object = None


@dataclass(frozen=True, slots=True)
class Anchor:
    """Attach a block to another place; None attaches it to the document as a whole."""

    id: str
    anchor: Mapping[str, object] | None
    force: bool = False
    ref: object = None


@dataclass(frozen=True, slots=True)
class Accept:
    """Have the master accept a suggestion into the document.

    `text` is the replacement the user has seen; None accepts any. `confirmed` accepts it although its
    text has moved or another suggestion overlaps.
    """

    id: str
    text: str | None = None
    confirmed: bool = False
    force: bool = False
    ref: object = None


@dataclass(frozen=True, slots=True)
class Reject:
    """Have the master reject a suggestion, or withdraw the user's own.

    `reason`, unless empty, becomes a reply, with the id `reply` if one is given.
    """

    id: str
    reason: str = ""
    reply: str | None = None
    force: bool = False
    ref: object = None


@dataclass(frozen=True, slots=True)
class Revert:
    """Have the master undo the user's decision on a suggestion, including its text."""

    id: str
    force: bool = False
    ref: object = None


@dataclass(frozen=True, slots=True)
class SetPresence:
    """Share the user's place; None hides that part.

    `following` is the id of the followed peer. To the others, a `hidden` peer has left; the host sees it,
    and cannot hide itself.
    """

    section: str | None = None
    block: str | None = None
    typing: bool = False
    ref: object = None
    following: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class SetRole:
    """Give a peer another role; the owner's to ask."""

    peer: str
    role: str
    ref: object = None


@dataclass(frozen=True, slots=True)
class RemovePeer:
    """Part from a peer, who does not come back; the owner's to ask."""

    peer: str
    ref: object = None


@dataclass(frozen=True, slots=True)
class MakeInvite:
    """Make another invite; the owner's to ask.

    `ttl` is how long it can be used, in seconds, and `uses` by how many, None for any number.
    """

    role: str = "reviewer"
    ttl: float = DEFAULT_LIFETIME
    uses: int | None = None
    label: str = ""
    ref: object = None


@dataclass(frozen=True, slots=True)
class RevokeInvite:
    """Revoke an invite, or undo that; owner only."""

    token: str
    revoked: bool = True
    ref: object = None


@dataclass(frozen=True, slots=True)
class GetHistory:
    """Ask who did what, and when."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class GetInvites:
    """Ask for all invites; the owner's to ask."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class SetOnline:
    """Drop the link and stay away, or come back; reading and writing go on meanwhile."""

    online: bool
    ref: object = None


@dataclass(frozen=True, slots=True)
class GetBlocks:
    """Ask for all blocks."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class GetPeers:
    """Ask who is there."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class GetStatus:
    """Ask how the session is."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave, after earlier commands are done; a master ends the session for everyone.

    `at_once` does not wait for a first connection that is not up yet. Without `ends` a master only
    goes away, and its clients wait until the session is resumed. `reason` and `code`, if given, are
    reported to the user.
    """

    at_once: bool = False
    ends: bool = True
    reason: str = ""
    code: str = ""
    ref: object = None


Command = (
    Add
    | Edit
    | Resolve
    | Delete
    | React
    | Anchor
    | Accept
    | Reject
    | Revert
    | SetPresence
    | SetRole
    | RemovePeer
    | MakeInvite
    | RevokeInvite
    | GetHistory
    | GetInvites
    | SetOnline
    | GetBlocks
    | GetPeers
    | GetStatus
    | Quit
)
