"""Invites by keyboard in real terminals: made, copied, used, listed, revoked, refused."""

from __future__ import annotations

import pytest

from tests.helpers.people import Desk

pytestmark = [pytest.mark.processes, pytest.mark.terminal]


def line_on(screen: str, columns: int) -> str:
    """The line that is shown by itself, from the left edge on."""
    rows = screen.splitlines()
    return rows[0] + (rows[1].rstrip() if len(rows[0]) == columns else "")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (60, 20)])
async def test_an_invite_from_its_making_to_its_end(desk: Desk, columns: int, rows: int) -> None:
    desk.columns, desk.rows = columns, rows
    host = await desk.host()
    desk.columns, desk.rows = 80, 24
    await host._tmux("set-option", "-g", "set-clipboard", "on")
    # Made for one viewer, for a week, and sent to the clipboard.
    await host.keys("i")
    await host.wait_for("chatter://", "Joins as reviewer")
    await host.keys("n")
    await host.wait_for("New invite", "[reviewer]")
    await host.keys("h", "j", "l", "j", *"hhhhhh", "Down")
    await host.type("the auditors")
    await host.keys("Enter")
    screen = await host.wait_for("Joins as viewer", "the auditors", "6 d 23 h", "1 more person")
    line = line_on(screen, columns)
    await host.keys("y")
    await host.wait_for("Sent to the terminal's clipboard")
    assert await host._tmux("show-buffer") == line
    # Used by one, who is on the screen the next moment.
    bo = await desk.screen("bo", "join", "--name", "bo", CHATTER_INVITE=line)
    await bo.wait_for("deploy to production", "2 here")
    await host.wait_for("joined: bo", "used up")
    await bo.keys("c")
    await bo.wait_for("a viewer may only read")
    # Another is told at the prompt, with the exit code of such invites.
    cy = await desk.screen("cy", "join", "--name", "cy", CHATTER_INVITE=line)
    await cy.wait_for("has been used up", "ask the host for a new one", "exit=6")
    # The first one is revoked from the list.
    await host.keys("l")
    await host.wait_for("Invites", "the auditors", "bo", "used up")
    await host.keys("j", "x")
    await host.wait_for("revoked")
    await host.keys("Enter")
    screen = await host.wait_for("Joins as reviewer", "revoked")
    first = line_on(screen, columns)
    di = await desk.screen("di", "join", "--name", "di", CHATTER_INVITE=first)
    await di.wait_for("has been revoked", "exit=6")
    # Restored, it serves again.
    await host.keys("u")
    await host.wait_for("any number of people")
    eve = await desk.screen("eve", "join", "--name", "bo", CHATTER_INVITE=first)
    await eve.wait_for("is taken in this session", "bo-2")
    await host.keys("Escape")
    await host.wait_for("3 here")


async def test_the_status_page_in_a_terminal(desk: Desk) -> None:
    desk.columns, desk.rows = 80, 24
    host = await desk.host()
    await host.keys("I")
    screen = await host.wait_for("Status", "Addresses", "127.0.0.1:", "1 can be used", "on disk")
    assert "chatter://" not in screen
    await host.keys("Escape")
    await host.wait_for(gone="Addresses")
    await host.keys("q", "y")
    await host.wait_for("exit=0")
