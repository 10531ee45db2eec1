from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from chatter_tui.markdown import Markdown, canonical, positioned

TEXT = """\
# One *two* `three`

Para
graph

Setext
------

> ### Quoted

- # Listed

      # code

```
# code
```

[r]: /url

###### &amp; <b>six</b> ######
"""


@pytest.fixture(scope="module")
def document() -> Markdown:
    return Markdown(TEXT)


def test_headings(document: Markdown) -> None:
    assert [(heading.level, heading.text, heading.line) for heading in document.headings] == [
        (1, "One two three", 0),
        (2, "Setext", 5),
        (3, "Quoted", 8),
        (1, "Listed", 10),
        (6, "& six", 20),
    ]
    assert [TEXT[heading.start : heading.end] for heading in document.headings] == [
        "One *two* `three`",
        "Setext",
        "Quoted",
        "Listed",
        "&amp; <b>six</b>",
    ]


def test_an_empty_heading_has_an_empty_span() -> None:
    (heading,) = Markdown("a\n\n#\n").headings
    assert (heading.text, heading.start, heading.end) == ("", 4, 4)


def test_blocks(document: Markdown) -> None:
    assert [(block.kind, TEXT[block.start : block.end]) for block in document.blocks] == [
        ("heading", "# One *two* `three`"),
        ("paragraph", "Para\ngraph"),
        ("heading", "Setext\n------"),
        ("blockquote", "> ### Quoted"),
        ("bullet_list", "- # Listed\n\n      # code"),
        ("fence", "```\n# code\n```"),
        ("heading", "###### &amp; <b>six</b> ######"),
    ]


def test_what_is_made_of_tokens_outlives_them(document: Markdown) -> None:
    again = Markdown(document.text)
    again.forget_tokens()
    assert "tokens" not in vars(again)
    assert again.blocks == document.blocks
    assert again.headings == document.headings
    assert again.tokens == document.tokens


def test_sections(document: Markdown) -> None:
    assert document.section_at(0) == document.headings[0]
    assert document.section_at(TEXT.index("graph")) == document.headings[0]
    assert document.section_at(TEXT.index("Setext")) == document.headings[1]
    assert document.section_at(len(TEXT)) == document.headings[-1]
    assert Markdown("para\n\n# x").section_at(0) is None


@given(st.text(st.sampled_from("ab\n\u2028"), max_size=20), st.integers(-3, 25))
def test_position_and_offset_are_inverse(text: str, offset: int) -> None:
    document = Markdown(text)
    line, column = document.position(offset)
    assert document.offset(line, column) == min(max(offset, 0), len(text))
    assert text[: document.line_starts[line]].count("\n") == line
    assert document.offset(line, 10**6) == len("\n".join(text.split("\n")[: line + 1]))
    assert document.offset(10**6) == len(text)


@pytest.mark.parametrize("text", ["a\r\nb", "a\rb", "\0", "\ufeffa"])
def test_only_canonical_text(text: str) -> None:
    with pytest.raises(ValueError, match="canonical"):
        Markdown(text)


@given(st.text(st.sampled_from("a\r\n\0\ufeff"), max_size=12))
def test_canonical(text: str) -> None:
    result = canonical(text)
    assert canonical(result) == result
    assert Markdown(result).text == result
    assert len(result.split("\n")) == len(
        text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    )


def test_windows_line_endings_mean_the_same() -> None:
    document = Markdown(canonical("\ufeff# a\r\n\r\nb\rc\r\n"))
    assert document.text == "# a\n\nb\nc\n"
    assert [block.kind for block in document.blocks] == ["heading", "paragraph"]


DEEP = {
    "quotes": "> " * 5000 + "deepest\n\nafter\n",
    "lists": "".join("  " * depth + "- a\n" for depth in range(200))
    + "  " * 200
    + "deepest\n\nafter",
    "list markers": "- " * 3000 + "deepest\n\nafter",
    "both": "> - " * 2000 + "deepest\n\nafter",
    "lazy": "> " * 100 + "a\n" + "lazy\n" * 300 + "deepest\n\nafter",
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_nothing_is_lost_in_deep_nesting(text: str) -> None:
    document = Markdown(text)
    assert any("deepest" in token.content for token in document.tokens)
    assert max(token.level for token in document.tokens) <= positioned.BLOCK_NESTING
    assert document.blocks[-1].kind == "paragraph"
    assert text[document.blocks[-1].start :].strip() == "after"


HOSTILE = {
    "brackets": "[" * 50_000,
    "image brackets": "![" * 25_000,
    "links": "[a](" * 12_000,
    "nested images": "![a" * 200 + "](x)" * 200,
    "asterisks": "*a _b " * 8_000,
    "one line": "x" * 1_000_000,
    "unclosed comments": "a <!-- " * 7_000,
    "comments that almost close": "a <!-- --> <!-- -- >" * 2_000,
    "unclosed comment blocks": "<!--\n\n" * 30_000,
    "unclosed tags": '<div a="' * 6_000 + "<!--",
    "label": "[" + "a\n" * 20_000,
    "title": "[a]: b\n'" + "x\n" * 20_000,
    "columns": "|" + "a|" * 5000 + "\n|" + "-|" * 5000 + "\n" + "|\n" * 50,
    "blank": "\n" * 200_000,
    "lone surrogates": "\ud800 *\udfff* `\ud83d`",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_ends_in_a_document(text: str) -> None:
    document = Markdown(text)
    document.comments()
    for token in document.tokens:
        if token.type == "inline":
            for piece in document.pieces(token):
                assert not piece.exact or text[piece.start : piece.end] == piece.text
