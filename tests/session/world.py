"""A master and clients in memory, with nothing between them but bytes that a test delivers."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from chatter_tui.authority import Authority, Role
from chatter_tui.blocks import Block
from chatter_tui.blocks.strict_json import dumps
from chatter_tui.replica import Fork
from chatter_tui.session.authentication import Credentials
from chatter_tui.session.client import Client
from chatter_tui.session.effects import Broadcast, Close, Effect, Send, Store, Tell
from chatter_tui.session.events import DocumentChanged
from chatter_tui.session.invites import Token
from chatter_tui.session.master import Master
from chatter_tui.session.members import Member
from chatter_tui.session.records import Record

SESSION = "01JZZZZZZZZZZZZZZZZZZZZZZZ"
SECRET = b"0123456789abcdef"


def block(id_: str, author: str, content: str = "text", **values: object) -> Block:
    return Block.of(
        {
            "id": id_,
            "type": "comment",
            "content": content,
            "author": author,
            "timestamp": "2026-01-02T03:04:05Z",
            "status": "open",
            **values,
        }
    ).canonical()


@dataclass
class Line:
    """A link: what is in transit, and whether the master or the client has closed it."""

    number: int
    up: deque[bytes] = field(default_factory=deque)
    down: deque[bytes] = field(default_factory=deque)
    closed: str | None = None


@dataclass
class End:
    """A client and its events. Without lines it is offline; the newest line comes last."""

    client: Client
    events: list[object] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    parted: str | None = None  # why the last line was closed

    @property
    def link(self) -> int | None:
        return self.lines[-1].number if self.lines else None

    @property
    def up(self) -> deque[bytes]:
        return self.lines[-1].up

    @property
    def down(self) -> deque[bytes]:
        return self.lines[-1].down

    @property
    def closed(self) -> str | None:
        return self.lines[-1].closed if self.lines else self.parted

    def told(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


class World:
    """A master, its clients, and the queues between them, which tests deliver."""

    def __init__(self, **token: object) -> None:
        self.now = 1_767_323_045.0
        numbers = itertools.count(100)
        self.new_client_id: Callable[[], int] = numbers.__next__
        owner = Member("owner", "ana", Role.OWNER, "blue", client_id=1)
        values: dict[str, object] = {"role": Role.REVIEWER, "expires": self.now + 3600, **token}
        self.token = Token("tokenid1", SECRET, **values)  # type: ignore[arg-type]
        self.authority = Authority(1)
        self.authority.seed([block("root", "ana", "the first comment")])
        self.master = Master(
            SESSION,
            owner,
            self.authority,
            DocumentChanged("plan.md", 1, "# Plan\n"),
            {self.token.id: self.token},
            secret=random.Random(1).randbytes,
        )
        self.events: list[object] = []
        self.ends: list[End] = []
        self.links: dict[int, End] = {}
        self.disks: defaultdict[str, list[Record]] = defaultdict(list)  # by peer
        self.numbers = itertools.count(1)

    def join(self, name: str, **credentials: object) -> End:
        """Let a client join, and settle."""
        end = self.dial(name, **credentials)
        self.settle()
        return end

    def dial(self, name: str, **credentials: object) -> End:
        """Let a client ask to join."""
        values: dict[str, object] = {"token": self.token.id, "secret": SECRET, **credentials}
        peer_id = str(values.pop("peer_id", f"peer-{name}"))
        client = Client(
            SESSION,
            Credentials(peer_id, name, **values),  # type: ignore[arg-type]
            Fork(self.new_client_id()),
            new_client_id=self.new_client_id,
        )
        end = End(client)
        self.ends.append(end)
        self.connect(end)
        return end

    def connect(self, end: End, *, binding: bytes = b"b" * 32, seen: bytes = b"b" * 32) -> Line:
        """Open another line; the client sees `binding`, and the master sees `seen`."""
        line = Line(next(self.numbers))
        end.lines.append(line)
        self.links[line.number] = end
        self.master.opened(line.number, seen, self.now)
        end.client.opened(line.number, binding, self.now)
        self.carry(end)
        return line

    def disconnect(self, end: End, line: Line | None = None) -> None:
        """Cut a line, by default the newest; what was in transit is lost."""
        line = line or end.lines[-1]
        end.lines.remove(line)
        end.parted = line.closed
        del self.links[line.number]
        self.master.closed(line.number)
        end.client.closed(line.number)
        self.carry_master()
        self.carry(end)

    def carry(self, end: End) -> None:
        lines = {line.number: line for line in end.lines}
        for effect in end.client.effects():
            match effect:
                case Send(link, data) if link in lines:
                    lines[link].up.append(data)
                case Store(record):
                    self.disks[end.client.credentials.peer_id].append(record)
                case Close(link, reason) if link in lines:
                    lines[link].closed = lines[link].closed or reason
                case Tell(event):
                    end.events.append(event)
                case _:
                    pass

    def carry_master(self) -> None:
        for effect in self.master.effects():
            self._carry_master(effect)

    def _carry_master(self, effect: Effect) -> None:
        match effect:
            case Send(link, data) if link in self.links:
                self._line(link).down.append(data)
            case Broadcast(links, data):
                for link in links:
                    if link in self.links:
                        self._line(link).down.append(data)
            case Store(record):
                self.disks["owner"].append(record)
            case Close(link, reason) if link in self.links:
                line = self._line(link)
                line.closed = line.closed or reason
            case Tell(event):
                self.events.append(event)
            case _:
                pass

    def _line(self, number: int) -> Line:
        return next(line for line in self.links[number].lines if line.number == number)

    def step_up(self, end: End, line: Line | None = None) -> None:
        line = line or end.lines[-1]
        self.master.received(line.number, line.up.popleft(), self.now)
        self.carry_master()

    def step_down(self, end: End, line: Line | None = None) -> None:
        line = line or end.lines[-1]
        end.client.received(line.number, line.down.popleft(), self.now)
        self.carry(end)
        if not line.down and self.master.drained(line.number):
            self.carry_master()

    def settle(self) -> None:
        """Deliver everything, and remove closed lines."""
        self.carry_master()
        while True:
            busy = [(end, line) for end in self.ends for line in end.lines]
            if up := [each for each in busy if each[1].up and each[1].closed is None]:
                self.step_up(*up[0])
            elif down := [each for each in busy if each[1].down]:
                self.step_down(*down[0])
            elif gone := [each for each in busy if each[1].closed is not None]:
                self.disconnect(*gone[0])
            else:
                return

    def write(self, end: End, *blocks: Block) -> None:
        end.client.write(lambda replica: replica.add(blocks))
        self.carry(end)

    def toggle(self, end: End) -> None:
        """Connect a client that is offline, or disconnect it."""
        if end.link is None:
            self.connect(end)
        else:
            self.disconnect(end)

    def told(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


def random_change(world: World, end: End, rng: random.Random, step: int) -> None:
    """Make a client add, edit, resolve, reopen or delete a block, not always its own."""
    name = end.client.credentials.name
    roll = rng.random()
    ids = sorted(end.client.blocks)
    if roll < 0.5:
        author = name if rng.random() < 0.8 else "ana"
        parent = rng.choice([None, *ids])
        extra = {"parent_id": parent} if parent else {}
        world.write(end, block(f"{name}-{step}", author, f"text {step} 😀", **extra))
    elif ids:
        target = rng.choice(ids)
        content = end.client.blocks[target].content
        cut = rng.randrange(len(content) + 1)
        edited = content[:cut] + "é😀" + content[cut:]
        status = {"status": dumps(rng.choice(["open", "resolved"]))}
        if roll < 0.75:
            end.client.write(lambda replica: replica.edit(target, edited))
        elif roll < 0.9:
            end.client.write(lambda replica: replica.set_fields(target, status))
        else:
            end.client.write(lambda replica: replica.delete([target]))


def assert_converged(world: World) -> None:
    expected = dict(world.master.blocks)
    for end in world.ends:
        assert dict(end.client.blocks) == expected
        assert not end.client.pending
