"""The master's word is final, between real processes: races, forgeries, roles, offline batches."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.helpers.headless import Program, Programs, converged

pytestmark = pytest.mark.processes


async def assert_everybody_can_write(*all_: Program) -> None:
    for number, program in enumerate(all_):
        program.do("add", block={"id": f"final-{number}", "content": "still alive"})
        await program.wait_for("acknowledged", id=f"final-{number}")
    blocks = await converged(*all_)
    assert {f"final-{number}" for number in range(len(all_))} <= blocks.keys()


async def test_of_two_blocks_with_one_id_the_first_stands(run: Programs) -> None:
    host = await run.host()
    bo, cy = await run.join(host, "bo"), await run.join(host, "cy")
    for client in (bo, cy):
        await client.wait_for("synced")
    for client in (bo, cy):
        client.do("offline")
        await client.wait_for("disconnected")
        client.do("add", block={"id": "same", "content": f"by {client.process.pid}"})
        await client.wait_for("block_added", id="same")
    bo.do("online")
    await bo.wait_for("acknowledged", id="same")
    cy.do("online")
    rejected = await cy.wait_for("rejected", id="same")
    assert rejected["code"] == "reused-id"
    assert rejected["block"]["content"] == f"by {cy.process.pid}"
    blocks = await converged(host, bo, cy)
    assert blocks["same"]["content"] == f"by {bo.process.pid}"
    await assert_everybody_can_write(host, bo, cy)


async def test_an_offline_batch_is_judged_block_by_block(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    theirs = await host.add("the owner's")
    await bo.wait_for("block_added", id=theirs)
    bo.do("offline")
    await bo.wait_for("disconnected", retry_in=None)
    for number in range(6):
        author = "bo" if number % 2 else "ana"
        block = {"id": f"b{number}", "content": f"offline {number}", "author": author}
        bo.do("add", force=True, block=block)
    bo.do("edit", force=True, id=theirs, content="not yours")
    bo.do("resolve", id=theirs)
    assert (await bo.ask("status"))["pending"] == 8
    assert (await bo.blocks())[theirs]["content"] == "not yours"
    bo.do("online")
    for number in range(6):
        event = "acknowledged" if number % 2 else "rejected"
        await bo.wait_for(event, id=f"b{number}")
    assert (await bo.wait_for("rejected", id=theirs))["code"] == "not-yours"
    blocks = await converged(host, bo)
    assert set(blocks) == {theirs, "b1", "b3", "b5"}
    assert blocks[theirs]["content"] == "the owner's"
    assert blocks[theirs]["status"] == "resolved"
    await assert_everybody_can_write(host, bo)


async def test_a_viewer_becomes_a_reviewer_and_a_reviewer_is_removed(run: Programs) -> None:
    host = await run.host("# Plan\n", "--role", "viewer")
    bo, cy = await run.join(host, "bo"), await run.join(host, "cy")
    await cy.wait_for("synced")
    await bo.wait_for("synced")
    bo.do("add", force=True, block={"id": "first", "content": "too early"})
    assert (await bo.wait_for("rejected", id="first"))["code"] == "read-only"
    peer = (await bo.wait_for("ready"))["peer"]
    cy.do("role", peer=peer, role="owner", ref=1)
    assert "owner" in (await cy.wait_for("error", ref=1))["message"]
    host.do("role", peer=peer, role="captain", ref=1)
    await host.wait_for("error", ref=1)
    host.do("role", peer=peer, role="reviewer")
    for program in (host, bo, cy):
        await program.wait_for("role_changed", peer=peer, role="reviewer")
    bo.do("add", block={"id": "first", "content": "now"})  # the same id may be tried again
    await bo.wait_for("acknowledged", id="first")
    await converged(host, bo, cy)
    host.do("remove", peer=peer)
    assert "removed" in (await bo.wait_for("ended"))["reason"]
    assert await bo.ended() == 4
    await cy.wait_for("peer_left", peer=peer)


async def test_a_reply_that_races_the_deletion_of_its_parent_is_given_back(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    parent = await host.add("to be deleted")
    await bo.wait_for("block_added", id=parent)
    bo.do("offline")
    await bo.wait_for("disconnected")
    bo.do("add", block={"id": "late", "content": "a reply", "parent_id": parent})
    host.do("delete", id=parent)
    await host.wait_for("block_deleted", id=parent)
    bo.do("online")
    rejected = await bo.wait_for("rejected", id="late")
    assert rejected["code"] == "parent-missing"
    assert rejected["block"]["content"] == "a reply"
    assert await converged(host, bo) == {}
    await assert_everybody_can_write(host, bo)


async def test_four_hundred_random_commands_of_three_peers(run: Programs) -> None:
    rng = random.Random(20260714)
    host = await run.host()
    everybody = [host, await run.join(host, "bo"), await run.join(host, "cy")]
    names = ["ana", "bo", "cy"]
    for program in everybody[1:]:
        await program.wait_for("synced")
    made: list[str] = []
    for number in range(400):
        who = rng.randrange(3)
        program, roll = everybody[who], rng.random()
        if roll < 0.4 or not made:
            author = names[who] if rng.random() < 0.8 else rng.choice(names)
            block = {"id": f"r{number}", "content": f"text {number} 😀", "author": author}
            if made and rng.random() < 0.5:
                block["parent_id"] = rng.choice(made)
            made.append(f"r{number}")
            program.do("add", block=block, force=rng.random() < 0.7)
        elif roll < 0.65:
            text = f"edited {number} é" * rng.randrange(1, 5)
            program.do("edit", id=rng.choice(made), content=text, force=rng.random() < 0.5)
        elif roll < 0.85:
            program.do(rng.choice(["resolve", "reopen"]), id=rng.choice(made))
        elif roll < 0.95:
            program.do("delete", id=rng.choice(made), force=rng.random() < 0.5)
        elif program is not host:
            program.do(rng.choice(["offline", "online"]))
        if number % 20 == 0:
            await asyncio.gather(*(each.ask("status") for each in everybody))
    for program in everybody[1:]:
        program.do("online")
    await assert_everybody_can_write(*everybody)
    assert [await program.quit() for program in reversed(everybody)] == [0, 0, 0]
    assert not any(program.stderr for program in everybody)


async def test_a_burst_of_five_hundred_is_taken_and_the_calm_are_served_meanwhile(
    run: Programs,
) -> None:
    host = await run.host()
    bo, cy = await run.join(host, "bo"), await run.join(host, "cy")
    for client in (bo, cy):
        await client.wait_for("synced")
    for number in range(500):
        bo.do("add", block={"id": f"burst-{number}", "content": f"one of many, {number}"})
    await bo.wait_for("acknowledged", id="burst-0")
    cy.do("add", block={"id": "calm", "content": "only this"})
    await cy.wait_for("acknowledged", id="calm")
    await bo.wait_for("acknowledged", id="burst-499")
    assert len(await converged(host, bo, cy)) == 501
    assert not [event for event in bo.events if event["event"] == "rejected"]
