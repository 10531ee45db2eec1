"""Append-only records: the stored form of a session.

Storing a record twice is harmless, so a caller that does not know how far it got may store all of
them again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from chatter_tui.startup.immutable import dataclass

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
    """A Yjs update of the confirmed state."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Replaced:
    """The whole confirmed state as one Yjs update, replacing everything stored of it before."""

    state: bytes


@dataclass(frozen=True, slots=True)
class Ledgered:
    """Ledger entries: what the authority must remember beside the document."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Queued:
    """A client's own update that the master has not answered."""

    seq: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The master answered a client's own update. The confirmed part is a separate `Update`."""

    seq: int


@dataclass(frozen=True, slots=True)
class Requeued:
    """All unanswered local updates of a client, replacing those queued before."""

    updates: tuple[Queued, ...] = ()


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A member. `resume` is its resume secret, `token` the id of the invite it joined with."""

    peer: str
    name: str
    role: Role
    color: str
    resume: bytes
    removed: bool
    token: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """An invite with its remaining uses."""

    token: Token


@dataclass(frozen=True, slots=True)
class Noted:
    """Facts by name: a client's identity, and what it takes to resume the session."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Happened:
    """An entry of the history. The storage adds the time.

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
