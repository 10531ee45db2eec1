"""What a host's invites say of where it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chatter_tui.controller import host
from chatter_tui.controller.commands import Command, Quit
from chatter_tui.controller.events import Event, Failed, InvitesAnswer, Ready
from chatter_tui.controller.host import HostSession
from chatter_tui.controller.listening import Listening
from chatter_tui.session.invites import Address

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SESSION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"


async def test_a_host_that_is_elsewhere_says_so_in_its_invites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def now_at(*hosts: str) -> tuple[list[str], list[str]]:
        """Return the invites' lines in the next answer, and the messages."""
        places = [(each, 4117) for each in (*hosts, "127.0.0.1")]
        monkeypatch.setattr(host, "reachable", lambda _: places)
        events.clear()
        for _ in range(host._LOOK):
            session.ticked()
        await session._carrier.idle()
        listed = [event.invites for event in events if isinstance(event, InvitesAnswer)]
        said = [event.message for event in events if isinstance(event, Failed)]
        return [invite.line for invites in listed for invite in invites], said

    events: list[Event] = []
    (tmp_path / "plan.md").write_text("# Plan\n")
    monkeypatch.setattr(host, "reachable", lambda _: [("192.0.2.7", 4117), ("127.0.0.1", 4117)])
    listening = Listening((Address("127.0.0.1", 0),), tmp_path / "certificate.pem")
    session = HostSession(SESSION, tmp_path / "plan.md", "ana", listening)
    commands: asyncio.Queue[Command] = asyncio.Queue()
    running = asyncio.create_task(session.run(commands, events.append))
    await session.ready.wait()
    (ready,) = [event for event in events if isinstance(event, Ready)]
    assert ready.invite is not None

    place, slash, rest = ready.invite.partition("/" + SESSION)
    assert place == "chatter://192.0.2.7:4117,127.0.0.1:4117"
    assert await now_at("192.0.2.7") == ([], [])
    lines, said = await now_at("192.0.2.7", "172.17.0.1")  # is no news, but is named
    assert lines == [f"chatter://192.0.2.7:4117,172.17.0.1:4117,127.0.0.1:4117{slash}{rest}"]
    assert not said
    assert await now_at() == ([], [])  # no network: it may come back as it was
    assert session.status().addresses[0] == "192.0.2.7:4117"
    lines, said = await now_at("198.51.100.9", "172.17.0.1")
    assert lines == [f"chatter://198.51.100.9:4117,172.17.0.1:4117,127.0.0.1:4117{slash}{rest}"]
    assert said == [
        "this machine is at 198.51.100.9:4117 now: peers who cannot reconnect need a new invite"
    ]

    commands.put_nowait(Quit())
    await running
