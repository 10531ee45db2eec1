"""Suggestions accepted and rejected between real processes, down to the bytes on everybody's disk."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest

from chatter_tui.storage.session_folder import SessionFolder
from tests.helpers.headless import TOLD_AT_ONCE, Program, Programs, converged
from tests.helpers.people import until_written

pytestmark = pytest.mark.processes

INLINE = '<!--chattermatter {"id": "inline", "type": "comment", "content": "kept"} -->'
PLAN = f"\ufeff# Plan\r\n\r\nWe deploy weekly, {INLINE} on Tuesdays.\r\nAnd never on Fridays.\r\n"


def documents(run: Programs, *names: str) -> list[Path]:
    return [run.root / name / "plan.md" for name in names]


async def hosted(run: Programs, *names: str, options: Iterable[str] = ()) -> tuple[Program, ...]:
    """A host of PLAN, and moderators."""
    (run.folder("host") / "plan.md").write_bytes(PLAN.encode())
    host = await run.host()
    guests = []
    for name in names:
        guest = await run.join(host, name, *options)
        await guest.wait_for("synced")
        peer = (await guest.wait_for("ready"))["peer"]
        host.do("role", peer=peer, role="moderator")
        await guest.wait_for("role_changed", peer=peer, role="moderator")
        guests.append(guest)
    return host, *guests


async def suggest(program: Program, original: str, replacement: str) -> str:
    id_ = await program.add(
        f"not {original}",
        type="suggestion",
        anchor={"type": "text", "exact": original},
        suggestion={"original": original, "replacement": replacement},
    )
    await program.wait_for("acknowledged", id=id_)
    return id_


async def until_version(program: Program, version: int) -> None:
    await program.wait_for("document", version=version)


async def test_accepted_rejected_and_reverted(run: Programs) -> None:
    host, bo, cy = await hosted(run, "bo", "cy")
    daily = await suggest(cy, "weekly", "every day\nand night")
    mondays = await suggest(bo, "on Tuesdays", "on Mondays")
    await host.until_blocks(3)
    bo.do("accept", id=daily, text="every day\nand night")
    await bo.wait_for("block_changed", id=daily)
    expected = PLAN.replace("weekly", "every day\r\nand night")
    await until_version(cy, 2)
    blocks = await converged(host, bo, cy)
    assert blocks[daily]["status"] == "resolved"
    assert blocks[daily]["decision"]["outcome"] == "accepted"
    assert blocks[daily]["decision"]["by"] == "bo"
    await until_written(expected, *documents(run, "host", "bo", "cy"))

    cy.do("reject", id=mondays, content="Tuesdays suit partners", ref=7)
    reply = await bo.wait_for(
        "block_added", peer=(await cy.wait_for("ready"))["peer"], id=await reply_to(cy, mondays)
    )
    assert reply["block"]["content"] == "Tuesdays suit partners"
    await bo.wait_for("block_changed", id=mondays)
    blocks = await converged(host, bo, cy)
    assert blocks[mondays]["decision"]["outcome"] == "rejected"

    host.do("accept", id=mondays)
    assert (await host.wait_for("rejected", id=mondays))["code"] == "decided"
    host.do("revert", id=daily)
    assert (await host.wait_for("rejected", id=daily))["code"] == "not-yours"
    bo.do("revert", id=daily)
    await until_version(cy, 3)
    await until_written(PLAN, *documents(run, "host", "bo", "cy"))
    blocks = await converged(host, bo, cy)
    assert "decision" not in blocks[daily]
    assert blocks[daily]["status"] == "open"
    assert [await program.quit() for program in (bo, cy, host)] == [0, 0, 0]


async def reply_to(program: Program, id_: str) -> str:
    async with asyncio.timeout(20):
        while True:
            for block in (await program.blocks()).values():
                if block.get("parent_id") == id_:
                    return str(block["id"])


async def test_of_two_at_once_on_one_text_one_gets_it(run: Programs) -> None:
    host, bo, cy = await hosted(run, "bo", "cy")
    first = await suggest(bo, "deploy weekly", "deploy daily")
    second = await suggest(cy, "weekly", "hourly")
    await converged(host, bo, cy)
    bo.do("accept", id=first)
    assert (await bo.wait_for("rejected", id=first))["code"] == "overlaps"
    bo.do("accept", id=first, confirmed=True)
    cy.do("accept", id=second, confirmed=True)
    await until_version(bo, 2)
    await until_version(cy, 2)
    blocks = await converged(host, bo, cy)
    outcomes = {id_: blocks[id_].get("decision", {}).get("outcome") for id_ in (first, second)}
    assert list(outcomes.values()).count("accepted") == 1
    words = "deploy daily" if outcomes[first] else "deploy hourly"
    await until_written(PLAN.replace("deploy weekly", words), *documents(run, "host", "bo", "cy"))


async def test_a_reviewer_decides_only_on_own_ones_and_the_master_says_so_too(
    run: Programs,
) -> None:
    host, bo = await hosted(run, "bo")
    peer = (await bo.wait_for("ready"))["peer"]
    theirs, own = await suggest(host, "weekly", "daily"), await suggest(bo, "Plan", "Idea")
    await converged(host, bo)
    host.do("role", peer=peer, role="reviewer")
    await bo.wait_for("role_changed", peer=peer, role="reviewer")
    bo.do("accept", id=theirs, ref=1)
    refused = await bo.wait_for("error", ref=1)
    assert refused["message"] == "only the owner or a moderator may accept suggestions"
    bo.do("accept", id=theirs, force=True)
    assert (await bo.wait_for("rejected", id=theirs))["code"] == "not-allowed"
    bo.do("reject", id=own)
    await bo.wait_for("block_changed", id=own)
    blocks = await converged(host, bo)
    assert blocks[own]["decision"]["outcome"] == "withdrawn"
    assert documents(run, "host")[0].read_bytes() == PLAN.encode()


async def test_what_was_accepted_survives_kill_9_and_is_in_the_history(run: Programs) -> None:
    host, bo = await hosted(run, "bo", options=TOLD_AT_ONCE)
    session = (await host.wait_for("ready"))["session"]
    daily = await suggest(bo, "weekly", "daily")
    await converged(host, bo)
    bo.do("accept", id=daily)
    await bo.wait_for("block_changed", id=daily)
    await host.kill()  # whatever of it is answered by now, it is on disk
    again = await run.resume("host")
    await again.wait_for("synced")
    block = (await again.blocks())[daily]
    assert (block["status"], block["decision"]["by"]) == ("resolved", "bo")
    assert documents(run, "host")[0].read_bytes() == PLAN.replace("weekly", "daily").encode()
    async with asyncio.timeout(25), bo._news:
        await bo._news.wait_for(lambda: sum(e["event"] == "synced" for e in bo.events) == 2)
    await converged(again, bo)
    bo.do("revert", id=daily)
    await until_written(PLAN, *documents(run, "host", "bo"))
    assert await again.quit() == 0
    store = SessionFolder(run.root / "host").session(str(session))
    deeds = [
        (e.happened.deed, e.happened.name) for e in store.history() if "sugg" in e.happened.deed
    ]
    store.close()
    assert deeds == [("accept suggestion", "bo"), ("reopen suggestion", "bo")]


async def test_text_edited_by_hand_is_decided_on_as_it_is_by_then(run: Programs) -> None:
    host, bo = await hosted(run, "bo")
    daily, mondays = await suggest(bo, "weekly", "daily"), await suggest(bo, "Tuesdays", "Mondays")
    await converged(host, bo)
    path = run.root / "host" / "plan.md"
    edited = PLAN.replace("weekly", "hourly")
    path.write_bytes(edited.encode())
    bo.do("accept", id=daily)
    assert (await bo.wait_for("rejected", id=daily))["code"] == "stale"
    bo.do("accept", id=mondays)
    await until_written(edited.replace("Tuesdays", "Mondays"), *documents(run, "host", "bo"))
