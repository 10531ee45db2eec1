"""The host's side of signaling: answer sealed offers."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatter_tui.transport.channel import ConnectError
from chatter_tui.transport.negotiation import Negotiation
from chatter_tui.transport.sealing import Envelope, SealError, new_id, seal
from chatter_tui.transport.signaling import SignalingError
from chatter_tui.transport.tasks import Crew

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from chatter_tui.transport.negotiation import Settings
    from chatter_tui.transport.webrtc import WebRTCChannel

    Publish = Callable[[Mapping[str, str]], Awaitable[None]]

MAX_NEGOTIATIONS = 128
"""Concurrent negotiations.

Further offers are ignored, repeated by their senders and answered later.
"""

MAX_REMEMBERED = 4096
"""Offers remembered as answered; replaying an older one costs one negotiation."""


@dataclass(slots=True)
class _Negotiating:
    answer: Envelope | None = None


class Answerer:
    """Answers offers that are sealed with a secret known to `keys`.

    Args:
        keys: Returns a secret by its id, None if unknown.
        settings: How to answer descriptions.
        deliver: Called with each channel that opens.
    """

    def __init__(
        self,
        session: str,
        keys: Callable[[str], bytes | None],
        settings: Callable[[str], Settings],
        deliver: Callable[[WebRTCChannel], Awaitable[None]],
    ) -> None:
        self._session = session
        self._keys = keys
        self._settings = settings
        self._deliver = deliver
        self._negotiating: dict[str, _Negotiating] = {}
        self._remembered: dict[str, None] = {}
        self._crew = Crew()

    async def handle(self, message: Mapping[str, object], publish: Publish) -> None:
        """Handle a published message; answers go to `publish`, which may fail."""
        try:
            offer = Envelope.read(message)
            secret = None if offer.receiver else self._keys(offer.key)
            if secret is None:
                return
            sdp = offer.open(secret, self._session, "offer")
        except SealError:
            return
        known = self._negotiating.get(offer.sender)
        if known is not None:
            if known.answer is not None:
                await publish(known.answer.fields())
        elif offer.sender not in self._remembered and len(self._negotiating) < MAX_NEGOTIATIONS:
            self._remember(offer.sender)
            self._negotiating[offer.sender] = _Negotiating()
            self._crew.start(self._negotiate(offer, sdp, secret, publish))

    async def close(self) -> None:
        """Cancel all negotiations."""
        await self._crew.cancel()

    async def _negotiate(self, offer: Envelope, sdp: str, secret: bytes, publish: Publish) -> None:
        try:
            negotiation = await Negotiation.answer(self._settings(sdp), sdp)
            answer = seal(
                negotiation.sdp,
                secret,
                self._session,
                "answer",
                sender=new_id(),
                receiver=offer.sender,
                key=offer.key,
            )
            self._negotiating[offer.sender].answer = answer
            # The peer repeats its offer, which repeats the answer.
            with contextlib.suppress(SignalingError):
                await publish(answer.fields())
            channel = await negotiation.open()
        except ConnectError:
            return  # the peer notices, and tries again if it wants to
        finally:
            del self._negotiating[offer.sender]
        await self._deliver(channel)

    def _remember(self, sender: str) -> None:
        self._remembered[sender] = None
        if len(self._remembered) > MAX_REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
