"""`add` and the other commands that write files."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.shell import DOCUMENT, Shell, fence, sidecar


def added(shell: Shell, *arguments: str) -> dict[str, Any]:
    ran = shell("add", "p.md", "--json", *arguments)
    assert ran.code == 0, ran.err
    block: dict[str, Any] = ran.json
    return block


def last(block: dict[str, Any]) -> dict[str, Any]:
    """The last of the fallbacks of a block's anchor."""
    anchor: dict[str, Any] = block["anchor"]
    while "fallback" in anchor:
        anchor = anchor["fallback"]
    return anchor


def test_add_writes_a_sound_block_to_a_new_sidecar(shell: Shell) -> None:
    block = added(
        shell, "--content", "Stronger?", "--anchor", "the idea", "--line", "5", "--author", "alice"
    )
    assert (block["type"], block["author"], block["status"], block["spec_version"]) == (
        "comment",
        "alice",
        "open",
        "0.1",
    )
    assert list(block) == [
        "id",
        "type",
        "author",
        "timestamp",
        "anchor",
        "status",
        "content",
        "spec_version",
    ]
    assert len(block["id"]) == 26
    assert last(block) == {"type": "heading", "text": "Title", "level": 1}
    assert Path("p.md").read_text() == DOCUMENT
    assert Path("p.md.chatter").read_text().startswith("```chattermatter\n{\n")
    (node,) = shell("list", "p.md", "--threads", "--json").json
    assert (node["block"], node["location"]["line"], node["location"]["column"]) == (block, 5, 7)
    assert shell("check", "p.md").code == 0


def test_add_keeps_a_sidecar_byte_for_byte_and_follows_its_style(shell: Shell) -> None:
    before = b"notes  \r\n\r\n" + fence("1").replace("\n", "\r\n").encode()
    Path("p.md.chatter").write_bytes(before)
    added(shell, "--content", "x")
    after = Path("p.md.chatter").read_bytes()
    assert after.startswith(before)
    assert after.count(b"\n") == after.count(b"\r\n")


def test_add_inline_and_strip_are_opposites(shell: Shell) -> None:
    added(shell, "--content", "--> ``` x", "--inline")
    added(shell, "--content", "y", "--inline", "--anchor", "Again")
    assert not Path("p.md.chatter").exists()
    assert len(shell("list", "p.md", "--json").json) == 2
    assert shell("strip", "p.md").out == DOCUMENT
    assert shell("strip", "p.md", "-o", "out.md").code == 0
    assert Path("out.md").read_text() == DOCUMENT


def test_add_takes_the_first_of_several_places_and_says_so(shell: Shell) -> None:
    ran = shell("add", "p.md", "--content", "x", "--anchor", "the idea")
    assert ran.code == 0
    assert "occurs 2 times" in ran.err
    (node,) = shell("list", "p.md", "--threads", "--json").json
    assert node["location"]["line"] == 3


def test_add_a_suggestion_a_reply_and_a_reaction(shell: Shell) -> None:
    block = added(shell, "--content", "x", "--anchor", "introduces", "--replacement", "")
    assert block["type"] == "suggestion"
    assert block["suggestion"] == {"original": "introduces", "replacement": ""}
    reply = added(shell, "--content", "y", "--parent", block["id"], "--type", "question")
    assert (reply["parent_id"], reply["type"]) == (block["id"], "question")
    assert (
        added(shell, "--content", "👍", "--parent", reply["id"], "--type", "reaction")["content"]
        == "👍"
    )
    assert shell("check", "p.md").out.startswith("0 errors, 0 warnings")


def test_add_on_a_heading(shell: Shell) -> None:
    assert added(shell, "--content", "x", "--heading", "Title")["anchor"] == {
        "type": "heading",
        "text": "Title",
        "level": 1,
    }
    both = added(shell, "--content", "x", "--heading", "Title", "--anchor", "Again")
    assert last(both) == {"type": "heading", "text": "Title", "level": 1}


