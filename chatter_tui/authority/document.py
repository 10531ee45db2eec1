"""The authority's replicas: one transaction for several changes, and native faults survived."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from chatter_tui.authority.codec import Ranges, decode_deletes
from chatter_tui.replica import Replica

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pycrdt import TransactionEvent

    from chatter_tui.blocks import Block
    from chatter_tui.replica import Change, Written

NO_DELETES = b"\0"  # the part of an update that says what is deleted, when nothing is
_PANICS = "pyo3_runtime"  # the module of what Rust's panics are raised as, which can't be imported


class NativeFaultError(RuntimeError):
    """Native code failed on an update; the replica is in an unknown state and must be replaced."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A transaction: its update as the document itself words it, what it deleted and changed."""

    update: bytes
    delete_set: bytes
    changes: tuple[Change, ...]

    @property
    def deletes(self) -> Ranges:
        """What it deleted, which only who commits needs to know."""
        return {} if self.delete_set == NO_DELETES else decode_deletes(self.delete_set)


class Document(Replica):
    """A replica that tells all about its transactions."""

    _known: Mapping[str, Block] = MappingProxyType({})
    _expected: Mapping[str, Block] = MappingProxyType({})
    _deletes = NO_DELETES

    def merge(
        self,
        update: bytes,
        known: Mapping[str, Block] = MappingProxyType({}),
        expected: Mapping[str, Block] = MappingProxyType({}),
    ) -> Applied:
        """Apply a screened update.

        Args:
            update: what to integrate.
            known: the blocks of a replica that has it already, taken from there unread.
            expected: blocks that are read, and are these very objects if they read the same.

        Raises:
            NativeFaultError: when native code raised anything, Rust's panics included.
        """
        self._known = known
        self._expected = expected
        self._deletes = NO_DELETES
        try:
            written = self.integrate(update)
        except BaseException as error:
            # A panic is no Exception, and neither is what ends a program or a test meanwhile.
            if isinstance(error, Exception) or type(error).__module__ == _PANICS:
                raise NativeFaultError(repr(error)) from error
            raise
        finally:
            self._known = self._expected = MappingProxyType({})
        return self._applied(written)

    def write(self, change: Callable[[Replica], object]) -> Applied:
        """Make several changes in one transaction; blocks read as before until it is over."""
        self._deletes = NO_DELETES
        return self._applied(self.batch(change))

    def _applied(self, written: Written) -> Applied:
        return Applied(written.update, self._deletes, written.changes)

    def _read(self, id_: str) -> Block | None:
        return self._known.get(id_) or super()._read(id_)

    def _likely(self, id_: str) -> Block | None:
        return self._expected.get(id_) or super()._likely(id_)

    def _on_transaction(self, event: TransactionEvent) -> None:
        super()._on_transaction(event)
        self._deletes = event.delete_set  # type: ignore[attr-defined]  # left out of its stub


def write_anew(replica: Replica, ids: Iterable[str]) -> None:
    """Delete all of these blocks' texts and insert them as one run each."""
    for id_ in ids:
        replica.edit(id_, "")
        replica.edit(id_, replica.blocks[id_].content)
