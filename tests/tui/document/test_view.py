from __future__ import annotations

import random
import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult

from chatter_tui.markdown import Markdown
from chatter_tui.tui.document.marks import Mark
from chatter_tui.tui.document.view import DocumentView
from chatter_tui.tui.model.parsed import beginning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot
    from textual.strip import Strip

TEXT = """\
# Rollout

We deploy *weekly* to production.

- first item
- second item

```python
def deploy(): ...
```

Done.
"""


class Reader(App[None]):
    """The pane alone, and what it told."""

    def __init__(self, text: str, *, ascii_only: bool = False) -> None:
        super().__init__()
        self.text = text
        self.ascii_only = ascii_only
        self.moves: list[int] = []
        self.selections: list[tuple[int, int] | None] = []
        self.escapes = 0

    def compose(self) -> ComposeResult:
        yield DocumentView(ascii=self.ascii_only)

    def on_mount(self) -> None:
        view = self.query_one(DocumentView)
        view.focus()
        view.show(Markdown(self.text))

    def on_document_view_cursor_moved(self, message: DocumentView.CursorMoved) -> None:
        self.moves.append(message.offset)

    def on_document_view_selection_changed(self, message: DocumentView.SelectionChanged) -> None:
        self.selections.append(message.selection)

    def key_escape(self) -> None:
        self.escapes += 1


@asynccontextmanager
async def reading(
    text: str = TEXT, size: tuple[int, int] = (60, 20), *, ascii_only: bool = False
) -> AsyncIterator[tuple[DocumentView, Pilot[None]]]:
    app = Reader(text, ascii_only=ascii_only)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app.query_one(DocumentView), pilot


def reader(view: DocumentView) -> Reader:
    assert isinstance(view.app, Reader)
    return view.app


