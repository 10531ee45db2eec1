"""Format ages and durations."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY
YEAR = 365 * DAY


def instant(timestamp: str | None) -> float | None:
    """Return an ISO 8601 timestamp as seconds since the epoch; None if it is invalid."""
    if timestamp is None:
        return None
    try:
        moment = datetime.fromisoformat(timestamp)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def age(timestamp: str | None, now: float) -> str:
    """Format an age: `now`, `4m`, `3h`, `2d`, `5w`, `1y`; empty if unknown."""
    then = instant(timestamp)
    return "" if then is None else span(now - then)


def span(seconds: float) -> str:
    """Format a duration in its largest unit; the future counts as now, since clocks differ."""
    for size, unit in ((YEAR, "y"), (WEEK, "w"), (DAY, "d"), (HOUR, "h"), (MINUTE, "m")):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return "now"


def local_time(at: float, now: float | None = None) -> str:
    """Format a Unix time as a time of day, preceded by the date unless it is that of `now`."""
    moment = datetime.fromtimestamp(at, UTC).astimezone()
    today = now is None or moment.date() == datetime.fromtimestamp(now, UTC).astimezone().date()
    return moment.strftime("%H:%M" if today else "%Y-%m-%d %H:%M")


def stopwatch(seconds: float) -> str:
    """Format a running duration: `0:42`, `12:05`, `3:01:10`."""
    minutes, rest = divmod(max(0, int(seconds)), MINUTE)
    hours, minutes = divmod(minutes, MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
