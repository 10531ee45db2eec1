"""The commands on files, as the shell runs them."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from chatter_tui.cli.app import run
from chatter_tui.cli.grammar import COMMANDS

DOCUMENT = "# Title\n\nThis paragraph introduces the idea.\n\nAgain the idea.\n"
ESCAPES = "\x1b[31m\x9b2J\u202eevil\u2066[bold]x[/bold]\x07\r"


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Shell = Callable[..., Ran]


@pytest.fixture
def shell(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.md").write_text(DOCUMENT)

    def call(*arguments: str) -> Ran:
        code = run(arguments)
        out, err = capfd.readouterr()
        assert "Traceback" not in err or "--debug" in arguments
        return Ran(code, out, err)

    return call


def fence(id_: str, **values: object) -> str:
    block = {"id": id_, "type": "comment", "content": f"text of {id_}", **values}
    return "```chattermatter\n" + json.dumps(block, indent=2) + "\n```\n"


def sidecar(*fences: str) -> None:
    Path("p.md.chatter").write_text("\n".join(fences))


def added(shell: Shell, *arguments: str) -> dict[str, Any]:
    ran = shell("add", "p.md", "--json", *arguments)
    assert ran.code == 0, ran.err
    block: dict[str, Any] = ran.json
    return block


# --- list -----------------------------------------------------------------------------------------


def test_an_empty_result_is_an_empty_array(shell: Shell) -> None:
    assert shell("list", "p.md", "--json") == (0, "[]\n", "")
    assert shell("list", "p.md", "--threads", "--json") == (0, "[]\n", "")


def test_list_shows_blocks_as_stored_in_display_order(shell: Shell) -> None:
    sidecar(
        fence("2", anchor={"type": "text", "exact": "Again"}, n=12345678901234567890),
        fence("r", parent_id="1"),
        fence("1", anchor={"type": "heading", "text": "Title"}, metadata={"x": 1.0}),
    )
    out = shell("list", "p.md", "--json").out
    assert [block["id"] for block in json.loads(out)] == ["1", "r", "2"]
    assert '"n": 12345678901234567890' in out
    assert '{"x": 1.0}' in " ".join(out.split()).replace("{ ", "{").replace(" }", "}")


def test_threads_say_where_they_are_on_disk(shell: Shell) -> None:
    Path("p.md").write_bytes(
        b"\xef\xbb\xbf" + (fence("0") + "\n" + DOCUMENT).replace("\n", "\r\n").encode()
    )
    sidecar(
        fence("1", anchor={"type": "text", "exact": "the idea.\n\nAgain"}),
        fence("r", parent_id="1"),
        fence("gone", anchor={"type": "text", "exact": "gone"}),
    )
    whole, one, gone = shell("list", "p.md", "--threads", "--json").json
    assert (whole["block"]["id"], whole["location"], whole["orphaned"], whole["replies"]) == (
        "0",
        None,
        False,
        [],
    )
    line = (
        Path("p.md").read_text("utf-8-sig").split("\n").index("This paragraph introduces the idea.")
        + 1
    )
    assert one["location"] == {
        "line": line,
        "column": 27,
        "end_line": line + 2,
        "end_column": 6,
        "via": "text",
    }
    assert [reply["block"]["id"] for reply in one["replies"]] == ["r"]
    assert (gone["location"], gone["orphaned"]) == (None, True)


def test_filters(shell: Shell) -> None:
    sidecar(
        fence("1", author="a", status="resolved"),
        fence("2", author="b", type="question", parent_id="1"),
        fence("3", author="b"),
    )
    for arguments, ids in {
        ("--author", "b"): ["3", "2"], ("--type", "question"): ["2"], ("--status", "resolved"): ["1"],
        ("--author", "b", "--type", "comment"): ["3"], ("--author", "nobody"): [],
    }.items():  # fmt: skip
        assert sorted(b["id"] for b in shell("list", "p.md", "--json", *arguments).json) == sorted(
            ids
        )
    for arguments, ids in {
        ("--author", "b"): ["1", "3"], ("--status", "open"): ["3"], ("--status", "resolved", "--type", "question"): ["1"],
    }.items():  # fmt: skip
        nodes = shell("list", "p.md", "--threads", "--json", *arguments).json
        assert [node["block"]["id"] for node in nodes] == ids


def test_a_thread_of_twenty_thousand_replies_is_listed(shell: Shell) -> None:
    sidecar(*(fence(str(n), parent_id=str(n - 1)) for n in range(20_000)))
    ran = shell("list", "p.md", "--threads", "--json")
    assert ran.out.count('"replies": [') == 20_000
    assert ran.out.endswith("]}" * 20_000 + "]\n")
    assert shell("list", "p.md").out.endswith("1 thread, 20000 comments\n")


def test_people_see_threads_with_resolved_ones_folded(shell: Shell) -> None:
    sidecar(
        fence(
            "1",
            author="alice",
            timestamp="2026-01-01T00:00:00Z",
            anchor={"type": "text", "exact": "introduces"},
        ),
        fence("2", parent_id="1", author="bob", content="reply\nsecond line"),
        fence("3", status="resolved"),
        fence("4", parent_id="3"),
        fence("5", anchor={"type": "text", "exact": "gone words"}),
        fence("6", type="suggestion", suggestion={"original": "old", "replacement": "new"}),
        fence(
            "7",
            anchor={
                "type": "text",
                "exact": "words there were",
                "fallback": {"type": "heading", "text": "Title"},
            },
        ),
    )
    out = shell("list", "p.md").out
    assert "p.md:1:3  “Title”  the text has changed since:  “words there were”" in out
    assert "p.md:3:16  “introduces”\n● comment · alice · 2026-01-01 · 1\n  text of 1\n" in out
    assert "  ● comment · bob · 2\n    reply\n    second line\n" in out
    assert "✓ comment · anonymous · 3 · resolved · 1 reply folded\n\n" in out
    assert "no longer in the document  “gone words”" in out
    assert "  - old\n  + new\n" in out
    assert out.endswith("5 threads, 7 comments\n")
    assert "text of 4" in shell("list", "p.md", "--threads").out


def test_what_others_wrote_does_not_act_on_the_terminal(shell: Shell) -> None:
    sidecar(
        fence(
            "1",
            author=ESCAPES,
            content=ESCAPES,
            type=ESCAPES,
            anchor={"type": "text", "exact": ESCAPES},
        ),
        fence(ESCAPES, suggestion={"original": ESCAPES, "replacement": ESCAPES}),
    )
    for arguments in (
        "list p.md",
        "check p.md",
        "list p.md --json",
        "list p.md --threads --json",
        "check p.md --json",
    ):
        out = shell(*arguments.split()).out
        assert not set(out) & set("\x1b\x9b\u202e\u2066\x07\r"), arguments
        assert "evil" in out or "check" in arguments
    assert ESCAPES in [block["content"] for block in shell("list", "p.md", "--json").json]
    assert "[bold]x[/bold]" in shell("list", "p.md").out
    ran = shell("list", f"{ESCAPES}.md")
    assert ran.code == 3
    assert not set(ran.err) & set("\x1b\x9b\u202e\u2066\x07\r")


def test_a_terminal_gets_colours_and_wrapped_lines_unless_asked_not_to(shell: Shell) -> None:
    sidecar(fence("1", content="word " * 60, author="[red]alice[/red]" + ESCAPES))
    command = f"{sys.executable} -m chatter_tui list p.md"
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "60"}
    environment.pop("NO_COLOR", None)

    def in_terminal(**more: str) -> str:
        done = subprocess.run(
            ["script", "-qec", command, "/dev/null"], capture_output=True, env={**environment, **more}, check=True,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return done.stdout.decode()

    coloured = in_terminal()
    assert "\x1b[1m" in coloured
    assert "[red]alice[/red]" in coloured
    assert "\x9b" not in coloured
    assert max(map(len, coloured.splitlines())) < 200
    assert coloured.count("\n  word word") > 1
    assert "\x1b" not in in_terminal(NO_COLOR="1")
    assert "\x1b" not in shell("list", "p.md").out


# --- check ----------------------------------------------------------------------------------------


def test_check_passes_a_sound_review(shell: Shell) -> None:
    sidecar(fence("1", status="resolved"))
    assert shell("check", "p.md", "--json") == (0, '{\n  "problems": []\n}\n', "")
    assert shell("check", "p.md", "--fail-on", "open").code == 0
    assert shell("check", "p.md").out == "0 errors, 0 warnings, 0 open threads\n"


def test_check_fails_on_errors_not_on_warnings(shell: Shell) -> None:
    sidecar(fence("1", type="odd", anchor={"type": "text", "exact": "gone"}))
    ran = shell("check", "p.md", "--json")
    assert ran.code == 0
    assert ran.json["problems"][0].keys() == {"code", "severity", "block", "line", "message"}
    assert [(p["code"], p["severity"], p["block"], p["line"]) for p in ran.json["problems"]] == [
        ("unknown-type", "warning", "1", 1), ("unresolved-anchor", "warning", "1", 1),
    ]  # fmt: skip
    sidecar("prose\n\n```chattermatter\nnonsense\n```\n")
    ran = shell("check", "p.md")
    assert ran.code == 1
    assert ran.out.startswith(
        "p.md.chatter:3: error: not a JSON object [malformed-json]\n1 error, 0 warnings"
    )


def test_check_can_fail_on_open_threads(shell: Shell) -> None:
    sidecar(fence("1"), fence("2", status="resolved"))
    assert shell("check", "p.md", "--fail-on", "open").code == 10
    assert shell("check", "p.md").code == 0
    sidecar(fence("1"), fence("1"))
    assert shell("check", "p.md", "--fail-on", "open", "--json").code == 1


# --- add ------------------------------------------------------------------------------------------


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


# --- edit, resolve, reopen, delete ----------------------------------------------------------------


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


def test_accepting_rejecting_and_taking_back(shell: Shell) -> None:
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


# --- faults ---------------------------------------------------------------------------------------


def test_each_fault_is_one_line(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("latin.md").write_bytes(b"ok\ncaf\xe9\n")
    Path("folder").mkdir()
    Path("loop.md").symlink_to("loop.md")
    Path("broken.md").write_text("text")
    Path("broken.md.chatter").mkdir()
    for name, code, message in (
        ("missing.md", 3, "there is no file missing.md"),
        ("folder", 1, "folder is a folder"),
        ("latin.md", 1, "latin.md is not UTF-8: byte 0xe9 on line 2"),
        ("loop.md", 1, "loop.md: "),
        ("broken.md", 1, "broken.md.chatter is a folder"),
        ("p.md/x", 1, "p.md/x: not a directory"),
        ("", 1, "is a folder"),
    ):
        for command in (
            ["list"],
            ["check", "--json"],
            ["strip"],
            ["add", "--content", "x"],
            ["resolve", "--json"],
        ):
            ran = shell(command[0], name, *(["1"] if command[0] == "resolve" else []), *command[1:])
            assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1), (command, ran)
            assert message in ran.err

    def denied(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied", "p.md")

    monkeypatch.setattr(Path, "read_bytes", denied)
    assert shell("list", "p.md") == (1, "", "chatter-tui: p.md: permission denied\n")


def test_debug_shows_where_wherever_it_stands(shell: Shell) -> None:
    for arguments in (["--debug", "list", "missing.md"], ["list", "missing.md", "--debug"]):
        ran = shell(*arguments)
        assert ran.code == 3
        assert "Traceback" in ran.err


def test_an_error_nobody_foresaw_is_one_line_too(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bytes:
        raise RuntimeError("surprise\n\x1b[31m")

    monkeypatch.setattr(Path, "read_bytes", fails)
    ran = shell("list", "p.md")
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert "internal error, RuntimeError: surprise ␛[31m (--debug shows where)" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["list"],
        ["list", "p.md", "--nonsense"],
        ["list", "p.md", "--status", "closed"],
        ["check", "p.md", "--fail-on", "x"],
        ["add", "p.md"],
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_two(shell: Shell, arguments: list[str]) -> None:
    ran = shell(*arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_help_lists_every_command_and_each_has_its_own(shell: Shell) -> None:
    listed = shell("--help").out
    for name, command in COMMANDS.items():
        assert name in listed
        if command.module in ("files", "changes"):
            assert "Usage: chatter-tui " + name in shell(name, "--help").out
    assert shell("--version").out.startswith("chatter-tui ")
    assert shell() == (2, listed, "")


# --- processes ------------------------------------------------------------------------------------


def test_list_imports_nothing_of_a_session(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text(DOCUMENT)
    code = "import sys; from chatter_tui.cli.app import run; code = run(['list', 'p.md', '--json']); print(sorted(sys.modules)); sys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    modules = done.stdout
    assert "'chatter_tui.blocks'" in modules
    for name in (
        "textual",
        "aiortc",
        "pycrdt",
        "websockets",
        "asyncio",
        "sqlite3",
        "rich",
    ):
        assert f"'{name}'" not in modules


def test_nobody_reading_on_is_no_fault_to_tell(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text(DOCUMENT)
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "chatter_tui", "list", "p.md", "--json"]
    done = subprocess.run(
        command, cwd=tmp_path, stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_the_shell_completes_ids_and_types(tmp_path: Path) -> None:
    (tmp_path / "p.md").write_text(DOCUMENT + "\n" + fence("abc") + "\n" + fence("xyz"))

    def completed(words: str) -> str:
        environment = {
            **os.environ, "_CHATTER_TUI_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": f"chatter-tui {words}",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "chatter_tui"],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    assert "abc" in completed("resolve p.md a")
    assert "xyz" not in completed("resolve p.md a")
    assert "text of xyz" in completed("delete p.md ")
    assert "question" in completed("list p.md --type q")
    assert "resolve" in completed("res")
    assert completed("resolve missing.md a").strip() in ("", "_arguments '*: :(())'", "_files")
