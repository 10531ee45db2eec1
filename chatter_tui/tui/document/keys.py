"""The keys of the document pane, those of the application's commands with their ids."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

BINDINGS: Final[list[BindingType]] = [
    Binding("j,down", "down", "Down", id="move.down", show=False),
    Binding("k,up", "up", "Up", id="move.up", show=False),
    Binding("ctrl+d", "half_down", "Half a page down", id="move.half-down", show=False),
    Binding("ctrl+u", "half_up", "Half a page up", id="move.half-up", show=False),
    Binding("pagedown", "page_down", "Page down", id="move.page-down", show=False),
    Binding("pageup", "page_up", "Page up", id="move.page-up", show=False),
    Binding("g,home", "first", "First", id="move.first", show=False),
    Binding("G,end", "last", "Last", id="move.last", show=False),
    Binding("J", "block_next", "Next block", id="block.next", show=False),
    Binding("K", "block_previous", "Previous block", id="block.previous", show=False),
    Binding("v", "select_words", "Select text", id="select.words", show=False),
    Binding("V", "select_blocks", "Select blocks", id="select.blocks", show=False),
    Binding("S", "source", "Markdown source", id="view.source", show=False),
    Binding("l,right", "move('right')", "Right", id="cursor.right", show=False),
    Binding("h,left", "move('left')", "Left", id="cursor.left", show=False),
    Binding("w", "move('next_word')", "Next word", id="cursor.word-next", show=False),
    Binding("b", "move('previous_word')", "Previous word", id="cursor.word-previous", show=False),
    Binding("e", "move('word_end')", "End of word", id="cursor.word-end", show=False),
    Binding("0", "move('row_start')", "Start of row", id="cursor.row-start", show=False),
    Binding("dollar_sign", "move('row_end')", "End of row", id="cursor.row-end", show=False),
    Binding("escape", "deselect", "Deselect", id="select.end", show=False),
]
