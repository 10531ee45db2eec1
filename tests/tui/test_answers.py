"""The host's answers on screen: pending, accepted, rejected, and what others write."""

from __future__ import annotations

from chatter_tui.controller.events import Rejected
from tests.tui.desk import ME, block, quote
from tests.tui.driver import added, review


async def test_pending_then_accepted() -> None:
    async with review() as driver:
        driver.desk.hold = True
        await driver.press("C")
        await driver.type("Hm")
        await driver.press("enter")
        await driver.wait(lambda: driver.has("↑1 pending"))
        id_ = str(added(driver)[0]["id"])
        assert driver.screen.work.model.outbox.state(id_) == "pending"
        from chatter_tui.controller.events import Acknowledged

        driver.desk.emit(Acknowledged(id_))
        await driver.wait(lambda: driver.screen.work.model.outbox.state(id_) == "accepted")
        await driver.wait(lambda: not driver.has("pending"))
        assert driver.has("✓")


async def test_a_reject_gives_the_text_back() -> None:
    async with review() as driver:
        driver.desk.refuse = "too many blocks"
        await driver.press("C")
        await driver.type("Mine")
        await driver.press("enter")
        await driver.wait(lambda: driver.screen.writing.rejected is not None)
        assert "rejected: too many blocks" in driver.toast
        assert driver.has("Mine", "e edit rejected text")
        assert "e edit · e Enter retry · D y drop" in driver.toast
        assert not driver.screen.writing.is_writing  # keys are not typed into it by surprise
        await driver.press("j", "e", "!", "enter")
        await driver.wait(lambda: "Mine!" in [b.content for b in driver.desk.blocks.values()])
        assert not driver.screen.writing.is_open


async def test_a_rejected_text_can_be_dropped_or_kept() -> None:
    async with review() as driver:
        for keys, left in ((("escape",), 1), (("D", "y"), 0)):
            driver.desk.refuse = "no"
            await driver.press("C")
            await driver.press(*([] if tuple(driver.screen.work.drafts.all()) else "Hi"))
            await driver.press("enter")
            await driver.wait(lambda: driver.screen.writing.rejected is not None)
            assert "The text is kept" in driver.toast
            await driver.press(*keys)
            await driver.wait(lambda: not driver.screen.writing.is_open)
            assert "The text is kept" not in driver.toast
            assert len(tuple(driver.screen.work.drafts.all())) == left


async def test_a_reject_does_not_disturb_who_is_writing() -> None:
    async with review() as driver:
        driver.desk.hold = True
        await driver.press("C", "A", "enter", "C", "B")
        id_ = str(added(driver)[0]["id"])
        driver.desk.emit(Rejected(id_, "forbidden", "no", driver.desk.blocks[id_]))
        await driver.wait(lambda: "Drafts" in driver.toast)
        await driver.press("B", "enter")
        await driver.wait(lambda: [fields["content"] for fields in added(driver)][1:] == ["BB"])
        assert "A" in {draft.text for draft in driver.screen.work.drafts.all()}


async def test_a_rejected_text_is_ones_own_whatever_ones_role() -> None:
    async with review(role="viewer", name="me") as driver:
        written = block("09Z", "Mine", "me")
        driver.desk.emit(Rejected("09Z", "forbidden", "a viewer may only read", written))
        await driver.wait(lambda: driver.screen.writing.rejected is not None)
        await driver.press("e")
        assert driver.screen.writing.is_writing
        await driver.press("!", "escape")
        assert [draft.text for draft in driver.screen.work.drafts.all()] == ["Mine!"]


async def test_an_edit_that_is_rejected_is_given_back() -> None:
    async with review() as driver:
        driver.screen.select("01B")
        driver.desk.refuse = "no"
        await driver.press("e", "!", "enter")
        await driver.wait(lambda: driver.screen.writing.rejected is not None)
        draft = driver.screen.writing.rejected
        assert draft is not None
        assert (draft.kind, draft.target) == ("edit", "01B")
        assert draft.text == "Because reviews take days.!"
        assert driver.desk.blocks["01B"].content == "Because reviews take days."


async def test_comments_of_others_arrive_without_moving_the_cursor() -> None:
    async with review() as driver:
        await driver.press("n", "n")
        driver.desk.add(block("00Z", "First!", "bo", anchor=quote("Rollout")), "p2")
        await driver.wait(lambda: driver.has("First!"))
        assert driver.screen.current == "01D"
        assert "00Z" in driver.screen.work.model.unread.ids


async def test_own_changes_from_elsewhere_are_not_unread() -> None:
    async with review() as driver:
        driver.desk.add(block("00Z", "From my other window", "ana"), ME)
        await driver.wait(lambda: driver.has("From my other window"))
        assert "00Z" not in driver.screen.work.model.unread.ids
