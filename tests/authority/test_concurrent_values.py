"""Values that one peer's client ids wrote concurrently, so that only merging shows which wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chatter_tui.authority import (
    RejectCode,
)
from chatter_tui.authority.codec import (
    ANY,
    MAP,
    TEXT,
    TYPE,
    Struct,
    Update,
    encode,
)
from tests.authority.star import (
    NOW,
    Star,
    codes,
    written,
)

if TYPE_CHECKING:
    pass


def at_once(star: Star, *values: str) -> bytes:
    """One update in which as many ids of a client write one field at the same time."""
    entry = star.authority._index.entries["mine"]
    structs = {
        client: [Struct(client, 0, 1, ANY, parent=entry, key="status", keyed=True, content=value)]
        for client, value in enumerate(values, 70)
    }
    return encode(Update(structs))


@pytest.mark.parametrize("values", [('"resolved"', '"closed"'), ('"closed"', '"resolved"')])
def test_a_bad_value_is_refused_whether_or_not_it_would_stand(
    star: Star, values: tuple[str, ...]
) -> None:
    before = dict(star.authority.blocks)
    verdict = star.authority.receive(star.clients[0].author, at_once(star, *values), NOW)
    assert codes(verdict.rejected) == {"mine": RejectCode.INVALID_BLOCK}
    assert not verdict.retried
    assert star.authority.blocks == before
    star.check()


def test_good_values_written_at_once_are_merged(star: Star) -> None:
    update = at_once(star, '"resolved"', '"open"', '"resolved"')
    verdict = star.authority.receive(star.clients[0].author, update, NOW)
    assert verdict.accepted
    assert not verdict.retried
    star.check()


def test_more_values_at_once_than_are_looked_at(star: Star) -> None:
    update = at_once(star, *['"resolved"'] * 9)
    verdict = star.authority.receive(star.clients[0].author, update, NOW)
    assert codes(verdict.rejected) == {"mine": RejectCode.UNMERGEABLE}
    assert not verdict.retried
    star.check()


def test_a_new_block_whose_fields_were_written_at_once(star: Star) -> None:
    entry = (70, 0)
    structs = [
        Struct(70, 0, 1, TYPE, parent="blocks", key="new", keyed=True, content=MAP),
        Struct(70, 1, 1, TYPE, parent=entry, key="content", keyed=True, content=TEXT),
    ]
    one, other = [
        Struct(client, clock, 1, ANY, parent=entry, key="type", keyed=True, content=value)
        for client, clock, value in ((70, 2, '"comment"'), (71, 0, '"reaction"'))
    ]
    update = encode(Update({70: [*structs, one], 71: [other]}))
    verdict = star.authority.receive(star.clients[0].author, update, NOW)
    assert codes(verdict.rejected) == {"new": RejectCode.UNMERGEABLE}
    assert not verdict.retried
    star.check()


def test_what_only_merging_shows_is_refused_after_merging(star: Star) -> None:
    client = star.clients[0]
    long = "a" * 30_000 + "界" * 10_000  # how many bytes a cut takes is known once it is made
    client.write(lambda r: r.edit("mine", long))
    assert star.deliver_up(client).accepted
    before = dict(star.authority.blocks)
    update = written(client, lambda r: r.edit("mine", "界" * 10_000 + long[10_000:])).update
    verdict = star.authority.receive(client.author, update, NOW)
    assert codes(verdict.rejected) == {"mine": RejectCode.TOO_LARGE}
    assert verdict.retried == 1
    assert star.authority.blocks == before
    star.check()


def test_a_text_that_can_only_be_too_large_is_refused_at_sight(star: Star) -> None:
    client = star.clients[0]
    client.write(lambda r: r.edit("mine", "界" * 30_000))
    verdict = star.authority.receive(client.author, client.up.popleft().update, NOW)
    assert codes(verdict.rejected) == {"mine": RejectCode.TOO_LARGE}
    assert not verdict.retried
