"""docs/headless.md says what `--headless` does: its tables against the code, name by name."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from chatter_tui.authority import Role
from chatter_tui.blocks import Block
from chatter_tui.cli.lines import _COMMANDS, CommandError, decode, encode
from chatter_tui.controller import events as told
from chatter_tui.session.records import Happened
from chatter_tui.storage.session_store import HistoryEntry

DOCUMENT = (Path(__file__).parents[2] / "docs" / "headless.md").read_text()

VALUES = {
    "block": {"content": "text"},
    "anchor": None,
    "ttl": 60,
    "uses": 1,
    "typing": True,
    "hidden": True,
    "force": True,
    "confirmed": True,
}


def table(heading: str) -> dict[str, dict[str, bool]]:
    """Names, and their fields with whether they may be absent."""
    rest = DOCUMENT[DOCUMENT.index(f"<!-- {heading}") :]
    rows = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    assert rows
    found = {}
    for line in rows[0].splitlines()[2:]:
        name, fields, _ = (cell.strip() for cell in line.strip("|").split("|"))
        names = re.findall(r"`(\w+)`(\??)", fields)
        found[name.strip("`")] = {field: bool(optional) for field, optional in names}
    return found


COMMANDS, EVENTS = table("commands"), table("events")


def test_every_command_is_documented() -> None:
    assert set(COMMANDS) == set(_COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_takes_the_fields_it_is_documented_to_take(name: str) -> None:
    fields = {field: VALUES.get(field, "text") for field in COMMANDS[name]}
    if name == "presence":
        fields["block"] = "an id"
    whole = {"do": name, "ref": "mine", **fields}
    command = decode(whole)
    assert command.ref == "mine"
    for field, optional in COMMANDS[name].items():
        rest = {key: value for key, value in whole.items() if key != field}
        if optional:
            assert decode(rest) != command, field  # it made a difference
        else:
            with pytest.raises(CommandError, match=field):
                decode(rest)


BLOCK = Block.of({"id": "a", "type": "comment", "content": "text"})
PEER = told.Peer("p", "bo", Role.REVIEWER, following="q")
INVITE = told.InviteState("t", "chatter://", Role.VIEWER, 0.0)
STATUS = told.Status("s", "p", "bo", Role.OWNER, "plan.md", None, 0.1, 0, 1, 2, saved=True)
SAMPLES = (
    told.Ready("s", "p", "bo", Role.OWNER, "plan.md", "chatter://", "Bo"),
    told.Connected("webrtc"),
    told.Disconnected("gone", 1.0),
    told.Synced(1),
    told.BlockAdded("a", BLOCK, "p"),
    told.BlockChanged("a", BLOCK, "p"),
    told.BlockDeleted("a", BLOCK, "p"),
    told.Acknowledged("a", 1),
    told.Rejected("a", "forbidden", "no", BLOCK, 1),
    told.PeerJoined(PEER),
    told.PeerLeft(PEER),
    told.RoleChanged(PEER),
    told.PresenceChanged(PEER),
    told.DocumentChanged("plan.md", 1, "text"),
    told.SaveState(saved=True),
    told.Failed("no", 1),
    told.Ended("over"),
    told.BlocksAnswer(1, (BLOCK,)),
    told.PeersAnswer(1, (PEER,)),
    told.StatusAnswer(1, STATUS),
    told.HistoryAnswer(1, (HistoryEntry(0.0, Happened("join", "p", "bo")),)),
    told.InviteAnswer(1, INVITE),
    told.RevokeAnswer(1, "t"),
    told.InvitesAnswer(1, (INVITE,)),
)


def test_every_event_and_every_field_is_documented() -> None:
    assert {type(sample) for sample in SAMPLES} == set(get_args(told.Event))
    written = {}
    for sample in SAMPLES:
        event = json.loads(encode(sample))
        name = event.pop("event")
        written[name] = event
    assert {name: set(fields) for name, fields in written.items()} == {
        name: set(fields) for name, fields in EVENTS.items()
    }
    person = set(EVENTS["presence"]) | {"transport", "latency"}
    assert set(written["peers"]["peers"][0]) == person
    assert set(written["invites"]["invites"][0]) == set(EVENTS["invite"]) - {"ref"}


def test_fields_that_may_be_absent_are_absent_when_they_say_nothing() -> None:
    bare = (
        told.Ready("s", "p", "bo", Role.OWNER, "plan.md"),
        told.Acknowledged("a"),
        told.Rejected("a", "forbidden", "no", None),
        told.Failed("no"),
    )
    for sample in bare:
        event = json.loads(encode(sample))
        fields = EVENTS[event.pop("event")]
        assert set(event) == {name for name, optional in fields.items() if not optional}
