"""How far a part of the tree is, in one word, and how finely time is divided: pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

# Steps that people read well, in seconds; a chart has at most so many of them.
WIDTHS = (1, 5, 15, 60, 300, 900, 1_800, 3_600, 10_800, 21_600, 86_400, 604_800)
MOST_STEPS = 120


class PartState(StrEnum):
    """How far all units of a part are together, from nothing to everything."""

    WAITING = "waiting"
    PARTLY = "partly"
    ACKNOWLEDGED = "acknowledged"
    REPORTED = "reported"
    COMPLETED = "completed"


def state_of(counts: Mapping[str, int]) -> PartState:
    """What every unit of a part has done at least. Whether some are late is said beside it."""
    addressed = counts["addressed"]
    if counts["completed"] >= addressed:
        return PartState.COMPLETED
    if counts["reported"] >= addressed:
        return PartState.REPORTED
    if counts["acknowledged"] >= addressed:
        return PartState.ACKNOWLEDGED
    return PartState.PARTLY if counts["acknowledged"] else PartState.WAITING


def width_for(span: timedelta, most: int = MOST_STEPS, *, least: int = 1) -> int:
    """The narrowest step, in seconds, of which ``span`` has at most so many; none below ``least``,
    which is one of WIDTHS."""
    seconds = max(span.total_seconds(), 0)
    for width in WIDTHS:
        if width >= least and seconds <= width * most:
            return width
    weeks = WIDTHS[-1]
    return weeks * (int(seconds // (weeks * most)) + 1)
