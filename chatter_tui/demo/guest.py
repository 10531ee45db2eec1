"""The demo's second reviewer: a real peer in its own process.

Run as `python -m chatter_tui.demo.guest FOLDER`, with the invite in $CHATTER_INVITE. It leaves when
the session ends, or when its standard input closes because its parent process is gone.
"""

from __future__ import annotations

import os
import queue
import random
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from chatter_tui.blocks import make_anchor
from chatter_tui.controller import SessionController
from chatter_tui.controller.commands import Add, SetPresence
from chatter_tui.controller.events import BlockAdded, DocumentChanged, Ended, Ready
from chatter_tui.controller.join import JoinSession, Reaching
from chatter_tui.markdown import Markdown, canonical
from chatter_tui.session.invites import Invite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatter_tui.blocks import Block
    from chatter_tui.controller.commands import Command
    from chatter_tui.controller.events import Event

NAME: Final = "bo"
_TYPING: Final = 1.6  # seconds of typing before a remark
_RESTLESS: Final = 7.0  # seconds at one place

_REMARKS: Final = (
    (
        "question",
        "to 1 % of visitors first",
        "Are the 1 % drawn per visitor or per request? With the latter people see both searches.",
        None,
    ),
    (
        "suggestion",
        "The old search stays in place for one month.",
        "A month is short for the partners: their contracts say a quarter.",
        "The old search stays in place for one quarter.",
    ),
)
_REPLIES: Final = (
    "Good point. I would write that down in the risks.",
    "I see it the same way. Shall we resolve this?",
    "Hm, do we have a number for that?",
    "Agreed, and it should be in the first step already.",
)


@dataclass
class Guest:
    """Decides what the second reviewer does next, depending on the session's events."""

    document: Markdown = field(default_factory=lambda: Markdown(""))
    peer: str = ""
    remarks: deque[tuple[str, str, str, str | None]] = field(
        default_factory=lambda: deque(_REMARKS)
    )
    replies: deque[str] = field(default_factory=lambda: deque(_REPLIES))
    answering: deque[Block] = field(default_factory=deque)

    def hear(self, event: Event) -> None:
        """Take note of an event."""
        match event:
            case Ready(peer=peer):
                self.peer = peer
            case DocumentChanged(text=text):
                self.document = Markdown(canonical(text))
            case BlockAdded(block=block, peer=peer) if peer not in ("", self.peer):
                self.answering.append(block)
            case _:
                pass

    def act(self) -> Iterator[tuple[Command, float]]:
        """Yield the commands of the next action, each with the seconds to wait after it."""
        if self.answering:
            yield from self._reply(self.answering.popleft())
        elif self.remarks:
            yield from self._remark(*self.remarks.popleft())
        elif self.document.headings:
            heading = random.choice(self.document.headings)  # noqa: S311 - not security related
            yield SetPresence(section=heading.text), _RESTLESS

    def _reply(self, block: Block) -> Iterator[tuple[Command, float]]:
        self.replies.rotate(-1)
        yield SetPresence(block=block.id, typing=True), _TYPING
        yield Add({"content": self.replies[-1], "parent_id": block.id}), 0.1
        yield SetPresence(block=block.id), 0.5

    def _remark(
        self, kind: str, quoted: str, content: str, replacement: str | None
    ) -> Iterator[tuple[Command, float]]:
        start = self.document.text.find(quoted)
        if start < 0:
            return
        section = self.document.section_at(start)
        where = section.text if section else None
        fields: dict[str, object] = {
            "type": kind,
            "content": content,
            "anchor": make_anchor(self.document, start, start + len(quoted)),
        }
        if replacement is not None:
            fields["suggestion"] = {"original": quoted, "replacement": replacement}
        yield SetPresence(section=where), 1.5
        yield SetPresence(section=where, typing=True), _TYPING
        yield Add(fields), 0.1
        yield SetPresence(section=where), 2.0


def main() -> int:
    """Join, take part, and leave with the session."""
    invite = Invite.parse(os.environ.pop("CHATTER_INVITE"))
    events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
    controller = SessionController(
        lambda: JoinSession(invite, NAME, Path(sys.argv[1]), Reaching(transport="webrtc")),
        events.put,
    )
    controller.start()
    threading.Thread(target=_watch_starter, args=(events,), daemon=True).start()
    guest = Guest()
    while _listen(guest, events, 2.0):
        for command, pause in guest.act():
            controller.submit(command)
            if not _listen(guest, events, pause):
                break
    controller.close()
    return 0


def _watch_starter(events: queue.SimpleQueue[Event | None]) -> None:
    sys.stdin.buffer.read()
    events.put(None)


def _listen(guest: Guest, events: queue.SimpleQueue[Event | None], pause: float) -> bool:
    """Handle the events of the next `pause` seconds; return False when it is time to leave."""
    until = time.monotonic() + pause
    while (left := until - time.monotonic()) > 0:
        try:
            event = events.get(timeout=left)
        except queue.Empty:
            return True
        if event is None or isinstance(event, Ended):
            return False
        guest.hear(event)
    return True


if __name__ == "__main__":
    sys.exit(main())
