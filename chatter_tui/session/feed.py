"""The relays to one link: each as it comes or, when the link lags, one difference later.

A link that reads too slowly is sent no more changes until it has read what is under way, and then
one difference from the state vector where they stopped. So what waits for it is bounded, however
long it does not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatter_tui.session import sync

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.authority import Authority
    from chatter_tui.session.messages import Sync


class Feed:
    """The state of one link; it is live while it is sent changes as they come."""

    def __init__(self, authority: Authority) -> None:
        self.live = False
        self._authority = authority
        self._parts: Iterator[Sync] = iter(())
        self._vector: bytes | None = None  # of what has been sent, or is about to be
        self._missed = False

    @property
    def lags(self) -> bool:
        """Whether it has asked for the state and is not live."""
        return self._vector is not None and not self.live

    def ask(self, vector: bytes, *, behind: bool) -> None:
        """The peer says what it has, perhaps more than we; `CodecError` when that is malformed."""
        difference = self._authority.diff(vector)
        self._begin(sync.Step.DIFF, difference, behind=behind)

    def full(self) -> None:
        """Too much waits for the peer."""
        if self.live:
            self.live, self._missed = False, False
            self._vector = self._authority.state_vector()

    def miss(self) -> None:
        """A change was not sent."""
        self._missed = True

    def proceed(self) -> Sync | None:
        """The next message, as there is room for it; None when there is nothing to make up for."""
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
