"""A client's blocks: the confirmed ones, and its own changes on top.

A local change is shown and queued immediately. The master's answer confirms it or rolls it back.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from chatter_tui.replica import Fork
from chatter_tui.replica.fork import ForkError, differences
from chatter_tui.session.divergence import difference, lacks_deletes
from chatter_tui.session.events import Acknowledged, Failed, MasterBehind, Rejected
from chatter_tui.session.records import (
    Answered,
    Happened,
    Queued,
    Replaced,
    Requeued,
    Update,
)
from chatter_tui.session.reporting import block_events, deeds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from chatter_tui.blocks import Block
    from chatter_tui.replica import Change, Pending, Replica, Written
    from chatter_tui.session.effects import Effects
    from chatter_tui.session.messages import Reject


class Merging:
    """Merges a client's own changes with those of everybody else, stores them and reports them.

    All updates passed in must have been decoded strictly: native code crashes on some of what the
    decoder refuses.

    Args:
        effects: Collects records and events.
        fork: The confirmed state with local changes on top.
        peer_id: This client's peer id.
        name_of: Returns the name of a peer by id, empty if unknown.
        new_client_id: Returns an unused Yjs client id.
        deferred: Own updates of an earlier run, queued after the next sync.
    """

    def __init__(
        self,
        effects: Effects,
        fork: Fork,
        *,
        peer_id: str,
        name_of: Callable[[str], str],
        new_client_id: Callable[[], int],
        deferred: Sequence[bytes],
    ) -> None:
        self._effects = effects
        self._fork = fork
        self._peer_id = peer_id
        self._name_of = name_of
        self._new_client_id = new_client_id
        self._deferred = deferred

    @property
    def blocks(self) -> Mapping[str, Block]:
        """What the user sees: the confirmed blocks with local changes on top."""
        return self._fork.blocks

    @property
    def pending(self) -> tuple[Pending, ...]:
        """Local changes without an answer, oldest first."""
        return self._fork.pending

    @property
    def client_id(self) -> int:
        """The Yjs client id of local changes."""
        return self._fork.client_id

    def state(self) -> bytes:
        """Return the confirmed state as one Yjs update."""
        return self._fork.state()

    def state_vector(self) -> bytes:
        """Return the state vector of the confirmed state."""
        return self._fork.state_vector()

    def queue(self) -> Requeued:
        """Return all local updates without an answer, as a record for storage."""
        deferred = (Queued(number, own) for number, own in enumerate(self._deferred, 1))
        queued = (Queued(each.seq, each.update) for each in self._fork.pending)
        return Requeued((*deferred, *queued))

    # -- local changes -----------------------------------------------------------------------------

    def write(self, change: Callable[[Replica], Written]) -> Pending | None:
        """Make a local change; return None if it changed nothing."""
        pending = self._fork.write(change)
        if pending:
            self._effects.keep(Queued(pending.seq, pending.update))
            self._tell(pending.changes, self._peer_id)
        return pending

    def acknowledged(self, seq: int) -> None:
        """Confirm a local change."""
        pending = self._fork.acknowledge(seq)
        if pending:
            self._effects.keep(Update(pending.update))
            self._effects.keep(Answered(seq))
            for change in pending.changes:
                self._effects.tell(Acknowledged(change.id))

    def rejected(self, message: Reject) -> None:
        """Roll back a change that the master rejected at least in part, and report the outcome."""
        pending: Pending | None = None

        def roll_back() -> tuple[Change, ...]:
            nonlocal pending
            rolled = self._fork.reject(message.seq, message.fixed)
            pending = rolled.pending
            return rolled.changes

        changes = self._rebuilding(roll_back)
        self._effects.keep(Update(message.fixed))
        self._effects.keep(Answered(message.seq))
        self._tell_rollback(changes)
        if pending is not None:
            self._tell_rejected(pending, message)

    def set_aside(self, code: str, reason: str) -> None:
        """Withdraw all unanswered changes as rejected, and go on under a new client id."""
        lost, changes = self._fork.rename(self._new_client_id())
        self._effects.keep(Requeued())
        self._tell_rollback(changes)
        for pending in lost:
            for change in pending.changes:
                self._lost(change, code, reason)

    # -- updates from the master -------------------------------------------------------------------

    def take(self, update: bytes, peer: str) -> None:
        """Apply an update from another peer; `peer` is empty if its author is unknown."""
        changes = self._fork.apply(update)
        self._effects.keep(Update(update))
        self._tell(changes, peer)

    def lacks_deletes(self, update: bytes) -> bool:
        """Return whether deletions made here are missing from the master's answer, `update`."""
        return lacks_deletes(update, self._fork.deletes())

    def catch_up(self, update: bytes) -> None:
        """Apply the master's answer to this client's state vector."""
        changes = self._rebuilding(lambda: self._resync(update))
        self._effects.keep(Update(update))
        self._tell(changes, "")

    def begin_anew(self, state: bytes) -> None:
        """Adopt the master's state, and repeat the local changes that it lacks."""
        before, unsent = dict(self._fork.blocks), self._fork.pending
        self._fork.apply(state)
        together = self._fork.blocks
        self._fork = Fork(self._new_client_id(), state)
        found = difference(together, self._fork.confirmed, unsent, self._name_of(self._peer_id))
        self._effects.keep(Replaced(state))
        for _, change in found.changes:
            self._fork.write(change)
        self._effects.keep(self.queue())
        self._tell(differences(before, self._fork.blocks), "")
        if found:
            again = tuple(id_ for id_, _ in found.changes)
            self._effects.tell(MasterBehind(again, tuple(found.lost), tuple(found.back)))

    def refreshing(self) -> Iterator[None]:
        """Check, in steps, that the bytes to be stored decode to what is shown; if not, show those.

        An honest master never lets them differ. If they do, everything is read again in one step.
        """
        if not (yield from self._fork.comparing()):
            self._tell(self._rebuilding(self._fork.refresh), "")

    # -- internals ---------------------------------------------------------------------------------

    def _resync(self, update: bytes) -> tuple[Change, ...]:
        changes = self._fork.resync(update)
        if not self._deferred:
            return changes
        restored = [self._fork.restore(own).changes for own in self._deferred]
        self._deferred = ()
        self._effects.keep(self.queue())
        return tuple(chain(changes, *restored))

    def _rebuilding(self, rebuild: Callable[[], tuple[Change, ...]]) -> tuple[Change, ...]:
        try:
            return rebuild()
        except ForkError as error:
            self.set_aside("violation", str(error))
            failed = Failed("your unsent changes could not be kept in order; they are drafts")
            self._effects.tell(failed)
            return ()

    def _tell(self, changes: Iterable[Change], peer: str) -> None:
        changes = tuple(changes)
        for deed in deeds(changes, peer, self._name_of(peer)) if peer else ():
            self._effects.keep(deed)
        for event in block_events(changes, peer):
            self._effects.tell(event)

    def _tell_rollback(self, changes: Iterable[Change]) -> None:
        for event in block_events(changes, self._peer_id):
            self._effects.tell(event)

    def _tell_rejected(self, pending: Pending, message: Reject) -> None:
        refused = {item.block_id: item for item in message.items}
        whole = refused.get("")
        for change in pending.changes:
            item = refused.get(change.id, whole)
            if item:
                self._lost(change, item.code, item.reason)
            else:
                self._effects.tell(Acknowledged(change.id))

    def _lost(self, change: Change, code: str, reason: str) -> None:
        name = self._name_of(self._peer_id)
        self._effects.keep(Happened("reject", self._peer_id, name, change.id, code))
        self._effects.tell(Rejected(change.id, code, reason, change.after))
