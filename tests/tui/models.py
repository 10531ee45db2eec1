"""Models of a session, made from events."""

from __future__ import annotations

from hypothesis import strategies as st

from chatter_tui.authority import Role
from chatter_tui.controller.events import BlockAdded, DocumentChanged, Event, Ready, Synced
from chatter_tui.tui.model.model import Model
from chatter_tui.tui.model.unread import MemoryReadMarks
from tests.tui.desk import BLOCKS, ME, NOW, TEXT

READY = Ready("01J", ME, "ana", Role("owner"), "plan.md")
DOCUMENT = DocumentChanged("plan.md", 1, TEXT)
IDS = st.sampled_from([f"0{letter}" for letter in "ABCDEFGH"])


def model(*events: Event, read: tuple[str, ...] = ()) -> Model:
    made = Model(MemoryReadMarks(read))
    made.apply([READY, DOCUMENT, *events], NOW)
    return made


def loaded() -> Model:
    return model(*(BlockAdded(b.id, b, "") for b in BLOCKS), Synced(len(BLOCKS)))
