"""A host and clients as real processes over real WebRTC on loopback."""

from __future__ import annotations

import asyncio
import json
import signal
import socket

import pytest

from tests.helpers.headless import Programs, converged

pytestmark = pytest.mark.processes


async def test_three_people_comment_reply_and_resolve(run: Programs) -> None:
    host = await run.host()
    bo, cy = await run.join(host, "bo"), await run.join(host, "cy")
    for client in (bo, cy):
        ready = await client.wait_for("ready")
        assert ready["role"] == "reviewer"
        # On a busy machine WebSocket may be first, and WebRTC takes over.
        await client.wait_for("connected", transport="webrtc")
        await client.wait_for("synced", blocks=0)
    await host.wait_for("peer_joined", name="bo")
    await host.wait_for("peer_joined", name="cy")

    question = await bo.add(
        "why weekly?", type="question", anchor={"type": "text", "exact": "weekly"}
    )
    await bo.wait_for("acknowledged", id=question)
    seen = await cy.wait_for("block_added", id=question)
    assert seen["block"]["author"] == "bo"
    assert seen["peer"] == (await bo.wait_for("ready"))["peer"]
    reply = await cy.add("because of the tests", parent_id=question)
    await host.wait_for("block_added", id=reply)
    host.do("resolve", id=question)
    await host.wait_for("acknowledged", id=question)
    changed = await bo.wait_for("block_changed", id=question)
    assert changed["block"]["status"] == "resolved"
    bo.do("edit", id=question, content="why every week?")
    await cy.wait_for("block_changed", id=question, peer=seen["peer"])
    host.do("reopen", id=question)
    blocks = await converged(host, bo, cy)
    assert blocks[question]["content"] == "why every week?"
    assert blocks[question]["status"] == "open"

    own = await cy.add("to be deleted")
    cy.do("delete", id=own)
    await bo.wait_for("block_deleted", id=own)
    await converged(host, bo, cy)

    assert [await program.quit() for program in (bo, cy, host)] == [0, 0, 0]
    sidecars = [(run.root / name / "plan.md.chatter").read_bytes() for name in ("host", "bo", "cy")]
    assert sidecars[0] == sidecars[1] == sidecars[2]
    assert b"why every week?" in sidecars[0]
    assert b"to be deleted" not in sidecars[0]
    assert (run.root / "bo" / "plan.md").read_text() == "# Plan\n\nWe deploy weekly.\n"
    for program in (host, bo, cy):
        assert program.stderr == b""


async def test_adds_at_the_same_time_all_arrive(run: Programs) -> None:
    host = await run.host()
    everybody = [host, await run.join(host, "bo"), await run.join(host, "cy")]
    for program in everybody[1:]:
        await program.wait_for("synced")
    for number in range(40):
        for program in everybody:
            program.do("add", block={"content": f"{number} of {program.process.pid}"})
    await asyncio.gather(*(program.until_blocks(120) for program in everybody))
    blocks = await converged(*everybody)
    assert len({block["content"] for block in blocks.values()}) == 120


async def test_a_forged_author_and_a_foreign_delete_are_rolled_back(run: Programs) -> None:
    host = await run.host()
    bo, cy = await run.join(host, "bo"), await run.join(host, "cy")
    await bo.wait_for("synced")
    mine = await cy.add("cy's own")
    await bo.wait_for("block_added", id=mine)
    bo.do("add", force=True, block={"id": "forged", "content": "by ana", "author": "ana"})
    rejected = await bo.wait_for("rejected", id="forged")
    assert rejected["code"] == "wrong-author"
    assert rejected["block"]["content"] == "by ana"
    await bo.wait_for("block_deleted", id="forged")
    bo.do("delete", force=True, id=mine)
    assert (await bo.wait_for("rejected", id=mine))["code"] == "not-yours"
    bo.do("delete", id=mine, ref="polite")
    refused = await bo.wait_for("error", ref="polite")
    assert "your own" in refused["message"]
    assert set(await converged(host, bo, cy)) == {mine}


async def test_a_viewer_reads_and_is_told_why_it_cannot_write(run: Programs) -> None:
    host = await run.host("# Plan\n", "--role", "viewer")
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    bo.do("add", block={"content": "no"}, ref=1)
    assert "only read" in (await bo.wait_for("error", ref=1))["message"]
    bo.do("add", block={"id": "x", "content": "no"}, force=True)
    assert (await bo.wait_for("rejected", id="x"))["code"] == "read-only"
    assert await host.blocks() == {}


