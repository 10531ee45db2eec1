"""Being together: following, being followed, sharing presence, and who types where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chatter_tui.authority import Role
from chatter_tui.controller.commands import SetPresence
from chatter_tui.controller.events import DocumentChanged, Peer, PeerLeft, PresenceChanged
from chatter_tui.tui.options import Options
from tests.tui.desk import ME, NOW, PEOPLE, TEXT, block
from tests.tui.driver import Driver, review

BO = replace(PEOPLE[1], typing=False)


@pytest.fixture(autouse=True)
def _told_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share moves immediately, rather than after half a second."""
    monkeypatch.setattr("chatter_tui.tui.actions.presence.PAUSE", 0.02)


def shown(driver: Driver) -> SetPresence:
    """What one last told the others."""
    return next((c for c in reversed(driver.desk.log) if isinstance(c, SetPresence)), SetPresence())


async def follow_bo(driver: Driver) -> None:
    driver.screen.people.go("p2")
    await driver.press("4", "F", "1")
    await driver.wait(lambda: shown(driver).following == "p2")
    assert driver.has("bo reviewer following")


async def test_the_followed_one_is_told_and_sees_it() -> None:
    async with review() as driver:
        driver.desk.emit(PresenceChanged(replace(BO, following=ME)))
        await driver.wait(lambda: "bo follows you" in driver.toast)
        assert driver.has("bo reviewer follows you")
        driver.desk.emit(PresenceChanged(BO))
        await driver.wait(lambda: not driver.has("bo reviewer follows you"))
        await driver.press("!")
        assert driver.has("bo no longer follows you")


async def test_following_is_told_and_every_own_move_ends_it_but_no_other_document() -> None:
    async with review() as driver:
        await follow_bo(driver)
        driver.desk.emit(DocumentChanged("plan.md", 2, f"New at the top.\n\n{TEXT}"))
        await driver.wait(lambda: driver.has("New at the top."))
        driver.desk.emit(PresenceChanged(replace(BO, section="Schedule")))
        schedule = len("New at the top.\n\n") + TEXT.index("Schedule")
        await driver.wait(lambda: driver.screen.document.cursor == schedule)
        driver.desk.emit(PresenceChanged(BO))
        await driver.press("F")
        for keys in ("k", "n", "2j", "oR\r", "/weekly\r", "J", "g", " "):
            await follow_bo(driver)
            await driver.press(*("enter" if key == "\r" else key for key in keys))
            await driver.wait(lambda: not driver.screen.people.following, keys)
            await driver.wait(lambda: shown(driver).following is None, keys)
            await driver.press("1")


async def test_a_followed_person_who_leaves_is_followed_no_more() -> None:
    async with review() as driver:
        await follow_bo(driver)
        driver.desk.emit(PeerLeft(BO))
        await driver.wait(lambda: "No longer following" in driver.toast)
        await driver.press("4", "F")
        assert "bo is not here" in driver.toast


async def test_presence_goes_from_section_to_online_only_to_hidden() -> None:
    async with review(role="reviewer", name="me") as driver:
        driver.screen.document.reveal(TEXT.index("Test coverage"))
        await driver.wait(lambda: shown(driver) == SetPresence("Risks"))
        await driver.press("P")
        await driver.wait(lambda: shown(driver) == SetPresence())
        assert "only that you are here" in driver.toast
        await driver.press("P")
        await driver.wait(lambda: shown(driver) == SetPresence(hidden=True))
        assert "the host still sees you" in driver.toast
        await driver.press("F")
        assert "cannot follow while hidden" in driver.toast
        await driver.press("P")
        await driver.wait(lambda: shown(driver) == SetPresence("Risks"))


async def test_who_hides_follows_no_more() -> None:
    async with review(role="reviewer", name="me") as driver:
        await follow_bo(driver)
        await driver.press("P")
        await driver.wait(lambda: shown(driver) == SetPresence(following="p2"))
        await driver.press("P")
        await driver.wait(lambda: shown(driver) == SetPresence(hidden=True))


async def test_the_host_cannot_hide_and_sees_who_does() -> None:
    async with review() as driver:
        await driver.press("P", "P")
        assert driver.screen.presence.level == "section"
        driver.desk.emit(PresenceChanged(replace(BO, section=None, hidden=True)))
        await driver.wait(lambda: driver.has("bo reviewer", "hidden"))


async def test_one_types_in_the_thread_one_answers_and_only_while_keys_fall() -> None:
    now = NOW
    async with review(app={"clock": lambda: now}) as driver:
        await driver.press("n", "r")
        await driver.type("Be")
        await driver.wait(lambda: shown(driver).typing)
        assert shown(driver).block == "01A"
        now += 6
        await driver.wait(lambda: not shown(driver).typing)
        await driver.type("cause")
        await driver.wait(lambda: shown(driver).typing)


async def test_a_thread_says_who_types_in_it() -> None:
    async with review() as driver:
        typing = Peer("p2", "bo", Role("reviewer"), block="01B", typing=True)
        driver.desk.emit(PresenceChanged(typing))
        await driver.wait(lambda: driver.has("bo typing…"))
        assert driver.has("bo reviewer § Rollout plan")  # where the thread is
        await driver.press("n", "z")  # folded, it still says so
        assert driver.has("bo typing…")
        driver.desk.emit(PresenceChanged(replace(typing, typing=False)))
        await driver.wait(lambda: not driver.has("bo typing…"))


async def test_the_bell_rings_for_what_is_urgent_and_not_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[str] = []
    monkeypatch.setattr("chatter_tui.tui.actions.sessions.write", lambda _, s: written.append(s))
    now = NOW
    async with review(app={"clock": lambda: now}) as driver:
        driver.desk.add(block("03A", "just so"), "p2")
        driver.desk.add(block("03B", "@ana first"), "p2")
        driver.desk.add(block("03C", "@ana second"), "p2")
        await driver.wait(lambda: "2 mentions of you" in driver.toast)
        assert written == ["\x1b]9;chatter-tui: bo mentions you: “@ana first”\a"]
        now += 11
        driver.desk.add(block("03D", "@ana third"), "p2")
        await driver.wait(lambda: len(written) == 2)


async def test_who_wants_no_bell_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    rung: list[int] = []
    monkeypatch.setattr("chatter_tui.tui.actions.sessions.write", lambda _, s: written.append(s))
    monkeypatch.setattr("chatter_tui.tui.app.ReviewApp.bell", lambda _: rung.append(1))
    for bell, desktop in ((False, True), (True, False)):
        async with review(options=Options(bell=bell, desktop=desktop)) as driver:
            driver.desk.add(block("03B", "@ana look"), "p2")
            await driver.wait(lambda: "mentions you" in driver.toast)
    assert (len(rung), len(written)) == (1, 1)
