"""Rules of conversations that need nothing but their arguments."""

from __future__ import annotations

from datetime import datetime, timedelta

MOST_MEMBERS = 1000
LONGEST_TEXT = 5000
LONGEST_NAME = 100
# A quoted message is shown this far.
LONGEST_QUOTE = 200
# In larger groups everybody's reading told to everybody would be a storm: readers are looked up.
RECEIPTS_UP_TO = 200

NAMED = ("direct", "group")
BY_AUDIENCE = ("org_group", "announcement")
MOST_MENTIONED = 50
MOST_PINS = 20
# Different reactions of one person to one message.
MOST_REACTIONS = 5
MOST_FORWARDED, MOST_FORWARDED_SINGLY = 100, 30
DEEPEST_RECORD = 3
LARGEST_RECORD = 256 * 1024

ROLES = ("owner", "admin", "member")
MANAGERS = ("owner", "admin")


def unread(*, last_seq: int, first_seq: int, read_seq: int) -> int:
    """How many messages, of those one may see, come after the last one read."""
    return max(0, last_seq - max(read_seq, first_seq - 1))


def still_within(seconds: int, created_at: datetime, now: datetime) -> bool:
    return now - created_at <= timedelta(seconds=seconds)


def may_remove(role: str, other: str) -> bool:
    """The owner removes anybody else, an admin removes plain members."""
    return role == "owner" or (role == "admin" and other == "member")


def direct_key(one: int, other: int) -> str:
    """One key for a pair, whoever begins."""
    return f"{min(one, other)}:{max(one, other)}"


def other_of(key: str, official_id: int) -> int:
    """With whom this official has the direct conversation of that key."""
    low, high = (int(part) for part in key.split(":"))
    return high if low == official_id else low


# Officials have ids from one, bots below zero, and apps that speak for themselves below all bots.
APPS_BELOW = -(2**40)


def sender_of_app(app_id: int) -> int:
    """As whose an app's own messages are kept."""
    return APPS_BELOW - app_id


def app_of(sender_id: int) -> int | None:
    """The app that said something for itself; None: an official did, or a bot."""
    return APPS_BELOW - sender_id if sender_id < APPS_BELOW else None
