"""Rules of bots that need nothing but their arguments."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

MOST_BOTS = 10
LONGEST_NAME, LONGEST_DESCRIPTION = 30, 200
# Bytes of a request: five thousand characters, each of them escaped, and what is around them.
LARGEST_BODY = 64 * 1024
# How far a program's clock may be from ours.
CLOCKS_APART = timedelta(minutes=5)
# How long the secret before the present one is taken after it was replaced.
OLD_SECRET_FOR = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


def wait_for(allowance_at: datetime | None, now: datetime, *, per_minute: int) -> int | None:
    """Seconds until the next message may come; None: now.

    ``per_minute`` may come at once, and each minute gives as many back, one after the other.
    ``allowance_at`` is when the last of those that came is given back; None: none came.
    """
    over = spent(allowance_at, now, per_minute=per_minute) - now - MINUTE
    return math.ceil(over.total_seconds()) if over > timedelta(0) else None


def spent(allowance_at: datetime | None, now: datetime, *, per_minute: int) -> datetime:
    """``allowance_at`` once a message came now."""
    return max(allowance_at or now, now) + MINUTE // per_minute


def old_secret_until(rotated_at: datetime | None, now: datetime) -> datetime | None:
    """Until when the secret before the present one is taken; None: it is not."""
    if rotated_at is None or now >= rotated_at + OLD_SECRET_FOR:
        return None
    return rotated_at + OLD_SECRET_FOR
