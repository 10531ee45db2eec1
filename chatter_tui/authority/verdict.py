"""Input and output of judging one update."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chatter_tui.authority.codes import REASONS, RejectCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chatter_tui.authority.roles import Role
    from chatter_tui.replica import Change


@dataclass(frozen=True, slots=True)
class Author:
    """The sender of an update: peer id, unique display name, and role."""

    id: str
    name: str
    role: Role


class Ruling(NamedTuple):
    """Why a block's change is rejected; `detail` adds to the code's sentence."""

    code: RejectCode
    detail: str = ""

    @property
    def reason(self) -> str:
        """The reason for users."""
        return f"{REASONS[self.code]} ({self.detail})" if self.detail else REASONS[self.code]


@dataclass(frozen=True, slots=True)
class Rejection:
    """The rejection of one block's part of an update.

    `block` is empty for a change to something deleted so long ago that its block is unknown.
    """

    block: str
    code: RejectCode
    reason: str


def rejections(refused: Mapping[str, Ruling]) -> tuple[Rejection, ...]:
    """Return the rejected blocks, for their sender."""
    return tuple(
        Rejection(id_, ruling.code, ruling.reason) for id_, ruling in sorted(refused.items())
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of an update, and what the caller sends, in this order.

    If anything was rejected, the sender integrates `fixed` instead of its update. `relay` goes to
    everyone else, `cascade` (deleted replies of a deleted block) to everyone, the sender included.
    `changes` are the effects on the document's blocks. `retried` is how many times the update took
    as long as loading the document, for the session to charge.
    """

    rejected: tuple[Rejection, ...] = ()
    fixed: bytes | None = None
    relay: bytes | None = None
    cascade: bytes | None = None
    changes: tuple[Change, ...] = ()
    retried: int = 0

    @property
    def accepted(self) -> bool:
        """Whether all of it was accepted."""
        return not self.rejected

    @property
    def relays(self) -> tuple[bytes, ...]:
        """What replicas other than the sender's integrate, in order; also what to store."""
        return tuple(update for update in (self.relay, self.cascade) if update is not None)
