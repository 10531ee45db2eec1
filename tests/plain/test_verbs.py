"""What can be typed in plain lines, and that something is done about all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatter_tui.controller.commands import Add
from chatter_tui.plain.reviewer import Reviewer
from chatter_tui.plain.verbs import VERBS, parse
from chatter_tui.tui.model.drafts import MemoryDrafts
from chatter_tui.tui.model.unread import MemoryReadMarks
from chatter_tui.tui.options import Options
from chatter_tui.tui.signs import ASCII
from chatter_tui.tui.workspace import Workspace
from scripts.keys import plain
from tests.tui.desk import Desk

ROOT = Path(__file__).parents[2]


def reviewer(said: list[str]) -> Reviewer:
    work = Workspace(
        submit=lambda _: None,
        drafts=MemoryDrafts(),
        options=Options(),
        signs=ASCII,
        clock=lambda: 0.0,
        new_id=lambda: "new",
    )
    return Reviewer(work, MemoryReadMarks(), said.append)


@pytest.mark.parametrize(
    ("line", "id_", "argument"),
    [
        ("n", "thread.next", ""),
        ("N", "search.previous", ""),
        ("Next Thread", "thread.next", ""),
        ("thread.next", "thread.next", ""),
        ("comment  two  words ", "comment.new", "two  words"),
        ("comment document all of it", "comment.document", "all of it"),
        ("c document", "comment.new", "document"),
        ("/needle in", "search.open", "needle in"),
        ("17", "lines.go", "17"),
        ("2", "pane.threads", ""),
        ("mark all", "thread.read-all", ""),
        ("R", "thread.resolve", ""),
        ("r because", "comment.reply", "because"),
    ],
)
def test_a_line_is_read_as(line: str, id_: str, argument: str) -> None:
    found = parse(line)
    assert found is not None
    assert (found[0].command.id, found[1]) == (id_, argument)


def test_what_is_no_command_is_none() -> None:
    assert parse("hello there") is None
    assert parse("") is None


def test_every_command_is_done_by_something_and_found_by_its_words() -> None:
    commands = reviewer([]).commands
    for verb in VERBS:
        assert verb.command.id in commands
        for word in (*verb.words, verb.command.id):
            found = parse(word)
            assert found is not None
            assert found[0] is verb, word
    assert commands == {verb.command.id for verb in VERBS}


def test_every_command_answers_before_there_is_anything() -> None:
    """Whatever is typed first, one line at least says what is so."""
    quiet = {"people.open", "lines.status", "history.open"}  # the session answers
    quiet |= {"session.offline", "session.online"}
    for verb in VERBS:
        said: list[str] = []
        review = reviewer(said)
        review.line(verb.words[0])
        assert said or review.left or verb.command.id in quiet, verb.words


def test_a_passage_too_long_to_quote_is_commented_on_by_its_words() -> None:
    said: list[str] = []
    review = reviewer(said)
    desk = Desk(review.event, text="word " * 4000 + "end", blocks=())
    review._context.work.submit = desk.submit
    desk.start()
    for line in ("next", "comment too long", "suggest too long"):
        review.line(line)
    assert [line for line in said if "too long to quote" in line] == [
        "That is too long to quote: select WORDS of it first."
    ] * 2
    assert not desk.sent(Add)
    for line in ("select end", "comment on the end"):
        review.line(line)
    assert [block.content for block in desk.blocks.values()] == ["on the end"]


def test_the_documented_commands_are_these() -> None:
    assert (ROOT / "docs" / "plain.md").read_text() == plain(), "run: python -m scripts.keys"
