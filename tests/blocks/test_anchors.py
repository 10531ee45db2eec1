import random
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import assume, given, settings, strategies as st

from chatter_tui.blocks import Location, Resolver, dumps, loads, make_anchor
from chatter_tui.blocks.finder import Finder
from chatter_tui.blocks.values import anchor_chain, text_quote
from chatter_tui.markdown import Markdown, canonical
from tests.blocks.passages import Text, document, edit_beside, words

SOURCE = """\
# The **Plan**

the idea, and again the idea.

Second `code` heading
=====================

- list
- the idea

> ## Quoted
> text

```
# not a heading
```

## The Plan
"""


def found(anchor: dict[str, Any], source: str = SOURCE) -> str | None:
    location = Resolver(Markdown(source)).resolve(anchor)
    return None if location is None else source[location.start : location.end]


def resolve(anchor: dict[str, Any], source: str = SOURCE) -> Location | None:
    return Resolver(Markdown(source)).resolve(anchor)


def test_a_text_is_found_first_where_its_contexts_are() -> None:
    first = SOURCE.index("the idea")
    assert resolve({"type": "text", "exact": "the idea"}) == (first, first + 8, "text")
    second = SOURCE.index("the idea", first + 1)
    assert resolve({"type": "text", "exact": "the idea", "context_before": "again "}) == (
        second,
        second + 8,
        "text",
    )
    third = SOURCE.index("the idea", second + 1)
    last = {"type": "text", "exact": "the idea", "context_before": "- ", "context_after": "\n\n>"}
    assert resolve(last) == (third, third + 8, "text")


@pytest.mark.parametrize(
    "anchor",
    [
        {"type": "text", "exact": "the idea", "context_before": "nowhere "},
        {"type": "text", "exact": "nowhere"},
        {"type": "text", "exact": "The idea"},
        {"type": "heading", "text": "not a heading"},
        {"type": "heading", "text": "the plan"},
        {"type": "heading", "text": "Quoted", "level": 1},
        {"type": "block_index", "index": 7},
        {"type": "block_index", "index": 1e300},
        {"type": "offset", "from": 0},
        {"type": "text"},
        {},
    ],
)
def test_what_is_not_there_does_not_resolve(anchor: dict[str, Any]) -> None:
    assert resolve(anchor) is None
    assert resolve({**anchor, "fallback": {"type": "block_index", "index": 1}}) == (
        resolve({"type": "block_index", "index": 1})
    )


@pytest.mark.parametrize(
    ("anchor", "text"),
    [
        ({"type": "heading", "text": "The Plan"}, "The **Plan**"),
        ({"type": "heading", "text": "The **Plan**"}, "The **Plan**"),
        ({"type": "heading", "text": "The Plan", "level": 2}, "The Plan"),
        ({"type": "heading", "text": "The Plan", "level": 2.0}, "The Plan"),
        ({"type": "heading", "exact": "Quoted"}, "Quoted"),
        ({"type": "heading", "text": "Second code heading", "level": 1}, "Second `code` heading"),
        ({"type": "heading", "text": "  Second  code heading "}, "Second `code` heading"),
        ({"type": "block_index", "index": 0}, "# The **Plan**"),
        ({"type": "block_index", "index": 3}, "- list\n- the idea"),
        ({"type": "block_index", "index": 5.0}, "```\n# not a heading\n```"),
    ],
)
def test_headings_and_blocks_are_found_as_commonmark_sees_them(
    anchor: dict[str, Any], text: str
) -> None:
    assert found(anchor) == text


def test_quotes_with_a_files_line_endings_are_found() -> None:
    assert (
        found({"type": "text", "exact": "- list\r\n- the", "context_before": "\r\n\r\n"})
        == "- list\n- the"
    )


def test_fallbacks_are_tried_in_order_and_broken_ones_passed_over() -> None:
    nowhere = {"type": "text", "exact": "nowhere"}
    heading = {"type": "heading", "text": "Quoted"}
    index = {"type": "block_index", "index": 0}
    assert found({**nowhere, "fallback": {**heading, "fallback": index}}) == "Quoted"
    assert (
        found({**nowhere, "fallback": {"type": "heading", "fallback": index}}) == "# The **Plan**"
    )
    location = resolve({**nowhere, "fallback": {**nowhere, "fallback": index}})
    assert location is not None
    assert location.via == "block_index"
    assert found({**nowhere, "fallback": "x"}) is None


def test_a_chain_of_fallbacks_may_have_any_length() -> None:
    anchor: dict[str, Any] = {"type": "block_index", "index": 0}
    for _ in range(50_000):
        anchor = {"type": "text", "exact": "nowhere", "fallback": anchor}
    assert found(anchor) == "# The **Plan**"
    while anchor:  # taken apart level by level, as Python itself would recurse
        anchor = anchor.pop("fallback", {})


# --- many at once ---------------------------------------------------------------------------------


