"""`--headless` from both sides: every command and every event of docs/headless.md, and its agent."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_lines import COMMANDS, EVENTS
from tests.helpers.headless import Event, Program, Programs

pytestmark = pytest.mark.processes

ROOT = Path(__file__).resolve().parents[2]
PLAN = "# Plan\n\nWe deploy weekly, on Tuesdays.\n\n## Risks\n\nThe rota has gaps in August.\n"


class Counted:
    """A program of which it is known what it has been told to do."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.done: set[str] = set()

    async def do(self, name: str, event: str, **fields: object) -> Event:
        """Do something and wait for the event that answers it."""
        ref = f"{name} {len(self.done)} {fields}"
        self.done.add(name)
        self.program.do(name, ref=ref, **fields)
        return await self.program.wait_for(event, ref=ref)

    def tell(self, name: str, **fields: object) -> None:
        """Do something that no event with a `ref` follows."""
        self.done.add(name)
        self.program.do(name, **fields)


def quote(text: str) -> dict[str, object]:
    return {"type": "text", "exact": text}


async def test_every_command_works_and_every_event_has_its_fields(run: Programs) -> None:
    host = Counted(await run.host(PLAN))
    bo_run = await run.join(host.program, "bo")
    bo = Counted(bo_run)
    await bo_run.wait_for("synced")
    peer = (await bo_run.wait_for("ready"))["peer"]

    # Blocks, from the one who may do least; each answer carries what it was asked with.
    added = await bo.do("add", "acknowledged", block={"content": "one", "type": "question"})
    id_ = added["id"]
    await bo.do("edit", "acknowledged", id=id_, content="two")
    await bo.do("resolve", "acknowledged", id=id_)
    await bo.do("resolve", "acknowledged", id=id_)  # it is so already
    await bo.do("reopen", "acknowledged", id=id_)
    await bo.do("react", "acknowledged", id=id_, content="agree")
    await bo.do("anchor", "acknowledged", id=id_, anchor=quote("weekly"))
    seen = await host.program.wait_for("block_changed", id=id_, peer=peer)
    assert seen["block"]["author"] == "bo"
    refused = await bo.do("add", "rejected", block={"content": "x", "author": "ana"}, force=True)
    assert refused["code"] == "wrong-author"
    assert refused["block"]["content"] == "x"
    mine = await bo.do("add", "acknowledged", block={"content": "to go"})
    await bo.do("delete", "acknowledged", id=mine["id"])
    await host.program.wait_for("block_deleted", id=mine["id"])

    # Suggestions, decided by the owner.
    for number, original in enumerate(("weekly", "August")):
        change = {"original": original, "replacement": original.upper()}
        made: dict[str, object] = {"id": f"s{number}", "type": "suggestion", "content": "louder"}
        made |= {"anchor": quote(original), "suggestion": change}
        await bo.do("add", "acknowledged", block=made)
        await host.program.wait_for("block_added", id=f"s{number}")
    await host.do("accept", "acknowledged", id="s0")
    await bo_run.wait_for("document", version=2)
    await host.do("revert", "acknowledged", id="s0")
    await bo_run.wait_for("document", version=3)
    await host.do("reject", "acknowledged", id="s1", content="too loud")

    # Questions.
    blocks = (await bo.do("blocks", "blocks"))["blocks"]
    assert {"s0", "s1", id_} <= {block["id"] for block in blocks}
    people = (await bo.do("peers", "peers"))["peers"]
    assert [person["name"] for person in people] == ["bo", "ana"]
    assert (await bo.do("status", "status"))["pending"] == 0
    entries = (await host.do("history", "history"))["entries"]
    assert {entry["name"] for entry in entries} == {"ana", "bo"}

    # People.
    await bo.do("add", "error", block={"content": "x", "parent_id": "nowhere"})
    bo.tell("presence", section="Risks", typing=True, following=people[1]["peer"])
    moved = await host.program.wait_for("presence", peer=peer, section="Risks", typing=True)
    assert moved["following"] == people[1]["peer"]
    host.tell("role", peer=peer, role="moderator")
    await bo_run.wait_for("role_changed", peer=peer, role="moderator")

    # The link.
    bo.tell("offline")
    await bo_run.wait_for("disconnected")
    await host.program.wait_for("peer_left", name="bo")
    bo_run.do("add", ref="later", block={"id": "later", "content": "offline"})
    bo.tell("online")
    await bo_run.wait_for("acknowledged", id="later", ref="later")

    # Invites, and parting.
    invite = await host.do("invite", "invite", role="viewer", ttl=60, uses=1, label="cy")
    await host.do("invites", "invites")
    await host.do("revoke", "revoke", token=invite["token"])
    host.tell("remove", peer=peer)
    await bo_run.wait_for("ended")
    host.done.add("quit")
    assert await host.program.quit() == 0

    assert bo.done | host.done == set(COMMANDS)
    seen_names = set()
    for event in host.program.events + bo_run.events:
        name = event["event"]
        seen_names.add(name)
        fields = EVENTS[name]
        given = set(event) - {"event"}
        assert {field for field, optional in fields.items() if not optional} <= given <= set(fields)
    assert seen_names | {"saved"} == set(EVENTS)


