"""`list` and `check`: what they say about files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cli.shell import DOCUMENT, ESCAPES, Shell, fence, sidecar


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
