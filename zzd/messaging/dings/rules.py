"""Rules of DINGs that need nothing but their arguments."""

from __future__ import annotations

from datetime import datetime, timedelta

from zzd.outgoing import retries

LONGEST_TEXT = 500
MOST_OFFICIALS = 200
LEAST_MINUTES, MOST_MINUTES = 1, 1440
MOST_TIMES = 20

IN_APP = "in_app"
PHONE_CHANNELS = ("sms", "voice")
CHANNELS = (IN_APP, *PHONE_CHANNELS)
# DINGs of one sender within an hour, and those of them that ring telephones.
WINDOW = timedelta(hours=1)
PER_HOUR = {"in_app": 30, "phone": 10}
# Whoever addresses the units below their own without being granted it.
CALLERS = ("leader", "deputy", "duty_officer")

# After this it is history: nobody is counted as owing a confirmation any more.
OPEN_FOR = timedelta(days=7)
PROGRESS_EVERY = timedelta(seconds=2)

DING_STATES = ("open", "complete", "cancelled", "over")
# Each recipient is in exactly one of these, from nothing to everything.
RECIPIENT_STATES = ("unreached", "delivered", "read", "confirmed")
CALL_STATES = ("waiting", "sent", "failed", "unreached", "dropped")

MOST_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=10)


def state_of(
    *,
    created_at: datetime,
    cancelled_at: datetime | None,
    completed_at: datetime | None,
    now: datetime,
) -> str:
    """cancelled, complete, open, or over once nobody repeats it any more (``OPEN_FOR``)."""
    if cancelled_at is not None:
        return "cancelled"
    if completed_at is not None:
        return "complete"
    return "open" if created_at > now - OPEN_FOR else "over"


def next_repeat(
    *, created_at: datetime, now: datetime, step: int, times: int, every_minutes: int | None
) -> datetime | None:
    """When the repeat after ``step`` is due; None after the last, or when it would be over by then.

    They keep the beat of the first call, but what was late (a server was down) is not made up
    for: at least a whole interval lies between two.
    """
    if every_minutes is None or step >= times:
        return None
    every = timedelta(minutes=every_minutes)
    beat = created_at + every * (step + 1)
    # A timer is a little late by nature; that alone does not shift the beat.
    due = beat if beat - now > every / 2 else now + every
    return due if due < created_at + OPEN_FOR else None


def recipient_state(
    delivered_at: datetime | None, read_at: datetime | None, confirmed_at: datetime | None
) -> str:
    """How far it got with one recipient: confirmed, read, delivered or unreached."""
    if confirmed_at is not None:
        return "confirmed"
    if read_at is not None:
        return "read"
    return "unreached" if delivered_at is None else "delivered"


def is_late(confirmed_at: datetime | None, cancelled_at: datetime | None) -> bool:
    """Whether somebody confirmed what had been cancelled already."""
    return confirmed_at is not None and cancelled_at is not None and confirmed_at > cancelled_at


def shares(*, addressed: int, delivered: int, read: int, confirmed: int) -> dict[str, int]:
    """From how many got at least so far, to how many are in each state: they add up to all.

    Whoever acted and is not addressed any more may still be among the former.
    """
    return {
        "addressed": max(addressed, delivered),
        "confirmed": confirmed,
        "read": read - confirmed,
        "delivered": delivered - read,
        "unreached": max(0, addressed - delivered),
    }


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When a call that failed for the ``attempts``-th time is tried again; None: never."""
    return retries.retry_at(attempts, now, first=FIRST_RETRY, most=MOST_ATTEMPTS)


def retry_after(times: list[datetime], most: int, now: datetime) -> int | None:
    """Seconds until one more may follow those at ``times`` (newest first); None: at once."""
    if len(times) < most:
        return None
    return max(1, int((times[most - 1] + WINDOW - now).total_seconds()) + 1)
