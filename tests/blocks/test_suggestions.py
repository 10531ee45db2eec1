"""Whether a suggestion fits, and that accepting it changes its text and nothing else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import assume, given, settings, strategies as st

from chatter_tui.blocks import Block, Location, Review, SourceFile, make_anchor
from chatter_tui.blocks.anchors import Resolver
from chatter_tui.blocks.suggestions import (
    Decided,
    Unfit,
    accept,
    applied,
    decision_of,
    fit,
    placed,
    reject,
    revert,
)
from tests.blocks.documents import TEXT, Written, documents

PLAN = "# Plan\n\nWe deploy weekly, on Tuesdays.\n\n## Risks\n\nThe index may not fit.\n"
AT = "2026-01-02T03:04:05Z"


def review(text: str) -> Review:
    return Review(SourceFile(text))


def suggestion(
    on: Review | None, original: str, replacement: str, id_: str = "s", **more: object
) -> Block:
    """A suggestion by bo on the first place of a text, as the screen makes it."""
    values: dict[str, Any] = {"id": id_, "type": "suggestion", "author": "bo", "content": "x"}
    if on is not None:
        start = on.text.index(original)
        values["anchor"] = make_anchor(on.markdown, start, start + len(original))
    values["suggestion"] = {"original": original, "replacement": replacement}
    return Block.of({**values, "status": "open", **more})


def state(on: Review, block: Block, *others: Block) -> str:
    resolver = Resolver(on.markdown)
    location = None if block.anchor is None else resolver.resolve(block.anchor)
    return fit(on.markdown, block, location, placed([block, *others], resolver)).state


def accepted(on: Review, block: Block, *others: Block, confirmed: bool = False) -> Decided:
    return accept(on, block, [block, *others], "ana", AT, confirmed=confirmed)


def attempt(on: Review, block: Block, *others: Block, confirmed: bool) -> Decided | str:
    """What accepting comes to, or the code of why it is refused."""
    try:
        return accepted(on, block, *others, confirmed=confirmed)
    except Unfit as refused:
        return refused.code


def raw(on: Review) -> str:
    return on.document.splice(()).decode()


def test_accepting_puts_the_words_in_their_place_and_says_who_did() -> None:
    plan = review(PLAN)
    made = suggestion(plan, "weekly", "daily", metadata={"n": 1})
    decided = accepted(plan, made)
    assert decided.review is not None
    assert raw(decided.review) == PLAN.replace("weekly", "daily")
    block = applied(made, decided.fields)
    decision = decision_of(block)
    assert decision is not None
    assert (block.status, decision.outcome, decision.by, decision.at) == (
        "resolved",
        "accepted",
        "ana",
        AT,
    )
    assert block.fields["suggestion"] == made.fields["suggestion"]
    assert not block.problems()
    assert block.anchor is not None
    location = Resolver(decided.review.markdown).resolve(block.anchor)
    assert location is not None
    assert decided.review.text[slice(*location[:2])] == "daily"


@pytest.mark.parametrize(
    ("original", "replacement"),
    [("weekly", "daily"), (", on Tuesdays", ""), ("# Plan\n\n", ""), (PLAN, ""), (PLAN, "x")],
)
def test_a_reverted_decision_leaves_everything_as_it_was(original: str, replacement: str) -> None:
    plan = review(PLAN)
    made = suggestion(plan, original, replacement)
    decided = accepted(plan, made)
    assert decided.review is not None
    back = revert(decided.review, applied(made, decided.fields), "ana")
    assert back.review is not None
    assert raw(back.review) == PLAN
    assert applied(applied(made, decided.fields), back.fields) == made


def test_the_place_of_what_went_is_what_stood_before_it() -> None:
    plan = review(PLAN)
    made = suggestion(plan, ", on Tuesdays", "")
    decided = accepted(plan, made)
    assert decided.review is not None
    anchor = applied(made, decided.fields).anchor
    assert anchor is not None
    assert str(anchor["exact"]).endswith("We deploy weekly")


def test_only_who_decided_reverts_and_only_while_the_text_stands() -> None:
    plan = review(PLAN)
    made = suggestion(plan, "weekly", "daily")
    decided = accepted(plan, made)
    assert decided.review is not None
    block = applied(made, decided.fields)
    with pytest.raises(Unfit) as somebody:
        revert(decided.review, block, "bo")
    assert somebody.value.code == "not-yours"
    with pytest.raises(Unfit) as changed:
        revert(review(PLAN.replace("weekly", "hourly")), block, "ana")
    assert changed.value.code == "stale"
    # What changed on one side only leaves the other to go by.
    other = review(raw(decided.review).replace("Tuesdays", "Mondays"))
    back = revert(other, block, "ana")
    assert back.review is not None
    assert raw(back.review) == PLAN.replace("Tuesdays", "Mondays")


def test_rejecting_says_who_did_and_ones_own_is_withdrawn() -> None:
    made = suggestion(review(PLAN), "weekly", "daily")
    for by, outcome in (("ana", "rejected"), ("bo", "withdrawn")):
        block = applied(made, reject(made, by, AT).fields)
        decision = decision_of(block)
        assert decision is not None
        assert (decision.outcome, decision.by) == (outcome, by)
        assert applied(block, revert(review(PLAN), block, by).fields) == made


def test_what_is_decided_is_not_decided_again() -> None:
    plan = review(PLAN)
    made = suggestion(plan, "weekly", "daily")
    block = applied(made, reject(made, "ana", AT).fields)
    assert attempt(plan, block, confirmed=True) == "decided"
    with pytest.raises(Unfit) as refused:
        reject(block, "ana", AT)
    assert refused.value.code == "decided"
    with pytest.raises(Unfit) as nothing:
        revert(plan, made, "ana")
    assert nothing.value.code == "not-decided"
    with pytest.raises(Unfit) as plain:
        reject(Block.of({"id": "c", "type": "comment", "content": "x"}), "ana", AT)
    assert plain.value.code == "no-suggestion"


def test_moved_and_contested_text_needs_a_confirmation() -> None:
    long = "We deploy weekly, on Tuesdays."
    plan = review(PLAN)
    start = PLAN.index(long)
    anchor = {
        "type": "text",
        "exact": long,
        "context_before": PLAN[:start],
        "context_after": PLAN[start + len(long) :],
    }
    made = suggestion(None, long, "We deploy.", anchor=anchor)
    moved = review(PLAN.replace("# Plan\n", "# What we do\n\nIt is as follows.\n"))
    assert state(moved, made) == "moved"
    with pytest.raises(Unfit) as unconfirmed:
        accepted(moved, made)
    assert unconfirmed.value.code == "moved"
    decided = accepted(moved, made, confirmed=True)
    assert decided.review is not None
    assert raw(decided.review) == raw(moved).replace(long, "We deploy.")

    rival = suggestion(plan, "weekly", "daily", "r")
    assert state(plan, made, rival) == "overlaps"
    with pytest.raises(Unfit) as contested:
        accepted(plan, made, rival)
    assert contested.value.code == "overlaps"
    assert accepted(plan, made, rival, confirmed=True).review is not None


def test_what_is_edited_beside_the_text_is_no_obstacle() -> None:
    made = suggestion(review(PLAN), "on Tuesdays", "on Mondays")
    edited = review(PLAN.replace("We deploy weekly", "We ship once a week"))
    assert state(edited, made) == "applies"
    decided = accepted(edited, made)
    assert decided.review is not None
    assert raw(decided.review) == raw(edited).replace("Tuesdays", "Mondays")


def test_where_a_fallback_fits_twice_one_is_asked_and_the_right_place_offered() -> None:
    made = suggestion(review(PLAN), "weekly", "daily")
    edited = PLAN.replace("We deploy", "We ship")
    assert state(review(edited), made) == "applies"
    doubled = review(f"We meet weekly, on Tuesdays.\n\n{edited}")
    assert attempt(doubled, made, confirmed=False) == "moved"
    decided = accepted(doubled, made, confirmed=True)
    assert decided.review is not None
    assert raw(decided.review) == raw(doubled).replace("ship weekly", "ship daily")


def test_what_somebody_wrote_by_hand_meanwhile_is_done() -> None:
    made = suggestion(review(PLAN), "weekly", "daily")
    by_hand = review(PLAN.replace("weekly", "daily"))
    assert state(by_hand, made) == "done"
    decided = accepted(by_hand, made)
    assert decided.review is None
    block = applied(made, decided.fields)
    assert applied(block, revert(by_hand, block, "ana").fields) == made


def test_a_fallback_that_quotes_other_words_is_not_the_place() -> None:
    """The first link quotes other words than those a second one leads to."""
    anchor = {
        "type": "text",
        "exact": "gone",
        "fallback": {"type": "text", "exact": "weekly, on Tuesdays"},
    }
    made = suggestion(None, "weekly", "daily", anchor=anchor)
    assert state(review(PLAN), made) == "stale"


BLOCK = json.dumps({"id": "i", "type": "comment", "content": "inline"})
FENCE = f"```chattermatter\n{BLOCK}\n```"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_endings_bom_and_comments_in_the_document_stay(newline: str, bom: str) -> None:
    text = f"{bom}# Plan\n\none two\nhalf <!--chattermatter {BLOCK} --> three\n\nfour\n"
    plan = review(text.replace("\n", newline))
    made = suggestion(plan, "two\nhalf  three", "2\r\n\r\n3\n4")
    decided = accepted(plan, made)
    assert decided.review is not None
    expected = f"{bom}# Plan\n\none 2\n\n3\n4<!--chattermatter {BLOCK} -->\n\nfour\n"
    assert raw(decided.review) == expected.replace("\n", newline)


@pytest.mark.parametrize(
    "replacement",
    [
        f"daily\n\n{FENCE}\n\n",  # a comment in anybody's name
        f"daily <!--chattermatter {BLOCK} -->",
        "daily\n\n```\n",  # a fence that swallows the comments below
        "daily\n\n<!-- ",
        "\ufeff",
    ],
)
def test_words_that_would_do_more_than_stand_there_are_refused(replacement: str) -> None:
    plan = review(f"weekly\n\n{FENCE}\n")
    made = suggestion(plan, "weekly", "x")
    hostile = made.replace({"suggestion": {"original": "weekly", "replacement": replacement}})
    with pytest.raises(Unfit) as refused:
        accepted(plan, hostile)
    assert refused.value.code == "unwritable"


def test_half_a_character_is_written_as_what_it_is_read_as() -> None:
    plan = review(PLAN)
    spelled = json.dumps({"original": "weekly", "replacement": "\ud800"})
    made = Block({**suggestion(plan, "weekly", "x").fields, "suggestion": spelled})
    decided = accepted(plan, made)
    assert decided.review is not None
    assert raw(decided.review) == PLAN.replace("weekly", "\ufffd")


# -- whatever the document and whatever is edited --------------------------------------------------


@st.composite
def spans(draw: st.DrawFn) -> tuple[Review, int, int]:
    written: Written = draw(documents())
    newline = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    bom = draw(st.sampled_from(["", "\ufeff"]))
    on = review(bom + written.text.replace("\n", newline))
    assume(on.text)
    start = draw(st.integers(0, len(on.text) - 1))
    end = draw(st.integers(start + 1, min(len(on.text), start + 40)))
    return on, start, end


def offset(text: str, position: tuple[int, int]) -> int:
    """Where a line and column, from 1, is in a file as it is on disk."""
    body = text.lstrip("\ufeff")
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", body)
    line, column = position
    return len(text) - len(body) + sum(map(len, lines[: line - 1])) + column - 1


@given(spans(), TEXT)
@settings(max_examples=150)
def test_an_accepted_suggestion_never_changes_text_outside_its_range(
    made_on: tuple[Review, int, int], replacement: str
) -> None:
    on, start, end = made_on
    anchor = make_anchor(on.markdown, start, end)
    block = suggestion(None, on.text[start:end], replacement, anchor=anchor)
    location = Resolver(on.markdown).resolve(anchor)
    span = fit(on.markdown, block, location).span
    try:
        decided = accepted(on, block)
    except Unfit:
        return
    if decided.review is None:
        return
    assert span is not None
    at, beyond = span
    assert on.text[at:beyond] == on.text[start:end]
    words = replacement.replace("\0", "\ufffd")
    assert decided.review.text == on.text[:at] + words + on.text[beyond:]
    assert [s.block for s in decided.review.document.blocks] == [
        s.block for s in on.document.blocks
    ]
    before, after = raw(on), raw(decided.review)
    first, last = on.disk_span(Location(at, beyond, "text"))
    assert after.startswith(before[: offset(before, first)])
    assert after.endswith(before[offset(before, last) :])
    made = applied(block, decided.fields)
    try:
        back = revert(decided.review, made, "ana")
    except Unfit:
        return
    assert back.review is not None
    assert back.review.text == on.text
    assert applied(made, back.fields) == block


WORDS = st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), min_size=4, max_size=30)


@given(WORDS, st.data())
@settings(max_examples=150)
def test_what_is_not_there_any_more_is_always_flagged(
    words: list[str], data: st.DataObject
) -> None:
    text = " ".join(words)
    on = review(text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 20)))
    made = suggestion(None, text[start:end], "new", anchor=make_anchor(on.markdown, start, end))
    # Somebody edits somewhere; the edit may or may not touch the range.
    low = data.draw(st.integers(0, len(text)))
    high = data.draw(st.integers(low, min(len(text), low + 25)))
    edited = review(
        text[:low] + data.draw(st.sampled_from(["", "new", "alpha beta", "x"])) + text[high:]
    )
    resolver = Resolver(edited.markdown)
    found = fit(edited.markdown, made, resolver.resolve(made.anchor or {}), [])
    if found.span is None:
        assert found.state in {"stale", "done"}
        return
    # Whatever would be replaced reads exactly what its author wanted to replace.
    assert edited.text[slice(*found.span)] == text[start:end]


@given(WORDS, st.data())
@settings(max_examples=150)
def test_of_two_on_the_same_text_only_one_is_ever_applied(
    words: list[str], data: st.DataObject
) -> None:
    text = " ".join(f"{word}{number}" for number, word in enumerate(words))
    on = review(text)
    made = []
    for number in range(2):
        start = data.draw(st.integers(0, len(text) - 1))
        end = data.draw(st.integers(start + 1, len(text)))
        made.append(
            (
                start,
                end,
                suggestion(
                    None,
                    text[start:end],
                    f"<{number}>",
                    f"s{number}",
                    anchor=make_anchor(on.markdown, start, end),
                ),
            )
        )
    (a, b, one), (c, d, two) = made
    overlap = max(a, c) < min(b, d)
    confirmed = data.draw(st.booleans())
    first = attempt(on, one, two, confirmed=confirmed)
    if isinstance(first, str):
        assert (first, overlap, confirmed) == ("overlaps", True, False)
        return
    assert first.review is not None
    assert not overlap or confirmed
    second = attempt(first.review, two, applied(one, first.fields), confirmed=False)
    if isinstance(second, str):
        assert second in {"stale", "moved"}
        return
    assert not overlap
    assert second.review is not None
    assert "<0>" in second.review.text
    assert "<1>" in second.review.text
