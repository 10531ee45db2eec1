"""The status page says how the session is, and follows it."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatter_tui.controller.commands import GetInvites
from chatter_tui.controller.events import Disconnected, SaveState, StatusAnswer
from tests.tui.driver import review

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion


def line(text: str, name: str) -> str:
    """One fact on the screen."""
    row = next(row for row in text.splitlines() if f"│ {name}" in row)
    return row.partition(f"│ {name}")[2].rpartition("│")[0].strip()


async def test_a_host_sees_addresses_invites_and_what_is_saved() -> None:
    async with review(size=(80, 24)) as driver:
        await driver.press("I")
        await driver.wait(lambda: driver.desk.sent(GetInvites))
        status = replace(driver.desk.status, addresses=("192.0.2.7:4117", "[2001:db8::7]:4117"))
        driver.desk.emit(StatusAnswer(None, replace(status, protocol=1)))
        await driver.wait(lambda: driver.has("192.0.2.7:4117, [2001:db8::7]:4117"))
        assert line(driver.text, "Link") == "hosting"
        assert line(driver.text, "Addresses") == "192.0.2.7:4117, [2001:db8::7]:4117"
        assert line(driver.text, "Invites") == "1 can be used: i shows one"
        assert line(driver.text, "Saved") == "everything is on disk"
        assert line(driver.text, "Queue") == "nothing waits"
        assert "protocol 1" in line(driver.text, "Version")
        driver.desk.emit(SaveState(saved=False, problem="the disk is full"))
        await driver.wait(lambda: "the disk is full" in line(driver.text, "Saved"))
        await driver.press("escape")
        assert not driver.has("Addresses")


async def test_a_long_name_leaves_room_for_what_counts() -> None:
    async with review(size=(80, 24), role="reviewer", name="長い" * 16) as driver:
        top = driver.text.splitlines()[0]
        assert "host ana" in top
        assert "4 here" in top
    async with review(size=(100, 24), role="reviewer", name="長い" * 16) as driver:
        assert "you 長い長い長い長い長… (reviewer)" in driver.text.splitlines()[0]


async def test_a_client_sees_its_link_and_what_waits() -> None:
    async with review(size=(60, 20), role="reviewer", name="me") as driver:
        driver.desk.hold = True
        await driver.press("C", "h", "i", "enter", "C", "x", "escape", "I")
        await driver.wait(lambda: "direct" in line(driver.text, "Link"))
        assert "WebRTC" in line(driver.text, "Transport")
        assert line(driver.text, "Queue") == "1 not answered yet, 1 not sent (drafts)"
        assert "ana hosts" in line(driver.text, "People")
        reason = f"WebRTC: {'no answer, ' * 6}and nothing from WebSocket"
        driver.desk.emit(Disconnected(reason, 7.0))
        await driver.wait(lambda: "offline" in line(driver.text, "Link"))
        assert "WebRTC: no answer" in line(driver.text, "Because")
        assert driver.has("nothing", "from WebSocket")  # wrapped, not cut


async def test_it_goes_to_the_clipboard_without_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    monkeypatch.setattr("chatter_tui.tui.actions.sessions.write", lambda _, text: sent.append(text))
    async with review(size=(80, 24)) as driver:
        await driver.press("I", "y")
        text = base64.b64decode(sent[0].removeprefix("\x1b]52;c;").removesuffix("\a")).decode()
        assert "Session: 01J" in text
        assert "chatter://" not in text
        assert driver.has("Sent to the terminal's clipboard")


@pytest.mark.parametrize("size", [(80, 24), (60, 20)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_looks(
    size: tuple[int, int], screen_snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.python_version", lambda: "3.x")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    async with review(size=size) as driver:
        await driver.press("I")
        await driver.wait(lambda: driver.has("1 can be used"))
        await driver.settle()
        assert driver.text == screen_snapshot
