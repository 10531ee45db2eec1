"""Import markdown-it, of whose patterns and classes a start needs few."""

from __future__ import annotations

from chatter_tui.startup.lazily import lazily

with lazily():
    from markdown_it import MarkdownIt, rules_block, rules_inline
    from markdown_it.common.utils import MD_TRIM_CHARS
    from markdown_it.parser_block import ParserBlock
    from markdown_it.parser_inline import ParserInline
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

__all__ = [
    "MD_TRIM_CHARS",
    "MarkdownIt",
    "ParserBlock",
    "ParserInline",
    "StateInline",
    "Token",
    "rules_block",
    "rules_inline",
]
