"""Writing in the composer: names that are completed, and what a reaction given twice means."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from chatter_tui.controller.commands import Add, Delete, Edit
from chatter_tui.markdown import Markdown
from chatter_tui.tui.model.naming import complete
from tests.tui.desk import block
from tests.tui.driver import Driver, review

NAMES = ["bo", "boris", "Ana Maria", "bo-2"]


def text(driver: Driver) -> str:
    draft = driver.screen.writing.draft
    return "" if draft is None else draft.text


@pytest.mark.parametrize(
    ("before", "names"),
    [
        ("@", ["bo", "boris", "Ana Maria", "bo-2"]),
        ("look, @b", ["bo", "boris", "bo-2"]),
        ("(@BOR", ["boris"]),
        ("@ana m", ["Ana Maria"]),
        ("@bo", ["bo", "boris", "bo-2"]),
        ("@boris", None),
        ("@boris and", None),
        ("me@b", None),
        ("@x", None),
        ("b", None),
    ],
)
def test_completions(before: str, names: list[str] | None) -> None:
    found = complete(before, lambda: NAMES)
    assert (None if found is None else found.names) == names


async def test_a_name_is_completed_and_the_type_is_left_alone() -> None:
    async with review() as driver:
        await driver.press("c")
        await driver.type("@c")
        assert driver.has("Tab takes [cy]")
        await driver.press("tab")
        await driver.type("look")
        assert text(driver) == "@cy look"
        assert driver.has("Comment on")
        await driver.press("tab")
        assert driver.has("Question on")


async def test_enter_takes_a_name_before_it_sends() -> None:
    async with review() as driver:
        await driver.press("C")
        await driver.type("ask @b")
        await driver.press("enter")
        assert not driver.desk.sent(Add)
        assert text(driver) == "ask @bo "
        await driver.press("enter")
        assert driver.desk.sent(Add)


async def test_a_name_in_full_is_sent_though_a_longer_one_begins_so() -> None:
    async with review(blocks=[block("01A", "x", "boris")]) as driver:
        await driver.press("C")
        await driver.type("@bo")
        assert driver.has("[bo] boris")
        await driver.press("enter")
        (sent,) = driver.desk.sent(Add)
        assert isinstance(sent, Add)
        assert sent.fields["content"] == "@bo"


async def test_names_are_chosen_by_arrows_and_put_away_by_escape() -> None:
    async with review(blocks=[block("01A", "x", "boris")]) as driver:
        await driver.press("C")
        await driver.type("@b")
        await driver.press("down")
        assert driver.has("bo [boris]")
        await driver.press("escape")
        assert driver.screen.writing.is_writing  # the names, not the composer
        assert not driver.has("Tab takes")
        await driver.press("tab")
        assert driver.has("Question on")
        await driver.type("o")
        await driver.press("up", "tab")
        assert text(driver) == "@boris "
        await driver.press("escape")
        assert not driver.screen.writing.is_open


async def test_typed_at_once_every_key_is_taken_in_order() -> None:
    """As a slow line delivers them: the next key is there before the one before is dealt with."""
    from textual.events import Key

    async with review() as driver:
        await driver.press("C")
        for name, character in (
            ("at", "@"),
            ("c", "c"),
            ("tab", None),
            ("x", "x"),
            ("enter", None),
        ):
            driver.app.post_message(Key(name, character))
        await driver.wait(lambda: driver.desk.sent(Add))
        (sent,) = driver.desk.sent(Add)
        assert isinstance(sent, Add)
        assert sent.fields["content"] == "@cy x"


async def test_what_is_pressed_right_behind_enter_is_about_what_was_sent() -> None:
    from textual.events import Key

    async with review() as driver:
        await driver.press("n")  # somebody else's, which cannot be edited

        async def send(text: str, *behind: tuple[str, str | None]) -> str:
            before = len(driver.desk.sent(Add))
            await driver.press("C")
            await driver.type(text)
            for name, character in (("enter", None), *behind):
                driver.app.post_message(Key(name, character))
            await driver.wait(lambda: len(driver.desk.sent(Add)) > before, "sent")
            sent = driver.desk.sent(Add)[-1]
            assert isinstance(sent, Add)
            return str(sent.fields["id"])

        id_ = await send("mine", ("e", "e"), ("exclamation_mark", "!"), ("enter", None))
        await driver.wait(lambda: driver.desk.sent(Edit))
        assert driver.desk.blocks[id_].content == "mine!"
        await driver.press("n", "n")
        id_ = await send("a mistake", ("D", "D"))
        await driver.wait(lambda: driver.desk.sent(Delete))
        assert driver.desk.sent(Delete) == [Delete(id_, ref=driver.screen.work.model.outbox.ticket)]
        driver.desk.refuse = "no"  # what never comes is not waited for
        await send("refused", ("escape", None), ("r", "r"))
        await driver.wait(lambda: driver.has("Reply to"))


async def test_other_people_s_names_do_not_act_on_the_border() -> None:
    async with review(blocks=[block("01A", "x", "[/b]evil\x1b[31m")]) as driver:
        await driver.press("C")
        await driver.type("@[")
        assert driver.has("[[/b]evil␛[31m]")


def test_nobody_looks_for_names_where_there_is_no_mention() -> None:
    assert complete("mail me at ana.example", lambda: pytest.fail("looked")) is None


async def test_a_text_that_was_sent_takes_no_keys_any_more() -> None:
    async with review() as driver:
        await driver.press("2", "c")
        composer = driver.app.focused
        assert composer is not None
        await driver.press("a", "enter")
        composer.focus()  # as Textual does at times, when one has gone on
        await driver.settle()
        assert driver.app.focused is driver.screen.threads
        assert driver.screen.pane == "threads"


async def test_a_quote_in_the_border_is_closed_however_narrow_it_is() -> None:
    async with review(size=(60, 20), text="日本語の文章は長い。" * 20) as driver:
        await driver.press("c")
        assert "…” " in driver.text.split("╭─ Comment on “")[1].split("\n")[0]


async def test_the_border_follows_the_width() -> None:
    async with review(size=(20, 20), text="A sentence of five words.\n") as driver:
        await driver.press("c")
        assert driver.has("…”")
        await Pilot(driver.app).resize_terminal(80, 20)
        await driver.wait(lambda: driver.has("Comment on “A sentence of five words.”"))


async def test_the_same_reaction_again_removes_it() -> None:
    async with review() as driver:
        await driver.press("n", "+", "a")
        await driver.wait(lambda: driver.has("agree ana"))
        await driver.press("+")
        assert driver.has("agree (remove)")
        await driver.press("a")
        await driver.wait(lambda: driver.desk.sent(Delete))
        await driver.wait(lambda: not driver.has("agree ana"))
        await driver.press("+", "d")
        await driver.wait(lambda: driver.has("disagree ana"))


async def test_a_reaction_to_a_reply_shows_on_its_card_and_goes_again() -> None:
    async with review() as driver:
        driver.screen.select("01C")
        await driver.press("2", "+", "d")
        await driver.wait(lambda: driver.has("disagree ana"))
        driver.desk.add(block("03A", "+1", "cy", type="reaction", parent_id="01B"), "p3")
        await driver.wait(lambda: driver.has("+1 cy"))
        driver.desk.delete("03A", "p3")
        await driver.wait(lambda: not driver.has("+1 cy"))


async def test_one_may_write_before_the_session_is_there() -> None:
    async with review() as driver:
        model = driver.screen.work.model
        role, model.role = model.role, None
        await driver.press("c")
        await driver.type("early")
        await driver.press("enter")
        assert driver.desk.sent(Add)
        model.document = Markdown("")
        await driver.press("c")
        assert "Not in the session yet" in driver.toast
        model.role = role