def screen(view: DocumentView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


def selected(view: DocumentView) -> str | None:
    return view.document.text[slice(*view.selection)] if view.selection else None


def styled(view: DocumentView, text: str) -> list[str]:
    """The text styles of the segments that are exactly this text."""
    return [
        " ".join(
            name
            for name in ("bold", "underline", "reverse", "strike", "italic")
            if segment.style and getattr(segment.style, name)
        )
        for y in range(view.size.height)
        for segment in view.render_line(y)
        if segment.text == text
    ]


async def test_the_document_is_rendered() -> None:
    async with reading() as (view, _):
        assert screen(view)[:13] == [
            "▸   # Rollout",
            "",
            "    We deploy weekly to production.",
            "",
            "    • first item",
            "    • second item",
            "",
            "      def deploy(): ...",
            "",
            "    Done.",
            *[""] * 3,
        ]


async def test_code_is_highlighted_when_its_language_has_been_learned() -> None:
    async with reading() as (view, pilot):
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        assert styled(view, "def") == ["bold"]
        marked = TEXT.index("def")
        view.mark([Mark(marked, marked + 2, "a")])
        assert styled(view, "de") == ["bold underline"]
        assert styled(view, "f") == ["bold"]


LEARNS_TWO_AT_ONCE = """
import sys, threading
from chatter_tui.tui.document.highlight import is_learned, learn

class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "pygments.lexers._mapping" and not other.is_alive():
            other.start()
            other.join(0.2)  # by then it has the module that is being imported, or waits for a turn

other = threading.Thread(target=learn, args=("python",))
sys.meta_path.insert(0, Slow())
learn("js")
other.join()
assert is_learned("js") and is_learned("python")
"""


def test_two_languages_are_learned_at_once() -> None:
    command = [sys.executable, "-c", LEARNS_TWO_AT_ONCE]
    subprocess.run(command, check=True, timeout=50)


async def test_ascii() -> None:
    async with reading(ascii_only=True) as (view, _):
        view.mark([Mark(TEXT.index("weekly"), TEXT.index("weekly") + 6, "a")])
        view.others({"bo": (TEXT.index("Done"), "")})
        assert screen(view)[0] == ">   # Rollout"
        assert screen(view)[2].startswith(" |1 We")
        assert screen(view)[9].endswith("<bo")
        assert "".join(screen(view)).isascii()


async def test_source_and_back() -> None:
    async with reading() as (view, pilot):
        view.reveal(TEXT.index("weekly"))
        await pilot.press("S")
        assert view.raw
        assert screen(view)[2] == "▸    3 We deploy *weekly* to production."
        assert view.cursor == TEXT.index("weekly")
        await pilot.press("S")
        assert screen(view)[2] == "▸   We deploy weekly to production."
        view.show(Markdown("```\n" + "some words\tthat go on " * 3 + "\n```\n" * 9 + "last"))
        await pilot.press("G", "S")
        assert_cursor_visible(view)
        await pilot.press("g")
        words = [word for row in screen(view)[1:3] for word in row[6:].split()]
        assert words == ["some", "words", "that", "go", "on"] * 3


async def test_keys_move_the_cursor_and_tell() -> None:
    async with reading() as (view, pilot):
        await pilot.press("j", "w", "w")
        assert TEXT[view.cursor :].startswith("weekly")
        await pilot.press("J", "J")
        assert TEXT[view.cursor :].startswith("second")
        await pilot.press("K", "$")
        assert TEXT[view.cursor :].startswith("m\n- second")
        await pilot.press("G")
        assert TEXT[view.cursor :].startswith("Done")
        await pilot.press("g")
        assert TEXT[view.cursor :].startswith("# Rollout")
        assert reader(view).moves[-1] == 0


async def test_selecting_words() -> None:
    async with reading() as (view, pilot):
        view.reveal(TEXT.index("deploy"))
        await pilot.press("v")
        assert selected(view) == "deploy"
        await pilot.press("w")
        assert selected(view) == "deploy *weekly"
        await pilot.press("h", "h")
        assert selected(view) == "deploy *week"
        await pilot.press("0")
        assert selected(view) == "We deploy"
        await pilot.press("j")
        assert selected(view) == "deploy *weekly* to production.\n\n- f"
        await pilot.press("escape")
        assert view.selection is None
        assert reader(view).selections[-1] is None
        assert reader(view).escapes == 0
        await pilot.press("escape")
        assert reader(view).escapes == 1


async def test_selecting_blocks() -> None:
    async with reading() as (view, pilot):
        view.reveal(TEXT.index("first"))
        await pilot.press("V", "j")
        assert selected(view) == "- first item\n- second item"
        await pilot.press("k", "k")
        assert selected(view) == "We deploy *weekly* to production.\n\n- first item"
        await pilot.press("V")
        assert view.selection is None


async def test_block_at_the_cursor() -> None:
    async with reading() as (view, _):
        view.reveal(TEXT.index("def"))
        assert TEXT[slice(*view.block)] == "```python\ndef deploy(): ...\n```"


async def test_marks_have_a_style_a_sign_and_a_number() -> None:
    start = TEXT.index("weekly")
    async with reading() as (view, _):
        view.mark(
            [
                Mark(start, start + 6, "a"),
                Mark(TEXT.index("*weekly"), start + 6, "b", "resolved"),
                Mark(TEXT.index("second"), TEXT.index("second") + 6, "c", "suggestion"),
                Mark(TEXT.index("Done"), TEXT.index("Done") + 4, "d", "resolved"),
            ]
        )
        rows = screen(view)
        assert rows[2].startswith(" ▌2 ")
        assert rows[5].startswith(" ±1 ")
        assert rows[9].startswith(" ✓1 ")
        assert rows[4].startswith("    ")
        assert styled(view, "weekly") == ["bold underline italic"]
        assert styled(view, "second") == ["bold underline"]
        view.current("a")
        assert screen(view)[2].startswith(" █2 ")
        assert styled(view, "weekly") == ["bold underline reverse italic"]


async def test_overlapping_marks_cut_the_text() -> None:
    async with reading("one two three four") as (view, pilot):
        view.mark([Mark(0, 13, "a"), Mark(4, 18, "b")])
        view.current("b")
        await pilot.press("G")
        assert styled(view, "two three") == ["bold underline reverse"]
        assert styled(view, "ne ") == ["bold underline"]
        assert styled(view, " four") == ["bold reverse"]


@pytest.mark.parametrize("theme", ["textual-dark", "ansi-dark"])
async def test_what_one_selects_is_set_off_from_the_current_mark(theme: str) -> None:
    """Where all of it is reversed, nothing reversed is seen."""
    async with reading("one two three four") as (view, pilot):
        view.app.theme = theme
        view.mark([Mark(0, 13, "a")])
        view.current("a")
        view.reveal(4)
        await pilot.press("v")
        looks = {s.text: s.style for s in view.render_line(0)}
        chosen = next(text for text in looks if text.startswith("tw"))
        assert looks[chosen] != looks["one "] == looks[" three"]
        assert "reverse" not in styled(view, "one ")[0]
        await pilot.press("escape", "G")
        (mark,) = (s for s in view.render_line(0) if s.text.endswith("three"))
        assert mark.style
        assert mark.style.reverse


async def test_no_mark_goes_on_behind_the_words_of_a_row() -> None:
    async with reading("some words that wrap", (20, 20)) as (view, pilot):
        view.mark([Mark(0, 20, "a")])
        await pilot.press("G")
        underlined = [
            [s.text for s in view.render_line(y) if s.style and s.style.underline] for y in range(2)
        ]
        assert underlined[0] == ["some words"]


async def test_a_mark_over_rows_counts_once() -> None:
    async with reading("word " * 40, (30, 20)) as (view, _):
        view.mark([Mark(10, 150, "a")])
        gutters = [row[1:3] for row in screen(view)]
        assert gutters[0] == "▌1"
        assert gutters[1:6] == ["▌ "] * 5


async def test_lines_that_changed_are_marked_until_they_are_seen() -> None:
    def marked(view: DocumentView) -> list[int]:
        return [y for y, row in enumerate(screen(view)) if row[3:4] == "▎"]

    async with reading("One.\n\nTwo.\n\nThree.\n") as (view, _):
        assert marked(view) == []
        view.show(Markdown("One.\n\nTwo, and more.\n\nThree.\n"))
        assert marked(view) == [2]
        view.mark([Mark(6, 9, "a")])
        assert screen(view)[2].startswith(" ▌1▎Two, and more.")
        view.show(Markdown("One!\n\nTwo, and more.\n\nThree.\n"))
        assert marked(view) == [0]
        view.seen()
        assert marked(view) == []


async def test_marks_of_ones_own_are_told_from_others_without_colour() -> None:
    async with reading("one two three\n\nfour") as (view, _):
        view.mark([Mark(0, 3, "a", mine=True), Mark(15, 19, "b", "suggestion", mine=True)])
        assert [screen(view)[y][:3] for y in (0, 2)] == ["▸║1", " ±1"]
        assert styled(view, "four") == ["bold underline italic"]
        view.remark({"c": Mark(4, 7, "c")})
        assert screen(view)[0].startswith("▸▌2")
        assert styled(view, "two") == ["bold underline"]


async def test_many_others_and_long_names_take_the_room_there_is() -> None:
    async with reading(size=(40, 20)) as (view, _):
        here = TEXT.index("Rollout")
        view.others({"長" * 32: (here, "")})
        assert screen(view)[0].endswith("◂" + "長" * 9 + "…")
        view.others({f"peer {number}": (here, "") for number in range(40)})
        assert screen(view)[0].endswith("◂peer 0,peer 1,peer 2 +37")
        assert cell_len(screen(view)[0]) <= 40


async def test_others_are_at_the_right_edge() -> None:
    async with reading() as (view, _):
        view.others(
            {
                "bo": (TEXT.index("production"), "#ff0000"),
                "cy\x1b[2J": (TEXT.index("to prod"), "no colour"),
            }
        )
        assert screen(view)[2].endswith("◂bo,cy␛[2J")
        view.others({})
        assert screen(view)[2].endswith("production.")


async def test_only_what_changed_is_repainted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with reading() as (view, pilot):
        painted: list[int] = []
        render_line = view.render_line

        def spy(y: int) -> Strip:
            painted.append(y)
            return render_line(y)

        monkeypatch.setattr(view, "render_line", spy)
        await pilot.press("j")
        assert sorted(set(painted)) == [0, 2]
        painted.clear()
        view.mark([Mark(TEXT.index("Done"), len(TEXT), "a")])
        await pilot.pause()
        assert painted == [9]
        painted.clear()
        view.mark([Mark(TEXT.index("Done"), len(TEXT), "a")])
        view.current("unknown")
        await pilot.pause()
        assert painted == []


async def test_nothing_on_the_screen_is_stale(
    long_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = random.Random(5)
    async with reading(long_text, (60, 15)) as (view, pilot):
        painted: dict[int, Strip] = {}
        render_line = view.render_line

        def spy(y: int) -> Strip:
            painted[y] = render_line(y)
            return painted[y]

        monkeypatch.setattr(view, "render_line", spy)
        view.refresh()
        marks = [Mark(at, at + 40, str(at)) for at in range(0, len(long_text), 90)]
        for key in source.choices(
            ["j", "k", "l", "b", "e", "J", "K", "v", "V", "ctrl+d", "S"], k=90
        ):
            await pilot.press(key)
            if key in "JK":
                view.mark(source.sample(marks, 60))
                view.current(str(source.randrange(0, len(long_text), 90)))
                view.others({"bo": (source.randrange(view.cursor + 1), "red")})
                await pilot.pause()
            with monkeypatch.context() as afresh:
                afresh.setattr(view, "_painter_now", None)  # it keeps what it has painted
                fresh = [render_line(y) for y in range(15)]
            assert [painted[y] for y in range(15)] == fresh


async def test_the_mouse_selects_source_offsets() -> None:
    text = "# Top\n\nOne **two** three\nfour.\n"
    async with reading(text) as (view, pilot):

        async def at(word: str, kind: str = "", times: int = 1) -> None:
            x, y = next((row.find(word), y) for y, row in enumerate(screen(view)) if word in row)
            if kind:
                do = {"down": pilot.mouse_down, "up": pilot.mouse_up, "over": pilot.hover}
                await do[kind](view, (x, y))
            else:
                await pilot.click(view, (x, y), times=times)

        await at("three", "down")
        await at("two", "over")
        await at("two", "up")
        assert view.selection == (text.index("two"), text.index("three") + 1)
        await at("One", "over")  # nothing is pressed any more
        assert view.selection == (text.index("two"), text.index("three") + 1)
        await at("One")
        assert not view.selection
        assert view.cursor == text.index("One")
        await at("One", times=2)
        assert view.selection == (text.index("One"), text.index(" **two"))
        await at("One", times=3)
        assert view.selection == view.block == (text.index("One"), len(text) - 1)


async def test_resizing_keeps_the_text_at_the_top(long_text: str) -> None:
    async with reading(long_text, (80, 24)) as (view, pilot):
        for _ in range(4):
            await pilot.press("pagedown")
        before = screen(view)
        for width in (50, 110, 80):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
        after = screen(view)
        assert next(filter(str.strip, after)) == next(filter(str.strip, before))
        for _ in range(12):
            await pilot.press("j")
        for height in (8, 2, 24):  # the composer takes rows, too
            await pilot.resize_terminal(80, height)
            await pilot.pause()
            assert_cursor_visible(view)
        new = "New paragraph.\n\n" * 20
        top = view.document.text.rindex("\n\n", 0, view.cursor) + 2
        view.show(Markdown(view.document.text[:top] + new + view.document.text[top:]))
        assert_cursor_visible(view)


async def test_every_page_of_a_long_document(long_text: str) -> None:
    async with reading(long_text, (80, 24)) as (view, _):
        down: list[int] = []
        while not down or view.cursor != down[-1]:
            down.append(view.cursor)
            view.action_page_down()
            assert_cursor_visible(view)
        assert not any(line.strip() for line in long_text[view.cursor :].splitlines()[1:])
        up: list[int] = []
        while not up or view.cursor != up[-1]:
            up.append(view.cursor)
            view.action_page_up()
            assert_cursor_visible(view)
        assert up == sorted(set(up), reverse=True)
        assert view.scroll_offset.y == 0


async def test_line_by_line_meets_every_row_both_ways(long_text: str) -> None:
    async with reading(long_text, (60, 15)) as (view, _):
        stops: list[int] = []
        while not stops or view.cursor != stops[-1]:
            stops.append(view.cursor)
            view.action_down()
            assert_cursor_visible(view)
        for at in reversed(stops[1:-1]):
            view.action_up()
            assert_cursor_visible(view)
            assert view.cursor == at


def assert_cursor_visible(view: DocumentView) -> None:
    assert sum(row.startswith("▸") for row in screen(view)) == 1


async def test_scrolling_up_after_a_jump_shows_the_rows_before(long_text: str) -> None:
    async with reading(long_text, (60, 15)) as (view, _):
        view.reveal(len(long_text) * 2 // 3)
        for _ in range(60):
            before = screen(view)
            view.scroll_to(y=view.scroll_offset.y - 1, animate=False)
            after = screen(view)
            assert after[1:] == before[:-1]


async def test_new_text_keeps_place_and_selection() -> None:
    async with reading() as (view, pilot):
        view.reveal(TEXT.index("second"))
        await pilot.press("v")
        view.show(Markdown("New first paragraph.\n\n" + TEXT.replace("Done", "Finished")))
        assert view.document.text[view.cursor - 5 :].startswith("second")
        assert selected(view) == "second"


async def test_a_long_text_is_shown_before_it_is_parsed(long_text: str) -> None:
    text = long_text * 12
    async with reading() as (view, pilot):
        view.show(Markdown(beginning(text)))
        assert len(view.document.text) < len(text)
        assert screen(view)[0].strip()
        view.mark([Mark(len(text) - 20, len(text), "a")])
        view.show(Markdown(text), grows=True)
        view.reveal(len(text) - 1)
        await pilot.pause()
        assert_cursor_visible(view)
        assert any(row[1:2] == "▌" for row in screen(view))


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
async def test_every_theme(theme: str) -> None:
    async with reading() as (view, pilot):
        view.app.theme = theme
        await pilot.pause()
        view.mark([Mark(TEXT.index("weekly"), TEXT.index("weekly") + 6, "a")])
        view.reveal(TEXT.index("first"))
        await pilot.press("v")
        assert "bold" in styled(view, "weekly")[0]
        assert styled(view, "firs")[0]


HOSTILE = {
    "escape sequences": "\x1b]0;title\x07 \x1b[2J \x9b31m \x1b]52;c;AA==\x1b\\ \x00\x7f\n" * 3,
    "escapes in code": "```python\n\x1b[2J\x07 x = '\x9b'\n```\n\n`\x1b[2J`\n\n    \x1b[H\n",
    "bidi": "a \u202eb\u2066c\u200f \u2028 \u2029 \u061c",
    "markup": "[/nope] [@click=app.quit]x[/] [bold]y[/bold] [link='x']",
    "surrogates": "\ud800 *\udfff*",
    "combining": "\u0301" * 500 + "a" + "\u0301" * 500,
    "joiners": "\u200d" * 50 + "👩" + "\u200d" * 50,
    "one long word": "x" * 30_000,
    "one long line": "日" * 30_000,
    "brackets": "[" * 5000,
    "deep": "> - " * 200 + "x",
    "table": "|" + "a|" * 300 + "\n|" + "-|" * 300 + "\n|" + "b|" * 300 + "\n",
    "empty table": "| |\n|-|\n",
    "nothing": "",
    "blank": " \n\n\t\n",
    "entities": "&#27;[2J &#x9b; &#x202e; &#0; &#xD800;",
    "link": "[a](javascript:x) <http://\x1b[2J> ![\x1b](x)",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_text_is_inert(text: str) -> None:
    async with reading(text.replace("\0", "\ufffd"), (40, 12)) as (view, pilot):
        for key in ("j", "l", "w", "v", "G", "$", "S", "g", "J", "escape", "k"):
            await pilot.press(key)
            for row in screen(view):
                assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in row)
                assert not set(row) & set("\u202e\u2066\u200f\u2028\u2029\u061c")
                row.encode()
        await pilot.resize_terminal(12, 4)
        await pilot.pause()


async def test_the_smallest_sizes() -> None:
    async with reading(TEXT, (3, 1)) as (view, pilot):
        await pilot.press("j", "G", "v", "g")
        for size in ((7, 2), (1, 1), (60, 20)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        assert "Rollout" in screen(view)[0]
