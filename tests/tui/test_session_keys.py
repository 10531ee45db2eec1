"""Keys about the session: the link, help and commands, history, log, copying, leaving."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chatter_tui.controller.commands import (
    SetOnline,
)
from chatter_tui.controller.events import Disconnected, SaveState, StatusAnswer
from chatter_tui.session.records import Happened
from chatter_tui.storage.session_store import HistoryEntry
from tests.tui.desk import BLOCKS, NOW, block
from tests.tui.driver import review


async def test_going_offline_and_online() -> None:
    async with review(role="reviewer", name="me") as driver:
        await driver.press(":")
        await driver.type("go offline")
        await driver.press("enter")
        await driver.wait(lambda: driver.has("offline 0:00"))
        assert not driver.has("retry")
        await driver.press("C", "x", "enter", ":")
        await driver.type("go online")
        await driver.press("enter")
        await driver.wait(lambda: driver.has("direct"))
        assert driver.desk.sent(SetOnline) == [SetOnline(online=False), SetOnline(online=True)]


async def test_a_host_has_no_link_to_drop() -> None:
    async with review() as driver:
        await driver.screen.action_run("session.offline")
        assert "runs here" in driver.toast
        assert not driver.desk.sent(SetOnline)


async def test_the_next_try_is_counted_down() -> None:
    now = [NOW]
    async with review(role="reviewer", name="me", app={"clock": lambda: now[0]}) as driver:
        driver.desk.online = False
        driver.desk.emit(Disconnected("no answer", 8.0))
        for passed, text in ((0, "offline 0:00 · retry 0:08"), (5, "offline 0:05 · retry 0:03")):
            now[0] = NOW + passed
            driver.screen.bars.update()
            await driver.wait(lambda text=text: driver.has(text))  # type: ignore[misc]
        now[0] = NOW + 9
        driver.screen.bars.update()
        await driver.wait(lambda: driver.has("offline 0:09 · trying…"))


async def test_help_is_searchable() -> None:
    async with review(size=(80, 24)) as driver:
        await driver.press("?")
        assert driver.has("Move")
        await driver.type("repaint")
        assert driver.has("Ctrl-L")
        assert not driver.has("Half a page")
        await driver.press("escape")
        assert driver.app.screen is driver.screen


async def test_the_current_row_of_help_says_what_others_cut_off() -> None:
    async with review(size=(60, 20)) as driver:

        def words() -> str:
            return " ".join(driver.text.replace("│", " ").split())

        await driver.press("?", *"the role")
        await driver.wait(lambda: "from viewer to reviewer to moderator" in words())
        assert "from moderator to reviewer to viewer" not in words()
        await driver.press("down")
        await driver.wait(lambda: "from moderator to reviewer to viewer" in words())
        assert "from viewer to reviewer to moderator" not in words()


async def test_palette_runs_commands_of_the_screen_and_of_the_document() -> None:
    async with review() as driver:
        await driver.press(":")
        await driver.type("markdown sou")
        await driver.press("enter")
        await driver.wait(lambda: driver.screen.document.raw)
        await driver.press("ctrl+p")
        await driver.type("mark all")
        await driver.press("enter")
        await driver.wait(lambda: not driver.screen.work.model.unread.ids)


async def test_history_says_who_did_what_and_goes_there() -> None:
    deeds = [
        Happened("join", "p2", "bo"),
        Happened("add", "p2", "bo", "01A", "Why weekly and not daily?"),
        Happened("role", "p3", "cy", "", "viewer"),
        Happened("delete", "p1", "ana", "gone", "a comment of before"),
    ]
    async with review() as driver:
        driver.desk.history = [
            HistoryEntry(NOW - 86400 * (4 - number), deed) for number, deed in enumerate(deeds)
        ]
        await driver.press("H")
        await driver.wait(lambda: driver.has("ana deleted", "a comment of before", "2027-01-14"))
        at = [driver.text.index(words) for words in ("ana deleted", "cy became", "bo joined")]
        assert at == sorted(at)  # the latest first
        await driver.press("enter")
        await driver.wait(lambda: "not here any more" in driver.toast)
        await driver.press("H")
        await driver.wait(lambda: driver.has("cy became"))
        await driver.type("weekly")
        await driver.wait(lambda: not driver.has("cy became"))
        await driver.press("enter")
        assert driver.screen.current == "01A"


async def test_the_top_line_says_whether_and_when_all_was_saved() -> None:
    async with review() as driver:
        assert not driver.has("saved")
        status = driver.desk.status
        driver.desk.emit(StatusAnswer(None, replace(status, saved_at=NOW)))
        at = datetime.fromtimestamp(NOW, UTC).astimezone().strftime("%H:%M")
        await driver.wait(lambda: driver.has(f"saved {at}"))
        problem = "plan.md.chatter: No space left on device"
        driver.desk.emit(SaveState(saved=False, problem=problem, reason="disk full"))
        await driver.wait(lambda: driver.has("NOT SAVED: disk full"))
        assert not driver.has(f"saved {at}")
        driver.desk.emit(SaveState(saved=True))
        await driver.wait(lambda: driver.has(f"saved {at}"))
        assert not driver.has("NOT SAVED")


async def test_leaving_unsaved_work_is_asked_about() -> None:
    async with review(role="reviewer") as driver:
        driver.desk.emit(SaveState(saved=False, problem="full", reason="disk full"))
        await driver.press("C", "h", "i", "enter", "q")
        assert driver.has("Leave?", "NOT SAVED: disk full")
        await driver.press("escape")
        driver.desk.emit(SaveState(saved=True))
        await driver.wait(lambda: not driver.has("NOT SAVED"))
        await driver.press("q")
        await driver.wait(lambda: not driver.app.is_running)


async def test_event_log() -> None:
    async with review() as driver:
        driver.desk.add(block("03A", "Hello @ana [/nope]", "bo"), "p2")
        await driver.wait(lambda: "mentions you" in driver.toast)
        await driver.press("!")
        assert driver.has("bo mentions you: “Hello @ana [/nope]”")


async def test_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr("chatter_tui.tui.actions.sessions.write", lambda _, s: written.append(s))
    async with review() as driver:
        await driver.press("n")
        for key in "ytlj":
            await driver.press("y", key)
        await driver.press("v", "y", "y")
        codes = [osc.removeprefix("\x1b]52;c;").removesuffix("\a") for osc in written]
        comment, thread, place, block_, selected = (base64.b64decode(c).decode() for c in codes)
        assert comment == BLOCKS[0].content
        assert thread == (
            f"plan.md:3 “weekly”\n- bo: {comment}\n  - ana: {BLOCKS[1].content}\n"
            f"    - bo: {BLOCKS[2].content}\n"
        )
        assert place == "plan.md:3"
        assert json.loads(block_)["id"] == "01A"
        assert selected == "weekly"


async def test_host_is_asked_before_the_session_ends() -> None:
    async with review() as driver:
        await driver.press("q")
        assert driver.has("End the session?", "2 others will be disconnected")
        await driver.press("q", "enter", "escape")
        assert driver.app.is_running
        assert driver.app.return_value is None
        await driver.press("q", "y")
        await driver.wait(lambda: driver.app.return_value == 0)
    assert driver.desk.closed
    assert driver.desk.ended


async def test_a_host_may_keep_the_session_running() -> None:
    async with review(app={"keeps": True}, size=(60, 20)) as driver:
        await driver.press("q")
        assert driver.has("y  end the session for everyone", "k  keep it running")
        await driver.press("k")
        await driver.wait(lambda: driver.app.return_value == 0)
        assert driver.app.workspace.leaving == "keep"
    assert not driver.desk.ended


async def test_a_screen_that_goes_by_itself_does_not_end_the_session() -> None:
    async with review() as driver:
        driver.app.exit(129)
    assert driver.desk.closed
    assert not driver.desk.ended


async def test_client_leaves_at_once() -> None:
    async with review(role="reviewer", name="me") as driver:
        await driver.press("q")
        await driver.wait(lambda: driver.app.return_value == 0)


async def test_client_with_a_draft_is_asked() -> None:
    async with review(role="reviewer", name="me") as driver:
        await driver.press("n", "r", "x", "escape", "q")
        assert driver.has("Leave?", "1 draft not sent")
