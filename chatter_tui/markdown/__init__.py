"""Markdown with exact source positions: blocks, headings and inline runs of one text."""

from chatter_tui.markdown.canonical import canonical
from chatter_tui.markdown.comments import Comment
from chatter_tui.markdown.document import Heading, Markdown, SourceBlock
from chatter_tui.markdown.pieces import Piece, Style

__all__ = ["Comment", "Heading", "Markdown", "Piece", "SourceBlock", "Style", "canonical"]