def test_content_from_stdin(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("é\r\nline\n".encode())))
    assert added(shell, "--content", "-")["content"] == "é\nline"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
    assert "not UTF-8" in shell("add", "p.md", "--content", "-").err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--anchor", "nowhere"], 1, "no text 'nowhere'"),
        (["--anchor", "the idea", "--line", "4"], 1, "not on line 4, but on 3, 5"),
        (["--heading", "nowhere"], 1, "no heading 'nowhere'"),
        (["--parent", "nobody"], 3, "no comment 'nobody'"),
        (["--type", "praise"], 2, "unknown type"),
        (["--type", "suggestion"], 2, "suggestion"),
        (["--type", "reaction"], 2, "reaction"),
        (["--line", "3"], 2, "--line goes with --anchor"),
        (["--replacement", "x"], 2, "--replacement goes with --anchor"),
        (["--anchor", ""], 2, "--anchor needs a text"),
        (["--content", ""], 2, "no usable content"),
        (["--content", "\udcff"], 2, "half a surrogate"),
        (["--line", "x", "--anchor", "Again"], 2, "--line"),
    ],
)
def test_add_refuses_what_does_not_resolve_or_is_no_block(
    shell: Shell, arguments: list[str], code: int, message: str
) -> None:
    ran = shell("add", "p.md", "--content", "x", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1
    assert not Path("p.md.chatter").exists()
    assert Path("p.md").read_text() == DOCUMENT


def test_changes_happen_where_the_block_stands_and_nowhere_else(shell: Shell) -> None:
    inline = DOCUMENT + "\n> " + fence("in", n=1.0).rstrip().replace("\n", "\n> ") + "\n"
    Path("p.md").write_text(inline)
    sidecar(fence("side"), "prose\n", fence("other"))
    before = Path("p.md.chatter").read_text()
    assert shell("resolve", "p.md", "in").out == "resolved in\n"
    assert shell("edit", "p.md", "si", "--content", "new").out == "edited side\n"
    assert Path("p.md").read_text() == inline.replace(
        '"n": 1.0\n', '"n": 1.0,\n>   "status": "resolved"\n'
    )
    assert Path("p.md.chatter").read_text() == before.replace("text of side", "new")
    assert shell("reopen", "p.md", "in", "--json").json["status"] == "open"
    assert shell("edit", "p.md", "in", "--content", "2", "--json").json["content"] == "2"


def test_what_is_so_already_writes_nothing(shell: Shell) -> None:
    sidecar(fence("1").replace("  ", " "))
    before = Path("p.md.chatter").stat()
    assert shell("reopen", "p.md", "1") == (0, "already open: 1\n", "")
    assert shell("edit", "p.md", "1", "--content", "text of 1").code == 0
    assert Path("p.md.chatter").stat().st_mtime_ns == before.st_mtime_ns


def test_accepting_rejecting_and_reverting(shell: Shell) -> None:
    Path("p.md").write_bytes(DOCUMENT.replace("\n", "\r\n").encode())
    before = Path("p.md").read_bytes()
    options = ("--anchor", "introduces", "--replacement", "presents", "--content", "Shorter.")
    made = added(shell, *options, "--author", "bo")
    ran = shell("accept", "p.md", made["id"][:12], "--author", "ana", "--json")
    assert (ran.code, ran.json["status"], ran.json["decision"]["by"]) == (0, "resolved", "ana")
    assert Path("p.md").read_bytes() == before.replace(b"introduces", b"presents")
    assert "accepted already by ana" in shell("reject", "p.md", made["id"]).err
    assert shell("revert", "p.md", made["id"], "--author", "bo").code == 1
    assert shell("revert", "p.md", made["id"], "--author", "ana").out == f"reopened {made['id']}\n"
    assert Path("p.md").read_bytes() == before
    assert shell("list", "p.md", "--json").json == [made]
    ran = shell("reject", "p.md", made["id"], "--author", "bo", "--content", "Never mind.")
    assert ran.out == f"withdrew {made['id']}\n"
    suggestion, reply = shell("list", "p.md", "--json").json
    assert suggestion["decision"]["outcome"] == "withdrawn"
    assert (reply["parent_id"], reply["content"]) == (made["id"], "Never mind.")
    assert shell("check", "p.md").code == 0


def test_accepting_a_suggestion_in_the_document_and_what_does_not_fit(shell: Shell) -> None:
    options = ("--anchor", "introduces", "--replacement", "presents", "--content", "x")
    first = added(shell, *options, "--inline")
    rival = added(shell, "--anchor", "paragraph introduces", "--replacement", "y")
    assert rival["content"] == "Replace “paragraph introduces” with “y”."
    assert "nothing to add without --content" in shell("add", "p.md").err
    ran = shell("accept", "p.md", first["id"])
    assert (ran.code, Path("p.md").read_text().count("presents")) == (1, 1)
    assert "check and confirm (see --anyway)" in ran.err
    assert shell("accept", "p.md", first["id"], "--anyway").code == 0
    assert shell("strip", "p.md").out == DOCUMENT.replace("introduces", "presents")
    assert "no longer there" in shell("accept", "p.md", rival["id"], "--anyway").err
    assert shell("check", "p.md").code == 0


def test_delete_takes_the_replies_along_in_both_files(shell: Shell) -> None:
    Path("p.md").write_text(DOCUMENT + "\n" + fence("r", parent_id="1"))
    sidecar(fence("1"), fence("2"), fence("rr", parent_id="r"))
    assert shell("delete", "p.md", "1").out == "deleted 1 and its 2 replies\n"
    assert Path("p.md").read_text() == DOCUMENT
    assert Path("p.md.chatter").read_text() == fence("2")
    assert [block["id"] for block in shell("delete", "p.md", "2", "--json").json] == ["2"]
    assert Path("p.md.chatter").read_text() == ""


def test_a_deleted_block_leaves_no_duplicate_behind(shell: Shell) -> None:
    Path("p.md").write_text(DOCUMENT + "\n" + fence("1"))
    sidecar(fence("1"), fence("1"))
    assert shell("delete", "p.md", "1").code == 0
    assert shell("list", "p.md", "--json").json == []


def test_beginnings_of_ids_must_be_unique(shell: Shell) -> None:
    sidecar(fence("abc"), fence("abd"), fence("ab"))
    assert shell("resolve", "p.md", "abc").code == 0
    assert shell("resolve", "p.md", "ab").code == 0
    ran = shell("resolve", "p.md", "a")
    assert (ran.code, ran.out) == (2, "")
    assert "is a prefix of more than one id: abc, abd, ab" in ran.err
    assert shell("resolve", "p.md", "x").code == 3
    assert shell("resolve", "p.md", "").code == 3


def test_an_edit_that_breaks_a_block_is_refused(shell: Shell) -> None:
    sidecar(fence("1"), fence("2", type="reaction", content="+1", parent_id="1"))
    assert shell("edit", "p.md", "2", "--content", "nonsense").code == 2
    assert shell("edit", "p.md", "1", "--content", "").code == 2


def test_resolving_a_reply_says_that_it_is_one(shell: Shell) -> None:
    sidecar(fence("1"), fence("2", parent_id="1"))
    assert "reply" in shell("resolve", "p.md", "2").err


def test_a_sidecars_name_means_its_document(shell: Shell) -> None:
    sidecar(fence("1"))
    assert [block["id"] for block in shell("list", "p.md.chatter", "--json").json] == ["1"]


def test_a_change_made_meanwhile_is_not_overwritten(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    sidecar(fence("1"))
    fsync = os.fsync

    def meanwhile(descriptor: int) -> None:
        sidecar(fence("theirs"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    ran = shell("resolve", "p.md", "1")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "changed on disk" in ran.err
    assert Path("p.md.chatter").read_text() == fence("theirs")
