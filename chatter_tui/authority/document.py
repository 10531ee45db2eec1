"""The authority's replicas: a `Replica` that takes several changes as one and survives native faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.replica import Replica, Written

if TYPE_CHECKING:
    from collections.abc import Callable


class NativeFaultError(RuntimeError):
    """Native code failed on an update; the replica is in an unknown state and must be replaced."""


class Document(Replica):
    """A replica whose transactions tell the update they made, also for what others wrote."""

    def integrate(self, update: bytes) -> Written:
        """Apply a screened update.

        Raises:
            NativeFaultError: when native code raised anything, Rust's panics included.
        """
        try:
            return self._transact(update=update)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a panic is no Exception
            raise NativeFaultError(repr(error)) from error

    def batch(self, change: Callable[[Replica], object]) -> Written:
        """Make several changes in one transaction; blocks read as before until it is over."""
        with self._doc.transaction():
            change(self)
        return Written(self._update, tuple(self._refresh()))
