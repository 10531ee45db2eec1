"""The user's own changes: pending, accepted or rejected; rejected ones can be restored."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from chatter_tui.controller.commands import Accept, Add, Edit, Reject, Revert
from chatter_tui.tui.model.drafts import Draft

if TYPE_CHECKING:
    from chatter_tui.blocks import Block
    from chatter_tui.controller.commands import Anchor, Delete, Resolve

    Change = Add | Edit | Resolve | Delete | Anchor | Accept | Reject | Revert

State = Literal["pending", "accepted", "rejected"]


def target(change: Change) -> str:
    """Return the id of the block that a change is about."""
    return str(change.fields["id"]) if isinstance(change, Add) else change.id


@dataclass(slots=True)
class Outbox:
    """The state of each of the user's changes.

    `accepted` and `rejected` hold until the next change of the block; `rejected` maps to the
    reason. `seen` is the number of the latest change that is known to be included in what is shown.
    """

    accepted: set[str] = field(default_factory=set)
    rejected: dict[str, str] = field(default_factory=dict)
    seen: int = 0
    _waiting: dict[str, int] = field(default_factory=dict)
    _sent: dict[int, tuple[Change, Draft | None]] = field(default_factory=dict)
    _edited: set[str] = field(default_factory=set)
    _count: int = 0

    @property
    def ticket(self) -> int:
        """The number of the latest change: an answer carrying it includes every change."""
        return self._count

    @property
    def pending(self) -> int:
        """The number of changes that wait for the master."""
        return sum(self._waiting.values())

    def next_ticket(self) -> int:
        """Return the `ref` of the next change."""
        return self._count + 1

    def sent(self, id_: str, change: Change, draft: Draft | None = None) -> None:
        """Note a change of block `id_`, with the draft it came from."""
        self._count += 1
        self._sent[self._count] = (change, draft)
        if len(self._sent) > 256:  # far more than one person has in flight
            self._sent.pop(next(iter(self._sent)))
        self._waiting[id_] = self._waiting.get(id_, 0) + 1
        self.accepted.discard(id_)
        self.rejected.pop(id_, None)
        if isinstance(change, Edit):
            self._edited.add(id_)

    def acknowledged(self, id_: str) -> Change | None:
        """Note that the master accepted a change of the block; return the change if known."""
        change = self._answered_first(id_)
        if self._answered(id_):
            self.accepted.add(id_)
        return change

    def refused(self, id_: str, reason: str, block: Block | None) -> Draft | None:
        """Note that the master rejected a change of the block; return the text to restore."""
        self._answered_first(id_)
        self._answered(id_)
        self.rejected[id_] = reason
        if block is None or block.type == "reaction":
            return None
        return Draft.of(block, reason, edited=id_ in self._edited)

    def failed(self, ref: object, message: str) -> Draft | None:
        """Note that a change was never sent; return the text to restore."""
        change, draft = self._sent.pop(ref, (None, None)) if isinstance(ref, int) else (None, None)
        if change is None or not isinstance(ref, int):
            return None
        self.includes(ref)
        id_ = target(change)
        self._answered(id_)
        self.rejected[id_] = message
        return None if draft is None else replace(draft, problem=message, origin=id_)

    @property
    def all_seen(self) -> bool:
        """Whether what is shown is known to include every change."""
        return self.seen == self._count

    def includes(self, ticket: object) -> None:
        """Note that what is shown includes every change up to `ticket`."""
        if isinstance(ticket, int):
            self.seen = max(self.seen, ticket)

    def settled(self) -> set[str]:
        """Note that everything is answered; return the blocks that were still waiting."""
        waiting = set(self._waiting)
        self._waiting.clear()
        self._sent.clear()
        return waiting

    @property
    def deciding(self) -> set[str]:
        """Return the blocks on which the master has been asked to decide, but has not."""
        changes = (change for change, _ in self._sent.values())
        return {c.id for c in changes if isinstance(c, Accept | Reject | Revert)}

    def gone(self, id_: str) -> None:
        """Forget a block that is gone."""
        self.accepted.discard(id_)

    def state(self, id_: str) -> State | None:
        """Return the state to show on a block's card."""
        if id_ in self._waiting:
            return "pending"
        if id_ in self.rejected:
            return "rejected"
        return "accepted" if id_ in self.accepted else None

    def _answered_first(self, id_: str) -> Change | None:
        """Return the oldest waiting change of the block; answers come in order."""
        for ticket, (change, _) in self._sent.items():
            if target(change) == id_:
                self.includes(ticket)  # its effect was reported before its answer
                del self._sent[ticket]
                return change
        return None

    def _answered(self, id_: str) -> bool:
        left = self._waiting.pop(id_, 0) - 1
        if left > 0:
            self._waiting[id_] = left
        return left <= 0