@given(st.text("ab \n", max_size=300), st.lists(st.text("ab \nx", max_size=40), max_size=80))
def test_looking_up_many_finds_what_looking_up_one_finds(text: str, needles: list[str]) -> None:
    finder = Finder(text, needles)
    assert [finder.find(needle) for needle in needles] == [text.find(needle) for needle in needles]


@given(st.text("ab \n", min_size=40, max_size=400), st.data())
def test_looking_up_many_pieces_of_the_text_finds_the_first_of_each(
    text: str, data: st.DataObject
) -> None:
    starts = data.draw(st.lists(st.integers(0, len(text)), min_size=33, max_size=60))
    needles = [text[start : start + data.draw(st.integers(1, 50))] for start in starts]
    needles += [needle[:-1] + "x" for needle in needles]
    finder = Finder(text, needles)
    assert [finder.find(needle) for needle in needles] == [text.find(needle) for needle in needles]


@settings(max_examples=500)
@given(st.text("ab \n", max_size=200), st.data())
def test_after_an_edit_what_was_looked_up_is_found_as_in_a_new_text(
    text: str, data: st.DataObject
) -> None:
    pieces = st.builds(lambda at, n: text[at : at + n], st.integers(0, 200), st.integers(0, 40))
    needles = data.draw(st.lists(st.one_of(pieces, st.text("ab \nx", max_size=12)), max_size=60))
    finder = Finder(text, needles)
    for needle in needles:
        finder.find(needle)
    for _ in range(3):
        start, count = data.draw(st.integers(0, len(text))), data.draw(st.integers(0, 60))
        new = data.draw(st.one_of(pieces, st.text("ab \nx", max_size=30)))
        text = text[:start] + new + text[start + count :]
        finder = finder.after(text)
        for needle in needles:
            assert finder.find(needle) == text.find(needle)


def test_after_a_long_edit_many_strings_are_found_again() -> None:
    def lines(numbers: Iterable[int]) -> str:
        return "".join(f"line {number}: TODO, nothing else\n" for number in numbers)

    needles = [f"line {number}: TODO" for number in range(3000)]
    finder = Finder(lines(range(3000)), needles)
    text = lines([*range(500), *range(2500, 400, -1), *range(2400, 3000)])
    finder = finder.after(text)
    assert [finder.find(needle) for needle in needles] == [text.find(needle) for needle in needles]


@given(st.data())
def test_many_long_strings_are_found_first_where_text_repeats_itself(data: st.DataObject) -> None:
    pieces = data.draw(st.lists(st.sampled_from(["ab" * 9, "some words of text ", "é日本🎉", "a"])))
    text = "".join(pieces) * data.draw(st.integers(1, 3))
    cuts = st.tuples(st.integers(0, max(len(text) - 32, 0)), st.integers(32, 90))
    needles = [text[at : at + size] for at, size in data.draw(st.lists(cuts, max_size=60))]
    needles += [f"{needle[:20]}{number}{needle[20:]}" for number, needle in enumerate(needles)]
    needles += [f"{number:032}" for number in range(33)]
    finder = Finder(text, needles)
    assert [finder.find(needle) for needle in needles] == [text.find(needle) for needle in needles]


def test_ten_thousand_quotes_of_one_word_are_told_apart_by_their_contexts() -> None:
    text = "".join(f"line {number}: TODO, nothing else\n" for number in range(10_000))
    resolver = Resolver(Markdown(text))
    anchors = [
        {"type": "text", "exact": "TODO", "context_before": f"line {n}: "} for n in range(10_000)
    ]
    found = dict(resolver.resolve_all(enumerate(anchors)))
    starts = [location.start for number in range(10_000) if (location := found[number])]
    assert len(starts) == 10_000
    assert starts == sorted(set(starts))


@given(st.lists(st.text("ab \n", min_size=1, max_size=6), min_size=1, max_size=80), st.data())
def test_resolving_many_is_resolving_each(quotes: list[str], data: st.DataObject) -> None:
    document = Markdown(data.draw(st.text("ab \n", max_size=60)))
    anchors: list[dict[str, Any]] = [{"type": "text", "exact": quote} for quote in quotes]
    for anchor in anchors[1:]:
        if data.draw(st.booleans()):
            anchor["fallback"] = anchors[0]
    resolver = Resolver(document)
    for anchor in data.draw(st.lists(st.sampled_from(anchors))):  # some are known before
        resolver.resolve(anchor)
    expected = {number: resolve(anchor, document.text) for number, anchor in enumerate(anchors)}
    assert dict(resolver.resolve_all(enumerate(anchors))) == expected


# --- making ---------------------------------------------------------------------------------------

sources = st.one_of(
    st.text("ab #\n", min_size=1, max_size=300),
    st.lists(
        st.sampled_from(["# T", "same line", "same line", "é👍 x", "- i", "", "T\n==="]),
        max_size=40,
    ).map("\n".join),
)


