"""A client's view: the confirmed document plus its own unanswered changes.

`local` is what the user sees. When the master rejects a change, `local` is rebuilt from `confirmed`
and the remaining unanswered changes, under the same client id: the master replaced what it rejected
with tombstones of equal length, so no clock has a gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatter_tui.replica.comparing import misread
from chatter_tui.replica.replica import NOTHING, Change, Replica, Written

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from chatter_tui.blocks import Block


@dataclass(frozen=True, slots=True)
class Pending:
    """A local change that the master has not answered: its number, its update and its effect."""

    seq: int
    update: bytes
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class RolledBack:
    """The effect of a rejection: the change as it was made, and how the user's view changed."""

    pending: Pending | None
    changes: tuple[Change, ...]


class Fork:
    """The two replicas of a client and the queue between them.

    The caller sends what `pending` lists, in order. It reports answers with `acknowledge` or
    `reject`, others' updates with `apply`, and, after a reconnect, the master's answer to
    `confirmed`'s state vector with `resync`.

    Args:
        client_id: Yjs client id of local changes; `confirmed` never writes.
        state: The confirmed state to start from.
        taken: How many sequence numbers are in use by local changes that are not in this fork.
    """

    def __init__(self, client_id: int, state: bytes = NOTHING, *, taken: int = 0) -> None:
        # Nothing is ever written on `confirmed`, so its own id never appears.
        self._confirmed = Replica(0, state)
        self._local = Replica(client_id, state, self._confirmed.blocks)
        self._pending: dict[int, Pending] = {}
        self._seq = taken

    @property
    def client_id(self) -> int:
        """The Yjs client id of local changes."""
        return self._local.client_id

    @property
    def blocks(self) -> Mapping[str, Block]:
        """What the user sees."""
        return self._local.blocks

    @property
    def confirmed(self) -> Mapping[str, Block]:
        """What the master confirmed."""
        return self._confirmed.blocks

    @property
    def pending(self) -> tuple[Pending, ...]:
        """Local changes without an answer, oldest first."""
        return tuple(self._pending.values())

    def state(self) -> bytes:
        """Return the confirmed state as one update."""
        return self._confirmed.state()

    def state_vector(self) -> bytes:
        """Return the state vector of the confirmed state."""
        return self._confirmed.state_vector()

    def deletes(self) -> bytes:
        """Return the deletions in the confirmed state, as an update that does nothing else."""
        return self._confirmed.diff(self.state_vector())

    def write(self, change: Callable[[Replica], Written]) -> Pending | None:
        """Make a local change; return None if it changed nothing."""
        written = change(self._local)
        if written.update == NOTHING:
            return None
        return self._queue(written.update, written.changes)

    def restore(self, update: bytes) -> Pending:
        """Queue a local update of an earlier run.

        Call it in the order in which the updates were made.
        """
        return self._queue(update, self._local.apply(update))

    def apply(self, update: bytes) -> tuple[Change, ...]:
        """Integrate an update that the master relayed."""
        self._confirmed.apply(update)
        return self._local.apply(update)

    def acknowledge(self, seq: int) -> Pending | None:
        """Confirm change `seq`; return None if it was answered before."""
        pending = self._pending.pop(seq, None)
        if pending:
            self._confirmed.apply(pending.update)
        return pending

    def reject(self, seq: int, fixed: bytes) -> RolledBack:
        """Roll back change `seq`, in whose place the master put `fixed`."""
        pending = self._pending.pop(seq, None)
        self._confirmed.apply(fixed)
        return RolledBack(pending, self._rebuild())

    def resync(self, update: bytes) -> tuple[Change, ...]:
        """Integrate the master's answer to `state_vector`, then put local changes on top again."""
        self._confirmed.apply(update)
        return self._rebuild()

    def comparing(self) -> Generator[None, None, bool]:
        """Check, in steps, whether the bytes of the confirmed state decode to its blocks."""
        for wrong in misread(self.state(), dict(self.confirmed)):
            if wrong:
                return False
            yield
        return True

    def refresh(self) -> tuple[Change, ...]:
        """Read the confirmed state again from its bytes, as a peer that joins now would."""
        self._confirmed = Replica(0, self._confirmed.state())
        return self._rebuild()

    def rename(self, client_id: int) -> tuple[tuple[Pending, ...], tuple[Change, ...]]:
        """Continue under a new client id without the pending changes, which are returned.

        Needed when the master closed the connection because of an update: nothing under the old id
        may be sent again.
        """
        lost = self.pending
        self._pending.clear()
        return lost, self._rebuild(client_id)

    def _queue(self, update: bytes, changes: tuple[Change, ...]) -> Pending:
        self._seq += 1
        pending = Pending(self._seq, update, changes)
        self._pending[self._seq] = pending
        return pending

    def _rebuild(self, client_id: int | None = None) -> tuple[Change, ...]:
        old = self._local
        rebuilt = Replica(
            self.client_id if client_id is None else client_id,
            self._confirmed.state(),
            self._confirmed.blocks,
        )
        for pending in self._pending.values():
            rebuilt.apply(pending.update)
        if client_id is None and rebuilt.clock() != old.clock():
            # If the clock differed from what the master expects, it would close the connection.
            # Going back to what it confirmed loses nothing that reached it.
            raise ForkError(old.clock(), rebuilt.clock())
        self._local = rebuilt
        return tuple(differences(old.blocks, rebuilt.blocks))


class ForkError(RuntimeError):
    """A rebuild changed the clock of local changes: the caller must `rename`."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(f"own clock moved from {before} to {after}")


def differences(before: Mapping[str, Block], after: Mapping[str, Block]) -> list[Change]:
    """Return the changes that lead from `before` to `after`."""
    return [
        Change(id_, before.get(id_), after.get(id_))
        for id_ in sorted(before.keys() | after.keys())
        if before.get(id_) != after.get(id_)
    ]
