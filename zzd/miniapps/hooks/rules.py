"""Rules of webhooks that need nothing but their arguments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any


class HookState(StrEnum):
    """``unverified`` until the address answered the challenge; ``paused`` by its developer;
    ``disabled`` by the receiver, until it is verified again."""

    UNVERIFIED = "unverified"
    LIVE = "live"
    PAUSED = "paused"
    DISABLED = "disabled"
    REMOVED = "removed"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


# Why a webhook is disabled: its receiver answered 410.
GONE = "gone"

MOST_WEBHOOKS = 10
MOST_CURSORS = 100
# Requests to one app that one process has under way at once.
MOST_AT_ONCE = 8
# Longer than any request takes to be answered or given up.
CLAIMED_FOR = timedelta(seconds=60)
DEAD_KEPT_FOR = timedelta(days=30)
DONE_KEPT_FOR = timedelta(days=3)
# And longer, as long as a delivery refers to one.
EVENTS_KEPT_FOR = timedelta(days=31)
# Of an answer, for the log.
LONGEST_BODY_KEPT = 2000
HEADERS_KEPT = ("content-type", "retry-after", "server", "date", "x-request-id")

MOST_CONDITIONS = 10


def is_accepted(status: int) -> bool:
    return 200 <= status < 300


def matches(wanted: Mapping[str, Mapping[str, str]] | None, event: Mapping[str, Any]) -> bool:
    """Whether an event passes a filter: all of its ``exact`` and ``prefix`` conditions hold.

    Conditions name an attribute of the envelope, or a member of the data as ``data.urgency`` or
    ``data.event.mode``; what is no text is compared as its JSON has it.
    """
    if not wanted:
        return True
    return all(
        found is not None and found == value
        for name, value in wanted.get("exact", {}).items()
        for found in [_member(event, name)]
    ) and all(
        found is not None and found.startswith(value)
        for name, value in wanted.get("prefix", {}).items()
        for found in [_member(event, name)]
    )


def _member(event: Mapping[str, Any], name: str) -> str | None:
    found: Any = event
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, bool):
        return "true" if found else "false"
    return str(found) if isinstance(found, (str, int, float)) else None
