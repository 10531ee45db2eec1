"""Offers that reach the host by signaling: which it answers, and how often."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from chatter_tui.transport import (
    Certificate,
    ConnectError,
    Listener,
    Target,
    connect,
)
from chatter_tui.transport.negotiation import Negotiation, Settings
from chatter_tui.transport.sealing import seal
from chatter_tui.transport.signaling import subscribe
from tests.transport.conftest import SECRETS, SESSION

if TYPE_CHECKING:
    pass

SETTINGS = Settings(["127.0.0.1"], max_send=1024, max_receive=1024)


async def test_the_embedded_signaling_knows_its_own_session_only(listener: Listener) -> None:
    host, port = listener.addresses[0]
    url = f"wss://{host}:{port}/signal"
    async with subscribe(url, "elsewhere", direct=True) as other:
        await other.publish({"data": "lost"})
        async with subscribe(url, SESSION, direct=True) as own:
            await own.publish({"data": "echo"})
            assert (await own.receive())["data"] == "echo"


async def test_an_offer_is_answered_once_and_the_answer_repeated(listener: Listener) -> None:
    host, port = listener.addresses[0]
    negotiation = await Negotiation.offer(SETTINGS)
    secret = SECRETS["viewer"]
    offer = seal(negotiation.sdp, secret, SESSION, "offer", sender="me", key="viewer")
    answers: list[object] = []
    async with subscribe(f"wss://{host}:{port}/signal", SESSION, direct=True) as signaling:
        for _ in range(2):
            await signaling.publish(offer.fields())
            answers.append((await signaling.receive())["data"])
    assert answers[0] == answers[1]
    await negotiation.close()


async def test_so_many_offers_are_answered_at_once_and_only_offers(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatter_tui.transport.answerer.MAX_NEGOTIATIONS", 2)
    monkeypatch.setattr("chatter_tui.transport.answerer.MAX_REMEMBERED", 1)
    host, port = listener.addresses[0]
    negotiation = await Negotiation.offer(SETTINGS)
    secret, answerer = SECRETS["viewer"], listener._answerer

    def offer(sender: str, receiver: str = "") -> dict[str, str]:
        return seal(
            *(negotiation.sdp, secret, SESSION, "offer"),
            sender=sender,
            receiver=receiver,
            key="viewer",
        ).fields()

    async with subscribe(f"wss://{host}:{port}/signal", SESSION, direct=True) as signaling:
        await signaling.publish(offer("to-somebody", "else"))
        for sender in ("one", "two"):
            await signaling.publish(offer(sender))
            assert (await signaling.receive())["to"] == sender
        await signaling.publish(offer("three"))
        await signaling.publish(offer("one"))
        assert (await signaling.receive())["to"] == "one"
    assert set(answerer._negotiating) == {"one", "two"}
    assert set(answerer._remembered) == {"two"}
    await negotiation.close()


async def test_a_revoked_invite_is_not_answered(certificate: Certificate) -> None:
    keys = dict(SECRETS)
    async with Listener(
        SESSION, listen=[("127.0.0.1", 0)], certificate=certificate, keys=keys.get
    ) as listener:
        target = Target(SESSION, "viewer", keys.pop("viewer"), listener.addresses)
        with pytest.raises(ConnectError, match="no answer"):
            await connect(target, transport="webrtc", timeout=0.5)


async def test_a_signaling_server_out_of_reach_is_reported_once(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatter_tui.transport.listener.RECONNECT_DELAY", 0)
    problems: asyncio.Queue[str] = asyncio.Queue()
    async with Listener(
        SESSION,
        listen=[("127.0.0.1", 0)],
        certificate=certificate,
        keys=SECRETS.get,
        signaling=["ws://127.0.0.1:1", "nonsense"],
        on_problem=problems.put_nowait,
    ):
        reports = {await problems.get(), await problems.get()}
        assert "signaling server ws://127.0.0.1:1: connection refused" in reports
        await asyncio.sleep(0.05)
        assert problems.empty()


async def test_an_offer_played_again_later_is_not_answered(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatter_tui.transport.negotiation.OPEN_TIMEOUT", 0.05)
    host, port = listener.addresses[0]
    negotiation = await Negotiation.offer(SETTINGS)
    secret = SECRETS["viewer"]
    offer = seal(negotiation.sdp, secret, SESSION, "offer", sender="me", key="viewer")
    fresh = seal(negotiation.sdp, secret, SESSION, "offer", sender="me-again", key="viewer")
    async with subscribe(f"wss://{host}:{port}/signal", SESSION, direct=True) as signaling:
        await signaling.publish(offer.fields())
        assert (await signaling.receive())["to"] == "me"
        while listener._answerer._negotiating:  # noqa: ASYNC110 - given up when it does not open
            await asyncio.sleep(0.01)
        await signaling.publish(offer.fields())
        await signaling.publish(fresh.fields())
        assert (await signaling.receive())["to"] == "me-again"
    await negotiation.close()
