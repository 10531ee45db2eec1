"""Sessions that last: killed and resumed as real processes, nothing lost and nothing twice."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import stat
from pathlib import Path

import pytest

from chatter_tui.blocks import SourceFile
from tests.helpers.headless import TOLD_AT_ONCE, Program, Programs, converged

pytestmark = pytest.mark.processes

ROUNDS = int(os.environ.get("CHATTER_SOAK", "10"))


async def test_a_killed_host_resumes_and_clients_come_back_by_themselves(run: Programs) -> None:
    host = await run.host()
    ready = await host.wait_for("ready")
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    first = await bo.add("before")
    await bo.wait_for("acknowledged", id=first)
    await host.kill()
    await bo.wait_for("disconnected")
    bo.do("add", block={"id": "meanwhile", "content": "while the host was dead"})
    again = await run.resume("host")
    resumed = await again.wait_for("ready")
    assert {name: resumed[name] for name in ("session", "peer", "name", "role", "invite")} == {
        name: ready[name] for name in ("session", "peer", "name", "role", "invite")
    }
    await bo.wait_for("acknowledged", id="meanwhile")
    assert set(await converged(again, bo)) == {first, "meanwhile"}
    cy = await run.join(again, "cy")  # the same invite goes on to work
    await cy.wait_for("synced", blocks=2)
    assert {peer["name"] for peer in (await again.ask("peers"))["peers"]} == {"ana", "bo", "cy"}


async def test_roles_removals_and_used_invites_outlive_the_host(run: Programs) -> None:
    host = await run.host()
    bo, cy = [await run.join(host, name, *TOLD_AT_ONCE) for name in ("bo", "cy")]
    for client in (bo, cy):
        await client.wait_for("synced")
    host.do("role", peer=(await bo.wait_for("ready"))["peer"], role="viewer")
    await bo.wait_for("role_changed", role="viewer")
    host.do("remove", peer=(await cy.wait_for("ready"))["peer"])
    assert await cy.ended() == 4
    await host.kill()
    again = await run.resume("host")
    await again.wait_for("peer_joined", name="bo", role="viewer")
    bo.do("add", force=True, block={"id": "x", "content": "no"})
    assert (await bo.wait_for("rejected", id="x"))["code"] == "read-only"
    back = await run.resume("cy")
    assert "removed" in (await back.wait_for("ended"))["reason"]
    assert await back.ended() == 4


async def test_a_killed_client_resumes_with_what_it_had_not_sent(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    theirs = await host.add("by the host")
    await bo.wait_for("block_added", id=theirs)
    bo.do("offline")
    await bo.wait_for("disconnected")
    for number in range(5):
        await bo.add(f"offline {number}")
    bo.do("resolve", id=theirs)
    await bo.wait_for("block_changed", id=theirs)
    peer = (await bo.wait_for("ready"))["peer"]
    await bo.kill()
    await host.wait_for("peer_left", peer=peer)
    await host.add("while bo was dead")

    again = await run.resume("bo")
    ready = await again.wait_for("ready")
    assert (ready["peer"], ready["name"], ready["role"]) == (peer, "bo", "reviewer")
    await again.wait_for("block_added", id=theirs)  # shown before there is a link
    await again.wait_for("acknowledged", id=theirs)
    blocks = await converged(host, again)
    assert len(blocks) == 7
    assert blocks[theirs]["status"] == "resolved"


async def test_a_client_resumes_without_its_host_and_goes_on_writing(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    first = await host.add("by the host")
    await bo.wait_for("block_added", id=first)
    await bo.kill()
    await host.kill()
    bo = await run.resume("bo")
    assert set(await bo.blocks()) == {first}
    own = await bo.add("all alone")
    await bo.kill()
    bo = await run.resume("bo")
    assert set(await bo.blocks()) == {first, own}
    assert (await bo.ask("status"))["pending"] == 1
    host = await run.resume("host")
    await bo.wait_for("acknowledged", id=own)
    assert set(await converged(host, bo)) == {first, own}


async def test_joining_again_from_the_same_folder_goes_on_as_the_same_peer(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    own = await bo.add("mine")
    await bo.wait_for("acknowledged", id=own)
    second = await run.join(host, "bo")
    assert f"process {bo.process.pid}" in (await second.wait_for("ended"))["reason"]
    assert await second.ended() == 1
    assert await bo.quit() == 0
    again = await run.join(host, "bo")
    assert (await again.wait_for("ready"))["peer"] == (await bo.wait_for("ready"))["peer"]
    await again.wait_for("synced")
    again.do("edit", id=own, content="still mine")
    await again.wait_for("acknowledged", id=own)
    # And it stays one document, not one for each time.
    assert [path.name for path in (run.root / "bo").glob("*.md")] == ["plan.md"]


async def test_an_ended_session_can_be_resumed_too(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    first = await bo.add("one")
    await bo.wait_for("acknowledged", id=first)
    assert await host.quit() == 0
    assert await bo.ended() == 0
    (run.root / "host" / "plan.md").write_text("# Another plan\n")
    host = await run.resume("host")
    bo = await run.resume("bo")
    await bo.wait_for("synced", blocks=1)
    second = await bo.add("two")
    await bo.wait_for("acknowledged", id=second)
    assert set(await converged(host, bo)) == {first, second}
    assert await bo.quit() == 0
    assert await host.quit() == 0
    assert (run.root / "bo" / "plan.md").read_text() == "# Another plan\n"
    sidecars = [(run.root / name / "plan.md.chatter").read_bytes() for name in ("host", "bo")]
    assert sidecars[0] == sidecars[1]


async def test_one_host_for_a_document_and_a_killed_one_does_not_count(run: Programs) -> None:
    host = await run.host()
    await host.wait_for("ready")
    for arguments in (("host", "plan.md", "--listen", "127.0.0.1:0"), ("resume",)):
        second = await run.start("host", *arguments, "--headless")
        reason = (await second.wait_for("ended"))["reason"]
        assert f"process {host.process.pid} since" in reason
        assert await second.ended() == 1
    await host.kill()
    third = await run.host()
    await third.wait_for("ready")


async def test_sessions_are_listed_and_pruned(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    first = await bo.add("open")
    second = await bo.add("settled")
    bo.do("resolve", id=second)
    await converged(host, bo)
    session = (await host.wait_for("ready"))["session"]
    for name, role in (("host", "owner"), ("bo", "reviewer")):
        (row,) = await run.output(name, "sessions")
        assert row["session"] == session
        assert (row["document"], row["role"]) == ("plan.md", role)
        assert (row["open"], row["blocks"], row["pending"]) == (1, 2, 0)
    assert len(await run.output("host", "sessions", "--prune", "0")) == 1  # it is in use
    assert await bo.quit() == 0
    assert await host.quit() == 0
    assert len(await run.output("host", "sessions", "--prune", "1")) == 1
    host = await run.resume("host")
    await host.wait_for("synced")
    await host.add("cut off")
    await host.kill()  # its last comments may be in no file yet
    assert len(await run.output("host", "sessions", "--prune", "0")) == 1
    host = await run.resume("host")
    assert await host.quit() == 0
    assert await run.output("host", "sessions", "--prune", "0") == []
    gone = await run.resume("host")
    assert await gone.ended() == 3
    assert first in (run.root / "host" / "plan.md.chatter").read_text()


async def test_history_says_who_did_what(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    bo.do("add", block={"id": "one", "content": "a question"})
    await bo.wait_for("acknowledged", id="one")
    bo.do("edit", id="one", content="a better question")
    await host.wait_for("block_changed", id="one")
    host.do("resolve", id="one")
    await bo.wait_for("block_changed", id="one")
    host.do("reopen", id="one")
    await host.ask("status")  # answered after what was asked before
    bo.do("add", force=True, block={"id": "bad", "content": "x", "author": "ana"})
    await bo.wait_for("rejected", id="bad")
    host.do("role", peer=(await bo.wait_for("ready"))["peer"], role="moderator")
    host.do("delete", id="one")
    await bo.wait_for("block_deleted", id="one")
    await converged(host, bo)
    session = (await host.wait_for("ready"))["session"]
    asked = (await host.ask("history"))["entries"]
    assert asked == await run.output("host", "history", session)
    done = [
        (row["deed"], row["name"], row["block"], row["detail"])
        for row in await run.output("host", "history", session[:20])
    ]
    assert done == [
        ("join", "bo", "", ""),
        ("add", "bo", "one", "a question"),
        ("edit", "bo", "one", "a better question"),
        ("resolve", "ana", "one", "a better question"),
        ("reopen", "ana", "one", "a better question"),
        ("reject", "bo", "bad", "wrong-author"),
        ("role", "bo", "", "moderator"),
        ("delete", "ana", "one", "a better question"),
    ]
    seen = [row["deed"] for row in await run.output("bo", "history")]
    assert [deed for deed in seen if deed not in ("add", "reject")] == [
        deed for deed, *_ in done if deed not in ("join", "add", "reject")
    ]


async def test_what_is_kept_is_for_its_owner_only(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    for name in ("host", "bo"):
        kept = run.root / name / ".chattermatter"
        for path in (kept, *kept.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode & 0o077 == 0 or path.name == ".gitignore", path


@pytest.mark.timeout(60 + 15 * ROUNDS)
async def test_killed_again_and_again_nothing_acknowledged_is_lost(run: Programs) -> None:
    """Kill the host or a client at random moments of heavy writing, and compare with the answers."""
    rng = random.Random(os.environ.get("CHATTER_SEED", "20260714"))
    host = await run.host()
    names = ("bo", "cy")
    programs_: dict[str, Program] = {"host": host}
    for name in names:
        programs_[name] = await run.join(host, name)
        await programs_[name].wait_for("synced")
    shown: set[str] = set()  # ids whose author was shown them
    acknowledged: set[str] = set()
    for round_ in range(ROUNDS):
        victim = rng.choice(("host", "bo", "cy"))
        for number in range(rng.randrange(5, 60)):
            name = rng.choice(("host", *names))
            block = {"id": f"r{round_}-{number}", "content": f"round {round_} 😀 {number}"}
            programs_[name].do("add", block=block)
        await asyncio.sleep(rng.random() * 0.3)  # dying is what has no moment to wait for
        dead = programs_[victim]
        await dead.kill(signal.SIGKILL)
        collect(dead, shown, acknowledged)
        programs_[victim] = await run.resume(victim)
        await programs_[victim].wait_for("ready")
    for name, program in programs_.items():
        program.do("add", block={"id": f"final-{name}", "content": "alive"})
    for name, program in programs_.items():
        await program.wait_for("acknowledged", id=f"final-{name}", timeout=50)
    blocks = await converged(*programs_.values(), timeout=50)
    for program in programs_.values():
        collect(program, shown, acknowledged)
        assert not any(event["event"] in ("rejected", "error") for event in program.events), program
    assert acknowledged <= blocks.keys()
    assert shown <= blocks.keys()
    for id_, block in blocks.items():
        assert block["content"] in ("alive", "round {} 😀 {}".format(*id_[1:].split("-")[:2]))
    session = (await programs_["host"].wait_for("ready"))["session"]
    history = await run.output("host", "history", session)
    added = [row["block"] for row in history if row["deed"] == "add"]
    assert sorted(added) == sorted(blocks)  # each was taken once
    for program in programs_.values():
        assert program.stderr == b""
    for name in (*names, "host"):
        assert await programs_[name].quit() == 0
    for name in programs_:
        listed = await run.output(name, "list", "plan.md")
        assert {block["id"]: block for block in listed} == blocks


async def test_a_document_hosted_anew_has_what_a_killed_host_had_accepted(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    for number in range(20):
        bo.do("add", block={"id": f"b{number}", "content": "the last words"})
    await bo.wait_for("acknowledged", id="b19")
    await host.kill()  # sooner than the sidecar is written
    again = await run.host()
    await again.wait_for("synced", blocks=20)
    assert (await again.wait_for("ready"))["session"] != (await host.wait_for("ready"))["session"]


async def test_a_host_restored_from_an_older_copy_gets_back_what_clients_still_have(
    run: Programs, tmp_path: Path
) -> None:
    host = await run.host()
    bo, cy = [await run.join(host, name, *TOLD_AT_ONCE) for name in ("bo", "cy")]
    for client in (bo, cy):
        await client.wait_for("synced")
    old = await bo.add("before the copy")
    await bo.wait_for("acknowledged", id=old)
    await host.until_saved()
    await host.kill()
    shutil.copytree(run.folder("host"), tmp_path / "copy")
    host = await run.resume("host")
    for name in ("bo", "cy"):
        await host.wait_for("peer_joined", name=name)
    bo.do("edit", id=old, content="before the copy, and better")
    new = await bo.add("after the copy")
    await bo.wait_for("acknowledged", id=new)
    theirs = await host.add("the host's own, which is lost")
    others = await cy.add("of cy, who comes back later")
    await cy.wait_for("acknowledged", id=others)
    await converged(host, bo, cy)
    cy.do("offline")
    await cy.wait_for("disconnected", reason="you went offline")
    await host.kill()
    shutil.rmtree(run.folder("host"))
    shutil.copytree(tmp_path / "copy", run.root / "host")

    host = await run.resume("host")
    await bo.wait_for("block_deleted", id=theirs)
    blocks = await converged(host, bo)
    assert {id_: block["content"] for id_, block in blocks.items()} == {
        old: "before the copy, and better",
        new: "after the copy",
    }
    (told,) = [event["message"] for event in bo.events if event["event"] == "error"]
    assert "older backup" in told
    assert "2 blocks are sent again" in told
    lost = run.folder("bo") / "plan.md.chatter.lost-1"
    assert str(lost.name) in told
    assert {theirs, others} == {
        stored.block.id for stored in SourceFile.parse(lost.read_bytes()).blocks
    }
    cy.do("online")
    blocks = await converged(host, bo, cy)
    assert blocks.keys() == {old, new, others}
    told = (await cy.wait_for("error"))["message"]
    assert "your changes to 1 block are sent again" in told
    after = await bo.add("and on it goes")
    await bo.wait_for("acknowledged", id=after)
    await bo.kill()
    bo = await run.resume("bo")
    await bo.wait_for("synced", blocks=4)
    await host.until_saved()
    with (run.folder("host") / "plan.md.chatter").open("ab") as sidecar:
        sidecar.write(b"\n" + lost.read_bytes())  # which the owner may do
    await bo.wait_for("block_added", id=theirs)
    blocks = await converged(host, bo, cy)
    assert blocks.keys() == {old, new, others, after, theirs}
    assert blocks[theirs]["author"] == "ana"


def collect(program: Program, shown: set[str], acknowledged: set[str]) -> None:
    peer = next((event["peer"] for event in program.events if event["event"] == "ready"), None)
    for event in program.events:
        if event["event"] == "block_added" and event["peer"] == peer:
            shown.add(event["id"])
        elif event["event"] == "acknowledged":
            acknowledged.add(event["id"])
