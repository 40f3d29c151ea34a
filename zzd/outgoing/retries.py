"""When what failed is tried again. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta


def retry_at(attempts: int, now: datetime, *, first: timedelta, most: int) -> datetime | None:
    """After the ``attempts``-th failure: ``first`` later, then twice as long each time; None
    after ``most`` attempts."""
    if attempts >= most:
        return None
    doubled: int = 2 ** (attempts - 1)
    return now + first * doubled
