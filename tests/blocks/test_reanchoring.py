"""Every character of a random document carries its origin, so that it is known whether the words that
a comment is on after an edit are those that it was on before, as they are now."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from chatter_tui.blocks import Block, Resolver, make_anchor
from chatter_tui.blocks.reanchoring import reanchored
from chatter_tui.markdown import Markdown
from tests.blocks.passages import Text, document, edit, edit_beside, words

PLAN = """\
# Plan

We deploy to production weekly, on Tuesdays, right after the review is done.

- First the small services.
- Then the large ones, one by one.

## Risks

The index may not fit into memory. Nobody knows how large it is.
"""


def on(text: str, exact: str, **more: object) -> Block:
    start = text.index(exact)
    anchor = make_anchor(Markdown(text), start, start + len(exact))
    return Block.of({"id": "a", "type": "comment", "content": "x", "anchor": anchor, **more})


def after(old: str, new: str, block: Block) -> Block:
    """The block as it is after an edit of the document."""
    found = [each for each in reanchored(old, new, lambda: Markdown(new), [block]) if each]
    for moved, anchor in found:
        assert moved is block
        assert anchor != block.anchor
        return block.replace({"anchor": anchor})
    return block


def place(text: str, block: Block) -> tuple[int, int] | None:
    """Where a block's words are, None if it is at its section or nowhere."""
    location = Resolver(Markdown(text)).resolve(block.anchor or {})
    return None if location is None or location.via != "text" else location[:2]


def words_of(text: str, block: Block) -> str | None:
    found = place(text, block)
    return None if found is None else text[slice(*found)]


@pytest.mark.parametrize(
    ("exact", "old", "new", "expected"),
    [
        ("right after the review is done", "the review", "the last review", "right after the last review is done"),
        ("right after the review is done", "right after", "after", "after the review is done"),
        ("right after the review is done", "is done", "is over", "right after the review is over"),
        ("weekly", "weekly", "every day", "every day"),
        ("weekly", "weekly, on Tuesdays", "daily", None),  # not only these words were replaced
        ("weekly", "weekly, ", "", None),
        ("We deploy to production weekly", "We deploy", "They ship", "They ship to production weekly"),
        ("- First the small services.", "First the small services", "First the tiny services", "- First the tiny services."),
        ("The index may not fit into memory.", "The index may not fit into memory.", "Everything is slow.", "Everything is slow."),
        ("one by one", "- Then the large ones, one by one.\n", "", None),
        ("# Plan", "# Plan", "# The plan", "# The plan"),
    ],
)  # fmt: skip
def test_comments_stay_on_words_that_are_edited(
    exact: str, old: str, new: str, expected: str | None
) -> None:
    edited = PLAN.replace(old, new)
    block = after(PLAN, edited, on(PLAN, exact))
    assert words_of(edited, block) == expected
    # Taken back, it is where it was, or on what was left of the words.
    assert (words_of(PLAN, after(edited, PLAN, block)) or "") in {exact, expected}


def test_a_copy_before_the_words_does_not_take_their_comment() -> None:
    section = PLAN[PLAN.index("## Risks") :]
    edited = PLAN.replace("## Risks", section.replace("Risks", "Dangers") + "\n## Risks")
    block = on(PLAN, "fit into memory")
    assert place(edited, block) == (at := edited.index("fit into memory"), at + 15)
    block = after(PLAN, edited, block)
    assert place(edited, block) == (at := edited.rindex("fit into memory"), at + 15)


def test_text_that_was_moved_keeps_its_comment() -> None:
    sentence = "The index may not fit into memory."
    edited = PLAN.replace(f"{sentence} ", "").replace("# Plan\n", f"# Plan\n\n{sentence}\n")
    block = on(PLAN, sentence)
    assert words_of(edited, after(PLAN, edited, block)) == sentence


