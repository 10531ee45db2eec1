"""Invites on the screen: shown, made, listed and revoked by keyboard, and read by a telephone."""

from __future__ import annotations

import array
import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from chatter_tui.controller.commands import MakeInvite, RevokeInvite
from chatter_tui.controller.events import InvitesAnswer, Peer, PeerJoined
from chatter_tui.session.invites import Invite
from chatter_tui.tui.options import Options
from chatter_tui.tui.screens.invite import InviteScreen
from chatter_tui.tui.screens.invitelist import InviteListScreen
from tests.tui.desk import INVITE
from tests.tui.driver import review

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

    from tests.tui.driver import Driver

ADDRESSES = "192.0.2.7:41170,198.51.100.23:41170,203.0.113.99:41170"
LONG = "[2001:db8:1234:5678:9abc:def0:1234:5678]:41170"
THREE = INVITE.replace("192.0.2.7:4117", ADDRESSES)
LIGHT = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}


def read(screen: str) -> str:
    """What a camera reads that looks at a terminal with light text on black."""
    zxing = pytest.importorskip("zxingcpp")
    rows: list[list[int]] = []
    for line in screen.splitlines():
        cells = [LIGHT.get(sign, (0, 0)) for sign in line.ljust(130)]
        rows += [[upper for upper, _ in cells], [lower for _, lower in cells]]
    scale = 4
    pixels = array.array("B")
    for row in rows:
        wide = bytes(255 * light for light in row for _ in range(scale))
        for _ in range(scale):
            pixels.frombytes(wide)
    shape = (len(rows) * scale, 130 * scale)
    found = zxing.read_barcodes(memoryview(pixels).cast("B", shape), try_rotate=False)
    assert found, screen
    return str(found[0].text)


