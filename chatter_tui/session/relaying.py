"""Handle a verdict: store it, relay it, report it to the owner, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.session import sync
from chatter_tui.session.records import Ledgered, Update
from chatter_tui.session.reporting import block_events, deeds

if TYPE_CHECKING:
    from chatter_tui.authority import Authority, Verdict
    from chatter_tui.session.members import Member
    from chatter_tui.session.room import Room


class Relaying:
    """Passes on what the authority decided."""

    def __init__(self, room: Room, authority: Authority) -> None:
        self._room = room
        self._authority = authority
        self._ledgered = len(authority.ledger)

    def publish(self, verdict: Verdict, member: Member, link: int | None = None) -> None:
        """Keep and relay what a change did, before its author is answered.

        Args:
            verdict: what became of the change.
            member: its author.
            link: where it came from, and is answered before what follows of it (`cascade`); None
                for one that the master made.
        """
        room = self._room
        for update in verdict.relays:
            room.keep(Update(update))
        self.keep_ledger()
        for item in verdict.rejected:
            room.record("reject", member, item.block, item.code)
        for deed in deeds(verdict.changes, member.id, member.name):
            room.keep(deed)
        if verdict.relay:
            for part in sync.parts(sync.Step.UPDATE, verdict.relay, member.id):
                room.broadcast(part, link)
        if link is None:
            self.cascade(verdict)
        for event in block_events(verdict.changes, member.id):
            room.tell(event)

    def cascade(self, verdict: Verdict) -> None:
        """Send everybody, the author of the change too, what the authority did on its own."""
        if verdict.cascade:
            for part in sync.parts(sync.Step.UPDATE, verdict.cascade, self._room.owner.id):
                self._room.broadcast(part)

    def keep_ledger(self) -> None:
        """Keep what the authority noted since it was last kept."""
        entries = self._authority.ledger.since(self._ledgered)
        if entries:
            self._ledgered += len(entries)
            self._room.keep(Ledgered(entries))
