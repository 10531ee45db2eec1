"""Invites made, used up, revoked and refused, by real processes."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from websockets.asyncio.client import connect

from chatter_tui.session.invites import Invite
from tests.helpers.headless import TOLD_AT_ONCE, Event, Program, Programs

pytestmark = pytest.mark.processes


async def made(host: Program, **wanted: object) -> Event:
    """The answer to one more invite."""
    host.do("invite", ref=f"{wanted}", **wanted)
    return await host.wait_for("invite", ref=f"{wanted}")


async def join(run: Programs, invite: str, name: str, *options: str) -> Program:
    return await run.start(
        name, "join", "--headless", "--name", name, *options, CHATTER_INVITE=invite
    )


async def refused(program: Program) -> tuple[int, str]:
    """With which exit code a program ended, and what it said."""
    return await program.ended(30), str((await program.wait_for("ended"))["reason"])


async def invites(host: Program) -> dict[str, Event]:
    return {invite["token"]: invite for invite in (await host.ask("invites"))["invites"]}


async def test_an_invite_gives_its_role_as_often_as_it_says(run: Programs) -> None:
    host = await run.host()
    before = datetime.now(UTC)
    invite = await made(host, role="viewer", ttl=3600, uses=1, label="the auditors")
    assert f"#{invite['token']}." in invite["invite"]
    lasts = datetime.fromisoformat(invite["expires"]) - before
    assert timedelta(seconds=3590) < lasts < timedelta(seconds=3700)

    bo = await join(run, invite["invite"], "bo")
    assert (await bo.wait_for("ready"))["role"] == "viewer"
    await bo.wait_for("synced")
    cy = await join(run, invite["invite"], "cy")
    code, reason = await refused(cy)
    assert code == 6
    assert "used up" in reason
    assert "ask the host for a new one" in reason

    listed = await invites(host)
    status = await host.ask("status")
    assert (status["invites"], status["protocol"]) == (1, 1)
    (address,) = status["addresses"]
    assert f"chatter://{address}/" in invite["invite"]
    assert (await bo.ask("status"))["addresses"] == [address]
    first = (await host.wait_for("ready"))["invite"]
    assert [each["invite"] for each in listed.values()] == [first, invite["invite"]]
    mine = listed[invite["token"]]
    assert (mine["role"], mine["label"], mine["uses_left"]) == ("viewer", "the auditors", 0)
    assert (mine["refusal"], mine["joined"]) == ("used-up", ["bo"])


async def test_a_revoked_and_an_expired_invite_are_refused_as_such(run: Programs) -> None:
    host = await run.host()
    short = await made(host, ttl=0.001)
    code, reason = await refused(await join(run, short["invite"], "late"))
    assert code == 6
    assert "expired" in reason

    gone = await made(host)
    bo = await join(run, gone["invite"], "bo")
    await bo.wait_for("synced")
    host.do("revoke", token=gone["token"], ref="r")
    assert (await host.wait_for("revoke", ref="r"))["token"] == gone["token"]
    code, reason = await refused(await join(run, gone["invite"], "cy"))
    assert code == 6
    assert "revoked" in reason
    # Members who have joined stay, and may come back.
    bo.do("offline")
    await bo.wait_for("disconnected")
    bo.do("online")
    await host.wait_for("peer_left", name="bo")
    await bo.add("still here")
    assert (await invites(host))[gone["token"]]["joined"] == ["bo"]


async def test_invites_outlive_the_host(run: Programs) -> None:
    host = await run.host()
    kept = await made(host, role="moderator", uses=2, label="team")
    gone = await made(host, label="leaked")
    host.do("revoke", token=gone["token"], ref="r")
    await host.wait_for("revoke", ref="r")
    bo = await join(run, kept["invite"], "bo", *TOLD_AT_ONCE)
    await bo.wait_for("synced")
    before = await invites(host)
    await host.kill()

    host = await run.resume("host")
    assert (await host.wait_for("ready"))["invite"] == kept["invite"]  # the newest that serves
    await host.wait_for("peer_joined", name="bo")
    assert await invites(host) == before
    assert before[kept["token"]]["uses_left"] == 1
    cy = await join(run, kept["invite"], "cy")
    assert (await cy.wait_for("ready"))["role"] == "moderator"
    assert (await refused(await join(run, gone["invite"], "di")))[0] == 6


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"role": "owner"}, "role is moderator, reviewer or viewer"),
        ({"role": "king"}, "role is moderator, reviewer or viewer"),
        ({"ttl": 0}, "ttl"),
        ({"ttl": "1h"}, "ttl is a number of seconds"),
        ({"ttl": 1e300}, "ttl"),
        ({"uses": 0}, "uses"),
        ({"uses": 1.5}, "uses is a whole number"),
        ({"label": 7}, "label"),
    ],
)
async def test_an_invite_that_makes_no_sense_is_not_made(
    run: Programs, wanted: dict[str, object], says: str
) -> None:
    host = await run.host()
    await host.wait_for("ready")
    host.do("invite", ref="x", **wanted)
    assert says in (await host.wait_for("error", ref="x"))["message"]
    assert len(await invites(host)) == 1


async def test_only_the_owner_has_invites(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo", "--name", "bo")
    await bo.wait_for("synced")
    for number, (name, fields) in enumerate(
        [("invite", {}), ("invites", {}), ("revoke", {"token": "x"}), ("remove", {"peer": "x"})]
    ):
        bo.do(name, ref=number, **fields)
        assert "owner" in (await bo.wait_for("error", ref=number))["message"]
    host.do("revoke", token="nonsense", ref="r")
    assert "no invite nonsense" in (await host.wait_for("error", ref="r"))["message"]


async def test_a_session_that_is_over_is_told_at_once(run: Programs) -> None:
    host = await run.host()
    over = (await host.wait_for("ready"))["invite"]
    address = over.removeprefix("chatter://").partition("/")[0]
    assert await host.quit() == 0
    again = await run.start(
        "host", "host", "plan.md", "--headless", "--listen", address, "--name", "ana"
    )
    await again.wait_for("ready")  # another session, at the same address
    late = await join(run, over, "late")
    code, reason = await refused(late)
    assert code == 3
    assert "no such session there" in reason
    assert "it has ended: ask the host for a new invite" in reason


async def test_a_wrong_secret_is_told_from_an_unknown_invite(run: Programs) -> None:
    host = await run.host()
    line = str((await host.wait_for("ready"))["invite"])
    head, _, secret = line.rpartition(".")
    code, reason = await refused(await join(run, f"{head}.{secret[::-1][1:]}A", "bo"))
    assert code == 4
    assert "secret is wrong: copy the whole line again" in reason
    code, reason = await refused(await join(run, f"{head[:-8]}AAAAAAAA.{secret}", "cy"))
    assert code == 6
    assert "does not know the invite: ask the host for a new one" in reason


async def test_a_name_that_is_taken_is_made_another_and_one_is_told(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    assert "asked" not in await bo.wait_for("ready")
    other = await run.start(
        "other",
        *("join", "--headless", "--name", "Bo"),
        CHATTER_INVITE=(await host.wait_for("ready"))["invite"],
    )
    ready = await other.wait_for("ready")
    assert (ready["name"], ready["asked"]) == ("Bo-2", "Bo")


async def test_the_secret_need_not_show_in_the_process_list(run: Programs) -> None:
    host = await run.host()
    line = str((await host.wait_for("ready"))["invite"])
    bo = await run.start("bo", "join", "--headless", "--name", "bo", "-")
    bo.write(f"  {line} \n".encode())
    await bo.wait_for("synced")
    # What follows on stdin are commands.
    own = await bo.add("over stdin")
    await bo.wait_for("acknowledged", id=own)


async def test_an_honest_peer_gets_in_while_somebody_guesses(run: Programs) -> None:
    host = await run.host()
    line = str((await host.wait_for("ready"))["invite"])
    invite = Invite.parse(line)
    (address,) = invite.addresses
    url = f"wss://{address}/session/{invite.session}"
    answers: list[dict[str, Any]] = []

    async def guess() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        wrong = base64.b64encode(b"w" * 32).decode()
        fields = {"proof": wrong, "peerId": "01EVE", "name": "eve", "clientId": 7, "version": 1}
        auth = {"type": "auth", "token": invite.token, "format": "json", **fields}
        while True:
            async with connect(url, ssl=context, proxy=None) as connection:
                await connection.send(json.dumps(auth).encode())
                answers.append(json.loads(await connection.recv()))

    async with asyncio.TaskGroup() as group:
        guessing = [group.create_task(guess()) for _ in range(20)]
        while len(answers) < 30:  # well beyond those that are answered at once  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        bo = await join(run, line, "bo", "--transport", "websocket")  # from the same address
        await bo.wait_for("synced")
        for task in guessing:
            task.cancel()
    assert {answer["code"] for answer in answers} == {"wrong-secret"}
    own = await bo.add("in spite of that")
    await bo.wait_for("acknowledged", id=own)
