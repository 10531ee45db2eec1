"""Disks that fail, and files that other programs write during a session."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from chatter_tui.blocks import make_anchor
from chatter_tui.markdown import Markdown
from chatter_tui.replica import Replica
from chatter_tui.storage.session_folder import SessionFolder
from tests.helpers.headless import Program, Programs, converged

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("suffix", [".crdt", ".db"])
async def test_a_client_with_damaged_files_asks_the_host_again(run: Programs, suffix: str) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    first = await bo.add("sent")
    await bo.wait_for("acknowledged", id=first)
    assert await bo.quit() == 0
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    bo.do("offline")
    await bo.wait_for("disconnected")
    unsent = await bo.add("not sent")
    await bo.kill()
    session = (await host.wait_for("ready"))["session"]
    (run.root / "bo" / ".chattermatter" / "sessions" / f"{session}{suffix}").write_bytes(
        b"damage" * 2000
    )
    bo = await run.join(host, "bo")
    assert "damaged" in (await bo.wait_for("error"))["message"]
    await bo.wait_for("synced")
    if suffix == ".crdt":
        await bo.wait_for("acknowledged", id=unsent)
    after = await bo.add("goes on")
    await bo.wait_for("acknowledged", id=after)
    expected = {first, after} | ({unsent} if suffix == ".crdt" else set())
    assert set(await converged(host, bo)) == expected
    folder = run.root / "bo"
    assert len(list((folder / ".chattermatter" / "sessions").glob("*.damaged-1"))) == 1
    if suffix == ".crdt":
        assert [path.name for path in folder.glob("*.md")] == ["plan.md"]


async def test_a_host_with_a_damaged_session_says_so_and_touches_nothing(run: Programs) -> None:
    host = await run.host()
    kept = await host.add("kept")
    await host.wait_for("acknowledged", id=kept)
    assert await host.quit() == 0
    session = (await host.wait_for("ready"))["session"]
    path = run.root / "host" / ".chattermatter" / "sessions" / f"{session}.crdt"
    path.write_bytes(b"damage")
    again = await run.resume("host")
    assert "damaged" in (await again.wait_for("ended"))["reason"]
    assert await again.ended() == 1
    assert path.read_bytes() == b"damage"
    assert again.stderr == b""
    anew = await run.host()
    await anew.wait_for("synced", blocks=1)


async def test_a_full_disk_is_told_and_made_up_for(run: Programs, tmp_path: Path) -> None:
    host = await mounted(
        run, "host", "size=1m", "host plan.md --headless --listen 127.0.0.1:0 --name ana"
    )
    ready = await host.wait_for("ready")
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    seen = Path(f"/proc/{host.process.pid}/root{run.folder('host')}")
    before = await bo.add("before")
    await bo.wait_for("acknowledged", id=before)
    filler = seen / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 512)
    for number in range(30):
        bo.do("add", block={"id": f"full-{number}", "content": "x" * 4000})
    await bo.wait_for("acknowledged", id="full-29")
    assert "full" in (await host.wait_for("error"))["message"]
    status = await host.ask("status")
    assert status["saved"] is False
    assert "full" in status["problem"]
    assert status["saved_at"] < time.time()
    filler.unlink()
    await host.wait_for("saved")
    after = await bo.add("after")
    await bo.wait_for("acknowledged", id=after)
    await converged(host, bo)
    # SQLite takes no path through another mount namespace.
    copy = tmp_path / "copy"
    ignored = shutil.ignore_patterns("*-shm")
    shutil.copytree(seen / ".chattermatter", copy / ".chattermatter", ignore=ignored)
    kept = SessionFolder(copy).session(ready["session"])
    state = kept.load().state
    expected = {before, after, *(f"full-{number}" for number in range(30))}
    assert Replica(0, state).blocks.keys() == expected
    added = {row.happened.block for row in kept.history() if row.happened.deed == "add"}
    kept.close()
    assert added == expected
    assert host.stderr == b""


async def test_a_client_in_a_read_only_folder_says_so_and_takes_part(run: Programs) -> None:
    host = await run.host()
    invite = (await host.wait_for("ready"))["invite"]
    bo = await mounted(run, "bo", "ro", f"join '{invite}' --headless --name bo")
    assert "Read-only" in (await bo.wait_for("error"))["message"]
    await bo.wait_for("synced")
    own = await bo.add("in memory only")
    await bo.wait_for("acknowledged", id=own)
    assert set(await converged(host, bo)) == {own}
    assert (await bo.ask("status"))["saved"] is False
    assert await bo.quit() == 0
    assert bo.stderr == b""


async def mounted(run: Programs, name: str, options: str, arguments: str) -> Program:
    """A process whose folder is a file system of its own."""
    folder = run.folder(name)
    script = (
        f"mount -t tmpfs tmpfs {folder} && cd {folder} && echo '# Plan' > plan.md &&"
        f" mount -o remount,{options} {folder} && cd {folder} &&"
        f" exec {sys.executable} -m chatter_tui {arguments}"
    )
    program = Program(
        await asyncio.create_subprocess_exec(
            "unshare",
            "-Urm",
            "sh",
            "-c",
            script,
            env={**os.environ, "XDG_DATA_HOME": str(run.root / "data")},
            limit=64 * 2**20,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    )
    run.running.append(program)
    try:
        await program.wait_for("ready")
    except AssertionError:
        pytest.skip(f"no tmpfs can be mounted here: {program.stderr.decode(errors='replace')}")
    return program


async def test_what_others_change_on_disk_goes_to_everybody(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    for id_ in ("edited", "deleted", "kept"):
        bo.do("add", block={"id": id_, "content": f"to be {id_}"})
        await bo.wait_for("acknowledged", id=id_)
    sidecar = run.root / "host" / "plan.md.chatter"
    await host.until_saved()
    document = run.root / "host" / "plan.md"
    text = "# Plan B\n\nWe deploy weekly.\n"
    document.write_text(text)
    await bo.wait_for("document", version=2)
    anchor = make_anchor(Markdown(text), text.index("We"), text.index(".\n"))
    bo.do("add", block={"id": "words", "content": "on words", "anchor": anchor})
    await bo.wait_for("acknowledged", id="words")
    document.write_text(text.replace("deploy", "deploy it"))
    followed = await bo.wait_for("block_changed", id="words")
    assert followed["block"]["anchor"]["exact"] == "We deploy it weekly"
    await host.until_saved()
    await change(run, "edit", "plan.md", "edited", "--content", "by an editor")
    await bo.wait_for("block_changed", id="edited")
    await change(run, "delete", "plan.md", "deleted")
    await bo.wait_for("block_deleted", id="deleted")
    arguments = ("add", "plan.md", "--content", "new", "--author", "ana", "--json")
    added = json.loads(await change(run, *arguments))
    await bo.wait_for("block_added", id=added["id"])
    blocks = await converged(host, bo)
    assert {id_: block["content"] for id_, block in blocks.items()} == {
        "edited": "by an editor",
        "kept": "to be kept",
        "words": "on words",
        added["id"]: "new",
    }
    await host.until_saved()
    with sidecar.open("a") as file:
        file.write('\n```chattermatter\n{"id": broken\n```\n')
    assert "plan.md.chatter, line" in (await host.wait_for("error"))["message"]
    sidecar.unlink()
    again = await bo.add("after the loss")
    await bo.wait_for("acknowledged", id=again)
    assert await bo.quit() == 0
    assert (run.root / "bo" / "plan.md").read_text() == document.read_text()
    assert await host.quit() == 0
    listed = await run.output("host", "list", "plan.md")
    assert {block["id"] for block in listed} == {*blocks, again}


async def test_a_document_that_is_removed_is_written_again(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    document = run.folder("host") / "plan.md"
    text = document.read_text()
    document.unlink()
    assert "has been restored" in (await host.wait_for("error"))["message"]
    assert document.read_text() == text
    document.write_text("")
    said = "plan.md is empty on disk; here is the text it had before"
    await host.wait_for("error", message=said)
    document.write_text(f"{text}\nMore.\n")
    await bo.wait_for("document", version=2)
    document.unlink()
    document.write_text("# A plan that was only replaced\n")
    await bo.wait_for("document", version=3)
    assert await host.quit() == 0
    assert document.read_text() == "# A plan that was only replaced\n"


async def test_writing_here_and_on_disk_at_the_same_time_loses_nothing(run: Programs) -> None:
    host = await run.host()
    await host.wait_for("synced")
    made: set[str] = set()
    for number in range(8):
        for part in range(10):
            host.do("add", block={"id": f"here-{number}-{part}", "content": "x"})
            made.add(f"here-{number}-{part}")
        arguments = ("add", "plan.md", "--content", "y", "--author", "ana", "--json")
        code, printed = await run.command("host", *arguments)
        if code == 0:  # else it saw that the file had changed, and wrote nothing
            made.add(json.loads(printed)["id"])
    await host.until_blocks(len(made))
    assert set(await host.blocks()) == made
    assert await host.quit() == 0
    listed = await run.output("host", "list", "plan.md")
    assert {block["id"] for block in listed} == made


async def change(run: Programs, *arguments: str) -> bytes:
    """Run a command on the host's files, again when a save of the host got in between."""
    for _ in range(20):
        code, printed = await run.command("host", *arguments)
        if code == 0:
            return printed
    raise AssertionError(arguments)
