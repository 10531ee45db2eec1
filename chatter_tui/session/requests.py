"""The queue of requests to a master, handled one at a time on the current document."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from chatter_tui.blocks import Review, SourceFile
from chatter_tui.blocks.suggestions import Unfit
from chatter_tui.session.deciding import MAX_ASKED, MAX_TRIES, Asked, decide
from chatter_tui.session.effects import Rewrite
from chatter_tui.session.events import Acknowledged, Rejected
from chatter_tui.session.messages import Answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.authority import Authority
    from chatter_tui.blocks.suggestions import Decided
    from chatter_tui.session.relaying import Relaying
    from chatter_tui.session.room import Room


class Requests:
    """The queued requests. The first may be waiting for the document's file to be written.

    Args:
        set_document: Sets the document's name and text, and tells everybody.
    """

    def __init__(
        self,
        room: Room,
        authority: Authority,
        relaying: Relaying,
        set_document: Callable[[str, str], None],
    ) -> None:
        self._room = room
        self._authority = authority
        self._relaying = relaying
        self._set_document = set_document
        self._asked: deque[Asked] = deque()
        # The outcome of the first request, while its file is being written.
        self._rewriting: Decided | None = None
        self._decided_on = room.document
        self._review: Review | None = None  # the parsed document, from the first request on

    def __len__(self) -> int:
        return len(self._asked)

    def take(self, asked: Asked, now: float) -> None:
        """Queue a request and handle it in its turn."""
        if len(self._asked) >= MAX_ASKED:
            self._answer(asked, "busy", "too many requests at once: try again")
            return
        self._asked.append(asked)
        self._decide(now)

    def outdated(self) -> None:
        """Note that the document has been replaced."""
        self._review = None

    def rewritten(self, problem: str | None, now: float) -> None:
        """Report that the last `Rewrite` was carried out, or the problem that prevented it."""
        decided, self._rewriting = self._rewriting, None
        asked = self._asked.popleft()
        if problem is not None or decided is None or decided.review is None:
            self._answer(asked, "failed", problem or "the document could not be written")
        else:
            if self._room.document is self._decided_on:  # otherwise a newer document has arrived
                self._set_document(self._room.document.name, decided.review.document.raw)
                self._review = decided.review
            self._carry_out(asked, decided)
        self._decide(now)

    def reconsider(self, now: float) -> None:
        """Report that the file had changed before the last `Rewrite`.

        The document has been updated since.
        """
        self._rewriting = None
        asked = self._asked[0]
        asked.tries += 1
        if asked.tries == MAX_TRIES:
            self._answer(self._asked.popleft(), "failed", "the document keeps changing on disk")
        self._decide(now)

    def _decide(self, now: float) -> None:
        room = self._room
        while self._asked and self._rewriting is None:
            asked = self._asked[0]
            if self._review is None:
                self._review = Review(SourceFile(room.document.text))
            try:
                author = room.author(asked.member)
                decided = decide(asked.request, author, self._authority.blocks, self._review, now)
            except Unfit as unfit:
                self._answer(self._asked.popleft(), unfit.code, str(unfit))
            else:
                if decided.review is None:
                    self._carry_out(self._asked.popleft(), decided)
                else:
                    self._rewriting, self._decided_on = decided, room.document
                    room.do(Rewrite(room.document.text, decided.review.document.raw))

    def _carry_out(self, asked: Asked, decided: Decided) -> None:
        block = self._authority.blocks.get(asked.request.block_id)
        if block is not None:  # deleted while the file was being written
            verdict = self._authority.amend({block.id: decided.fields})
            self._relaying.publish(verdict, asked.member)
        self._answer(asked)

    def _answer(self, asked: Asked, code: str = "", reason: str = "") -> None:
        block = asked.request.block_id
        if asked.link is not None:
            self._room.send(asked.link, Answer(asked.request.id, code, reason))
        elif code:
            self._room.tell(Rejected(block, code, reason, None))
        else:
            self._room.tell(Acknowledged(block))
