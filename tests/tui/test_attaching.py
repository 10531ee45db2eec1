"""Threads whose text is gone or moved: shown, offered a place, attached where one says."""

from __future__ import annotations

from chatter_tui.blocks import Block, make_anchor
from chatter_tui.controller.commands import Anchor
from chatter_tui.controller.events import DocumentChanged
from chatter_tui.markdown import Markdown
from tests.tui.desk import TEXT, block, quote
from tests.tui.driver import Driver, review

LONG = "Test coverage is at 61 %, which is *not enough* for payments."
MOVED = TEXT.replace("## Risks\n", "## What may go wrong\n\nA lot.\n")


def anchored(author: str = "bo") -> Block:
    """A comment on LONG whose anchor has no fallback or context."""
    start = TEXT.index(LONG)
    anchor = make_anchor(Markdown(TEXT), start, start + len(LONG))
    anchor.pop("fallback", None)
    return block("03A", "is that so?", author, anchor=anchor)


async def moved(driver: Driver, author: str = "bo") -> None:
    """Somebody comments, and then the document is another."""
    driver.desk.add(anchored(author), "p2")
    driver.desk.emit(DocumentChanged("plan.md", 2, MOVED))
    await driver.wait(lambda: driver.has("What may go wrong"))
    await driver.select("03A")


def place(driver: Driver, id_: str = "03A") -> str:
    model = driver.screen.work.model
    location = model.threads[id_].location
    return "" if location is None else model.document.text[location.start : location.end]


async def test_moved_text_is_offered_and_one_key_confirms() -> None:
    async with review() as driver:
        await moved(driver)
        assert driver.has("Orphans", "Moved? A attaches it under “What may go")
        await driver.press("A")
        assert driver.has("Attach it?", "to “Test coverage is at 61 %", "under “What may go wrong”")
        await driver.press("y")
        await driver.wait(lambda: place(driver) == LONG)
        assert driver.has("is that so?")
        await driver.press("u")
        await driver.wait(lambda: place(driver) == "")
        assert "Undone: attached elsewhere “is that so?”" in driver.toast
        assert driver.desk.blocks["03A"] == anchored()


async def test_a_thread_whose_text_is_gone_is_found_and_attached_to_the_selection() -> None:
    async with review(blocks=()) as driver:
        anchor = quote("nowhere") | {"fallback": {"type": "heading", "text": "Risks"}}
        driver.desk.add(block("03A", "about what?", anchor=anchor), "p2")
        await driver.wait(lambda: driver.has("“nowhere”", "the text has changed since"))
        await driver.press("t", "o")
        assert place(driver) == "Risks"
        assert driver.has("A attaches it to other words")
        await driver.press("A")
        assert driver.screen.pane == "document"
        assert driver.has("A attach here")
        driver.screen.document.reveal(TEXT.index("production"))
        await driver.press("v", "A")
        await driver.wait(lambda: place(driver) == "production")
        assert driver.screen.current == "03A"
        assert not driver.has("the text has changed since")
        assert not driver.has("A attach here")


async def test_another_place_than_the_offered_one_and_giving_up() -> None:
    async with review() as driver:
        await moved(driver)
        await driver.press("A", "s")
        assert driver.has("A attach here")
        await driver.press("escape")
        assert "It stays where it is." in driver.toast
        assert not driver.has("A attach here")
        await driver.select("03A")
        await driver.press("A", "escape")
        assert not driver.desk.sent(Anchor)
        await driver.press("A", "s", "g", "A")
        await driver.wait(lambda: place(driver) == "# Rollout plan")


async def test_who_may_not_is_told_why() -> None:
    async with review(role="reviewer", name="di") as driver:
        await moved(driver)
        await driver.press("A")
        assert "This is bo's: only a moderator may attach it elsewhere." in driver.toast
    async with review(role="reviewer", name="bo") as driver:
        await moved(driver)
        await driver.press("A", "y")
        await driver.wait(lambda: place(driver) == LONG)
    async with review(role="viewer", name="di") as driver:
        await moved(driver)
        await driver.press("A")
        assert "a viewer may only read" in driver.toast


async def test_a_document_that_changes_meanwhile_withdraws_the_offer() -> None:
    async with review() as driver:
        await moved(driver)
        await driver.press("A")
        driver.desk.emit(DocumentChanged("plan.md", 3, "Something else.\n"))
        await driver.wait(lambda: driver.screen.work.model.document.text == "Something else.\n")
        await driver.press("y")
        assert "The document has changed: look again." in driver.toast
        assert not driver.desk.sent(Anchor)
