"""A session in one process for tests of the screen: a dict of blocks and nothing else.

It accepts commands and emits the events that a real session would, without roles, rules, network or
disk. `hold` leaves the user's changes unanswered, and `refuse` rejects the next one, as a master
may.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from chatter_tui.authority import Role
from chatter_tui.blocks import Block, Review, SourceFile
from chatter_tui.blocks.suggestions import Unfit, accept, applied, reject, revert
from chatter_tui.controller.commands import (
    Accept,
    Add,
    Anchor,
    Command,
    Delete,
    Edit,
    GetHistory,
    GetInvites,
    GetStatus,
    MakeInvite,
    Quit,
    Reject,
    RemovePeer,
    Resolve,
    Revert,
    RevokeInvite,
    SetOnline,
    SetPresence,
    SetRole,
)
from chatter_tui.controller.events import (
    Acknowledged,
    BlockAdded,
    BlockChanged,
    BlockDeleted,
    Connected,
    Disconnected,
    DocumentChanged,
    Event,
    HistoryAnswer,
    InviteAnswer,
    InvitesAnswer,
    InviteState,
    Peer,
    PeerJoined,
    PeerLeft,
    Ready,
    Rejected,
    RevokeAnswer,
    RoleChanged,
    Status,
    StatusAnswer,
    Synced,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chatter_tui.storage.session_store import HistoryEntry

NOW = 1_800_000_000.0  # 2027-01-15T08:00:00Z
ME = "p1"

TEXT = """\
# Rollout plan

We deploy to production weekly, on Tuesdays, after the test suite has passed.

## Risks

Test coverage is at 61 %, which is *not enough* for payments.

- A failed migration cannot be rolled back.
- The on-call rota has gaps in August.

## Schedule

