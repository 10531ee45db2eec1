"""Create docs/pictures/*.svg from the real application: `python -m scripts.pictures`.

The session behind it is scripted, so that the pictures are reproducible.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from textual.events import Key

from chatter_tui.authority import Role
from chatter_tui.blocks import Block
from chatter_tui.controller.commands import Add, GetInvites, SetPresence
from chatter_tui.controller.events import (
    Acknowledged,
    BlockAdded,
    Connected,
    DocumentChanged,
    Event,
    InvitesAnswer,
    InviteState,
    Peer,
    PeerJoined,
    Ready,
    Status,
    StatusAnswer,
    Synced,
)
from chatter_tui.tui.app import ReviewApp
from chatter_tui.tui.model.unread import MemoryReadMarks
from chatter_tui.tui.options import Options
from chatter_tui.tui.order import settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatter_tui.controller.commands import Command

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z

DOCUMENT = """\
# Moving payments to the new ledger

We move all payments from the old ledger to the new one in **three steps**, and can go back
after each of them. Customers notice nothing.

## Why now

The old ledger runs on a database that is out of support in June. Reconciliation takes
*four hours* every night and fails about once a week.

## Steps

1. Write to both ledgers, read from the old one.
2. Compare them for two weeks; differences page the on-call engineer.
3. Read from the new one, keep writing to both until August.

| Step | Starts | Owner |
| ---- | ------ | ----- |
| 1 | 2 March | Ana |
| 2 | 16 March | Bo |
| 3 | 1 April | Cy |

## Risks

> A difference that nobody notices is worse than an outage.

- Rounding: the old ledger keeps `float`, the new one integers in cents.
- The import of 2014 has rows without a currency.

## How we go back

```sh
ledgerctl switch --to old --confirm
```

