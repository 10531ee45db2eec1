"""Threads as the screen arranges them, however they come and change."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.blocks.anchors import Resolver
from chatter_tui.blocks.threads import arrange
from chatter_tui.controller.events import BlockAdded, BlockDeleted, DocumentChanged, Event, Synced
from chatter_tui.markdown import Markdown
from chatter_tui.tui.document import glyphs
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.model.outline import outline
from chatter_tui.tui.model.parsed import Parsed, Parser
from chatter_tui.tui.model.rows import Row, Rows, View, rows
from chatter_tui.tui.model.threads import Threads
from tests.tui.desk import BLOCKS, NOW, TEXT, block, quote
from tests.tui.models import DOCUMENT, IDS, READY, loaded, model

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
