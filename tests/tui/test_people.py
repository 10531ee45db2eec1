"""Roles and people by keys: what a viewer may not, following, roles, removing, presence."""

from __future__ import annotations

import pytest

from chatter_tui.authority import Role
from chatter_tui.controller.commands import (
    Add,
    Delete,
    Edit,
    RemovePeer,
    SetPresence,
    SetRole,
)
from chatter_tui.controller.events import Peer
from tests.tui.desk import PEOPLE, TEXT
from tests.tui.driver import added, review


@pytest.mark.parametrize("key", ["c", "C", "s", "r", "R", "+", "e", "D", "u"])
async def test_viewer_is_told_why_not(key: str) -> None:
    async with review(role="viewer", name="me") as driver:
        sent = len(driver.desk.log)
        await driver.press(key)
        assert "a viewer may only read" in driver.toast
        assert "Ask ana" in driver.toast
        assert not [c for c in driver.desk.log[sent:] if isinstance(c, Add | Edit | Delete)]


async def test_viewer_finds_in_the_help_what_is_not_for_viewers() -> None:
    async with review(role="viewer", name="me") as driver:
        await driver.press("?")
        await driver.type("suggest a change")
        assert driver.has("not as viewer")


async def test_follow_goes_where_they_go_until_one_moves() -> None:
    from chatter_tui.controller.events import Peer, PresenceChanged

    async with review() as driver:
        await driver.press("F")
        await driver.type("bo")
        await driver.press("enter")
        assert driver.screen.document.cursor == TEXT.index("Risks")
        bo = Peer("p2", "bo", Role("reviewer"), section="Schedule")
        driver.desk.emit(PresenceChanged(bo))
        await driver.wait(lambda: driver.screen.document.cursor == TEXT.index("Schedule"))
        await driver.press("k")
        await driver.wait(lambda: not driver.screen.people.following)
        driver.desk.emit(PresenceChanged(Peer("p2", "bo", Role("reviewer"), section="Risks")))
        await driver.settle()
        assert driver.screen.document.cursor < TEXT.index("Schedule")


async def test_owner_changes_roles_in_the_people_pane() -> None:
    async with review() as driver:
        await driver.press("4", "j", "+")
        assert driver.desk.sent(SetRole) == [SetRole("p2", "moderator")]
        await driver.wait(lambda: driver.has("bo moderator"))
        assert "bo is moderator now" in driver.toast
        await driver.press("+")
        assert "highest role" in driver.toast
        for role in ("reviewer", "viewer"):
            await driver.press("-")
            await driver.wait(lambda role=role: driver.has(f"bo {role}"))  # type: ignore[misc]
        await driver.press("-")
        assert "lowest role" in driver.toast
        assert len(driver.desk.sent(SetRole)) == 3
        assert not added(driver)  # `+` is no reaction here


async def test_owner_stays_the_owner() -> None:
    async with review() as driver:
        await driver.press("4", "+", "X")
        assert "the owner stays the owner" in driver.toast
        assert not driver.desk.sent(SetRole)


async def test_owner_removes_a_person_with_another_key() -> None:
    async with review() as driver:
        await driver.press("4", "j", "X")
        assert driver.has("Remove bo?", "what they wrote stays")
        await driver.press("X", "enter", "escape")
        assert not driver.desk.sent(RemovePeer)
        await driver.press("X", "y")
        assert driver.desk.sent(RemovePeer) == [RemovePeer("p2")]
        await driver.wait(lambda: driver.has("bo reviewer", "gone"))


async def test_people_commands_of_the_palette_ask_for_somebody_first() -> None:
    async with review() as driver:
        await driver.press(":")
        await driver.type("lower the")
        await driver.press("enter")
        assert driver.screen.pane == "people"
        assert "Choose somebody" in driver.toast
        assert not driver.desk.sent(SetRole)


@pytest.mark.parametrize("key", ["+", "-", "X"])
async def test_only_the_owner_changes_roles_and_removes_people(key: str) -> None:
    async with review(role="moderator", name="me") as driver:
        await driver.press("4", "j")
        assert driver.has("F follow")
        assert not driver.has("X remove")
        await driver.press(key)
        assert "only the owner may, and you are a moderator. Ask ana." in driver.toast
        assert not driver.desk.sent(SetRole)
        assert not added(driver)
        await driver.press("?")
        await driver.type("people pane")
        assert driver.has("not as moderator")


async def test_plus_elsewhere_is_a_reaction() -> None:
    async with review() as driver:
        await driver.press("4", "j", "1", "n", "+")
        assert driver.has("React")


async def test_a_long_name_leaves_what_is_said_of_a_person_readable() -> None:
    busy = Peer("p8", "長い名前" * 8, Role("moderator"), "", typing=True)
    async with review(size=(100, 30), people=(*PEOPLE, busy)) as driver:
        (row,) = (row for row in driver.text.splitlines() if "● 長い" in row)
        assert "… moderator" in row
        assert "typing…" in row


async def test_presence_is_told() -> None:
    async with review() as driver:
        driver.screen.document.reveal(TEXT.index("Test coverage"))
        await driver.wait(lambda: SetPresence("Risks") in driver.desk.log)
        await driver.press("c")
        await driver.wait(lambda: SetPresence("Risks", typing=True) in driver.desk.log)
        await driver.press("escape")
        await driver.wait(lambda: driver.desk.sent(SetPresence)[-1] == SetPresence("Risks"))
        await driver.press("P")
        await driver.wait(lambda: driver.desk.sent(SetPresence)[-1] == SetPresence())
