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
    """Who sends: peer id, the name that is unique in the session, and role."""

    id: str
    name: str
    role: Role


class Ruling(NamedTuple):
    """Why a block's change cannot stand; `detail` says more than the code's sentence."""

    code: RejectCode
    detail: str = ""

    @property
    def reason(self) -> str:
        """For people."""
        return f"{REASONS[self.code]} ({self.detail})" if self.detail else REASONS[self.code]


@dataclass(frozen=True, slots=True)
class Rejection:
    """One block's part of an update was refused.

    `block` is empty for a change of something deleted so long ago that its block is not known.
    """

    block: str
    code: RejectCode
    reason: str


def rejections(refused: Mapping[str, Ruling]) -> tuple[Rejection, ...]:
    """The refused blocks, for their sender."""
    return tuple(
        Rejection(id_, ruling.code, ruling.reason) for id_, ruling in sorted(refused.items())
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an update, and what the caller sends on, in this order.

    `fixed` goes to the sender, if anything was rejected: what to integrate instead of its update.
    `relay` goes to everyone else, `cascade` (deleted replies of a deleted block) to everyone, the
    sender included. `changes` are what happened to the document's blocks. `retried` is how
    many times the update took as long as loading the document: a session charges it accordingly.
    """

    rejected: tuple[Rejection, ...] = ()
    fixed: bytes | None = None
    relay: bytes | None = None
    cascade: bytes | None = None
    changes: tuple[Change, ...] = ()
    retried: int = 0

    @property
    def accepted(self) -> bool:
        """Whether all of it stands."""
        return not self.rejected

    @property
    def relays(self) -> tuple[bytes, ...]:
        """Everything that a replica which is not the sender's integrates, in order; also to store."""
        return tuple(update for update in (self.relay, self.cascade) if update is not None)
