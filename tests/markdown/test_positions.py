"""The tokens are those of markdown-it, and every piece is where it says."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings, strategies as st
from markdown_it import MarkdownIt

from chatter_tui.markdown import Markdown, Piece, Style, canonical, positioned

if TYPE_CHECKING:
    from markdown_it.token import Token

FRAGMENTS = [
    *("*", "**", "***", "_", "__", "~~", "~", "`", "``", "[", "]", "](x)", "![", "(", ")"),
    *("\\*", "\\", "\\\n", "\\|", "&amp;", "&copy;", "&", "<b>", "</b>", "<http://a.b>"),
    *("<http://é.ü/%20>", "<a@b.co>", "https://x.y/z", "[r]", "[r]: /u\n", "![i](/u 'title')"),
    *("a", "word ", " ", "  \n", "\n", "\n\n", "> ", ">", "- ", "1. ", "- [x] ", "- [ ] ", "# "),
    *("## ", " ##\n", "    ", "  ", "\t", "|", "|\n", "```\n", "~~~\n", "---\n", "===\n"),
    "| a | b |\n|---|---|\n| x \\| y | `z` |\n",
    *("é", "日本", "🎉", "<div>\n", "</div>\n", "<script>", "<!-- c -->", "<!--\n", "-->"),
    *("\u00a0", "\x1c", "\x0b", "\x0c", "\u2028", "\u3000", "\x85", "\x00", "\r\n", "\r"),
]


def _parser(nesting: int) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"tasklists": True, "maxNesting": nesting})
    return parser.enable(["table", "strikethrough"])


BLOCKS = _parser(positioned.BLOCK_NESTING)
BLOCKS.core.ruler.disable("inline")
INLINES = _parser(positioned.INLINE_NESTING)


def plain(tokens: list[Token]) -> str:
    return "".join(
        plain(token.children or [])
        if token.type == "image"
        else " "
        if token.type in {"softbreak", "hardbreak"}
        else ""
        if token.type == "html_inline"
        else token.content
        for token in tokens
    )


def rendered(tokens: list[Token]) -> str:
    breaks = {"softbreak": " ", "hardbreak": "\n"}
    return "".join(
        plain(token.children or [])
        if token.type == "image"
        else breaks.get(token.type, token.content if token.nesting == 0 else "")
        for token in tokens
    )


def has_dashed_comment(text: str) -> bool:
    """`<!-- a --->` and `<!-->` are what markdown-it 4.3 does not read as CommonMark 0.31 does."""
    return "--->" in text.replace("\n", "") or "<!-->" in text


def check_pieces(text: str, pieces: list[Piece]) -> None:
    last = 0
    for piece in pieces:
        assert last <= piece.start < piece.end <= len(text)
        if piece.exact:
            assert text[piece.start : piece.end] == piece.text
        last = piece.end if piece.exact else piece.start


def described(token: Token) -> dict[str, Any]:
    return {**token.as_dict(), "meta": {**token.meta, "cmap": None}}


def check(source: str) -> None:
    text = canonical(source)
    document = Markdown(text)
    env: dict[str, object] = {}
    expected = BLOCKS.parse(text, env)
    assert list(map(described, document.tokens)) == list(map(described, expected))
    for token in document.tokens:
        content = source_at = 0
        for at, start, length in token.meta.get("cmap", ()):
            assert length > 0
            assert at >= content
            assert start >= source_at
            assert token.content[at : at + length] == text[start : start + length]
            content, source_at = at + length, start + length
        if token.type == "inline":
            pieces = list(document.pieces(token))
            check_pieces(text, pieces)
            if not has_dashed_comment(token.content):
                children = INLINES.inline.parse(token.content, INLINES, env, [])
                assert "".join(piece.text for piece in pieces) == rendered(children)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))
def test_random_markup(text: str) -> None:
    check(text)


@settings(max_examples=200)
@given(st.text(st.characters() | st.sampled_from("*_`[]()<>!-#|\\ \n\t&~:"), max_size=60))
def test_random_text(text: str) -> None:
    check(text)


def test_many_documents_of_fragments() -> None:
    source = random.Random(7)
    for _ in range(4000):
        check("".join(source.choices(FRAGMENTS, k=source.randint(1, 25))))


def shown(text: str) -> list[tuple[str, str, bool, Style]]:
    document = Markdown(text)
    return [
        (piece.text, text[piece.start : piece.end], piece.exact, piece.style)
        for token in document.tokens
        if token.type == "inline"
        for piece in document.pieces(token)
    ]


def test_markup_is_not_shown_but_counted() -> None:
    assert shown("a *b* `c`") == [
        ("a ", "a ", True, Style.PLAIN),
        ("b", "b", True, Style.EMPHASIS),
        (" ", " ", True, Style.PLAIN),
        ("c", "c", True, Style.CODE),
    ]


def test_nested_styles() -> None:
    assert shown("***a* b**") == [
        ("a", "a", True, Style.EMPHASIS | Style.STRONG),
        (" b", " b", True, Style.STRONG),
    ]


def test_atoms_have_their_whole_source() -> None:
    assert shown("&copy; \\* ![i](/u)\nx") == [
        ("©", "&copy;", False, Style.PLAIN),
        (" ", " ", True, Style.PLAIN),
        ("*", "\\*", False, Style.PLAIN),
        (" ", " ", True, Style.PLAIN),
        ("i", "![i](/u)", False, Style.IMAGE),
        (" ", "\n", False, Style.PLAIN),
        ("x", "x", True, Style.PLAIN),
    ]


def test_links_know_where_they_lead() -> None:
    text = "[a *b*](/u) <http://x.y> ![i](/j)"
    document = Markdown(text)
    hrefs = {piece.text: piece.href for piece in document.pieces(document.tokens[1])}
    assert hrefs == {"a ": "/u", "b": "/u", " ": None, "http://x.y": "http://x.y", "i": "/j"}


def test_code_over_lines_in_a_quote() -> None:
    assert shown("> `a\n> b`") == [
        ("a", "a", True, Style.CODE),
        (" ", "\n", False, Style.CODE),
        ("b", "b", True, Style.CODE),
    ]


def test_escaped_pipe_in_a_table() -> None:
    assert shown("| a \\| b |\n|-|\n") == [
        ("a ", "a ", True, Style.PLAIN),
        ("| b", "| b", True, Style.PLAIN),
    ]


def test_fences_in_containers_are_mapped_line_by_line() -> None:
    text = "> - ```x\n>   one\n>\n>   two\n>   ```\n"
    fence = next(token for token in Markdown(text).tokens if token.type == "fence")
    assert fence.content == "one\n\ntwo\n"
    assert [text[start : start + length] for _, start, length in fence.meta["cmap"]] == [
        "one\n",
        "\n",
        "two\n",
    ]


def test_a_long_paragraph_is_shown_without_markup() -> None:
    text = "*a* " * 20_000
    assert shown(text) == [(text.strip(), text.strip(), True, Style.PLAIN)]
