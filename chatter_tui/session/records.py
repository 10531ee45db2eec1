"""What a machine has stored, as append-only records: a session is their sum.

Each is safe to keep twice, so a session that cannot tell how far it got may keep all of it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from chatter_tui.immutable import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatter_tui.authority import Entry, Role
    from chatter_tui.session.invites import Token

Deed = Literal[
    "join",
    "leave",
    "remove",
    "role",
    "add",
    "edit",
    "resolve",
    "reopen",
    "change",
    "delete",
    "reject",
    "accept suggestion",
    "reject suggestion",
    "withdraw suggestion",
    "reopen suggestion",
]


@dataclass(frozen=True, slots=True)
class Update:
    """A Yjs update that is part of the confirmed state."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Replaced:
    """The confirmed state as one Yjs update, in place of all that was kept of it before."""

    state: bytes


@dataclass(frozen=True, slots=True)
class Ledgered:
    """What the authority must remember beside the document."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Queued:
    """A client's own update that the master has not answered."""

    seq: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The master answered a client's own update; what it came to is an `Update`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Requeued:
    """All of a client's own updates without an answer, in place of what was queued before."""

    updates: tuple[Queued, ...] = ()


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A member as it is now; `resume` is how it returns, `token` the invite it joined with."""

    peer: str
    name: str
    role: Role
    color: str
    resume: bytes
    removed: bool
    token: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """An invite as it is now, with the uses that are left."""

    token: Token


@dataclass(frozen=True, slots=True)
class Noted:
    """Plain facts by name: what one is in the session, and how to take it up again."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Happened:
    """Somebody did something; whoever keeps it adds when.

    `detail` is the beginning of a block's text, the code of a rejection, or a role.
    """

    deed: Deed
    peer: str
    name: str
    block: str = ""
    detail: str = ""


Record = (
    Update
    | Replaced
    | Ledgered
    | Queued
    | Answered
    | Requeued
    | Enrolled
    | Issued
    | Noted
    | Happened
)
