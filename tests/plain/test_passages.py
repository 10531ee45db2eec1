"""Passages name what they are, as nobody sees it."""

from __future__ import annotations

import pytest

from chatter_tui.markdown import Markdown
from chatter_tui.plain.passages import Passages
from chatter_tui.tui.document.leaves import PART_LENGTH


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\ntitle: A\n---\n", "Front matter, 3 lines:"),
        ("<b>\nx", "HTML, 2 lines:"),
        (f"| a |\n|---|\n| {'x' * (PART_LENGTH + 1)} |", "Table, 3 lines:"),
        ("> ```sh\n> x", "Quote: Code, sh, 1 line:"),
        ("", "The document is empty."),
        ("\n\n", "The document is empty."),
    ],
    ids=["front matter", "html", "wide table", "code", "nothing", "blank lines"],
)
def test_the_first_line_says_what_it_is(text: str, said: str) -> None:
    first, *_ = Passages(Markdown(text)).lines(0)
    assert first == said