Every step has been tried in staging, with a copy of last month.
"""


def block(id_: str, author: str, minutes: int, content: str, **fields: object) -> Block:
    """Return a comment that is some minutes old."""
    stamp = f"2027-01-15T07:{60 - minutes:02}:00Z"
    base = {"id": id_, "type": "comment", "author": author, "timestamp": stamp, "status": "open"}
    return Block.of({**base, "content": content, **fields})


def at(text: str) -> dict[str, object]:
    """Return an anchor for a text."""
    return {"type": "text", "exact": text}


BLOCKS = (
    block(
        "A",
        "bo",
        42,
        "Three, or four? Switching off the old ledger is a step of its own, and the only one that cannot be undone.",
        type="question",
        anchor=at("three steps"),
    ),
    block("B", "ana", 31, "True. I will add it, with its own date.", parent_id="A"),
    block("C", "cy", 6, "And with somebody who signs it off, please.", parent_id="B"),
    block(
        "D",
        "cy",
        12,
        "Say it as it is.",
        type="suggestion",
        anchor=at("about once a week"),
        suggestion={
            "original": "about once a week",
            "replacement": "on 9 of the last 60 nights",
        },
    ),
    block("E", "bo", 8, "Two weeks do not contain an end of month.", anchor=at("two weeks")),
    block("F", "ana", 5, "+1", type="reaction", parent_id="E"),
    block(
        "G",
        "reviewbot",
        3,
        "Integers in cents cannot hold amounts in currencies with three decimals (KWD, BHD, TND).",
        type="ai_feedback",
        anchor=at("integers in cents"),
    ),
    block("H", "cy", 28, "Typo fixed.", anchor=at("Reconciliation"), status="resolved"),
)

PEOPLE = (
    Peer("1", "ana", Role("owner"), "#d08000"),
    Peer("2", "bo", Role("reviewer"), "#3090e0", block="B", typing=True, following="1"),
    Peer("3", "cy", Role("reviewer"), "#30b070", section="Risks"),
    Peer("4", "dee", Role("viewer"), "", online=False),
)

INVITE = "chatter://192.0.2.7:4117/01KF8M3V9T6QW2ZC5N8RBYD4HJ#Zm9vYmFy.q83vEjRWeJq83vASNFZ4kA"


class Stage:
    """A scripted session that accepts whatever is added."""

    def __init__(self, tell: Callable[[Event], None], me: int) -> None:
        self._tell = tell
        self._me = PEOPLE[me]

    def start(self) -> None:
        """Deliver all events immediately."""
        me = self._me
        hosting = me.role == "owner"
        self._tell(Ready("1", me.id, me.name, me.role, "ledger.md", INVITE if hosting else None))
        if not hosting:
            self._tell(Connected("webrtc"))
        self._tell(DocumentChanged("ledger.md", 1, DOCUMENT))
        for peer in PEOPLE:
            self._tell(PeerJoined(peer))
        for each in BLOCKS:
            self._tell(BlockAdded(each.id, each, ""))
        self._tell(Synced(len(BLOCKS)))

    def submit(self, command: Command) -> None:
        """Accept a comment, or report the status."""
        if isinstance(command, Add):
            stamp = {"author": self._me.name, "timestamp": "2027-01-15T08:00:00Z"}
            made = Block.of({**stamp, **command.fields})
            self._tell(BlockAdded(made.id, made, self._me.id))
            self._tell(Acknowledged(made.id))
        elif isinstance(command, GetInvites):
            role, until = Role("reviewer"), NOW + 7 * 86400
            invite = InviteState(
                "Zm9vYmFy", INVITE, role, until, 3, "the team", joined=("bo", "cy")
            )
            self._tell(InvitesAnswer(command.ref, (invite,)))
        elif not isinstance(command, SetPresence):
            me, hosting = self._me, self._me.role == "owner"
            link, latency = ("local", None) if hosting else ("webrtc", 0.004)
            status = Status("1", me.id, me.name, me.role, "ledger.md", link, latency, 0, 8, 3, True)
            self._tell(StatusAnswer(command.ref, status))

    def close(self, timeout: float = 5.0, *, ends: bool = False) -> object:
        """Do nothing: nothing is open."""


class Newcomer:
    """A user with a given answer to whether the first keys are due."""

    def __init__(self, *, due: bool) -> None:
        self.due = due

    def done(self) -> None:
        """Store nothing."""


async def picture(
    name: str,
    size: tuple[int, int],
    me: int,
    keys: str,
    *,
    newcomer: bool = False,
    **options: bool,
) -> None:
    """Take a picture after pressing keys."""
    app = ReviewApp(
        lambda tell: Stage(tell, me),
        options=Options(**options),
        read_marks=MemoryReadMarks("ABDFH"),
        clock=lambda: NOW,
        new_id=lambda: "Z",
        welcome=Newcomer(due=newcomer),
    )
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in keys:
            names = {
                "?": "question_mark",
                " ": "space",
                "\r": "enter",
                "/": "slash",
                "@": "at",
                "\x1b": "escape",
            }
            app.post_message(Key(names.get(key, key), key if key.isprintable() else None))
            await settled(app)
        await pilot.pause()
        await pilot.pause()
        PICTURES.mkdir(parents=True, exist_ok=True)
        svg = app.export_screenshot(title="chatter-tui", simplify=True)
        (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")


async def main() -> None:
    """Take all pictures."""
    await picture("review-120x40", (120, 40), 0, "nn")
    await picture("review-light-120x40", (120, 40), 0, "nn", light=True)
    await picture("document-80x24", (80, 24), 1, "nnn")
    await picture("threads-80x24", (80, 24), 1, "nn2")
    await picture("reply-120x40", (120, 40), 2, "nnnrAgreed: until 30 April.")
    await picture("suggestion-80x24", (80, 24), 1, "nnd")
    await picture("invite-80x24", (80, 24), 0, "i")
    await picture("help-80x24", (80, 24), 1, "?")
    await picture("newcomer-80x24", (80, 24), 1, "", newcomer=True)
    await picture("together-120x40", (120, 40), 0, "4j")
    await picture("mention-80x24", (80, 24), 2, "nnnrSee @")
    await picture("filter-80x24", (80, 24), 1, "2f")
    await picture("outline-80x24", (80, 24), 1, "o")


if __name__ == "__main__":
    asyncio.run(main())
