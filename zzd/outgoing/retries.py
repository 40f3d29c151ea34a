"""When what failed is tried again. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def retry_at(attempts: int, now: datetime, *, first: timedelta, most: int) -> datetime | None:
    """After the ``attempts``-th failure: ``first`` later, then twice as long each time; None
    after ``most`` attempts."""
    if attempts >= most:
        return None
    doubled: int = 2 ** (attempts - 1)
    return now + first * doubled


# Nine more times over three days, as the Standard Webhooks specification suggests.
LONG = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
# So much later at most, by chance: those who failed together do not come back together.
JITTER = 0.1
LONGEST_WAIT = timedelta(hours=24)


def long_retry_at(
    attempts: int, now: datetime, *, chance: float, wanted: timedelta | None = None
) -> datetime | None:
    """When to try again after the ``attempts``-th failure; None after the last.

    ``chance`` is from 0 to 1. ``wanted`` is how long the other side asks to be left alone, which
    it is for a day at most.
    """
    if attempts > len(LONG):
        return None
    planned = LONG[attempts - 1] * (1 + JITTER * chance)
    return now + max(planned, min(wanted or timedelta(0), LONGEST_WAIT))


def asked_to_wait(header: str | None, now: datetime) -> timedelta | None:
    """What a ``Retry-After`` header says: seconds, or a date (RFC 9110). None for anything else."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return timedelta(seconds=int(text))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(at - now, timedelta(0))
