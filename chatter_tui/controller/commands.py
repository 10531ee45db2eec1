"""Commands of a user to a session: immutable requests.

`ref` is any value, which the answer repeats. `force` skips the client's own checks, so that the
master's can be tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatter_tui.session.invites import DEFAULT_LIFETIME
from chatter_tui.startup.immutable import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping


MAX_LABEL: Final = 40  # characters that fit on a row of the list of invites


@dataclass(frozen=True, slots=True)
class Add:
    """Add a block with `fields` as JSON values.

    `id` (a new ULID), `author` (the user), `timestamp` (now), `status` and `spec_version` are
    filled in if absent.
    """

    fields: Mapping[str, object]
    force: bool = False
    ref: object = None


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace a block's text. Only the difference is sent, so concurrent edits merge."""

    id: str
    content: str
    force: bool = False
    ref: object = None


@dataclass(frozen=True, slots=True)
class Resolve:
    """Resolve or reopen the thread whose root is `id`."""

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
    """React to a block with an emoji, `+1`, `-1`, `agree` or `disagree`."""

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

    `text` is the replacement the user has seen; None accepts any. `confirmed` accepts it although
    its text has moved or another suggestion overlaps.
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

    `following` is the id of the followed peer. To the others, a `hidden` peer has left; the host
    sees it, and cannot hide itself.
    """

    section: str | None = None
    block: str | None = None
    typing: bool = False
    ref: object = None
    following: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class SetRole:
    """Change a peer's role; owner only."""

    peer: str
    role: str
    ref: object = None


@dataclass(frozen=True, slots=True)
class RemovePeer:
    """Remove a peer for good; owner only."""

    peer: str
    ref: object = None


@dataclass(frozen=True, slots=True)
class MakeInvite:
    """Create an invite; owner only.

    `ttl` is its lifetime in seconds. `uses` limits how many peers can join with it; None does not.
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
    """Request the history."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class GetInvites:
    """Request all invites; owner only."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class SetOnline:
    """Go offline, or come back; reading and writing continue meanwhile."""

    online: bool
    ref: object = None


@dataclass(frozen=True, slots=True)
class GetBlocks:
    """Request all blocks."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class GetPeers:
    """Request the list of peers."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class GetStatus:
    """Request the session's status."""

    ref: object = None


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave once earlier commands are done; a master ends the session for everyone.

    `at_once` does not wait for the first connection. If `ends` is false, a master only pauses, and
    its clients wait until the session is resumed. `reason` and `code`, if given, are reported to
    the user.
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
