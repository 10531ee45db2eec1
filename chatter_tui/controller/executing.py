"""Execute a user's commands on a session, and match answers to them."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING

from chatter_tui.controller import compose
from chatter_tui.controller.commands import (
    Accept,
    Add,
    Anchor,
    Command,
    Delete,
    Edit,
    GetBlocks,
    GetHistory,
    GetPeers,
    GetStatus,
    Quit,
    React,
    Reject,
    Resolve,
    Revert,
    SetPresence,
)
from chatter_tui.controller.events import (
    Acknowledged,
    BlocksAnswer,
    Failed,
    HistoryAnswer,
    PeersAnswer,
    Rejected,
    StatusAnswer,
)

if TYPE_CHECKING:
    from chatter_tui.controller.compose import Change
    from chatter_tui.controller.session import LinkedSession


class Executor:
    """Executes the commands of one session's user."""

    def __init__(self, session: LinkedSession) -> None:
        self._session = session
        self._refs: defaultdict[str, deque[object]] = defaultdict(deque)

    async def run(self, commands: asyncio.Queue[Command]) -> Quit:
        """Execute commands until one quits, and return that; those that come too early wait."""
        session = self._session
        early = await self._gather_early(commands)
        while True:
            command = early.popleft() if early else await commands.get()
            if isinstance(command, Quit):
                return command
            try:
                if isinstance(command, GetHistory):
                    session.say(HistoryAnswer(command.ref, tuple(await session.history())))
                else:
                    self._execute(command)
            except compose.Refused as refused:
                session.say(Failed(str(refused), command.ref))
            session.carry()

    def answering(self, answer: Acknowledged | Rejected) -> Acknowledged | Rejected:
        """Return the answer with the `ref` of the oldest command about its block."""
        refs = self._refs.get(answer.id)
        if not refs:
            return answer
        ref = refs.popleft()
        if not refs:
            del self._refs[answer.id]
        return replace(answer, ref=ref)

    async def _gather_early(self, commands: asyncio.Queue[Command]) -> deque[Command]:
        """Collect commands given before the user has joined."""
        early: deque[Command] = deque()
        ready = asyncio.create_task(self._session.ready.wait())
        while not self._session.ready.is_set():
            get = asyncio.create_task(commands.get())
            await asyncio.wait((ready, get), return_when=asyncio.FIRST_COMPLETED)
            if not get.done():
                get.cancel()
                break
            early.append(get.result())
            if isinstance(command := early[-1], Quit) and command.at_once:
                return deque([command])
        ready.cancel()
        return early

    def _execute(self, command: Command) -> None:
        session, blocks = self._session, self._session.machine.blocks
        match command:
            case Add():
                block, change = compose.add(command, blocks, session.name, session.role)
                self._make(block.id, change, command.ref)
            case Edit() | Resolve() | Delete() | Anchor():
                change = compose.change(command, blocks, session.name, session.role)
                self._make(command.id, change, command.ref)
            case Accept() | Reject() | Revert():
                self._ask(command)
            case React():
                block, change = compose.react(command, blocks, session.name, session.role)
                self._make(block.id, change, command.ref)
            case SetPresence():
                session.machine.set_presence(compose.presence(command, session.role))
            case GetBlocks(ref):
                session.say(BlocksAnswer(ref, tuple(blocks.values())))
            case GetPeers(ref):
                session.say(PeersAnswer(ref, tuple(map(session.linked, session.machine.peers))))
            case GetStatus(ref):
                session.say(StatusAnswer(ref, session.status()))
            case _:
                session.manage(command)

    def _ask(self, command: Accept | Reject | Revert) -> None:
        session = self._session
        session.require_master()
        compose.require_decidable(command, session.machine.blocks, session.name, session.role)
        match command:
            case Accept(id_, text, confirmed):
                session.ask("accept", id_, text, confirmed=confirmed)
            case Reject(id_, reason):
                if reason.strip():
                    reply = {"parent_id": id_, "content": reason}
                    reply |= {"id": command.reply} if command.reply else {}
                    self._execute(Add(reply))
                session.ask("reject", id_, confirmed=False)
            case Revert(id_):
                session.ask("revert", id_, confirmed=False)
        self._refs[command.id].append(command.ref)

    def _make(self, id_: str, change: Change, ref: object) -> None:
        if self._session.write(change):
            self._refs[id_].append(ref)
        else:
            self._session.say(Acknowledged(id_, ref))  # nothing to change