@given(sources, st.data())
def test_an_anchor_made_for_a_selection_resolves_to_it(source: str, data: st.DataObject) -> None:
    text = canonical(source)
    assume(text)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    document = Markdown(text)
    anchor = make_anchor(document, start, end)
    assert Resolver(document).resolve(anchor) == (start, end, "text")
    *quotes, last = anchor_chain(anchor)
    for weaker in quotes[1:]:
        assert Resolver(document).resolve(dict(weaker)) == (start, end, "text")
    if last["type"] != "text":
        place = Resolver(document).resolve(last)
        assert place is not None
        assert place.via in ("heading", "block_index")
        assert document.position(place.start)[0] <= document.position(start)[0]
    elif text[start:].strip():
        assert not any(block.start <= start < block.end for block in document.blocks)


def test_the_last_fallback_is_the_section_or_else_the_block() -> None:
    document = Markdown("intro words\n\n# One\n\ntext\n\n# One\n\nother\n")

    def last(words: str) -> object:
        at = document.text.index(words)
        *_, link = anchor_chain(make_anchor(document, at, at + len(words)))
        return link

    assert last("intro") == {"type": "block_index", "index": 0}
    assert last("text") == {"type": "heading", "text": "One", "level": 1}
    assert last("other") == {"type": "block_index", "index": 4}


def links(text: str, start: int, end: int) -> list[tuple[str, str]]:
    """The contexts of each quote in the anchor of a span."""
    chain = anchor_chain(make_anchor(Markdown(text), start, end))
    quotes = [quote for link in chain if (quote := text_quote(link))]
    assert {quote.exact for quote in quotes} == {text[start:end]}
    return [(quote.before, quote.after) for quote in quotes]


def test_few_words_are_quoted_with_each_side_alone_and_many_by_themselves() -> None:
    text = "# Plan\n\nWe deploy to production every week, in small steps, and then we look at it.\n"
    start = text.index("every week")
    before, after = text[:start], text[start + 10 :]
    assert links(text, start, start + 10) == [
        (before[-32:], after[:32]),
        (before[-16:], ""),
        ("", after[:16]),
    ]
    start, end = text.index("every week"), text.index(", and then")
    assert links(text, start, end) == [(text[start - 32 : start], text[end : end + 32]), ("", "")]
    # What occurs twice is not quoted by itself, nor is what says next to nothing.
    doubled = f"{text}\nOr every week, in small steps, at best.\n"
    assert ("", "") not in links(doubled, start, end)
    assert links("a tiny text", 2, 6) == [("a ", " text")]


@pytest.mark.parametrize("exact", ["x" * 9000, "é" * 3000, "\x01" * 600, "👍\n" * 900])
def test_an_anchor_with_its_fallbacks_fits_into_a_field(exact: str) -> None:
    text = f"# Plan\n\nbefore {exact} after\n"
    anchor = make_anchor(Markdown(text), 15, 15 + len(exact))
    assert len(dumps(anchor).encode()) < 16 * 1024
    assert Resolver(Markdown(text)).resolve(anchor) == (15, 15 + len(exact), "text")


# --- after edits beside the words -----------------------------------------------------------------


def after_edits(rng: random.Random) -> bool | None:
    """Whether an anchor still leads to its words; None for another place than any words."""
    source = document(rng)
    low, high = words(rng, source)
    anchor = make_anchor(Markdown(source), low, high)
    text: Text = list(zip(source, range(len(source)), strict=True))
    for _ in range(rng.randrange(1, 4)):
        edit_beside(rng, text, low, high)
    location = Resolver(Markdown("".join(char for char, _ in text))).resolve(anchor)
    if location is None or location.via != "text":
        return None
    return [origin for _, origin in text[location.start : location.end]] == [*range(low, high)]


@settings(max_examples=300)
@given(st.integers(0, 2**32))
def test_edits_beside_the_words_never_lead_to_other_words(seed: int) -> None:
    assert after_edits(random.Random(seed)) is not False


def test_nearly_all_comments_stay_on_their_words_when_others_are_edited() -> None:
    found = [after_edits(random.Random(seed)) for seed in range(300)]
    assert found.count(True) > 0.9 * len(found)


def test_what_pages_of_context_do_not_tell_apart_gets_its_block() -> None:
    text = "the same words\n\n" * 2000
    document = Markdown(text)
    at = len(text) // 2
    anchor = make_anchor(document, at, at + 8)
    location = Resolver(document).resolve(anchor)
    assert anchor["type"] == "block_index"
    assert location is not None
    assert location.start <= at < location.end


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 2), (-1, 2), (0, 99)])
def test_a_span_outside_the_document_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="span"):
        make_anchor(Markdown("text"), start, end)


def test_json_and_anchors_agree_on_integers() -> None:
    anchor = loads('{"type": "block_index", "index": 1.0}')
    assert isinstance(anchor, dict)
    assert found(anchor) == "the idea, and again the idea."
