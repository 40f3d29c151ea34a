"""When each step of a deadline is due: pure.

An assignment has one deadline at a time, to acknowledge and then to report. Its steps are worked
out from the directive's rule whenever they are needed, and never kept: only how many were taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from zzd.tasks.escalation import working_days

ACKNOWLEDGE, REPORT = "acknowledge", "report"
# The next report is asked for so long before it is due: a quarter of the interval, at most this.
ASK = "ask"
MINUTE = timedelta(minutes=1)
LONGEST_NOTICE, SHARE_OF_INTERVAL = timedelta(minutes=10), 4


@dataclass(frozen=True, slots=True)
class Planned:
    """A step and its time; not ``published``: by a calendar of years nobody has published yet."""

    step: str
    at: datetime
    published: bool = True


def plan(
    deadline: datetime, rule: Sequence[Mapping[str, Any]], *, asks_every: int | None = None
) -> list[Planned]:
    """All steps of a deadline in their order, none before the one it follows.

    ``asks_every`` minutes: it is the deadline of a further report, which is asked for first.
    """
    planned = []
    if asks_every is not None:
        planned.append(Planned(ASK, deadline - notice(asks_every)))
    for step in rule:
        at, published = deadline + timedelta(minutes=step["after_minutes"]), True
        if step.get("working_days"):
            at, published = working_days.after(deadline, step["after_minutes"])
        if planned:
            at = max(at, planned[-1].at)
        planned.append(Planned(step["step"], at, published))
    return planned


def notice(interval_minutes: int) -> timedelta:
    return min(timedelta(minutes=interval_minutes) / SHARE_OF_INTERVAL, LONGEST_NOTICE)


def next_report_at(
    interval_minutes: int | None, *, due_at: datetime | None, answered_at: datetime | None
) -> datetime | None:
    """The deadline of a further report: an interval after the last, or after the acknowledgement.

    ``answered_at`` is when the unit just did either; otherwise it stays ``due_at``. On a full
    minute, the next one: that is how deadlines are read, and a province's units have few of them.
    """
    if interval_minutes is None:
        return None
    if answered_at is None:
        return due_at
    due = answered_at + timedelta(minutes=interval_minutes)
    full = due.replace(second=0, microsecond=0)
    return full if full == due else full + MINUTE