def line_on(driver: Driver) -> str:
    """The line as one who selects it with the mouse gets it."""
    rows = driver.text.splitlines()
    line = rows[0]
    while len(line) % driver.app.size.width == 0:
        line += rows[len(line) // driver.app.size.width]
    return line


async def made(driver: Driver, wanted: MakeInvite) -> None:
    """One more invite is there, and the screen knows."""
    driver.desk.submit(wanted)
    await driver.wait(lambda: driver.screen.work.model.invites)


@pytest.fixture
def clipboard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the terminal is sent."""
    sent: list[str] = []
    monkeypatch.setattr("chatter_tui.tui.actions.sessions.write", lambda _, text: sent.append(text))
    return sent


def copied(sequence: str) -> str:
    encoded = sequence.removeprefix("\x1b]52;c;").partition("\a")[0]
    return base64.b64decode(encoded).decode()


async def test_the_line_stands_from_the_left_edge_and_goes_to_the_clipboard(
    clipboard: list[str],
) -> None:
    async with review(size=(80, 24)) as driver:
        await driver.press("i")
        assert line_on(driver) == INVITE
        await driver.wait(lambda: driver.has("Joins as reviewer", "1 d left", "any number"))
        await driver.press("y")
        assert driver.has("Sent to the terminal's clipboard")
        assert copied(clipboard[0]) == INVITE
        await driver.press("escape")
        assert not isinstance(driver.app.screen, InviteScreen)


async def test_a_host_that_is_elsewhere_shows_and_copies_the_line_that_serves(
    clipboard: list[str],
) -> None:
    elsewhere = INVITE.replace("192.0.2.7", "198.51.100.9")
    async with review(size=(80, 24)) as driver:
        await driver.press("i")
        await driver.wait(lambda: driver.has("Joins as reviewer"))
        known = driver.desk.invites["abcdefgh"]
        driver.desk.invites["abcdefgh"] = replace(known, line=elsewhere)
        driver.desk.emit(InvitesAnswer(None, tuple(driver.desk.invites.values())))
        await driver.wait(lambda: line_on(driver) == elsewhere and driver.has("Joins as reviewer"))
        await driver.press("y", "escape")
        assert copied(clipboard[0]) == elsewhere
        await driver.press("i")
        assert line_on(driver) == elsewhere


async def test_in_tmux_it_is_sent_plain_and_wrapped(clipboard: list[str]) -> None:
    async with review(options=Options(tmux=True)) as driver:
        await driver.press("i", "y")
        plain = f"\x1b]52;c;{base64.b64encode(INVITE.encode()).decode()}\a"
        doubled = plain.replace("\x1b", "\x1b\x1b")
        assert clipboard == [f"{plain}\x1bPtmux;{doubled}\x1b\\"]


@pytest.mark.parametrize("line", [INVITE, THREE], ids=["one", "three"])
async def test_the_code_beside_the_line_reads_on_a_small_screen(line: str) -> None:
    async with review(size=(80, 24), invite=line) as driver:
        await driver.press("i")
        assert line_on(driver) == line
        assert read("\n".join(driver.text.splitlines()[2:])) == line
        await driver.wait(lambda: driver.has("Esc", "close"))


async def test_a_code_too_large_for_the_screen_has_fewer_addresses() -> None:
    line = INVITE.replace(
        "192.0.2.7:4117", f"192.0.2.7:41170,{LONG},{LONG.replace('2001', '2002')}"
    )
    async with review(size=(80, 24), invite=line) as driver:
        await driver.press("i")
        assert line_on(driver) == line
        coded = Invite.parse(read("\n".join(driver.text.splitlines()[3:])))
        assert coded == Invite.parse(line).at(*Invite.parse(line).addresses[:1])
        assert driver.has("1 of 3 addresses")
        await driver.press("a", "a")  # the second of them alone
        only = INVITE.replace("192.0.2.7:4117", LONG)
        assert line_on(driver) == only
        assert read("\n".join(driver.text.splitlines()[2:])) == only
        await driver.press("a", "a")
        assert line_on(driver) == line


async def test_the_code_alone_fits_the_smallest_screen() -> None:
    async with review(size=(60, 20)) as driver:
        await driver.press("i")
        assert driver.has("too small for the QR code", "QR code alone")
        assert line_on(driver) == INVITE
        await driver.press("c")
        assert read(driver.text) == INVITE
        await driver.press("escape")
        assert line_on(driver) == INVITE


async def test_ascii_has_no_code_and_says_so() -> None:
    async with review(size=(80, 24), options=Options(ascii=True)) as driver:
        await driver.press("i")
        assert line_on(driver) == INVITE
        assert driver.has("A QR code needs more than ASCII")
        assert driver.text.isascii()


async def test_an_invite_is_made_with_what_is_chosen() -> None:
    async with review(size=(60, 20)) as driver:
        await driver.press("i", "n")
        await driver.wait(lambda: driver.has("New invite", "[reviewer]", "[1 day]", "[any]"))
        await driver.press("h", "j", "l", "j", "h", "h", "down")
        await driver.type("hjkl team")
        await driver.press("enter")
        await driver.wait(lambda: driver.desk.sent(MakeInvite))
        assert driver.desk.sent(MakeInvite)[0] == MakeInvite("viewer", 7 * 86400, 10, "hjkl team")
        await driver.wait(lambda: isinstance(driver.app.screen, InviteScreen))
        await driver.wait(lambda: driver.has("Joins as viewer · hjkl team", "7 d left", "10 more"))
        assert line_on(driver) == INVITE.replace("abcdefgh", "invite01")
        # The next one begins with the same; backing out makes none.
        await driver.press("n")
        await driver.wait(lambda: driver.has("[viewer]", "[1 week]", "[10]"))
        await driver.press("escape")
        assert len(driver.desk.sent(MakeInvite)) == 1


async def test_revoking_is_one_key_and_can_be_undone() -> None:
    async with review(size=(80, 24)) as driver:
        await driver.press("i")
        await driver.wait(lambda: driver.has("revoke this one"))
        await driver.press("x")
        await driver.wait(lambda: driver.has("revoked", "no longer revoked"))
        assert driver.desk.sent(RevokeInvite) == [RevokeInvite("abcdefgh")]
        await driver.press("x")  # it is already
        assert len(driver.desk.sent(RevokeInvite)) == 1
        await driver.press("u")
        await driver.wait(lambda: driver.has("any number of people", "revoke this one"))


async def test_the_list_tells_who_joined_and_shows_any_of_them() -> None:
    async with review(size=(80, 24)) as driver:
        await made(driver, MakeInvite("viewer", 600, 3, "the auditors"))
        used = driver.desk.invites["invite01"]
        driver.desk.invites["invite01"] = replace(used, joined=("cy", "di"), uses_left=1)
        await driver.press("i", "l")
        await driver.wait(lambda: isinstance(driver.app.screen, InviteListScreen))
        await driver.wait(lambda: driver.has("the auditors · joined: cy, di", "10 min · 1 left"))
        await driver.press("j", "x")
        await driver.wait(lambda: driver.has("revoked"))
        assert driver.desk.sent(RevokeInvite) == [RevokeInvite("abcdefgh")]
        await driver.press("k", "enter")
        await driver.wait(lambda: driver.has("Joins as viewer · the auditors", "1 more person"))
        # What is shown follows what happens.
        driver.desk.invites["invite01"] = replace(used, joined=("cy", "di", "eve"), uses_left=0)
        driver.desk.emit(PeerJoined(Peer("p7", "eve", used.role)))
        await driver.wait(lambda: driver.has("joined: cy, di, eve", "0 more people"))


async def test_the_newest_that_can_be_used_is_shown_first() -> None:
    async with review(size=(80, 24)) as driver:
        await made(driver, MakeInvite("viewer", 600, None, ""))
        await driver.press("i")
        assert line_on(driver) == INVITE.replace("abcdefgh", "invite01")
        await driver.press("x")
        await driver.wait(lambda: driver.has("revoked"))
        await driver.press("escape", "i")
        assert line_on(driver) == INVITE


async def test_a_client_has_no_invites() -> None:
    async with review(role="reviewer", name="me") as driver:
        await driver.press("i")
        assert "Only the host" in driver.toast
        await driver.press(":")
        await driver.type("new invite")
        await driver.press("enter")
        await driver.wait(lambda: "only the owner may" in driver.toast)


@pytest.mark.parametrize("size", [(80, 24), (60, 20), (120, 40)], ids=lambda s: f"{s[0]}x{s[1]}")
async def test_looks(size: tuple[int, int], screen_snapshot: SnapshotAssertion) -> None:
    async with review(size=size) as driver:
        await made(driver, MakeInvite("viewer", 600, 3, "auditors"))
        await driver.press("i")
        await driver.wait(lambda: driver.has("Joins as viewer"))
        shown = driver.text
        await driver.press("l")
        await driver.wait(lambda: driver.has("Invites", "auditors"))
        listed = driver.text
        await driver.press("n")
        await driver.wait(lambda: driver.has("New invite"))
        await driver.settle()
        assert f"{shown}\n\n{listed}\n\n{driver.text}" == screen_snapshot


def test_the_secret_is_in_no_repr() -> None:
    from tests.tui.desk import Desk

    desk = Desk(lambda _event: None)
    assert "0123456789" not in repr(desk.invites)
