"""The model against what its events say, one by one and in any order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.authority import Role
from chatter_tui.blocks import Block
from chatter_tui.controller.commands import Add, Edit
from chatter_tui.controller.events import (
    Acknowledged,
    BlockAdded,
    BlockChanged,
    BlockDeleted,
    Connected,
    Disconnected,
    DocumentChanged,
    Ended,
    Failed,
    Ready,
    Rejected,
    Status,
    StatusAnswer,
    Synced,
)
from chatter_tui.tui.model.headline import Counts, link_text
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.model.notices import mentions
from chatter_tui.tui.model.rows import Filter, View, rows
from chatter_tui.tui.model.unread import MemoryReadMarks
from chatter_tui.tui.signs import UNICODE
from chatter_tui.tui.widgets.toasts import ToastQueue
from tests.tui.desk import BLOCKS, ME, NOW, block
from tests.tui.models import IDS, READY, loaded, model

AUTHORS = st.sampled_from(["ana", "bo", None])
TYPES = st.sampled_from(["comment", "reaction", "question"])
EVENTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["add", "change"]), IDS, AUTHORS, TYPES, st.text(max_size=2)),
        st.tuples(st.just("delete"), IDS),
        st.tuples(st.sampled_from(["read", "unread"]), IDS),
        st.tuples(st.just("ready"), st.sampled_from(["ana", "bo"])),
    ),
    max_size=30,
)


@settings(max_examples=200)
@given(EVENTS, st.sets(IDS))
def test_unread_is_what_others_wrote_and_one_has_not_read(steps: list[Any], read: set[str]) -> None:
    """A mark holds for what was read: of old marks, which do not say, for whatever is there."""
    marks = MemoryReadMarks(read)
    tested, name = Model(marks), ""
    seen: dict[str, str | None] = dict.fromkeys(read)
    for step in steps:
        match step:
            case ("add" | "change" as what, id_, author, kind, content):
                made = block(id_, content, author or "", type=kind)
                made = made if author else made.replace({"author": None})
                before = tested.threads.blocks.get(id_)
                event = BlockAdded if what == "add" else BlockChanged
                tested.apply([event(id_, made, "")], NOW)
                if before is not None and before.content != content and author != name:
                    seen.pop(id_, None)
            case ("delete", id_):
                if id_ in tested.threads.blocks:
                    gone = tested.threads.blocks[id_]
                    tested.apply([BlockDeleted(id_, gone, "p2")], NOW)
            case ("read", id_):
                if tested.mark_read([id_]):
                    seen[id_] = tested.threads.blocks[id_].content
            case ("unread", id_):
                if id_ in tested.threads.blocks:
                    tested.unread.unread(tested.threads.blocks[id_])
                    seen.pop(id_, None)
            case ("ready", name):
                tested.apply([Ready("01J", ME, name, Role("owner"), "plan.md")], NOW)
    assert tested.unread.ids == {
        b.id
        for b in tested.threads.blocks.values()
        if b.type != "reaction"
        and (b.author is None or b.author != name)
        and not (b.id in seen and seen[b.id] in (None, b.content))
    }
    # A restart with the same marks and blocks says the same.
    again = Model(marks)
    again.apply([Ready("01J", ME, name, Role("owner"), "plan.md")], NOW)
    again.apply([BlockAdded(b.id, b, "") for b in tested.threads.blocks.values()], NOW)
    assert again.unread.ids == tested.unread.ids
    # Others who change their words meanwhile make them unread again, and nothing else.
    edited = [b.replace({"content": f"{b.content}!"}) for b in tested.threads.blocks.values()]
    again = Model(marks)
    again.apply([Ready("01J", ME, name, Role("owner"), "plan.md")], NOW)
    again.apply([BlockAdded(b.id, b, "") for b in edited], NOW)
    assert again.unread.ids == {
        b.id
        for b in edited
        if b.type != "reaction"
        and (b.author is None or b.author != name)
        and not (b.id in seen and seen[b.id] is None)
    }


@settings(max_examples=100)
@given(EVENTS, st.sampled_from(["all", "open", "resolved", "unread", "questions", "mine"]))
def test_every_card_is_of_a_block_and_there_once(steps: list[Any], name: Filter) -> None:
    tested = model()
    for step in steps:
        if step[0] in {"add", "change"}:
            made = block(step[1], step[4], step[2] or "", type=step[3])
            tested.apply([BlockAdded(step[1], made, "")], NOW)
    ids = [row.id for row in rows(tested, View(name)) if row.id]
    assert len(ids) == len(set(ids))
    assert set(ids) <= set(tested.threads.blocks)


# What batches change


def test_changes_name_only_what_changed() -> None:
    tested = loaded()
    changes = tested.apply([Acknowledged("01B")], NOW)
    assert (changes.cards, changes.threads, changes.people, changes.document) == (
        {"01B"},
        False,
        False,
        False,
    )


def test_mention_and_reply_make_a_toast_and_other_comments_do_not() -> None:
    tested = loaded()
    events = [
        BlockAdded("03A", block("03A", "hey @ana, look"), "p2"),
        BlockAdded("03B", block("03B", "hey @anatol"), "p2"),
        BlockAdded("03C", block("03C", "no", parent_id="01B"), "p2"),
    ]
    notices = tested.apply(events, NOW).notices
    assert [(notice.kind, notice.toast) for notice in notices] == [
        ("mention", True),
        ("comment", False),
        ("reply", True),
    ]


def test_what_concerns_one_is_shown_and_only_the_nearest_rings() -> None:
    tested = loaded()
    mine = block("03M", "mine", "ana", parent_id="01D", minutes=1)
    tested.apply([BlockAdded("03M", mine, ME)], NOW)
    changes = tested.apply(
        [
            BlockAdded("03A", block("03A", "beside mine", parent_id="01D"), "p2"),
            BlockAdded("03B", block("03B", "elsewhere", parent_id="01F"), "p2"),
            BlockAdded("03C", block("03C", "+1", type="reaction", parent_id="01B"), "p2"),
            BlockAdded("03D", block("03D", "more beside mine", parent_id="03A"), "p2"),
            BlockChanged("01A", BLOCKS[0].replace({"status": "resolved"}), "p2"),
            BlockChanged("01F", BLOCKS[5].replace({"content": "@ANA, what?"}), "p3"),
            BlockDeleted("01B", BLOCKS[1], "p2"),
        ],
        NOW,
    )
    said = [(n.kind, n.toast, n.bell) for n in changes.notices]
    assert said == [
        ("thread 01D", True, False),
        ("comment", False, False),
        ("comment", False, False),
        ("thread 01D", True, False),
        ("status", True, False),
        ("mention", True, True),
        ("deleted", True, False),
    ]
    queue = ToastQueue()
    for notice in changes.notices:
        if notice.kind == "thread 01D":
            queue.push(notice, NOW)
    assert [toast.line for toast in queue.toasts] == ["2 new comments in “Replace it.”"]
    assert [notice.text for notice in tested.log][-7:] == [n.text for n in changes.notices]


def test_what_came_while_offline_is_summed_up() -> None:
    tested = loaded()
    tested.apply([Connected("webrtc"), Disconnected("gone", 1.0), Connected("webrtc")], NOW)
    news = [BlockAdded(f"04{i}", block(f"04{i}", "news"), "p2") for i in range(5)]
    changes = tested.apply([*news, Synced(11)], NOW)
    assert [n.text for n in changes.notices if n.toast] == [
        "5 new comments came while you were offline"
    ]
    again = tested.apply([BlockAdded("05", block("05", "now"), "p2"), Synced(12)], NOW)
    assert not [n for n in again.notices if n.toast]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@bo look", True),
        ("look, @Bo!", True),
        ("(@bo)", True),
        ("@bob", False),
        ("@bo-2", False),
        ("me@bo", False),
        ("bo", False),
    ],
)
def test_mentions(text: str, *, expected: bool) -> None:
    assert mentions(text, "bo") is expected
    assert not mentions(text, "")


def test_loading_makes_no_noise() -> None:
    tested = model()
    changes = tested.apply([BlockAdded(b.id, b, "") for b in BLOCKS], NOW)
    assert not changes.notices


# One's own changes


def test_that_nothing_is_there_is_said_once_all_has_come() -> None:
    made = model()
    assert not rows(made, View())
    assert made.apply([Synced(0)], NOW).threads
    assert rows(made, View())[0].title == "No comments yet"
    assert not made.apply([Synced(0)], NOW).threads


def test_states_of_own_changes() -> None:
    tested = loaded()
    states = [tested.outbox.state("01B")]
    tested.outbox.sent("01B", Edit("01B", "x"))
    tested.outbox.sent("01B", Edit("01B", "y"))
    states.append(tested.outbox.state("01B"))
    for _ in range(2):
        tested.apply([Acknowledged("01B")], NOW)
        states.append(tested.outbox.state("01B"))
    assert states == [None, "pending", "pending", "accepted"]


def test_status_settles_only_what_it_has_seen() -> None:
    def status(ref: int) -> StatusAnswer:
        told = Status("01J", ME, "ana", Role("owner"), "plan.md", "local", None, 0, 1, 1, True)
        return StatusAnswer(ref, told)

    tested = loaded()
    before = tested.outbox.ticket
    tested.outbox.sent("01B", Edit("01B", "x"))
    tested.apply([status(before)], NOW)
    assert tested.pending == 1
    tested.apply([status(tested.outbox.ticket)], NOW)
    assert tested.pending == 0


def test_what_is_answered_waits_no_more_whatever_was_told_meanwhile() -> None:
    def status(pending: int) -> StatusAnswer:
        told = Status(
            *("01J", ME, "bo", Role("reviewer"), "plan.md", "webrtc", None, pending, 1, 1, True)
        )
        return StatusAnswer(tested.outbox.ticket, told)

    tested = loaded()
    tested.outbox.sent("01B", Edit("01B", "x"))
    tested.apply([status(1)], NOW)
    assert tested.pending == 1
    tested.apply([Acknowledged("01B")], NOW)
    assert tested.pending == 0
    # Two changes of an earlier run, of which only the number is known.
    tested.outbox.sent("01B", Edit("01B", "y"))
    tested.apply([status(3)], NOW)
    waiting = [tested.pending]
    for event in (Acknowledged("02"), Rejected("03", "gone", "no", None), Acknowledged("01B")):
        tested.apply([event], NOW)
        waiting.append(tested.pending)
    assert waiting == [3, 2, 1, 0]


def test_rejected_addition_becomes_a_draft_again() -> None:
    tested = loaded()
    suggestion = BLOCKS[3]
    assert suggestion.suggestion is not None
    tested.outbox.sent(suggestion.id, Add({"id": suggestion.id}))
    changes = tested.apply([Rejected(suggestion.id, "forbidden", "no", suggestion)], NOW)
    draft = changes.returned[0]
    assert (draft.kind, draft.text, draft.quote) == ("suggestion", "too little", "not enough")
    assert draft.problem == "no"
    assert tested.pending == 0


def test_what_never_left_is_given_back_too() -> None:
    from chatter_tui.tui.model.drafts import Draft

    tested = loaded()
    draft = Draft("reply", "text", target="01A")
    tested.outbox.sent("04", Add({"id": "04", **draft.fields()}), draft)
    changes = tested.apply([Failed("too long", tested.outbox.ticket)], NOW)
    assert [(d.text, d.problem) for d in changes.returned] == [("text", "too long")]
    assert tested.apply([Failed("something else")], NOW).returned == []


# The top line


def test_link_texts() -> None:
    guest = Model()
    guest.apply([Ready("01J", ME, "bo", Role("reviewer"), "plan.md")], NOW)
    assert link_text(guest, UNICODE, NOW) == "connecting…"
    tested = model()
    assert link_text(tested, UNICODE, NOW) == "loading…"  # there is nothing to connect to
    tested.apply([Connected("webrtc")], NOW)
    texts = [link_text(tested, UNICODE, NOW)]
    tested.apply([Disconnected("gone", 1.0)], NOW)
    tested.outbox.sent("01B", Edit("01B", "x"))
    texts.append(link_text(tested, UNICODE, NOW + 42))
    tested.apply([Disconnected("still gone", 20.0)], NOW + 50)
    texts.append(link_text(tested, UNICODE, NOW + 62))
    tested.apply([Connected("websocket")], NOW + 70)
    texts.append(link_text(tested, UNICODE, NOW + 71))
    tested.apply([Ended("it continues in another process")], NOW + 80)
    texts.append(link_text(tested, UNICODE, NOW + 8000))
    assert texts == [
        "direct",
        "offline 0:42 · 1 queued · trying…",
        "offline 1:02 · 1 queued · retry 0:08",
        "ws",
        "ended: it continues in another process",
    ]


def test_counts() -> None:
    assert Counts.of(loaded()) == Counts(open=3, unread=5, orphans=1)


def test_document_change_moves_orphans() -> None:
    tested = loaded()
    tested.apply([DocumentChanged("plan.md", 2, "no longer in the text")], NOW)
    assert [root.block.id for root in tested.threads.roots if not root.orphaned] == ["01F"]


def test_block_of_any_shape_is_shown() -> None:
    odd = Block.of({"id": "x", "type": "novel", "content": "", "anchor": 7, "timestamp": "never"})
    tested = model(BlockAdded("x", odd, "p2"))
    assert [row.id for row in rows(tested, View())] == ["x"]


def test_a_first_look_at_a_document_is_no_change_of_it() -> None:
    made = Model(MemoryReadMarks())
    assert made.apply([DocumentChanged("", 0, "# Plan\n"), READY], NOW).grows
    whole = made.apply([DocumentChanged("plan.md", 1, "# Plan\n\nMore.\n")], NOW)
    assert whole.document
    assert whole.grows
    assert not whole.notices
    changed = made.apply([DocumentChanged("plan.md", 2, "# Plan\n\nLess.\n")], NOW)
    assert not changed.grows
    assert [notice.kind for notice in changed.notices] == ["document"]
