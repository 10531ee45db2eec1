"""The main screens as they look at the sizes they were drawn for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatter_tui.controller.events import Connected, Disconnected
from chatter_tui.tui.options import Options
from chatter_tui.tui.widgets.field import Field
from tests.tui.desk import TEXT, block
from tests.tui.driver import review

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

SMALL, LARGE = (80, 24), (120, 40)


@pytest.mark.parametrize(
    ("size", "keys"),
    [
        pytest.param(SMALL, "n", id="document-80x24"),
        pytest.param(SMALL, "n2", id="threads-80x24"),
        pytest.param(SMALL, "4", id="people-80x24"),
        pytest.param(SMALL, "nr", id="reply-80x24"),
        pytest.param(SMALL, "?", id="help-80x24"),
        pytest.param(SMALL, "o", id="outline-80x24"),
        pytest.param(SMALL, "q", id="leave-80x24"),
        pytest.param(SMALL, "f", id="filter-80x24"),
        pytest.param((60, 20), "n", id="document-60x20"),
        pytest.param((60, 20), "n2", id="threads-60x20"),
        pytest.param(LARGE, "nn", id="all-120x40"),
        pytest.param(LARGE, "nnc", id="comment-120x40"),
        pytest.param(LARGE, "Z2", id="resolved-120x40"),
        pytest.param(LARGE, "i", id="invite-120x40"),
        pytest.param(LARGE, ":", id="palette-120x40"),
        pytest.param(LARGE, "22", id="zoom-120x40"),
        pytest.param(SMALL, "nnd", id="suggestion-80x24"),
    ],
)
async def test_screen(size: tuple[int, int], keys: str, screen_snapshot: SnapshotAssertion) -> None:
    async with review(size=size) as driver:
        await driver.press(*keys)
        assert driver.text == screen_snapshot


async def test_ascii(screen_snapshot: SnapshotAssertion) -> None:
    async with review(size=(100, 24), options=Options(ascii=True)) as driver:
        driver.desk.add(block("03A", "naïve 日本語 🎉 “so”", "Zoë"), "p2")
        await driver.wait(lambda: "03A" in driver.screen.work.model.threads.blocks)
        await driver.press("2", "g", "c")
        await driver.wait(lambda: driver.has("Zoe", '"so"', "???? ??"))
        await driver.settle()
        assert driver.text.isascii()
        assert driver.text == screen_snapshot


async def test_viewer(screen_snapshot: SnapshotAssertion) -> None:
    async with review(size=SMALL, role="viewer", name="me") as driver:
        await driver.press("c")
        assert driver.text == screen_snapshot


async def test_offline(screen_snapshot: SnapshotAssertion) -> None:
    async with review(size=SMALL, role="reviewer", name="me") as driver:
        driver.desk.hold = True
        driver.desk.emit(Disconnected("no answer", 2.0))
        await driver.press("C")
        await driver.type("Written on a train")
        await driver.press("enter")
        await driver.wait(lambda: driver.has("offline 0:00 · 1 queued · retry 0:02"))
        await driver.press("2", "g")
        await driver.wait(lambda: driver.has("Written on a train"))
        await driver.settle()
        assert driver.text == screen_snapshot
        driver.desk.emit(Connected("websocket"))
        await driver.wait(lambda: driver.has("ws"))


async def test_rejected(screen_snapshot: SnapshotAssertion) -> None:
    async with review(size=SMALL) as driver:
        driver.desk.refuse = "the block is too large"
        await driver.press("C")
        await driver.type("Everything")
        await driver.press("enter")
        await driver.wait(lambda: driver.has("e edit rejected text"))
        await driver.settle()
        assert driver.text == screen_snapshot


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (10, 2), (300, 100), (99, 7)])
async def test_no_size_is_too_odd(size: tuple[int, int]) -> None:
    async with review(size=size) as driver:
        await driver.press(
            "n", "2", "j", "c", "x", "escape", "?", "escape", "i", "escape", "4", "q"
        )
        assert driver.app.is_running


async def test_resizing_changes_the_layout_and_keeps_the_place() -> None:
    async with review(size=LARGE) as driver:
        await driver.press("n", "n")
        from textual.events import Resize
        from textual.geometry import Size

        driver.app.post_message(Resize(Size(80, 24), Size(80, 24)))
        await driver.wait(lambda: driver.screen.has_class("-narrow"))
        await driver.settle()
        assert driver.screen.document.cursor == TEXT.index("not enough")
        assert driver.screen.current == "01D"
        await driver.press("1")  # where there is nothing beside it
        driver.app.post_message(Resize(Size(*LARGE), Size(*LARGE)))
        await driver.wait(lambda: driver.screen.has_class("-wide"))
        await driver.settle()
        assert driver.has("Threads 3/4")


@pytest.mark.parametrize("light", [False, True])
async def test_what_matters_less_is_less_bright(light: bool) -> None:
    async with review(size=LARGE, options=Options(light=light)) as driver:
        card = driver.screen.threads
        styles = {
            part.text.strip(): part.style and part.style.color
            for y in range(card.size.height)
            for part in card.render_line(y)
        }
        assert styles["· 12m"] != styles["Then let us fix the reviews."]


async def test_without_colours_popups_show_the_cursor_and_what_is_behind_them() -> None:
    async with review(size=SMALL, options=Options(color=False)) as driver:
        first = driver.text.split("\n")[2]
        await driver.press("o", "r", "i")
        assert driver.text.split("\n")[2] == first
        field = driver.app.screen.query_one("#needle", Field)
        cells = [
            (part.text, bool(part.style and part.style.reverse)) for part in field.render_line(0)
        ]
        assert cells[:2] == [("ri", False), (" ", True)]


async def test_nothing_of_what_is_behind_a_message_shows_on_its_row() -> None:
    async with review(size=SMALL, text="words behind it all " * 200) as driver:
        await driver.press("n", "u", "u")
        rows = [row for row in driver.text.split("\n") if "nothing to undo" in row]
        assert [row.strip() for row in rows] == ["█ There is nothing to undo."]


@pytest.mark.parametrize(
    ("size", "options", "keys"),
    [
        pytest.param(LARGE, Options(), "nn", id="dark-120x40"),
        pytest.param(LARGE, Options(light=True), "nn", id="light-120x40"),
        pytest.param(SMALL, Options(color=False), "n2", id="monochrome-80x24"),
    ],
)
async def test_picture(
    size: tuple[int, int], options: Options, keys: str, svg_snapshot: SnapshotAssertion
) -> None:
    async with review(size=size, options=options) as driver:
        await driver.press(*keys)
        assert driver.app.export_screenshot(title="chatter-tui", simplify=True) == svg_snapshot
