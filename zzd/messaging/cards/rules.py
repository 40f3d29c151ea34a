"""Rules of cards that need nothing but their arguments."""

from __future__ import annotations

from datetime import datetime, timedelta

from zzd.outgoing import retries

CARD = "card"
SCOPE = "cards.send"

LONGEST_TITLE, LONGEST_WORDS = 100, 1000
MOST_FIELDS, LONGEST_LABEL, LONGEST_VALUE = 20, 30, 200
MOST_FILES = 9
MOST_BUTTONS, LONGEST_BUTTON = 6, 20
LONGEST_CONFIRM, LONGEST_STATUS, LONGEST_TOAST = 100, 20, 200
LONGEST_ACTION = 200
STYLES = ("default", "primary", "danger")
TONES = ("info", "success", "warning", "danger")

STATES = ("waiting", "done", "failed")
# Why a press failed. The client has a sentence for each.
UNREACHABLE, REFUSED, BAD_ANSWER, APP_GONE = "unreachable", "refused", "bad_answer", "app_gone"
REASONS = (UNREACHABLE, REFUSED, BAD_ANSWER, APP_GONE)

# Somebody is waiting for it: after a minute and a quarter they are told that it failed.
FIRST_RETRY = timedelta(seconds=5)
MOST_ATTEMPTS = 5
# Longer than any request takes to be answered or given up.
CLAIMED_FOR = timedelta(seconds=60)
# Requests to one app under way at once: one that hangs does not keep the others waiting.
MOST_AT_ONCE = 2


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When a callback that failed for the ``attempts``-th time is tried again; None: never."""
    return retries.retry_at(attempts, now, first=FIRST_RETRY, most=MOST_ATTEMPTS)


def is_worth_a_retry(status: int) -> bool:
    """Whether an app that answered so may answer otherwise in a moment."""
    return status >= 500 or status in (408, 425, 429)
