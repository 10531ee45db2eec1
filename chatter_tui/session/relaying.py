"""Act on a verdict: store it, relay it, and report it to the owner, in this order."""

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
    """Stores and relays what the authority decided."""

    def __init__(self, room: Room, authority: Authority) -> None:
        self._room = room
        self._authority = authority
        self._ledgered = len(authority.ledger)

    def publish(self, verdict: Verdict, member: Member, link: int | None = None) -> None:
        """Store and relay the effect of a change; its author is answered afterwards.

        Args:
            verdict: The authority's verdict on the change.
            member: The author.
            link: The link it came from. The caller answers on it and then calls `cascade`. None for
                changes made by the master.
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
        """Send everybody, the author included, the authority's own changes that followed."""
        if verdict.cascade:
            for part in sync.parts(sync.Step.UPDATE, verdict.cascade, self._room.owner.id):
                self._room.broadcast(part)

    def keep_ledger(self) -> None:
        """Store the ledger entries that are new since the last call."""
        entries = self._authority.ledger.since(self._ledgered)
        if entries:
            self._ledgered += len(entries)
            self._room.keep(Ledgered(entries))
