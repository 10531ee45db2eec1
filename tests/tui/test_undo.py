"""Undo against a real master: whatever the user did, and whatever of it was rejected."""

from __future__ import annotations

import contextlib
import itertools
import time
from typing import Any

import pytest
from hypothesis import example, given, settings, strategies as st

from chatter_tui.authority import Role
from chatter_tui.blocks import Block, make_anchor
from chatter_tui.controller.commands import (
    Accept,
    Add,
    Anchor,
    Command,
    Delete,
    Edit,
    Reject,
    Resolve,
    Revert,
)
from chatter_tui.controller.compose import Refused, add, change, require_decidable
from chatter_tui.controller.events import Acknowledged, Connected, DocumentChanged, Failed, Ready
from chatter_tui.markdown import Markdown
from chatter_tui.tui.commands import WRITERS
from chatter_tui.tui.model.drafts import Draft, MemoryDrafts
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.model.rights import comes_back
from chatter_tui.tui.model.undo import Stays
from chatter_tui.tui.options import Options
from chatter_tui.tui.signs import UNICODE
from chatter_tui.tui.workspace import Workspace
from tests.session.test_deciding import PLAN, Desk
from tests.session.world import End, block


class Person:
    """Bo at the keyboard, without the keys: the workspace of the screen, and a client of a master."""

    def __init__(self, role: Role = Role.MODERATOR) -> None:
        self.world = Desk(role=role)
        self.end: End = self.world.join("bo")
        self.world.now = time.time()  # as blocks are written now
        numbers = itertools.count(1)
        self.work = Workspace(
            self.submit,
            MemoryDrafts(),
            Options(),
            UNICODE,
            lambda: 0.0,
            lambda: f"n{next(numbers)}",
        )
        self.seen = 0
        self.tell(
            Ready("01J", "peer-bo", "bo", role, "plan.md"),
            Connected("webrtc"),
            DocumentChanged("plan.md", 1, PLAN),
        )

    @property
    def model(self) -> Model:
        return self.work.model

    def tell(self, *events: Any) -> None:
        self.model.apply(events, 0.0)

    def listen(self) -> None:
        """Take in what the client tells."""
        fresh, self.seen = self.end.events[self.seen :], len(self.end.events)
        self.tell(*fresh)

    def submit(self, command: Command) -> None:
        """What the controller does with a command."""
        client = self.end.client
        blocks, name, role = client.blocks, client.credentials.name, client.role
        try:
            match command:
                case Add():
                    made = add(command, blocks, name, role)[1]
                    client.write(made)
                case Edit() | Resolve() | Delete() | Anchor():
                    if client.write(change(command, blocks, name, role)) is None:
                        self.tell(Acknowledged(command.id))  # it is so already
                case Accept(id_, text, confirmed):
                    require_decidable(command, blocks, name, role)
                    client.ask("accept", id_, text, confirmed=confirmed)
                case Reject(id_, reason, reply):
                    require_decidable(command, blocks, name, role)
                    if reason:
                        self.submit(Add({"id": reply, "parent_id": id_, "content": reason}))
                    client.ask("reject", id_, None, confirmed=False)
                case Revert(id_):
                    client.ask("revert", id_, None, confirmed=False)
                case _:
                    raise AssertionError(command)
        except Refused as refused:
            self.tell(Failed(str(refused), command.ref))
        self.world.carry(self.end)
        self.listen()

    def settle(self) -> None:
        self.world.settle()
        self.listen()

    def undo_all(self) -> list[str]:
        """Undo until there is nothing left; returns what was undone."""
        undone: list[str] = []
        while True:
            self.settle()
            taken = self.work.take_back()
            if taken is None:
                return undone
            undone.append(taken.what)

    def write(self, draft: Draft) -> str:
        id_ = self.work.new_id()
        self.work.change(id_, Add({"id": id_, **draft.fields()}))
        return id_


# Recreated blocks get new ones; the version is filled in.
IGNORED = ("id", "parent_id", "spec_version")


def shape(blocks: Any) -> list[Any]:
    """Blocks whatever their ids are: what each says, under what."""

    def named(block_: Block) -> tuple[Any, ...]:
        fields = {name: text for name, text in block_.fields.items() if name not in IGNORED}
        parent = blocks.get(block_.parent_id or "")
        above = () if parent is None else named(parent)
        return (*above, tuple(sorted(fields.items())))

    return sorted(map(named, blocks.values()))


def own(id_: str, **fields: object) -> Block:
    return block(id_, "bo", f"text of {id_}", **fields)


START = (
    own("mine"),
    own("answer", parent_id="mine"),
    own("again", parent_id="answer"),
    block("theirs", "ana"),
    own("below", parent_id="theirs"),
    block("done", "ana", status="resolved"),
)

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["add", "reply", "react", "edit", "delete", "resolve", "accept", "reject", "anchor",
             "mark", "mark all", "settle", "settle", "demote", "promote", "undo"]
        ),
        st.integers(0, 30),
    ),
    max_size=25,
)  # fmt: skip


