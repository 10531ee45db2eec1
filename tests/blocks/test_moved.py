"""Every character of a random document carries its origin through random edits, so that it is known
whether what is offered is the passage that was quoted."""

import random
from typing import Any

import pytest

from chatter_tui.blocks import Resolver, make_anchor
from chatter_tui.blocks.moved import Moved, find_moved
from chatter_tui.markdown import Markdown
from tests.blocks.passages import Text, document, edit, passage


@pytest.mark.parametrize("seed", range(20))
def test_no_place_is_offered_that_is_not_the_passages(seed: int) -> None:
    rng = random.Random(seed)
    offered = kept = 0
    for _ in range(60):
        source = document(rng)
        low, high = passage(rng, source)
        anchor = make_anchor(Markdown(source), low, high)
        anchor.pop("fallback", None)
        text: Text = list(zip(source, range(len(source)), strict=True))
        for _ in range(rng.randrange(1, 4)):
            edit(rng, text, low, high)
        changed = Markdown("".join(char for char, _ in text))
        if Resolver(changed).resolve(anchor):
            continue
        kept += sum(low <= origin < high for _, origin in text) > (high - low) / 2
        moved = find_moved(anchor, changed)
        if moved is not None:
            offered += 1
            assert is_right(moved, anchor, text, low, high), (anchor, changed.text, moved)
    # Of those that are still there at least to the half, a good part is found.
    assert offered >= kept * 0.3


def is_right(moved: Moved, anchor: dict[str, Any], text: Text, low: int, high: int) -> bool:
    start, end, _ = moved.location
    here = text[start:end]
    if sum(low <= origin < high for _, origin in here) >= (high - low) * 0.3:
        return True
    # The very same words within the very same context: nobody could tell them from the passage.
    whole = "".join(char for char, _ in text)
    context = anchor.get("context_before", ""), anchor.get("context_after", "")
    beside = whole[:start].endswith(context[0]), whole[end:].startswith(context[1])
    return whole[start:end] == anchor["exact"] and any(
        same and len(words) >= 32 for same, words in zip(beside, context, strict=True)
    )


BASE = (
    "# Plan\n\nWe deploy on Friday, right after the review is done.\n\nThen everybody goes home.\n"
)


def moved_text(exact: str, changed: str, base: str = BASE) -> str | None:
    start = base.index(exact)
    anchor = make_anchor(Markdown(base), start, start + len(exact))
    document_now = Markdown(changed)
    found = find_moved(anchor, document_now)
    return None if found is None else changed[found.location.start : found.location.end]


def test_edited_words_in_their_old_context_are_found() -> None:
    changed = BASE.replace("right after the review", "directly after the review")
    assert (
        moved_text("right after the review is done", changed) == "directly after the review is done"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Nobody knows", "Hardly anybody knows"),
        ("We deploy", "They deploy"),  # beside it, too
        ("# Plan", "# The plan"),
        ("Ana decides", "Eve decides"),
    ],
)
def test_a_paragraph_with_another_word_or_two_is_found_whatever_is_beside_it(
    old: str, new: str
) -> None:
    paragraphs = [
        "# Plan",
        "We deploy to production weekly, on Tuesdays, right after the review is done and signed.",
        "The index may not fit into memory. Nobody knows how large it is, nor how fast it grows.",
        "Ana decides about all of this on Mondays, and Bo writes down what she says about it.",
    ]
    base = "\n\n".join(paragraphs) + "\n"
    changed = base.replace(old, new)
    for paragraph in paragraphs[1:]:
        # Each of them has another word, whatever else was changed.
        edited = changed.replace("production", "customers").replace("large", "big")
        edited = edited.replace("on Mondays", "Mondays")
        found = moved_text(paragraph, edited, base)
        assert found is not None
        (now,) = [each for each in edited.split("\n\n") if found in each]
        assert len(found) > 0.9 * len(now)


def test_words_that_kept_one_context_are_found() -> None:
    changed = BASE.replace("We deploy on Friday, ", "Nothing is certain yet: ")
    assert moved_text("right after the review", changed) == "right after the review"


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ("# T\n\nThey ship daily.\n", "ship"),
        ("# T\n\nThey ship daily. We ship.\n", None),
        ("# T\n\nWe shop daily.\n", None),
    ],
)
def test_words_that_stand_once_are_found_though_the_little_beside_them_changed(
    changed: str, found: str | None
) -> None:
    assert moved_text("ship", changed, "# T\n\nWe ship weekly.\n") == found


@pytest.mark.parametrize(
    "changed",
    [
        "# Plan\n\nThen everybody goes home.\n",
        BASE.replace("right after the review is done", "as soon as anybody dares"),
        "",
        "# Plan\n\nright after the review is done\n",
    ],
)
def test_words_that_are_gone_or_elsewhere_stay_without_a_place(changed: str) -> None:
    assert moved_text("right after the review is done", changed) is None


@pytest.mark.parametrize("more", ["", ", the invites, the roles and the whole history of it"])
@pytest.mark.parametrize("count", [2, 3, 4, 9])
def test_the_next_line_is_not_taken_for_the_one_that_was_deleted(count: int, more: str) -> None:
    rows = [f"Item {number}: check the budget of the session{more}" for number in range(count)]
    base = "# T\n\n" + "".join(f"- {row}\n" for row in rows)
    for row in rows:
        assert moved_text(row, base.replace(f"- {row}\n", ""), base) is None


@pytest.mark.parametrize(
    "anchor",
    [
        {"type": "heading", "text": "Plan"},
        {"type": "block_index", "index": 9},
        {"type": "text", "exact": "short"},
        {"type": "text", "exact": "x" * 100_000},
        {"type": "text"},
        {},
    ],
)
def test_what_quotes_nothing_to_go_by_is_not_looked_for(anchor: dict[str, Any]) -> None:
    assert find_moved(anchor, Markdown(BASE)) is None


def test_a_text_of_one_letter_takes_no_long_time() -> None:
    assert find_moved({"type": "text", "exact": "a" * 5000 + "b"}, Markdown("a" * 300_000)) is None