async def test_presence_peers_and_status(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    bo.do("presence", section="Plan", typing=True)
    await host.wait_for("presence", name="bo", section="Plan", typing=True)
    host.do("presence", section="Plan")
    await bo.wait_for("presence", name="ana", section="Plan", typing=False)
    assert [peer["name"] for peer in (await bo.ask("peers"))["peers"]] == ["bo", "ana"]
    status = await bo.ask("status")
    assert (status["role"], status["transport"], status["pending"]) == ("reviewer", "webrtc", 0)
    await bo.quit()
    await host.wait_for("peer_left", name="bo")


async def test_what_is_written_before_the_connection_is_up_is_sent_in_order(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    bo.do("add", block={"id": "early", "content": "typed at once"})
    bo.do("quit")
    assert await bo.ended() == 0
    await host.wait_for("block_added", id="early")


async def test_one_who_leaves_waits_for_the_answer_to_what_was_written_last(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    host.process.send_signal(signal.SIGSTOP)
    bo.do("add", block={"id": "late", "content": "typed last"})
    bo.do("quit")
    await bo.wait_for("block_added", id="late")
    host.process.send_signal(signal.SIGCONT)
    assert await bo.ended() == 0
    await bo.wait_for("acknowledged", id="late")
    await host.wait_for("block_added", id="late")


async def test_the_host_ends_the_session_for_everybody(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    assert await host.quit() == 0
    assert (await bo.wait_for("ended"))["reason"] == "ana ended the session"
    assert await bo.ended() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_signals_end_a_session_cleanly(run: Programs, number: signal.Signals) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    kept = await bo.add("just before")
    bo.process.send_signal(number)
    assert await bo.ended() == 0
    await host.wait_for("peer_left", name="bo")
    host.process.send_signal(number)
    assert await host.ended() == 0
    assert kept in (run.root / "host" / "plan.md.chatter").read_text()


async def test_a_client_comes_back_by_itself_with_what_it_wrote_meanwhile(run: Programs) -> None:
    host = await run.host()
    bo, cy = await run.join(host, "bo"), await run.join(host, "cy")
    await bo.wait_for("synced")
    await cy.wait_for("synced")
    # A laptop that sleeps: the host notices within ten seconds, and bo when it wakes.
    bo.process.send_signal(signal.SIGSTOP)
    await host.wait_for("peer_left", name="bo", timeout=20)
    meanwhile = await cy.add("while bo slept")
    bo.do("add", block={"id": "slept", "content": "typed with the lid half open"})
    bo.process.send_signal(signal.SIGCONT)
    await bo.wait_for("disconnected")
    await bo.wait_for("acknowledged", id="slept")
    assert set(await converged(host, bo, cy)) == {meanwhile, "slept"}


async def test_a_large_review_arrives_within_seconds(run: Programs) -> None:
    folder = run.folder("host")
    lines = [f"Paragraph {number} says something of its own.\n" for number in range(5000)]
    (folder / "plan.md").write_text("# Plan\n\n" + "\n".join(lines))
    fences = (
        "```chattermatter\n"
        + json.dumps(
            {
                "id": f"b{number}",
                "type": "comment",
                "content": f"remark {number}",
                "author": "ana",
                "anchor": {"type": "text", "exact": f"Paragraph {number * 5} says"},
                "x-exact": 1.0,
            }
        )
        + "\n```\n"
        for number in range(1000)
    )
    sidecar = "\n".join(fences)
    (folder / "plan.md.chatter").write_text(sidecar)
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced", blocks=1000)
    blocks = await bo.blocks()
    assert len(blocks) == 1000
    assert await host.quit() == 0
    # Nothing was changed, so nothing is written: spelling, order and all.
    assert (folder / "plan.md.chatter").read_text() == sidecar
    await bo.ended()
    assert (run.root / "bo" / "plan.md").read_text() == (folder / "plan.md").read_text()


async def test_a_session_larger_than_a_message_takes_another_one_in(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo", "--transport", "websocket")
    await bo.wait_for("synced")
    for number in range(300):
        bo.do("add", block={"id": f"large-{number}", "content": f"{number} " + "word " * 12_400})
    await bo.wait_for("acknowledged", id="large-299", timeout=50)
    cy = await run.join(host, "cy", "--transport", "websocket")
    await cy.wait_for("synced", blocks=300)
    assert host.process.returncode is None


async def test_a_document_too_large_to_share_is_said_so(run: Programs) -> None:
    host = await run.host("word " * 2_000_000)
    assert await host.ended() == 1
    assert "too large to share" in host.events[-1]["reason"]


async def test_malformed_blocks_stay_in_their_file_and_the_rest_is_shared(run: Programs) -> None:
    folder = run.folder("host")
    sidecar = (
        "Some prose.\r\n\r\n```chattermatter\r\n{not json}\r\n```\r\n\r\n"
        '```chattermatter\r\n{"id":"ok","type":"comment","content":"fine","x":  1.50}\r\n```\r\n'
    )
    (folder / "plan.md.chatter").write_bytes(sidecar.encode())
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced", blocks=1)
    new = await bo.add("another")
    await host.wait_for("block_added", id=new)
    assert await host.quit() == 0
    after = (folder / "plan.md.chatter").read_bytes().decode()
    assert after.startswith(sidecar)
    assert new in after


async def test_a_different_document_of_the_same_name_is_left_alone(run: Programs) -> None:
    (run.folder("bo") / "plan.md").write_text("bo's own plan\n")
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    added = await bo.add("a comment")
    await host.wait_for("block_added", id=added)
    assert await bo.quit() == 0
    assert (run.root / "bo" / "plan.md").read_text() == "bo's own plan\n"
    assert not (run.root / "bo" / "plan.md.chatter").exists()
    copies = sorted(path.name for path in (run.root / "bo").glob("plan.*.md*"))
    assert len(copies) == 2
    assert copies[1] == copies[0] + ".chatter"


# -- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prepare", "code", "says"),
    [
        (lambda path: None, 3, "there is no file"),
        (lambda path: path.mkdir(), 1, "is a folder"),
        (lambda path: path.write_bytes(b"\xff\xfe"), 1, "UTF-8"),
    ],
)
async def test_a_document_that_cannot_be_read(
    run: Programs, prepare: object, code: int, says: str
) -> None:
    path = run.folder("host") / "bad.md"
    prepare(path)  # type: ignore[operator]
    host = await run.start("host", "host", "bad.md", "--headless", "--listen", "127.0.0.1:0")
    assert await host.ended() == code
    (line,) = host.stderr.decode().splitlines()
    assert says in line


async def test_a_port_that_was_asked_for_and_is_taken(run: Programs) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (run.folder("host") / "plan.md").write_text("# Plan\n")
        host = await run.start(
            "host", "host", "plan.md", "--headless", "--listen", f"127.0.0.1:{port}"
        )
        assert await host.ended() == 1
        assert str(port) in host.events[-1]["reason"]


@pytest.mark.parametrize(
    ("invite", "code", "says"),
    [
        ("nonsense", 2, "chatter://"),
        ("chatter://127.0.0.1:1/01JZZZZZZZZZZZZZZZZZZZZZZZ", 2, "copy the whole line"),
        ("chatter://127.0.0.1:99999/01JZZZZZZZZZZZZZZZZZZZZZZZ#aaaaaaaa." + "b" * 22, 2, "PORT"),
        ("chatter://127.0.0.1:1/short#aaaaaaaa." + "b" * 22, 2, "session id"),
        ("", 2, "an invite is needed"),
    ],
)
async def test_an_invite_that_is_none(run: Programs, invite: str, code: int, says: str) -> None:
    client = await run.start("bo", "join", invite, "--headless")
    assert await client.ended() == code
    (line,) = client.stderr.decode().splitlines()
    assert says in line


async def test_an_invite_with_a_wrong_secret_opens_nothing(run: Programs) -> None:
    host = await run.host()
    invite = (await host.wait_for("ready"))["invite"]
    forged = invite[:-22] + ("A" * 22 if not invite.endswith("A" * 22) else "B" * 22)
    client = await run.start("eve", "join", forged, "--headless", "--transport", "websocket")
    assert await client.ended(30) == 4
    assert "wrong" in client.events[-1]["reason"]
    assert not (run.root / "eve" / "plan.md").exists()


async def test_lines_that_are_no_commands_are_answered_and_the_session_goes_on(
    run: Programs,
) -> None:
    host = await run.host()
    await host.wait_for("synced")
    for line in (b"garbage\n", b"[]\n", b'{"do": 5}\n', b'{"do": "fly", "ref": 3}\n', b"\xff\n"):
        host.write(line)
    host.write(b'{"do": "add", "block": {"content": 5}, "ref": 4}\n')
    host.write(b'{"do": "add", "block": {"type": "reaction", "content": "x"}, "ref": 5}\n')
    host.write(b'{"do": "edit", "id": "nope", "content": "x", "ref": 6}\n')
    host.write(b"[" * 200_000 + b"\n")
    for ref in (3, 4, 5, 6):
        await host.wait_for("error", ref=ref)
    host.do("add", block={"id": "still-here", "content": "text"})
    await host.wait_for("acknowledged", id="still-here")
    host.hang_up()  # nobody reads any more, though there is nothing to tell
    assert await host.ended() == 0
    assert host.stderr == b""


async def test_garbage_on_the_port_disturbs_nobody(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo")
    await bo.wait_for("synced")
    port = int((await host.wait_for("ready"))["invite"].split("/")[2].rsplit(":", 1)[1])
    for data in (b"\x00" * 5000, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01" + b"\xff" * 300, b""):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(data)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 20)
        writer.close()
    added = await bo.add("undisturbed")
    await host.wait_for("block_added", id=added)
    assert await host.quit() == 0
    assert host.stderr == b""


async def test_the_host_sees_how_everybody_is_linked(run: Programs) -> None:
    host = await run.host()
    bo = await run.join(host, "bo", "--transport", "websocket")
    cy = await run.join(host, "cy", "--transport", "webrtc")
    for program in (bo, cy):
        await program.wait_for("synced")
    async with asyncio.timeout(25):
        while True:
            peers = {peer["name"]: peer for peer in (await host.ask("peers"))["peers"]}
            if all(peers[name]["latency"] is not None for name in ("bo", "cy")):
                break
            await asyncio.sleep(0.2)  # the master asks every three seconds
    assert [peers[name]["transport"] for name in ("ana", "bo", "cy")] == [
        None,
        "websocket",
        "webrtc",
    ]
    assert all(0 <= peers[name]["latency"] < 5 for name in ("bo", "cy"))
    own = {peer["name"]: peer["transport"] for peer in (await bo.ask("peers"))["peers"]}
    assert own == {"ana": None, "bo": "websocket", "cy": None}
