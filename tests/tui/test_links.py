"""How everybody is linked, as the host's people pane shows it."""

from __future__ import annotations

from dataclasses import replace

from chatter_tui.controller.events import PeersAnswer, PresenceChanged
from tests.tui.desk import NOW, PEOPLE
from tests.tui.driver import Driver, review

ANA, BO, CY = PEOPLE
QUIET = replace(BO, typing=False)


def lines(driver: Driver) -> dict[str, str]:
    """What the people pane says of each."""
    text = driver.text.splitlines()
    return {name: next(t for t in text if f"● {name} " in t) for name in ("bo", "cy")}


async def test_the_kind_and_the_latency_of_each_link_are_shown() -> None:
    async with review() as driver:
        driver.desk.emit(
            PeersAnswer(
                None,
                (
                    ANA,
                    replace(QUIET, transport="webrtc", latency=0.0042),
                    replace(CY, transport="websocket", latency=0.1234),
                ),
            )
        )
        await driver.wait(lambda: "direct 4 ms" in lines(driver)["bo"])
        assert "ws 120 ms" in lines(driver)["cy"]
        # A change of place comes without the link, which stays what it was.
        driver.desk.emit(PresenceChanged(replace(QUIET, section="Schedule")))
        await driver.wait(lambda: "Schedule" in lines(driver)["bo"])
        assert "direct 4 ms" in lines(driver)["bo"]
        driver.desk.emit(PresenceChanged(replace(QUIET, section="Schedule", typing=True)))
        await driver.wait(lambda: "typing" in lines(driver)["bo"])


async def test_a_link_that_gets_faster_does_not_end_idleness() -> None:
    now = NOW
    async with review(app={"clock": lambda: now}) as driver:
        driver.desk.emit(PeersAnswer(None, (ANA, QUIET, CY)))
        await driver.wait(lambda: "typing" not in driver.text)
        now += 300
        driver.desk.emit(
            PeersAnswer(None, (ANA, replace(QUIET, transport="webrtc", latency=0.004), CY))
        )
        await driver.wait(lambda: "idle 5m" in lines(driver)["bo"])
