from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from chatter_tui.markdown import Markdown

if TYPE_CHECKING:
    from markdown_it.token import Token


def found(text: str) -> list[str]:
    return [text[comment.start : comment.end] for comment in Markdown(text).comments()]


@pytest.mark.parametrize(
    "text",
    [
        "`<!-- code -->`",
        "    <!-- indented code -->",
        "```\n<!-- fence -->\n```",
        "~~~\n<!-- open fence -->",
        "\\<!-- escaped -->",
        "<!-- never closed",
        "para <!-- never closed",
        "para <!-- over\n\na paragraph's end -->",
        "<script>\n'<!-- string -->'\n</script>",
        '<div title="<!-- attribute -->">',
        "![<!-- alternative text -->](/u)",
        '[a](/u "<!-- title -->")',
    ],
)
def test_none_in_what_is_not_html(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("<!-- a -->", ["<!-- a -->"]),
        ("<!-- a\n\nb -->\nc <!-- d -->", ["<!-- a\n\nb -->", "<!-- d -->"]),
        ("<!-- a --> <!-- b -->", ["<!-- a -->", "<!-- b -->"]),
        ("<div>\n<!-- a -->\nx <!-- b -->\n</div>", ["<!-- a -->", "<!-- b -->"]),
        ("# h <!-- a -->\n\n| <!-- b --> |\n|-|", ["<!-- a -->", "<!-- b -->"]),
        ("*x <!-- a --> y* [l <!-- b -->](/u)", ["<!-- a -->", "<!-- b -->"]),
        ("x <!--> y <!---> z <!-- a --->", ["<!-->", "<!--->", "<!-- a --->"]),
        ("<pre>\n<!-- a -->\n</pre>", ["<!-- a -->"]),
        ("<script>'<!-- s -->'</script> <!-- a -->", ["<!-- a -->"]),
    ],
)
def test_every_comment_in_html(text: str, comments: list[str]) -> None:
    assert found(text) == comments


def test_containers_are_left_out_of_the_text() -> None:
    text = '> - <!--note\n>   {"a": 1}\n>   -->\n\n> x <!--in\n> line-->\n'
    block, inline = Markdown(text).comments()
    assert block.text == '<!--note\n{"a": 1}\n-->'
    assert text[block.start : block.end] == '<!--note\n>   {"a": 1}\n>   -->'
    assert inline.text == "<!--in\nline-->"
    assert text[inline.start : inline.end] == "<!--in\n> line-->"


@given(st.lists(st.sampled_from(["<!--", "-->", "a", "\n", "\n\n", "> ", "- ", "`", "<b>", "-"])))
def test_comments_are_in_order_and_whole(fragments: list[str]) -> None:
    text = "".join(fragments)
    last = 0
    for comment in Markdown(text).comments():
        assert last <= comment.start < comment.end
        assert text.startswith("<!--", comment.start)
        assert text.endswith("-->", 0, comment.end)
        assert comment.text.startswith("<!--")
        assert comment.text.endswith("-->")
        last = comment.end


def test_only_blocks_that_hold_comments_are_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    document = Markdown("a *b*\n\nc <!-- d -->\n\n" * 3)
    parsed = []
    inline = document.inline

    def spy(token: Token) -> list[Token]:
        parsed.append(token.content)
        return inline(token)

    monkeypatch.setattr(document, "inline", spy)
    assert len(document.comments()) == 3
    assert parsed == ["c <!-- d -->"] * 3
