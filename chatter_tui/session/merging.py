"""A client's blocks: the confirmed ones and its own changes, stored and reported.

A change of one's own shows at once and is queued. Once the master has answered, it is part of what
is confirmed, or rolled back.
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
    """Puts one's own changes on top of everybody's.

    Every update that it is given has been decoded strictly: native code would die of some of what
    that refuses.

    Args:
        effects: takes what is to be kept and told.
        fork: the confirmed state with one's own changes on top.
        peer_id: one's own.
        name_of: the name of a peer by its id, empty when it is not known.
        new_client_id: makes a Yjs client id nobody has.
        deferred: own updates of an earlier run, queued once the master has been heard.
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
        """What the user sees: the confirmed blocks with one's own changes on top."""
        return self._fork.blocks

    @property
    def pending(self) -> tuple[Pending, ...]:
        """Own changes without an answer, the oldest first."""
        return self._fork.pending

    @property
    def client_id(self) -> int:
        """The Yjs client id of one's own changes."""
        return self._fork.client_id

    def state(self) -> bytes:
        """The confirmed state as one Yjs update."""
        return self._fork.state()

    def state_vector(self) -> bytes:
        """What is confirmed, for the master to answer."""
        return self._fork.state_vector()

    def queue(self) -> Requeued:
        """All own updates without an answer, as they are kept."""
        deferred = (Queued(number, own) for number, own in enumerate(self._deferred, 1))
        queued = (Queued(each.seq, each.update) for each in self._fork.pending)
        return Requeued((*deferred, *queued))

    # -- one's own changes ---------------------------------------------------------------------

    def write(self, change: Callable[[Replica], Written]) -> Pending | None:
        """Make a change of one's own; None when it changed nothing."""
        pending = self._fork.write(change)
        if pending:
            self._effects.keep(Queued(pending.seq, pending.update))
            self._tell(pending.changes, self._peer_id)
        return pending

    def acknowledged(self, seq: int) -> None:
        """The master took a change."""
        pending = self._fork.acknowledge(seq)
        if pending:
            self._effects.keep(Update(pending.update))
            self._effects.keep(Answered(seq))
            for change in pending.changes:
                self._effects.tell(Acknowledged(change.id))

    def rejected(self, message: Reject) -> None:
        """The master refused a change, at least in part: roll it back, and tell what became of it."""
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
        """Go on under a new client id; what was not answered becomes text to try again."""
        lost, changes = self._fork.rename(self._new_client_id())
        self._effects.keep(Requeued())
        self._tell_rollback(changes)
        for pending in lost:
            for change in pending.changes:
                self._lost(change, code, reason)

    # -- what the master sends -----------------------------------------------------------------

    def take(self, update: bytes, peer: str) -> None:
        """Take in a change that somebody made; `peer` is empty when it is not known who."""
        changes = self._fork.apply(update)
        self._effects.keep(Update(update))
        self._tell(changes, peer)

    def lacks_deletes(self, update: bytes) -> bool:
        """Whether something is deleted here that is not in the master's answer, `update`."""
        return lacks_deletes(update, self._fork.deletes())

    def catch_up(self, update: bytes) -> None:
        """Take in the master's answer to one's state vector."""
        changes = self._rebuilding(lambda: self._resync(update))
        self._effects.keep(Update(update))
        self._tell(changes, "")

    def begin_anew(self, state: bytes) -> None:
        """Take the master's state in place of one's own, and make again what it lacks."""
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
        """Make sure, in steps, that the bytes to be stored read as what is shown; show what they say.

        Only when they do not, which an honest master never lets happen, all is read anew at once.
        """
        if not (yield from self._fork.comparing()):
            self._tell(self._rebuilding(self._fork.refresh), "")

    # -- inside --------------------------------------------------------------------------------

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