AGENT = ROOT / "docs" / "examples" / "agent.py"


async def started(run: Programs, host: Program, name: str) -> asyncio.subprocess.Process:
    """The example agent, as its documentation starts it."""
    folder = run.folder(name)
    env = {
        **{key: value for key, value in os.environ.items() if not key.startswith("CHATTER")},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "XDG_DATA_HOME": str(folder / "data"),
        "CHATTER_INVITE": (await host.wait_for("ready"))["invite"],
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(AGENT), "--name", name),
        cwd=folder,
        env=env,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_the_agent_answers_questions_once_and_leaves_with_the_session(run: Programs) -> None:
    host = await run.host(PLAN)
    before = await host.add("When do we deploy?", type="question")
    settled = await host.add("Who has gaps?", type="question", status="resolved")
    agent = await started(run, host, "helper")
    answer = await host.wait_for("block_added", id=(await answered(host, before))["id"])
    assert answer["block"]["content"] == "The document says: We deploy weekly, on Tuesdays."
    assert answer["block"]["type"] == "ai_feedback"
    await host.wait_for("presence", name="helper", block=before, typing=True)

    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    question = await bo.add("Which month has gaps in the rota?", type="question")
    assert "August" in (await answered(host, question))["content"]
    remark = await bo.add("A remark that is no question")
    called = await bo.add("@helper zebras?", parent_id=remark)
    assert "nothing about this" in (await answered(host, called))["content"]

    assert agent.pid
    agent.terminate()
    await agent.wait()
    again = await started(run, host, "helper2")  # another agent, which has not answered yet
    await host.wait_for("peer_joined", name="helper2")
    replies = [b for b in (await host.blocks()).values() if b.get("author") == "helper"]
    assert len(replies) == 3
    assert not [b for b in replies if b["parent_id"] in {settled, remark}]
    assert await host.quit() == 0
    assert await again.wait() == 0
    assert again.stderr
    assert b"ended: ana ended the session" in await again.stderr.read()


async def answered(host: Program, question: str) -> Event:
    """The reply to a block, once there is one."""
    async with asyncio.timeout(30):
        while True:
            news = host.news
            for block in (await host.blocks()).values():
                if block.get("parent_id") == question:
                    return block
            await host.more_news(news)


# -- `check --fail-on open` before a commit ---------------------------------------------------------


def test_a_commit_is_refused_while_threads_are_open(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "guide.md").read_text()
    hook = re.search(r"```sh\n(#!/bin/sh\n.*?)```", guide, re.DOTALL)
    assert hook
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{
            f"GIT_{who}_{what}": "x@y"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
    }

    def sh(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    assert sh("git", "init", "-q").returncode == 0
    path = tmp_path / ".git" / "hooks" / "pre-commit"
    path.write_text(hook[1])
    path.chmod(0o755)
    document = tmp_path / "a plan.md"
    document.write_text(PLAN)
    (tmp_path / "notes.md").write_text("# no comments\n")
    sh("git", "add", ".")
    assert sh("git", "commit", "-qm", "clean").returncode == 0

    added = sh(
        "chatter-tui", "add", "a plan.md", "--anchor", "weekly", "--content", "why?", "--json"
    )
    assert added.returncode == 0, added.stderr
    id_ = re.search(r'"id": ?"([^"]+)"', added.stdout)
    assert id_
    document.write_text(PLAN + "more\n")
    sh("git", "add", ".")
    refused = sh("git", "commit", "-qm", "open")
    assert refused.returncode != 0
    assert "a plan.md" in refused.stderr + refused.stdout
    assert sh("chatter-tui", "resolve", "a plan.md", id_[1]).returncode == 0
    sh("git", "add", ".")
    done = sh("git", "commit", "-qm", "settled")
    assert done.returncode == 0, done.stderr
