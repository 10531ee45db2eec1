"""Code in colour: which parts of a fence are keywords, strings and so on."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String, Token as Any
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from pygments.token import _TokenType

# A lexer is a set of regular expressions, some of them slow on hostile text: only these languages,
# and nothing longer than people write.
LANGUAGES: Final = frozenset(
    {
        *("bash", "c", "cpp", "c++", "cs", "csharp", "css", "diff", "dockerfile", "go", "graphql"),
        *("haskell", "html", "ini", "java", "javascript", "js", "json", "jsx", "kotlin", "lua"),
        *(
            "makefile",
            "nginx",
            "nix",
            "perl",
            "php",
            "protobuf",
            "py",
            "python",
            "r",
            "ruby",
            "rust",
        ),
        *("rs", "scala", "sh", "shell", "sql", "swift", "terraform", "toml", "ts", "tsx"),
        *("typescript", "xml", "yaml", "yml", "zig"),
    }
)
LENGTH_LIMIT: Final = 20_000

_KINDS: Final = {
    Comment: "comment",
    Keyword: "keyword",
    String: "string",
    Number: "number",
    Operator.Word: "keyword",
    Name.Builtin: "name",
    Name.Function: "name",
    Name.Class: "name",
    Name.Tag: "keyword",
    Name.Attribute: "name",
}

Span = tuple[int, int, str]


@lru_cache(64)
def highlight(code: str, info: str) -> tuple[Span, ...]:
    """Return spans (start, end, kind) of a fence's content, ascending; none if not known."""
    language = (info.split() or [""])[0].lower()
    if language not in LANGUAGES or len(code) > LENGTH_LIMIT:
        return ()
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return ()
    spans = []
    for start, token, text in lexer.get_tokens_unprocessed(code):
        if kind := _kind(token):
            spans.append((start, start + len(text), kind))
    return tuple(spans)


def _kind(token: _TokenType | None) -> str:
    while token is not None and token is not Any:
        if token in _KINDS:
            return _KINDS[token]
        token = token.parent
    return ""
