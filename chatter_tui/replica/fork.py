"""A client's view: the confirmed document plus its own unanswered changes.

`local` is what the user sees. When the master rejects a change, `local` is built anew from
`confirmed` and the remaining unanswered changes, under the same client id: the master put tombstones
of equal length in place of what it rejected, so no clock has a hole.
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
    """An own change the master has not answered: its number, bytes, and what it did."""

    seq: int
    update: bytes
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class RolledBack:
    """What a rejection undid: the change as it was made, and what it means for the user's view."""

    pending: Pending | None
    changes: tuple[Change, ...]


class Fork:
    """The two replicas of a client and the queue between them.

    The caller sends what `pending` lists, in order, and tells every answer with `acknowledge` or
    `reject`, every update of others with `apply`, and after a reconnect the master's answer to
    `confirmed`'s state vector with `resync`.

    Args:
        client_id: Yjs client id of one's own changes; `confirmed` never writes.
        state: confirmed state to start from.
        taken: how many numbers own changes have that are not here.
    """

    def __init__(self, client_id: int, state: bytes = NOTHING, *, taken: int = 0) -> None:
        # Nothing is ever written on `confirmed`, so its own id never shows.
        self._confirmed = Replica(0, state)
        self._local = Replica(client_id, state, self._confirmed.blocks)
        self._pending: dict[int, Pending] = {}
        self._seq = taken

    @property
    def client_id(self) -> int:
        """Yjs client id of one's own changes."""
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
        """Own changes without an answer, oldest first."""
        return tuple(self._pending.values())

    def state(self) -> bytes:
        """The confirmed state as one update."""
        return self._confirmed.state()

    def state_vector(self) -> bytes:
        """What is confirmed, for the master to answer."""
        return self._confirmed.state_vector()

    def deletes(self) -> bytes:
        """What is deleted in the confirmed state, as an update that does nothing else."""
        return self._confirmed.diff(self.state_vector())

    def write(self, change: Callable[[Replica], Written]) -> Pending | None:
        """Make a change of one's own on `local`; None when it changed nothing."""
        written = change(self._local)
        if written.update == NOTHING:
            return None
        return self._queue(written.update, written.changes)

    def restore(self, update: bytes) -> Pending:
        """Queue an own update kept from an earlier run, in the order they were made."""
        return self._queue(update, self._local.apply(update))

    def apply(self, update: bytes) -> tuple[Change, ...]:
        """Integrate an update that the master relayed."""
        self._confirmed.apply(update)
        return self._local.apply(update)

    def acknowledge(self, seq: int) -> Pending | None:
        """The master took change `seq`; None when it was answered before."""
        pending = self._pending.pop(seq, None)
        if pending:
            self._confirmed.apply(pending.update)
        return pending

    def reject(self, seq: int, fixed: bytes) -> RolledBack:
        """The master put `fixed` in place of change `seq`: roll it back."""
        pending = self._pending.pop(seq, None)
        self._confirmed.apply(fixed)
        return RolledBack(pending, self._rebuild())

    def resync(self, update: bytes) -> tuple[Change, ...]:
        """Integrate the master's answer to `state_vector`, then see it with one's own on top."""
        self._confirmed.apply(update)
        return self._rebuild()

    def comparing(self) -> Generator[None, None, bool]:
        """Say, in steps, whether the bytes of the confirmed state read as it does by now."""
        for wrong in misread(self.state(), dict(self.confirmed)):
            if wrong:
                return False
            yield
        return True

    def refresh(self) -> tuple[Change, ...]:
        """Read the confirmed state anew from its bytes, as whoever joins now would."""
        self._confirmed = Replica(0, self._confirmed.state())
        return self._rebuild()

    def rename(self, client_id: int) -> tuple[tuple[Pending, ...], tuple[Change, ...]]:
        """Go on under a new client id, without what is pending, which is handed back as drafts.

        For when the master closed the connection over an update: nothing of the old id may be
        sent again.
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
            # Writing on from a clock the master does not expect would make it close the
            # connection; nothing that reached it is lost by going back to what it confirmed.
            raise ForkError(old.clock(), rebuilt.clock())
        self._local = rebuilt
        return tuple(differences(old.blocks, rebuilt.blocks))


class ForkError(RuntimeError):
    """A rebuild moved one's own clock: the caller takes a new client id with `rename`."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__(f"own clock moved from {before} to {after}")


def differences(before: Mapping[str, Block], after: Mapping[str, Block]) -> list[Change]:
    """What leads from some blocks to others."""
    return [
        Change(id_, before.get(id_), after.get(id_))
        for id_ in sorted(before.keys() | after.keys())
        if before.get(id_) != after.get(id_)
    ]