def act(person: Person, what: str, which: int) -> None:
    """Do one thing as the screen would, if it can be done."""
    work, model = person.work, person.model
    everything = list(model.threads.blocks.values())
    mine = [b for b in everything if model.is_mine(b)]
    block_ = everything[which % len(everything)]
    match what:
        case "add":
            person.write(Draft("comment", f"new {which}"))
        case "reply":
            person.write(Draft("reply", f"reply {which}", target=block_.id))
        case "react":
            fields = {"type": "reaction", "content": "+1", "parent_id": block_.id}
            id_ = work.new_id()
            work.change(id_, Add({"id": id_, **fields}))
        case "edit" if mine:
            edited = mine[which % len(mine)]
            if edited.type != "reaction":
                work.change(edited.id, Edit(edited.id, f"{edited.content}{which}"))
        case "delete" if mine:
            doomed = mine[which % len(mine)]
            waits = model.outbox.state(doomed.id) == "pending"  # perhaps for a decision
            if comes_back(model, doomed) and not waits:
                work.change(doomed.id, Delete(doomed.id))
        case "resolve":
            root = model.threads.root_of(block_.id).block
            work.change(root.id, Resolve(root.id, root.status == "open"))
        case "accept" | "reject":
            found = [b for b in everything if b.suggestion and b.status == "open"]
            found = [b for b in found if model.outbox.state(b.id) != "pending"]
            if found:
                chosen = found[which % len(found)]
                if what == "accept":
                    work.change(chosen.id, Accept(chosen.id, confirmed=True))
                else:
                    reply = work.new_id() if which % 2 else None
                    reason = f"no {which}" if reply else ""
                    work.change(chosen.id, Reject(chosen.id, reason, reply))
        case "anchor":
            roots = [b for b in everything if b.parent_id is None and b.suggestion is None]
            attached = roots[which % len(roots)]
            start = which % (len(model.document.text) - 5)
            anchor = make_anchor(Markdown(model.document.text), start, start + 4)
            work.change(attached.id, Anchor(attached.id, anchor))
        case "mark":
            work.mark([block_.id], read=block_.id in model.unread.ids)
        case "mark all":
            work.mark(tuple(model.unread.ids), read=True)
        case "settle":
            person.settle()
        case "demote" | "promote":
            role = Role.REVIEWER if which % 2 else Role.VIEWER
            person.world.master.set_role("peer-bo", Role.MODERATOR if what == "promote" else role)
            person.world.carry_master()  # not heard of by the one who goes on
        case "undo" if model.role in WRITERS:
            with contextlib.suppress(Stays):  # an answer that is still to come
                work.take_back()
        case _:
            pass


@given(STEPS)
@example([("delete", 0), ("demote", 0), ("undo", 0)])
@settings(max_examples=60)
def test_whatever_one_did_undoing_all_of_it_leaves_what_was_there(
    steps: list[tuple[str, int]],
) -> None:
    person = Person()
    suggestions = [
        person.world.suggest("s1", "weekly", "daily"),
        person.world.suggest("s2", "The index", "It", "bo"),
        person.world.suggest("s3", "on Tuesdays", ""),
    ]
    person.world.authority.seed(START)
    person.world.disconnect(person.end)
    person.world.connect(person.end)
    person.settle()
    assert len(person.model.threads.blocks) == len(START) + len(suggestions) + 1
    before, unread = shape(person.model.threads.blocks), set(person.model.unread.ids)
    for what, which in steps:
        act(person, what, which)
    person.settle()
    person.world.master.set_role("peer-bo", Role.MODERATOR)
    person.undo_all()
    assert shape(person.model.threads.blocks) == before
    assert shape(person.world.master.blocks) == before
    assert person.world.disk == PLAN
    assert set(person.model.unread.ids) == unread
    assert not person.model.pending


@pytest.fixture
def person() -> Person:
    return Person()


def test_what_was_refused_is_passed_over(person: Person) -> None:
    first = person.write(Draft("comment", "first"))
    person.settle()
    person.world.master.set_role("peer-bo", Role.VIEWER)
    person.write(Draft("comment", "second"))  # sent before one heard of it
    person.settle()
    assert set(person.world.master.blocks) == {"root", first}
    person.world.master.set_role("peer-bo", Role.REVIEWER)
    person.settle()
    undone = person.work.take_back()
    assert undone is not None
    assert undone.what == "comment “first”"
    person.settle()
    assert set(person.world.master.blocks) == {"root"}


def test_what_others_answered_stays(person: Person) -> None:
    mine = person.write(Draft("comment", "mine"))
    person.settle()
    answer = block("a1", "ana", parent_id=mine)
    person.world.master.write(lambda replica: replica.add([answer]), person.world.now)
    person.settle()
    with pytest.raises(Stays, match="Others have answered “mine”: it stays"):
        person.work.take_back()
    assert person.work.take_back() is None


def test_after_an_undone_deletion_earlier_actions_can_be_undone(person: Person) -> None:
    mine = person.write(Draft("comment", "first words"))
    person.work.change(mine, Edit(mine, "other words"))
    person.work.change(mine, Delete(mine))
    person.settle()
    texts = []
    for _ in range(3):
        person.work.take_back()
        person.settle()
        texts.append([b.content for b in person.world.master.blocks.values() if b.author == "bo"])
    assert texts == [["other words"], ["first words"], []]


def test_a_deletion_undone_has_what_was_not_shown_yet(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = person.write(Draft("comment", "first words"))
    person.settle()
    with monkeypatch.context() as busy:
        busy.setattr(person, "listen", lambda: None)
        person.work.change(mine, Edit(mine, "other words"))
        person.work.change(mine, Delete(mine))
    person.settle()
    person.work.take_back()
    person.settle()
    texts = [b.content for b in person.world.master.blocks.values() if b.author == "bo"]
    assert texts == ["other words"]


def test_a_hundred_steps_are_remembered(person: Person) -> None:
    for number in range(120):
        person.write(Draft("comment", f"{number}"))
    person.settle()
    assert len(person.undo_all()) == 100
    assert len(person.world.master.blocks) == 21
