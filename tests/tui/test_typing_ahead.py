"""Keys that arrive all at once, as a slow line delivers them, are handled in order."""

from __future__ import annotations

from tests.tui.desk import TEXT
from tests.tui.driver import Driver, added, review

NAMES = {
    "\r": "enter",
    "\n": "ctrl+j",
    "\x1b": "escape",
    "\x7f": "backspace",
    "\x01": "ctrl+a",
    "\x07": "ctrl+g",
    "\x0b": "ctrl+k",
    ":": "colon",
    " ": "space",
}


async def burst(driver: Driver, keys: str) -> None:
    """Many keys at once, as a slow line delivers them."""
    from textual.events import Key

    for key in keys:
        name = NAMES.get(key, key)
        driver.app.post_message(Key(name, None if key < " " or key == "\x7f" else key))
    await driver.settle()


async def test_keys_that_come_all_at_once_are_dealt_with_in_order() -> None:
    async with review() as driver:
        await burst(driver, "npnnnrYes.\nTwo\rC!\rjj2nerror")
        await driver.wait(lambda: len(added(driver)) == 2)
        contents = [(fields.get("parent_id"), fields["content"]) for fields in added(driver)]
        assert contents == [("01F", "Yes.\nTwo"), (None, "!")]


async def test_corrections_among_what_comes_all_at_once() -> None:
    async with review() as driver:
        await burst(driver, "cteh\x7f\x7fhe\rCnot this\x01\x0bbut that\r")
        await driver.wait(lambda: len(added(driver)) == 2)
        assert [fields["content"] for fields in added(driver)] == ["the", "but that"]
        await burst(driver, ":mark alk\x7fl\r")
        await driver.wait(lambda: not driver.screen.work.model.unread.ids)


async def test_typing_ahead_in_the_palette() -> None:
    async with review() as driver:
        await burst(driver, ":mark all\r")
        await driver.wait(lambda: not driver.screen.work.model.unread.ids)


async def test_keys_after_an_answer_and_after_a_search_are_not_lost() -> None:
    async with review() as driver:
        await burst(driver, "nDynR")
        await driver.wait(lambda: "01A" not in driver.desk.blocks)
        await driver.wait(lambda: driver.desk.blocks["01D"].status == "resolved")
    async with review() as driver:
        await driver.press("/")
        await burst(driver, "production\rn")
        assert driver.screen.document.cursor == TEXT.index("Production")
