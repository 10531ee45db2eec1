"""Drafts and read marks on disk: back after a crash, never in the way, nothing thrown away."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from chatter_tui.storage.drafts import DraftFile
from chatter_tui.storage.kept_list import file_name
from chatter_tui.storage.read_marks import ReadMarksFile
from chatter_tui.tui.model.drafts import Draft, Kind
from chatter_tui.tui.model.kept_drafts import KeptDrafts, from_json, to_json

DRAFT = Draft("comment", "half a thou", anchor={"type": "text", "exact": "weekly"}, quote="weekly")


class Place:
    """One user of one document, and what they have been told."""

    def __init__(self, folder: Path, user: str = "ana") -> None:
        self.folder = folder
        self.user = user
        self.told: list[str] = []

    def drafts(self) -> KeptDrafts:
        drafts = KeptDrafts(DraftFile())
        drafts.open(self.folder, "plan.md", self.user, self.told.append)
        return drafts

    def marks(self) -> ReadMarksFile:
        marks = ReadMarksFile()
        marks.open(self.folder, "plan.md", self.user, self.told.append)
        return marks

    @property
    def file(self) -> Path:
        return self.folder / ".chattermatter" / "drafts" / file_name("plan.md", self.user)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_drafts_come_back(place: Place) -> None:
    first = place.drafts()
    reply = Draft("reply", "Yes", target="01A", problem="too late")
    first.put(DRAFT)
    first.put(reply)
    first.put(Draft("edit", "gone again", target="01B"))
    first.drop("edit:01B")
    first.close()
    assert list(place.drafts().all()) == [DRAFT, reply]
    assert not place.told


def test_each_user_has_drafts_of_their_own(place: Place) -> None:
    first = place.drafts()
    first.put(DRAFT)
    first.close()
    assert not tuple(Place(place.folder, "Ana").drafts().all())


def test_what_was_begun_before_the_place_was_known_is_kept_too(place: Place) -> None:
    first = place.drafts()
    first.put(DRAFT)
    first.close()
    second, early = KeptDrafts(DraftFile()), Draft("comment", "early")
    second.put(early)
    second.put(DRAFT.with_text("newer"))
    second.open(place.folder, "plan.md", "ana", place.told.append)
    second.close()
    assert {draft.text for draft in place.drafts().all()} == {"early", "newer"}


def test_nobody_else_reads_them(place: Place) -> None:
    first = place.drafts()
    first.put(DRAFT)
    first.close()
    assert place.file.stat().st_mode & 0o077 == 0
    assert place.file.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cannot be used"),
        (b"{", "cannot be used"),
        (b"\xff\xfe", "cannot be used"),
        (b"[]", "not a file of this program"),
        (b'{"version": 1}', "not a file of this program"),
        (b'{"version": 1, "drafts": [1]}', "not a file of this program"),
        (b'{"version": 2, "drafts": []}', "written by a newer version"),
        (b"[" * 100_000, "cannot be used"),
    ],
)
def test_a_bad_file_is_set_aside_and_said(place: Place, data: bytes, why: str) -> None:
    place.file.parent.mkdir(parents=True)
    for number in (1, 2):
        place.file.write_bytes(data)
        drafts = place.drafts()
        assert not tuple(drafts.all())
        assert why in place.told[-1]
        aside = place.file.with_name(f"{place.file.name}.aside-{number}")
        assert str(aside) in place.told[-1]
        assert aside.read_bytes() == data
        drafts.put(DRAFT)
        drafts.close()
    assert list(place.drafts().all()) == [DRAFT]


def test_a_draft_that_is_not_understood_stays_in_the_file(place: Place) -> None:
    place.file.parent.mkdir(parents=True)
    strange = {"kind": "poem", "text": "O"}
    place.file.write_text(json.dumps({"version": 1, "drafts": [strange]}))
    drafts = place.drafts()
    drafts.put(DRAFT)
    drafts.close()
    assert json.loads(place.file.read_text())["drafts"] == [strange, to_json(DRAFT)]
    assert not place.told


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said_once(place: Place) -> None:
    drafts = place.drafts()
    place.folder.chmod(0o500)
    try:
        drafts.put(DRAFT)
        drafts.put(DRAFT.with_text("more"))
        drafts.close()
    finally:
        place.folder.chmod(0o700)
    assert [text.startswith("drafts are not kept:") for text in place.told] == [True]
    assert drafts.get(DRAFT.key) == DRAFT.with_text("more")


def test_a_file_in_the_place_of_the_folder_is_said_once(place: Place) -> None:
    (place.folder / ".chattermatter").write_text("mine")
    drafts = place.drafts()
    drafts.put(DRAFT)
    drafts.put(DRAFT.with_text("more"))
    drafts.close()
    assert [text.startswith("drafts are not kept:") for text in place.told] == [True]
    assert drafts.get(DRAFT.key) == DRAFT.with_text("more")


def test_read_marks_come_back(place: Place) -> None:
    first = place.marks()
    first.save(["01A", "01B"], read=True)
    first.save(["01A", "01C"], read=False)
    first.close()
    assert list(place.marks().load()) == ["01B"]


def test_marks_that_change_nothing_write_nothing(place: Place) -> None:
    first = place.marks()
    first.save([], read=True)
    first.save(["01A"], read=False)
    first.close()
    assert not (place.folder / ".chattermatter").exists()


@given(st.text(max_size=400), st.text(max_size=400))
def test_a_file_name_is_plain_and_short(document: str, user: str) -> None:
    name = file_name(document, user)
    assert len(name) < 120
    assert name.isascii()
    assert "/" not in name
    assert not name.startswith(".")
    assert name != file_name(document, user + "x")


DRAFTS = st.builds(
    Draft,
    kind=st.sampled_from(get_args(Kind)),
    text=st.text(),
    type=st.sampled_from(["comment", "question", "suggestion"]),
    target=st.none() | st.text(min_size=1),
    anchor=st.none() | st.dictionaries(st.text(), st.text() | st.integers(), min_size=1),
    quote=st.text(),
    problem=st.text(),
    origin=st.text(),
)


@given(DRAFTS)
def test_a_draft_survives_json(draft: Draft) -> None:
    assert from_json(json.loads(json.dumps(to_json(draft)))) == draft


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "kind": JSON | st.sampled_from(get_args(Kind)),
            "text": JSON,
            "type": JSON,
            "target": JSON,
            "anchor": JSON,
            "quote": JSON,
        },
    )
)
def test_anything_is_a_draft_or_none(fields: dict[str, object]) -> None:
    draft = from_json(fields)
    assert draft is None or from_json(to_json(draft)) == draft
