"""Sealed descriptions: only for who holds the secret, only for what they were made."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from chatter_tui.transport.sealing import Envelope, SealError, new_id, seal

SECRET = b"0123456789abcdef"


def sealed() -> Envelope:
    return seal("v=0 secret", SECRET, "session", "offer", sender="me", receiver="you", key="k1")


def test_opens_for_the_same_secret_session_and_purpose() -> None:
    assert Envelope.read(sealed().fields()).open(SECRET, "session", "offer") == "v=0 secret"


def test_shows_nothing_and_never_looks_the_same() -> None:
    data = base64.b64decode(sealed().data)
    assert b"secret" not in data
    assert sealed().data != sealed().data


@pytest.mark.parametrize(
    "forged",
    [
        replace(sealed(), sender="someone"),
        replace(sealed(), receiver="someone"),
        replace(sealed(), receiver=""),
        replace(sealed(), key="k2"),
        replace(sealed(), data="AAAA" + sealed().data[4:]),
        replace(sealed(), data=sealed().data[:-4]),
        replace(sealed(), data=""),
        replace(sealed(), data="é"),
        replace(sealed(), data="not base64!"),
    ],
)
def test_any_change_is_noticed(forged: Envelope) -> None:
    with pytest.raises(SealError):
        forged.open(SECRET, "session", "offer")


def test_other_secrets_sessions_and_purposes_do_not_open_it() -> None:
    with pytest.raises(SealError):
        sealed().open(b"x" * 16, "session", "offer")
    with pytest.raises(SealError):
        sealed().open(SECRET, "another", "offer")
    with pytest.raises(SealError):
        sealed().open(SECRET, "session", "answer")


def test_ids_are_random_and_fit_an_envelope() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    for each in ids:
        Envelope.read({"from": each, "to": each, "key": each, "data": ""})


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["from", "to", "key", "data", "type"]), json))
def test_any_message_is_refused_with_one_error(message: dict[str, object]) -> None:
    with pytest.raises(SealError):
        Envelope.read(message).open(SECRET, "session", "offer")
