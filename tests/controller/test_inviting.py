"""What a host's invites say of where it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from chatter_tui.controller import host
from chatter_tui.controller.commands import Command, Quit
from chatter_tui.controller.events import Event, Failed, InvitesAnswer, Ready
from chatter_tui.controller.host import HostSession, Listening
from chatter_tui.session.invites import Address, Invite

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SESSION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"


async def test_a_host_that_is_elsewhere_says_so_in_its_invites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def now_at(*hosts: str) -> None:
        places = [(each, 4117) for each in (*hosts, "127.0.0.1")]
        monkeypatch.setattr(host, "reachable", lambda _: places)
        events.clear()
        for _ in range(host._LOOK):
            session.ticked()
        await session._carrier.idle()

    def lines() -> list[str]:
        (answer,) = [event for event in events if isinstance(event, InvitesAnswer)]
        return [",".join(map(str, Invite.parse(each.line).addresses)) for each in answer.invites]

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

    await now_at("192.0.2.7")
    assert not events
    await now_at("192.0.2.7", "172.17.0.1")  # one more is no news, but it is named
    assert lines() == ["192.0.2.7:4117,172.17.0.1:4117,127.0.0.1:4117"]
    assert not [event for event in events if isinstance(event, Failed)]
    await now_at()  # no network: it may come back as it was
    assert not events
    assert session.status().addresses[0] == "192.0.2.7:4117"
    await now_at("198.51.100.9", "172.17.0.1")
    assert lines() == ["198.51.100.9:4117,172.17.0.1:4117,127.0.0.1:4117"]
    (told,) = [event.message for event in events if isinstance(event, Failed)]
    assert "198.51.100.9:4117" in told
    (listed,) = [event for event in events if isinstance(event, InvitesAnswer)]
    assert listed.invites[0].line.partition("#")[2] == ready.invite.partition("#")[2]

    commands.put_nowait(Quit())
    await running
