"""Syntax highlighting of fenced code."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Final

from chatter_tui.markdown.pieces import source_runs
from chatter_tui.tui.document.paint import Layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token
    from pygments.lexer import Lexer
    from pygments.token import _TokenType

# Lexers are sets of regular expressions, some of them slow on hostile text: so only these
# languages, and nothing longer than people write.
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

_importing = Lock()
_lexers: dict[str, Lexer] = {}  # of the languages learned so far


def language_of(token: Token) -> str:
    """Return the language of a fence if it can be highlighted, else an empty string."""
    language = (token.info.split() or [""])[0].lower()
    return language if language in LANGUAGES and len(token.content) <= LENGTH_LIMIT else ""


def is_learned(language: str) -> bool:
    """Return whether code in a language can be highlighted now."""
    return language in _lexers


def learn(language: str) -> None:
    """Load the lexer of a language, on any thread; this takes far longer than highlighting."""
    # `pygments.lexers` replaces itself while it is imported: another thread would get half of it.
    with _importing:
        from pygments.lexers import TextLexer, get_lexer_by_name  # noqa: PLC0415 - slow to import
        from pygments.util import ClassNotFound  # noqa: PLC0415 - as above

        try:
            lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
        except ClassNotFound:  # depends on the version
            lexer = TextLexer(stripnl=False, ensurenl=False)
    _lexers[language] = lexer


class Colours:
    """The highlighted parts of a fence, by their source positions."""

    def __init__(self, token: Token) -> None:
        self._layers: list[Layer] = []
        for start, end, kind in _spans(token.content, language_of(token)):
            for source, stop, _, _ in source_runs(token.meta["cmap"], start, end - start):
                self._layers.append(Layer(source, stop, f"syntax-{kind}"))
        self._starts = [layer.start for layer in self._layers]

    def within(self, start: int, end: int) -> Iterator[Layer]:
        """Yield the parts within a source span."""
        first = max(bisect_right(self._starts, start) - 1, 0)
        for layer in islice(self._layers, first, None):
            if layer.start >= end:
                return
            if layer.end > start:
                yield layer


@lru_cache(64)
def _spans(code: str, language: str) -> Sequence[tuple[int, int, str]]:
    """Return the parts of code in a learned language: start, end, kind."""
    return [
        (start, start + len(text), kind)
        for start, token, text in _lexers[language].get_tokens_unprocessed(code)
        if (kind := _kind(token))
    ]


@lru_cache(256)
def _kind(token: _TokenType) -> str:
    """Return the kind of the most specific of a token's types that has one."""
    kinds = [kind for each in token.split() if (kind := _KINDS.get(str(each)))]
    return kinds[-1] if kinds else ""


_KINDS: Final = {
    "Token.Comment": "comment",
    "Token.Keyword": "keyword",
    "Token.Literal.String": "string",
    "Token.Literal.Number": "number",
    "Token.Operator.Word": "keyword",
    "Token.Name.Builtin": "name",
    "Token.Name.Function": "name",
    "Token.Name.Class": "name",
    "Token.Name.Tag": "keyword",
    "Token.Name.Attribute": "name",
}
