"""The model against what its events say, one by one and in any order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.authority import Role
from chatter_tui.blocks import Block
from chatter_tui.blocks.anchors import Resolver
from chatter_tui.blocks.threads import arrange
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
    Event,
    Failed,
    Ready,
    Rejected,
    Status,
    StatusAnswer,
    Synced,
)
from chatter_tui.markdown import Markdown
from chatter_tui.tui.document import glyphs
from chatter_tui.tui.model.headline import Counts, link_text
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.model.notices import mentions
from chatter_tui.tui.model.outline import outline
from chatter_tui.tui.model.parsed import Parsed, Parser
from chatter_tui.tui.model.rows import Filter, Row, Rows, View, rows
from chatter_tui.tui.model.threads import Threads
from chatter_tui.tui.model.unread import MemoryReadMarks
from chatter_tui.tui.signs import UNICODE
from chatter_tui.tui.widgets.toasts import ToastQueue
from tests.tui.desk import BLOCKS, ME, NOW, TEXT, block, quote

READY = Ready("01J", ME, "ana", Role("owner"), "plan.md")
DOCUMENT = DocumentChanged("plan.md", 1, TEXT)


def model(*events: Event, read: tuple[str, ...] = ()) -> Model:
    made = Model(MemoryReadMarks(read))
    made.apply([READY, DOCUMENT, *events], NOW)
    return made


def loaded() -> Model:
    return model(*(BlockAdded(b.id, b, "") for b in BLOCKS), Synced(len(BLOCKS)))


# Arrangement

IDS = st.sampled_from([f"0{letter}" for letter in "ABCDEFGH"])
ANCHORS = st.sampled_from([None, quote("weekly"), quote("Staging"), quote("gone"), quote("the")])
PUTS = st.tuples(
    st.just("put"), IDS, st.one_of(st.none(), IDS), ANCHORS, st.integers(0, 3), st.text(max_size=3)
)
STEPS = st.one_of(
    PUTS,
    PUTS,
    st.tuples(st.just("remove"), IDS),
    st.tuples(st.just("show"), st.sampled_from([TEXT, "the"])),
)


def apply_step(threads: Threads, step: tuple[Any, ...], documents: list[Markdown]) -> None:
    match step:
        case ("put", id_, parent, anchor, minutes, content):
            fields: dict[str, Any] = {} if parent is None else {"parent_id": parent}
            if anchor is not None:
                fields["anchor"] = anchor
            status = "resolved" if "a" <= content < "n" else "open"
            made = block(id_, content, **fields, minutes=minutes, status=status)
            threads.put(made if minutes else made.replace({"timestamp": None}))
        case ("remove", id_):
            threads.remove(id_)
        case ("show", text):
            documents.append(Markdown(text))
            threads.show(threads.resolver.after(documents[-1]))


@settings(max_examples=150)
@given(st.lists(STEPS, max_size=25), st.integers(1, 4))
def test_threads_kept_in_place_are_those_arranged_anew(steps: list[Any], every: int) -> None:
    documents = [Markdown(TEXT)]
    tested, shown, cards, touched = Model(), Rows(), list[Row](), set[str]()
    threads = tested.threads = Threads(documents[0])
    for number, step in enumerate(steps):
        touched |= touched_by(threads, step)
        apply_step(threads, step, documents)
        touched |= touched_by(threads, step)
        if number % every:
            continue  # looking settles what is pending: both ways must hold
        anew = arrange(threads.blocks.values(), Resolver(documents[-1]))
        assert [
            (depth, thread.block, thread.location, thread.orphaned)
            for root in threads.roots
            for depth, thread in root.walk()
        ] == [(d, thread.block, thread.location, thread.orphaned) for d, thread in anew.walk()]
        for at, count, new in shown.edits(tested, View(), touched | threads.moved):
            assert len(cards) >= at + count
            cards[at : at + count] = new
        assert cards == rows(tested, View())
        still_open = [root for root in threads.roots if root.block.status == "open"]
        assert threads.open == len(still_open)
        assert threads.orphans == sum(root.orphaned for root in still_open)
        touched.clear()
        threads.moved.clear()


def touched_by(threads: Threads, step: tuple[Any, ...]) -> set[str]:
    """The block of a step and the root above it, as far as that is known."""
    id_ = step[1]
    known = not threads.is_stale and id_ in threads.blocks
    return {id_, threads.root_of(id_).block.id} if known else {id_}


def test_threads_arranged_beside_the_screen_are_those_that_came() -> None:
    parser, tested, gone = Parser(glyphs.UNICODE), Model(), BLOCKS[-1]
    came: list[Event] = [BlockAdded(b.id, b, "") for b in BLOCKS]
    came += [BlockDeleted(gone.id, gone, ""), Synced(len(BLOCKS) - 1)]
    events = [each for event in (READY, DOCUMENT, *came) for each in parser.take(event)]
    assert tested.apply(events, NOW).threads
    assert not tested.threads.is_stale
    shown = [row.id for row in rows(tested, View())]
    assert shown == [row.id for row in rows(model(*came), View())]
    assert gone.id not in shown
    # What came meanwhile is not in it.
    late = block("09A", "late")
    assert not Threads(tested.document).adopt(arrange([late], tested.threads.resolver))


def test_what_an_edit_moves_is_looked_up_beside_the_screen_and_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parser, tested = Parser(glyphs.UNICODE), Model()
    came = [BlockAdded(b.id, b, "") for b in BLOCKS]
    late = block("09A", "late", anchor=quote("weekly"))
    heading = block("09B", "later", anchor={"type": "heading", "text": "Risks"})
    edit = DocumentChanged("plan.md", 2, "More.\n\n" + TEXT.replace("not enough", "plenty"))
    steps: list[Event] = [READY, DOCUMENT, *came, Synced(len(came)), BlockAdded("09A", late, "")]
    steps += [BlockAdded("09B", heading, ""), BlockDeleted(BLOCKS[0].id, BLOCKS[0], ""), edit]
    told = [each for event in steps for each in parser.take(event)]
    assert isinstance(parsed := told[-1], Parsed)
    assert parsed.places.keys() == {b.id for b in (*BLOCKS[1:], late, heading)}
    monkeypatch.setattr(Resolver, "resolve_all", lambda _, anchors: zip(anchors, (), strict=True))
    tested.apply(told, NOW)
    monkeypatch.undo()
    other = model(*steps[2:])
    for one, same in zip(tested.threads.roots, other.threads.roots, strict=True):
        assert (one.block.id, one.location, one.orphaned) == (
            same.block.id,
            same.location,
            same.orphaned,
        )
    assert tested.threads.moved == other.threads.moved


def test_front_matter_is_no_heading_of_the_outline() -> None:
    sections = outline(model(DocumentChanged("plan.md", 2, f"---\ntitle: x\n---\n{TEXT}")))
    assert sections[0].heading.text == "Rollout plan"


def test_root_and_path() -> None:
    threads = loaded().threads
    assert threads.root_of("01C").block.id == "01A"
    assert [thread.block.id for thread in threads.path("01C")] == ["01B", "01A"]


# Unread

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
