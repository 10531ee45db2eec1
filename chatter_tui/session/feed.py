"""The stream of updates to one link, which skips ahead when the link lags.

A link that reads too slowly gets no further updates until it has read what is in flight, and then
one difference from the state vector where they stopped. So the backlog is bounded, however long the
peer does not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.session import sync

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.authority import Authority
    from chatter_tui.session.messages import Sync


class Feed:
    """The updates to one link. It is live while it is sent updates as they happen."""

    def __init__(self, authority: Authority) -> None:
        self.live = False
        self._authority = authority
        self._parts: Iterator[Sync] = iter(())
        self._vector: bytes | None = None  # covers everything sent or about to be sent
        self._missed = False

    @property
    def lags(self) -> bool:
        """Whether the state was requested and the link is not live."""
        return self._vector is not None and not self.live

    def ask(self, vector: bytes, *, behind: bool) -> None:
        """Start from the peer's state vector; with `behind`, it has updates that are missing here.

        Raises:
            CodecError: The vector is malformed.
        """
        difference = self._authority.diff(vector)
        self._begin(sync.Step.DIFF, difference, behind=behind)

    def full(self) -> None:
        """Stop sending updates: too much is waiting for the peer."""
        if self.live:
            self.live, self._missed = False, False
            self._vector = self._authority.state_vector()

    def miss(self) -> None:
        """Note that an update was left out."""
        self._missed = True

    def proceed(self) -> Sync | None:
        """Return the next message once there is room for it, None if there is nothing to send."""
        if not self.lags:
            return None
        part = next(self._parts, None)
        if part is None and self._missed:
            assert self._vector is not None
            self._begin(sync.Step.UPDATE, self._authority.diff(self._vector))
            part = next(self._parts)
        self.live = not self._missed and (part is None or not part.more)
        return part

    def _begin(self, step: sync.Step, difference: bytes, *, behind: bool = False) -> None:
        self._parts = sync.parts(step, difference, behind=behind)
        self._vector, self._missed, self.live = self._authority.state_vector(), False, False
