"""Guessing invites is slow, costs a bounded memory, and shuts nobody else out."""

from __future__ import annotations

import itertools

import pytest

from chatter_tui.session.effects import Close
from chatter_tui.session.invites import proof
from chatter_tui.session.messages import Auth, Ping
from chatter_tui.session.throttle import FREE, MAX_WAIT, Throttle, neighbourhood
from chatter_tui.session.wire import encode
from tests.session.world import SECRET, SESSION, World

OFFICE, ELSEWHERE = "192.0.2.7", "198.51.100.9"
BINDING = b"b" * 32
CONNECTIONS = 128  # as many as the listener lets in from one address


def wrong(token: str) -> bytes:
    return encode(Auth(token, b"w" * 32, "01EVE", "eve", 77))


def right(token: str, peer: str) -> bytes:
    shown = proof(SECRET, "client", SESSION, peer, BINDING)
    return encode(Auth(token, shown, peer, peer, 4711))


class Attack:
    """Guesses as fast as it is let, on as many connections as it gets."""

    def __init__(self, world: World, token: str, address: str) -> None:
        self.world = world
        self.token, self.address = token, address
        self.numbers = itertools.count(10_000)
        self.waiting: set[int] = set()
        self.answers = 0

    def go_on(self) -> None:
        """Take the answers there are, and ask again."""
        master = self.world.master
        while True:
            for effect in master.effects():
                if isinstance(effect, Close) and effect.link in self.waiting:
                    self.waiting.discard(effect.link)
                    self.answers += 1
            if len(self.waiting) >= CONNECTIONS:
                return
            link = next(self.numbers)
            self.waiting.add(link)
            master.opened(link, BINDING, self.world.now, self.address)
            master.received(link, wrong(self.token), self.world.now)


def seconds(world: World, count: int, attack: Attack) -> None:
    for _ in range(count):
        attack.go_on()
        world.now += 1
        world.master.tick(world.now)
    attack.go_on()


def until_let_in(world: World, attack: Attack, link: int, token: str, address: str) -> int:
    """The seconds that somebody with a good invite waits."""
    before = len(world.master.peers)
    world.master.opened(link, BINDING, world.now, address)
    world.master.received(link, right(token, f"01GOOD{link}"), world.now)
    for waited in range(30):
        if len(world.master.peers) > before:
            return waited
        seconds(world, 1, attack)
    raise AssertionError("locked out")


def test_a_line_copied_wrongly_costs_no_wait() -> None:
    world = World()
    for number in range(FREE):
        eve = world.join(f"eve{number}", secret=b"w" * 16)
        assert not eve.client.blocks
    assert world.join("bo").client.blocks


def test_guesses_from_one_address_are_few_and_its_neighbours_get_in() -> None:
    world = World()
    attack = Attack(world, world.token.id, OFFICE)
    seconds(world, 60, attack)
    assert attack.answers <= FREE + CONNECTIONS * (60 / MAX_WAIT + 1)
    # Somebody in the same office with the same invite waits a little; others do not.
    assert until_let_in(world, attack, 1, world.token.id, OFFICE) <= MAX_WAIT + 1


def test_guesses_at_one_invite_from_many_addresses_are_slowed_as_well() -> None:
    world = World()
    for number in range(FREE + 1):
        world.master.opened(9, BINDING, world.now, f"10.0.0.{number}")
        world.master.received(9, wrong(world.token.id), world.now)
    # The next one from an address that was never heard of has to wait.
    world.master.effects()
    world.master.opened(5, BINDING, world.now, ELSEWHERE)
    world.master.received(5, wrong(world.token.id), world.now)
    assert not world.master.effects()
    world.now += MAX_WAIT + 0.1
    world.master.tick(world.now)
    assert [e.link for e in world.master.effects() if isinstance(e, Close)] == [5]


def test_invites_that_do_not_exist_slow_down_their_address_only() -> None:
    world = World()
    attack = Attack(world, "AAAAAAAA", ELSEWHERE)
    seconds(world, 10, attack)
    assert attack.answers <= FREE + CONNECTIONS * (10 / MAX_WAIT + 1)
    assert until_let_in(world, attack, 1, world.token.id, OFFICE) == 0


def test_after_an_attack_nobody_pays_for_it() -> None:
    world = World()
    attack = Attack(world, world.token.id, OFFICE)
    seconds(world, 120, attack)
    world.now += 2 * MAX_WAIT
    world.master.opened(3, BINDING, world.now, OFFICE)
    world.master.received(3, right(world.token.id, "01GOOD"), world.now)
    assert [peer.id for peer in world.master.peers][-1] == "01GOOD"


@pytest.mark.parametrize("again", [False, True])
def test_who_has_to_wait_and_talks_on_is_parted_from(again: bool) -> None:
    world = World()
    attack = Attack(world, world.token.id, OFFICE)
    attack.go_on()
    link = next(iter(attack.waiting))
    more = wrong(world.token.id) if again else encode(Ping(1))
    world.master.received(link, more, world.now)
    assert [e.link for e in world.master.effects() if isinstance(e, Close)] == [link]


def test_memory_is_bounded() -> None:
    throttle = Throttle()
    for number in range(20_000):
        throttle.failed(
            [f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"], float(number)
        )
    assert len(throttle) == 1024


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::2%eth1"),
    ],
)
def test_what_one_machine_can_have_at_will_counts_as_one_address(one: str, other: str) -> None:
    assert neighbourhood(one) == neighbourhood(other)
    assert neighbourhood("192.0.2.7") != neighbourhood("192.0.2.8")
