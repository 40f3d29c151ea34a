"""From the histories of assignments to how far each part was at any time: pure.

A history is what the unit did (assignment_move) woven with how its directive ended. Nothing else
tells: what is shown of a moment follows from the moves made until then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil, floor

from zzd.tasks import states
from zzd.tasks.escalation.timetable import next_report_at
from zzd.tasks.states import Move, State, Step

COUNTS = ("addressed", "acknowledged", "reported", "completed", "overdue")
COUNTED_BY = {
    Move.ACKNOWLEDGE: "acknowledged",
    Move.REPORT: "reported",
    Move.COMPLETE: "completed",
}


@dataclass(frozen=True, slots=True)
class Past:
    """An assignment and everything that happened to it, in order."""

    issued_at: datetime
    ack_deadline: datetime
    report_deadline: datetime | None
    steps: Sequence[Step] = ()
    # Minutes between reports, where the directive asks for them at intervals.
    interval: int | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """From this moment on (``after``: only just after it) one more, or one fewer, counts."""

    at: datetime
    count: str
    by: int
    after: bool = False


def changes(past: Past, ended_at: datetime | None) -> list[Change]:
    """What one assignment adds to the counts, and when; nothing is late once all has ended.

    Each count is of units that did it once; a unit that handed the directive over counts no more.
    """
    found = [Change(past.issued_at, "addressed", 1)]
    counted = {"addressed"}
    state, since = State.ISSUED, past.issued_at
    due: datetime | None = past.ack_deadline
    cleared = False
    for step in past.steps:
        found += _late(due, since, step.at, ended_at)
        following = states.after(state, step.move, asks_figures=False)
        before, since = state, step.at
        state = following if isinstance(following, State) else state
        cleared = cleared or step.move is Move.CLEAR
        due = None if cleared or step.is_last else _due(past, before, state, due, step)
        count = COUNTED_BY.get(step.move)
        if count is not None and count not in counted:
            counted.add(count)
            found.append(Change(step.at, count, 1))
        if step.move is Move.TRANSFER:
            return [*found, *(Change(step.at, name, -1) for name in sorted(counted))]
    return [*found, *_late(due, since, None, ended_at)]


def _due(
    past: Past, before: State, state: State, due: datetime | None, step: Step
) -> datetime | None:
    """What was due next after a step, as it was set then."""
    further = next_report_at(
        past.interval,
        due_at=None if before in states.UNANSWERED else due,
        answered_at=step.at if step.move in (Move.ACKNOWLEDGE, Move.REPORT) else None,
    )
    return states.due_at(state, past.ack_deadline, past.report_deadline, further)


def _late(
    due: datetime | None, since: datetime, until: datetime | None, ended_at: datetime | None
) -> list[Change]:
    """Being late between two steps: from the deadline that counts then to what comes next."""
    if due is None:
        return []
    start = max(due, since)
    end = min((each for each in (until, ended_at) if each is not None), default=None)
    if end is not None and end <= start:
        return []
    # A deadline itself is kept to; what begins late was so from its first moment.
    began = Change(start, "overdue", 1, after=start == due)
    return [began] if end is None else [began, Change(end, "overdue", -1)]


@dataclass(slots=True)
class Film:
    """Frames at equal steps from ``start`` on; each holds what had changed by its moment."""

    start: datetime
    width: timedelta
    frames: int
    parts: dict[str, dict[int, dict[str, int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: dict.fromkeys(COUNTS, 0)))
    )

    def add(self, part: str, made: Iterable[Change]) -> None:
        for change in made:
            steps = (change.at - self.start) / self.width
            frame = max(floor(steps) + 1 if change.after else ceil(steps), 0)
            if frame < self.frames:
                self.parts[part][frame][change.count] += change.by

    def shots(self, part: str) -> list[tuple[int, list[int]]]:
        """The frames in which a part changed, with its counts from then on."""
        sums = dict.fromkeys(COUNTS, 0)
        found = []
        for frame, added in sorted(self.parts[part].items()):
            if any(added.values()):
                sums = {name: sums[name] + added[name] for name in COUNTS}
                found.append((frame, list(sums.values())))
        return found