def test_a_suggestion_is_not_put_on_other_words_than_it_would_replace() -> None:
    suggestion = {"original": "right after the review", "replacement": "before it"}
    block = on(PLAN, "right after the review", type="suggestion", suggestion=suggestion)
    edited = PLAN.replace("after the", "after a")
    assert after(PLAN, edited, block) == block
    # It is on words that are the same, and no others.
    edited = PLAN.replace("We deploy", "They ship").replace(
        ", on Tuesdays, right", " on Mondays right"
    )
    block = on(PLAN, "right", type="suggestion", suggestion=suggestion | {"original": "right"})
    assert words_of(edited, after(PLAN, edited, block)) == "right"


@pytest.mark.parametrize("new", ["", PLAN[:90], "Something else.\n", PLAN.upper()])
def test_what_is_gone_is_not_found_elsewhere(new: str) -> None:
    block = on(PLAN, "right after the review")
    assert after(PLAN, new, block) == block
    assert words_of(PLAN, after(new, PLAN, block)) == "right after the review"


@pytest.mark.parametrize(
    "anchor",
    [
        None,
        {"type": "heading", "text": "Risks"},
        {"type": "block_index", "index": 2},
        {"type": "new"},
    ],
)
def test_what_quotes_no_words_is_left_alone(anchor: object) -> None:
    fields: dict[str, Any] = {"id": "a", "type": "comment", "content": "x", "anchor": anchor}
    block = Block.of({name: value for name, value in fields.items() if value is not None})
    assert after(PLAN, PLAN.replace("Risks", "Dangers"), block) == block


def outcome(seed: int, *, beside: bool) -> str:
    """What became of a comment after some edits: of the words beside it, or of any."""
    rng = random.Random(seed)
    source = document(rng)
    low, high = words(rng, source)
    block = on(source, source[low:high]).replace(
        {"anchor": make_anchor(Markdown(source), low, high)}
    )
    text: Text = list(zip(source, range(len(source)), strict=True))
    for _ in range(rng.randrange(1, 4)):
        old = "".join(char for char, _ in text)
        (edit_beside if beside else edit)(rng, text, low, high)
        block = after(old, "".join(char for char, _ in text), block)
    found = place("".join(char for char, _ in text), block)
    if found is None:
        return "lost"
    origins = [origin for _, origin in text[slice(*found)]]
    if origins == [*range(low, high)]:
        return "same"
    if any(low <= origin < high for origin in origins):
        return "edited"
    return "replaced" if all(origin < 0 for origin in origins) else "wrong"


@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_edits_beside_the_words_leave_the_comment_where_it_is(seed: int) -> None:
    assert outcome(seed, beside=True) == "same"


@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_no_edit_leads_to_words_that_were_there_before(seed: int) -> None:
    assert outcome(seed, beside=False) != "wrong"


def test_most_words_that_are_edited_keep_their_comment() -> None:
    found = Counter(outcome(seed, beside=False) for seed in range(200))
    assert found["edited"] + found["replaced"] > found["lost"] / 4


def test_of_a_thousand_only_those_at_an_edit_are_anchored_anew() -> None:
    lines = [f"- line {number}: nobody has looked at this yet\n" for number in range(1000)]
    old = "# Plan\n\n" + "".join(lines)
    blocks = [
        Block.of({"id": str(n), "type": "comment", "content": "x", "anchor": quote})
        for n, line in enumerate(lines)
        if (quote := {"type": "text", "exact": line[:30], "context_after": line[30:]})
    ]
    for edited in ([500], [3, 500, 997], range(0, 1000, 2)):
        new = "# Plan\n\n" + "".join(
            line.replace("nobody", "somebody") if number in edited else line
            for number, line in enumerate(lines)
        )
        resolver = Resolver(Markdown(new))
        found = [each for each in reanchored(old, new, lambda: resolver.document, blocks) if each]  # noqa: B023 - used at once
        assert [block.id for block, _ in found] == [str(number) for number in edited]
        for block, anchor in found:
            where = resolver.resolve(anchor)
            assert where is not None
            assert f"line {block.id}: somebody" in new[where.start : where.end]
