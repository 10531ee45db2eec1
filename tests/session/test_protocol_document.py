"""docs/protocol.md says what the code does: the tables of messages and codes are compared."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from chatter_tui.authority import REASONS, SENTENCES, Limits, RejectCode, ViolationCode
from chatter_tui.session.admission import REFUSALS
from chatter_tui.session.deciding import CODES
from chatter_tui.session.limits import (
    MAX_MEMBERS,
    MAX_PEERS,
    OTHER_BURST,
    OTHER_RATE,
    UPDATE_BURST,
    UPDATE_RATE,
)
from chatter_tui.session.messages import MESSAGES, Side
from chatter_tui.session.wire import wire_name

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()


def table_after(heading: str) -> list[list[str]]:
    """The rows of the first table after some text, without its header."""
    rest = DOCUMENT[DOCUMENT.index(heading) :]
    rows = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    assert rows
    return [
        [cell.strip() for cell in line.strip("|\n").split("|")] for line in rows[0].splitlines()[2:]
    ]


def test_every_message_and_every_field_is_documented() -> None:
    documented = {}
    for kind, sender, fields, _ in table_after("<!-- messages"):
        names = re.findall(r"`(\w+)`(\??)", fields)
        documented[kind.strip("`")] = (sender, {name: bool(optional) for name, optional in names})
    actual = {}
    for name, cls in MESSAGES.items():
        sender = "both" if frozenset(Side) == cls.SENDERS else next(iter(cls.SENDERS)).value
        fields_of = {
            wire_name(field.name): field.default is not dataclasses.MISSING
            for field in dataclasses.fields(cls)
        }
        actual[name] = (sender, fields_of)
    assert documented == actual


def test_every_reject_code_stands_there_with_its_sentence() -> None:
    documented = {row[0].strip("`"): row[1] for row in table_after("<!-- reject codes")}
    assert documented == {code.value: sentence for code, sentence in REASONS.items()}
    assert documented.keys() == set(RejectCode)


def test_every_violation_stands_there_with_its_sentence() -> None:
    documented = {row[0].strip("`"): row[1] for row in table_after("<!-- violation codes")}
    assert documented == {code.value: sentence for code, sentence in SENTENCES.items()}
    assert documented.keys() == set(ViolationCode)


def test_every_code_of_an_answer_stands_there_with_its_meaning() -> None:
    documented = {row[0].strip("`"): row[1] for row in table_after("<!-- answer codes")}
    assert documented == dict(CODES)


def test_every_refusal_stands_there() -> None:
    documented = re.findall(
        r"`([\w-]+)`", " ".join(row[0] for row in table_after("| code of `auth_rejected`"))
    )
    assert set(documented) == set(REFUSALS)


def test_the_limits_are_those_of_the_code() -> None:
    most = Limits()
    assert dict(table_after("<!-- limits")) == {
        "the document": f"{most.blocks:,} blocks, {most.state // 2**20} MiB",
        "a session": f"{MAX_PEERS} peers at a time, {MAX_MEMBERS:,} who ever joined",
        "an update": f"{most.update // 1024} KiB, {most.structs:,} structs, {most.ranges:,} deleted"
        f" ranges, {most.touched} blocks changed",
        "a peer's updates": f"{UPDATE_BURST} at once and {UPDATE_RATE:.0f} a second after that",
        "its other messages": f"{OTHER_BURST} at once and {OTHER_RATE:.0f} a second after that",
    }
