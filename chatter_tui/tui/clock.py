"""Format ages and durations, from a clock that is passed in."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
YEAR = 365 * DAY


def instant(timestamp: str | None) -> float | None:
    """Seconds since the epoch of an ISO 8601 timestamp; None when there is none to read."""
    if timestamp is None:
        return None
    try:
        moment = datetime.fromisoformat(timestamp)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def age(timestamp: str | None, now: float) -> str:
    """How long ago that was: `now`, `4m`, `3h`, `2d`, `5w`, `1y`; empty when not known."""
    then = instant(timestamp)
    return "" if then is None else span(now - then)


def span(seconds: float) -> str:
    """A duration in its largest unit; the future counts as now, since clocks differ."""
    for size, unit in ((YEAR, "y"), (WEEK, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def local_time(at: float, now: float | None = None) -> str:
    """The time of day of a Unix time, with the day before it when `now` is on another."""
    moment = datetime.fromtimestamp(at, UTC).astimezone()
    today = now is None or moment.date() == datetime.fromtimestamp(now, UTC).astimezone().date()
    return moment.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")


def stopwatch(seconds: float) -> str:
    """A duration that is being watched: `0:42`, `12:05`, `3:01:10`."""
    minutes, rest = divmod(max(0, int(seconds)), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
