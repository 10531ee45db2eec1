"""Values of known fields: times, anchors, suggestions, reactions, ids."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TYPES: Final = ("comment", "question", "suggestion", "ai_feedback", "reaction")

_ID = re.compile(r"[!-~]+")
_NEWLINE = re.compile(r"\r\n?")
_REACTION_WORDS = frozenset({"+1", "-1", "agree", "disagree"})

# Extended_Pictographic of Unicode's emoji-data.txt, which reserves code points for future emoji.
_PICTURE = (
    "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u2388\u23cf"
    "\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u2605\u2607-\u2612"
    "\u2614-\u2685\u2690-\u2705\u2708-\u2712\u2714\u2716\u271d\u2721\u2728\u2733\u2734\u2744\u2747"
    "\u274c\u274e\u2753-\u2755\u2757\u2763-\u2767\u2795-\u2797\u27a1\u27b0\u27bf\u2934\u2935"
    "\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f0ff\U0001f10d-\U0001f10f\U0001f12f\U0001f16c-\U0001f171\U0001f17e\U0001f17f"
    "\U0001f18e\U0001f191-\U0001f19a\U0001f1ad-\U0001f1e5\U0001f201-\U0001f20f\U0001f21a\U0001f22f"
    "\U0001f232-\U0001f23a\U0001f23c-\U0001f23f\U0001f249-\U0001f53d\U0001f546-\U0001f64f"
    "\U0001f680-\U0001f6ff\U0001f774-\U0001f77f\U0001f7d5-\U0001f7ff\U0001f80c-\U0001f80f"
    "\U0001f848-\U0001f84f\U0001f85a-\U0001f85f\U0001f888-\U0001f88f\U0001f8ae-\U0001f8ff"
    "\U0001f90c-\U0001f93a\U0001f93c-\U0001f945\U0001f947-\U0001faff\U0001fc00-\U0001fffd"
)
_TAGS = "(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_ELEMENT = f"[{_PICTURE}](?:\ufe0f|[\U0001f3fb-\U0001f3ff])?{_TAGS}"
_EMOJI = f"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ELEMENT}(?:\u200d{_ELEMENT})*"

# ISO 8601's alphabet. Python's parser accepts more, and differs between versions.
_TIMESTAMP = re.compile(r"[0-9W-]+(?:[T ][0-9:.,]+(?:Z|[+-][0-9:]+)?)?")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  (offsets are subtracted by hand: see `instant_of`)
_UTC_EPOCH = _EPOCH.replace(tzinfo=UTC)


class Suggestion(NamedTuple):
    """A proposed change of text."""

    original: str
    replacement: str

    @property
    def in_words(self) -> str:
        """The change as a sentence, for tools that show the content only."""
        return f"Replace “{_short(self.original)}” with “{_short(self.replacement)}”."


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 60 else words[:59] + "…"


def is_id(text: str) -> bool:
    """Return whether `text` is one or more printable ASCII characters without a space."""
    return _ID.fullmatch(text) is not None


def is_reaction(text: str) -> bool:
    """Return whether `text` is a single emoji, as displayed, or one of the format's words."""
    return text in _REACTION_WORDS or re.fullmatch(_EMOJI, text) is not None


def instant_of(timestamp: str) -> timedelta | None:
    """Return the time since 1970 in UTC of an ISO 8601 timestamp; None if it is invalid.

    A time without an offset is taken as UTC. The result is not a datetime, because an offset can
    carry it out of a datetime's range of years.
    """
    spelled = timestamp.upper()
    if not _TIMESTAMP.fullmatch(spelled):
        return None
    try:
        moment = datetime.fromisoformat(spelled)
    except ValueError:
        return None
    if moment.tzinfo is UTC:  # the usual case
        return moment - _UTC_EPOCH
    offset = moment.utcoffset() or timedelta()
    return moment.replace(tzinfo=None) - _EPOCH - offset


def timestamp_of(moment: datetime) -> str:
    """Format a time as blocks and this program spell it: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def suggestion_of(value: object) -> Suggestion | None:
    """Return the suggestion in a JSON value, or None."""
    if not isinstance(value, dict):
        return None
    original, replacement = value.get("original"), value.get("replacement")
    if isinstance(original, str) and isinstance(replacement, str):
        return Suggestion(original, replacement)
    return None


def heading_text(anchor: Mapping[str, object]) -> object:
    """Return the text of a heading anchor, under either of the two names in use."""
    return anchor["text"] if "text" in anchor else anchor.get("exact")


class Quote(NamedTuple):
    """A text anchor's quote, with the line endings of canonical text."""

    before: str
    exact: str
    after: str

    @property
    def whole(self) -> str:
        """The quote with its contexts; the anchor means the first occurrence of that."""
        return self.before + self.exact + self.after


def text_quote(link: Mapping[str, object]) -> Quote | None:
    """Return the quote of a valid link of an anchor chain; None for other types."""
    if link["type"] != "text":
        return None
    # Tools that read a file as it is also quote its line endings.
    names = ("context_before", "exact", "context_after")
    texts = (str(link.get(name, "")) for name in names)
    return Quote(*(_NEWLINE.sub("\n", text) if "\r" in text else text for text in texts))


def anchor_chain(anchor: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield an anchor and its fallbacks, without those of a wrong shape."""
    link: object = anchor
    while isinstance(link, dict):
        if anchor_fault(link) is None:
            yield link
        link = link.get("fallback")


def anchor_fault(anchor: object) -> str | None:
    """Return what is wrong with one link of an anchor chain, or None."""
    if not isinstance(anchor, dict):
        return "is not an object"
    match anchor.get("type"):
        case "text":
            return _text_fault(anchor)
        case "heading":
            return _heading_fault(anchor)
        case "block_index":
            return None if _is_integer(anchor.get("index"), 0) else "needs an index, 0 or more"
        case str(kind) if kind:
            return None
        case _:
            return "has no type"


def _text_fault(anchor: Mapping[str, object]) -> str | None:
    if not isinstance(anchor.get("exact"), str) or not anchor["exact"]:
        return "needs the exact text it quotes"
    for name in ("context_before", "context_after"):
        if not isinstance(anchor.get(name, ""), str):
            return f"has a {name} that is not a string"
    return None


def _heading_fault(anchor: Mapping[str, object]) -> str | None:
    text = heading_text(anchor)
    if not isinstance(text, str) or not text:
        return "needs the text of a heading"
    if "level" in anchor and not _is_integer(anchor["level"], 1, 6):
        return "has a level that is not 1 to 6"
    return None


def _is_integer(value: object, low: int, high: float = float("inf")) -> bool:
    # 2.0 is an integer in JSON, and JavaScript may write it.
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and value == value // 1 and low <= value <= high  # type: ignore[operator]