| Week | What |
| ---- | ---- |
| 32 | Staging |
| 33 | Production |
"""


def block(id_: str, content: str, author: str = "bo", **fields: object) -> Block:
    """Return a comment written `minutes` before NOW."""
    minutes = int(str(fields.pop("minutes", 5)))
    values: dict[str, object] = {
        "id": id_,
        "type": "comment",
        "author": author,
        "timestamp": f"2027-01-15T07:{60 - minutes:02}:00Z",
        "status": "open",
        "content": content,
    }
    return Block.of({**values, **fields})


def quote(text: str) -> dict[str, object]:
    return {"type": "text", "exact": text}


BLOCKS = (
    block(
        "01A",
        "Why weekly and not daily? The build takes ten minutes, so nothing stops us.",
        type="question",
        anchor=quote("weekly"),
        minutes=12,
    ),
    block("01B", "Because reviews take days.", "ana", parent_id="01A", minutes=9),
    block("01C", "Then let us fix the reviews.", "bo", parent_id="01B", minutes=4),
    block(
        "01D",
        "Replace it.",
        "cy",
        type="suggestion",
        anchor=quote("not enough"),
        suggestion={"original": "not enough", "replacement": "too little"},
        minutes=3,
    ),
    block("01E", "Done.", "bo", anchor=quote("Staging"), status="resolved", minutes=30),
    block("01F", "What was here?", "cy", anchor=quote("no longer in the text"), minutes=50),
)

PEOPLE = (
    Peer(ME, "ana", Role("owner"), "#d08000"),
    Peer("p2", "bo", Role("reviewer"), "#0080d0", section="Risks", typing=True),
    Peer("p3", "cy", Role("viewer"), "", section="Schedule"),
)


INVITE = "chatter://192.0.2.7:4117/01JZ3V0Q8Y6T5R4E3W2Q1A0S9D#abcdefgh.0123456789ABCDEFGHIJKg"


class Desk:
    """See the module's docstring; `log` has the commands in order."""

    def __init__(
        self,
        on_event: Callable[[Event], None],
        *,
        role: str = "owner",
        name: str = "ana",
        text: str = TEXT,
        blocks: Iterable[Block] = BLOCKS,
        people: Iterable[Peer] = PEOPLE,
        invite: str | None = INVITE,
    ) -> None:
        self.emit = on_event
        self.log: list[Command] = []
        self.hold = False
        self.online = True
        self.refuse: str | None = None
        self.closed = self.ended = False
        self.version = 1
        self.held: list[Accept | Reject | Revert] = []
        self._name, self._role, self._text = name, Role(role), text
        self._people = tuple(people)
        if role != "owner":
            me = Peer(ME, name, Role(role), "")
            self._people = (me, replace(PEOPLE[0], id="p9"), *self._people[1:])
        self._invite = invite if role == "owner" else None
        self._start = {block.id: block for block in blocks}
        self._numbers = count(1)
        self.invites: dict[str, InviteState] = {}
        self.history: list[HistoryEntry] = []
        if invite is not None:
            first = InviteState("abcdefgh", invite, Role("reviewer"), NOW + 86400)
            self.invites[first.token] = first
        self.blocks: dict[str, Block] = {}

    def start(self) -> None:
        self.emit(Ready("01J", ME, self._name, self._role, "plan.md", self._invite))
        if self._invite is None:
            self.emit(Connected("webrtc"))
        self.emit(DocumentChanged("plan.md", 1, self._text))
        for peer in self._people:
            self.emit(PeerJoined(peer))
        for block_ in self._start.values():
            self.add(block_, "")
        self.emit(Synced(len(self.blocks)))

    def close(self, timeout: float = 5.0, *, ends: bool = False) -> bool:
        self.closed, self.ended = True, ends
        return True

    def add(self, block_: Block, peer: str) -> None:
        """Add a block as somebody."""
        self.blocks[block_.id] = block_
        self.emit(BlockAdded(block_.id, block_, peer))

    def change(self, id_: str, values: dict[str, object], peer: str) -> None:
        """Change a block as somebody."""
        self.blocks[id_] = self.blocks[id_].replace(values)
        self.emit(BlockChanged(id_, self.blocks[id_], peer))

    def delete(self, id_: str, peer: str) -> None:
        """Delete a block and everything below it as somebody."""
        for below in [b.id for b in self.blocks.values() if b.parent_id == id_]:
            self.delete(below, peer)
        self.emit(BlockDeleted(id_, self.blocks.pop(id_), peer))

    def submit(self, command: Command) -> None:
        self.log.append(command)
        match command:
            case Add(fields):
                stamp = f"2027-01-15T08:00:{next(self._numbers):02}Z"
                base = {"type": "comment", "author": self._name, "timestamp": stamp}
                made = Block.of({**base, **fields})
                self.add(made, ME)
                self._answer(made.id, made, lambda: self.delete(made.id, ME))
            case Edit(id_, content):
                before = self.blocks[id_].content
                self.change(id_, {"content": content}, ME)
                written = self.blocks[id_]
                self._answer(id_, written, lambda: self.change(id_, {"content": before}, ME))
            case Resolve(id_, resolved):
                self.change(id_, {"status": "resolved" if resolved else "open"}, ME)
                self._answer(id_, None, lambda: None)
            case Delete(id_):
                self.delete(id_, ME)
                self._answer(id_, None, lambda: None)
            case Anchor(id_, anchor):
                self.change(id_, {"anchor": anchor}, ME)
                self._answer(id_, None, lambda: None)
            case Accept() | Reject() | Revert():
                if self.hold:
                    self.held.append(command)
                else:
                    self.decide(command, ME)
            case SetRole(peer, role):
                self._people = tuple(
                    replace(p, role=Role(role)) if p.id == peer else p for p in self._people
                )
                self.emit(RoleChanged(next(p for p in self._people if p.id == peer)))
            case RemovePeer(peer):
                self.emit(PeerLeft(next(p for p in self._people if p.id == peer)))
            case SetOnline(online):
                self.online = online
                offline = Disconnected("you went offline", None)
                self.emit(Connected("webrtc") if online else offline)
            case GetStatus(ref):
                self.emit(StatusAnswer(ref, self.status))
            case MakeInvite(role, ttl, uses, label, ref):
                token = f"invite{len(self.invites):02}"
                line = (self._invite or "").replace("#abcdefgh", f"#{token}")
                issued = InviteState(token, line, Role(role), NOW + ttl, uses, label)
                self.invites[token] = issued
                self.emit(InviteAnswer(ref, issued))
            case RevokeInvite(token, revoked, ref):
                code = "revoked" if revoked else ""
                self.invites[token] = replace(self.invites[token], refusal=code)
                self.emit(RevokeAnswer(ref, token))
            case GetHistory(ref):
                self.emit(HistoryAnswer(ref, tuple(self.history)))
            case GetInvites(ref):
                self.emit(InvitesAnswer(ref, tuple(self.invites.values())))
            case SetPresence() | Quit():
                pass

    def decide(self, command: Accept | Reject | Revert, peer: str) -> None:
        """Decide on somebody's request as the master does."""
        block_ = self.blocks[command.id]
        name = self._name if peer == ME else next(p.name for p in self._people if p.id == peer)
        if isinstance(command, Reject) and command.reason:
            fields = {"id": command.reply or "r", "content": command.reason, "author": name}
            self.add(Block.of({"type": "comment", **fields, "parent_id": block_.id}), peer)
        on = Review(SourceFile(self._text))
        try:
            match command:
                case Accept(_, _, confirmed):
                    everybody = self.blocks.values()
                    decided = accept(on, block_, everybody, name, "", confirmed=confirmed)
                case Reject():
                    decided = reject(block_, name, "")
                case Revert():
                    decided = revert(on, block_, name)
        except Unfit as unfit:
            self.emit(Rejected(block_.id, unfit.code, str(unfit), None))
            return
        if decided.review is not None:
            self._text = decided.review.document.raw
            self.version += 1
            self.emit(DocumentChanged("plan.md", self.version, self._text))
        self.blocks[block_.id] = applied(block_, decided.fields)
        self.emit(BlockChanged(block_.id, self.blocks[block_.id], peer))
        if peer == ME:
            self.emit(Acknowledged(block_.id))

    @property
    def text(self) -> str:
        """The document."""
        return self._text

    def sent(self, kind: type[Command]) -> list[Command]:
        """Return the commands of one kind, oldest first."""
        return [command for command in self.log if isinstance(command, kind)]

    def _answer(self, id_: str, written: Block | None, roll_back: Callable[[], None]) -> None:
        if self.refuse is not None:
            reason, self.refuse = self.refuse, None
            roll_back()
            self.emit(Rejected(id_, "forbidden", reason, written))
        elif not self.hold:
            self.emit(Acknowledged(id_))

    @property
    def status(self) -> Status:
        """Return the session's current status."""
        link = "local" if self._invite else "webrtc" if self.online else None
        people, blocks = len(self._people), len(self.blocks)
        return Status(
            "01J",
            ME,
            self._name,
            self._role,
            "plan.md",
            link,
            0.004,
            self.hold,
            blocks,
            people,
            True,
        )
