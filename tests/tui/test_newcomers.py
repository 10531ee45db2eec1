"""What a newcomer sees: the first keys, and what to do when there is nothing yet."""

from __future__ import annotations

import pytest

from chatter_tui.controller.events import DocumentChanged
from chatter_tui.tui.keymap import read
from tests.tui.driver import review


class Welcome:
    """Due until done."""

    def __init__(self) -> None:
        self.due = True

    def done(self) -> None:
        self.due = False


@pytest.mark.parametrize("key", ["escape", "?"])
async def test_newcomers_are_shown_the_first_keys_until_they_put_them_away(key: str) -> None:
    welcome = Welcome()
    async with review(app={"welcome": welcome}) as driver:
        assert driver.has("New here?", "c comments on the paragraph", "? all keys")
        await driver.press("n", "c", "escape")
        assert welcome.due  # that Esc was for the composer
        await driver.press(key)
        if key == "?":
            await driver.press("escape")
        assert not driver.has("New here?")
        assert not welcome.due
    async with review(app={"welcome": welcome}) as driver:
        assert not driver.has("New here?")


async def test_the_first_keys_fit_into_80_columns_and_are_ones_own() -> None:
    keymap, _ = read({"comment.new": "F5", "help.open": "F1"})
    async with review(size=(80, 24), app={"welcome": Welcome(), "keymap": keymap}) as driver:
        assert driver.has("New here?", "F5 comments on the paragraph", "F1 all keys", "Esc hides")


async def test_the_first_keys_do_not_arrange_threads_while_more_are_to_come() -> None:
    async with review(app={"welcome": Welcome()}) as driver:
        model = driver.screen.work.model
        model.synced = False
        model.threads.defer()
        driver.screen.bars.update()
        assert model.threads.is_stale


async def test_without_comments_the_next_key_is_said() -> None:
    async with review(blocks=[]) as driver:
        assert driver.has(
            "No comments yet", "c comments on the paragraph", "v selects words for that first"
        )
        await driver.press("f", "u")
        assert driver.has("No threads: unread", "Esc shows all of them")
        await driver.press("escape", "C", "x", "enter")
        await driver.wait(lambda: not driver.has("No comments yet"))


@pytest.mark.parametrize("text", ["", "\n \n"])
async def test_an_empty_document_says_so_until_it_has_text(text: str) -> None:
    async with review(text=text, blocks=[]) as driver:
        await driver.wait(lambda: driver.has("The document is empty."))
        await driver.press("j", "v", "c", "h", "i", "enter")
        assert driver.has("on the document", "hi")
        driver.desk.emit(DocumentChanged("plan.md", 2, "# Now\n"))
        await driver.wait(lambda: driver.has("# Now"))
        assert not driver.has("The document is empty.")


async def test_a_viewer_is_not_told_to_comment() -> None:
    async with review(blocks=[], role="viewer", name="me") as driver:
        assert driver.has("No comments yet")
        assert not driver.has("comments on the paragraph")


async def test_a_host_who_is_alone_is_told_how_to_invite() -> None:
    from tests.tui.desk import PEOPLE

    async with review(people=PEOPLE[:1]) as driver:
        assert driver.has("i shows an invite for others")
        await driver.press("4", "j")
        assert driver.screen.people.cursor == "p1"
    async with review(people=PEOPLE[:1], invite=None) as driver:
        assert driver.has("chatter-tui host lets others join")
    async with review() as driver:
        assert not driver.has("i shows an invite for others")


async def test_in_ascii_and_in_60_columns_the_first_keys_are_the_most_needed() -> None:
    from chatter_tui.tui.options import Options

    app = {"welcome": Welcome()}
    async with review(size=(60, 20), app=app, options=Options(ascii=True)) as driver:
        assert driver.has("New here?  c comments on the paragraph  ? all keys")
        await driver.press("M")
        lines = [line for line in driver.text.splitlines() if "marked read" in line]
        assert [line[0] for line in lines] == ["|"]
        await driver.press("?")
        assert driver.has("j Down", "k Up")
        assert driver.text.isascii()
