"""How an assignment moves from issued to completed: the one table of states and moves.

Pure: no time, no database. docs/directives.md prints the table for people, and a test keeps
the two in agreement.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


class State(StrEnum):
    """How far a unit is, in this order, and the four ways out of it at the end."""

    ISSUED = "issued"
    DELIVERED = "delivered"
    READ = "read"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    REPORTED = "reported"
    COMPLETED = "completed"
    RETURNED = "returned"
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Move(StrEnum):
    DELIVER = "deliver"
    READ = "read"
    ACKNOWLEDGE = "acknowledge"
    START = "start"
    REPORT = "report"
    REOPEN = "reopen"
    CORRECT = "correct"
    CASCADE = "cascade"
    COMPLETE = "complete"
    RETURN = "return"
    TRANSFER = "transfer"
    CLEAR = "clear"
    CANCEL = "cancel"
    SUPERSEDE = "supersede"
    LATE_REPORT = "late_report"
    STAND_DOWN = "stand_down"


class Refusal(StrEnum):
    """Why a move may not be made from a state."""

    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_REPORTED = "not_reported"
    NOT_CANCELLED = "not_cancelled"
    REPORTED = "assignment_reported"
    COMPLETED = "assignment_completed"
    RETURNED = "assignment_returned"
    TRANSFERRED = "assignment_transferred"
    CANCELLED = "directive_cancelled"
    SUPERSEDED = "directive_superseded"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: ``by`` is who may, ``stamps`` the times it sets where unset.

    From ``starts`` the move leads to ``leads_to`` (none: the state stays). In ``settled`` it
    was made already, or is implied: nothing is written and the result is the same again.
    """

    by: str
    starts: tuple[State, ...]
    leads_to: State | None
    settled: tuple[State, ...] = ()
    stamps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A move of a history, with ``source``, the row that tells of it; ``is_last``: the final report,
    after which none is asked for."""

    at: datetime
    move: Move
    source: Any = None
    is_last: bool = False


ADDRESSED = "an official of the unit whom the directive addresses"
OR_PROXY = f"{ADDRESSED}, or a proxy"
OR_ORIGIN = f"{ADDRESSED}, or an official of the unit it came from"
ISSUER = "an issuer of the directive's unit"
BRANCH = "an issuer of the directive's unit, for a branch also of a unit above it"

UNANSWERED = (State.ISSUED, State.DELIVERED, State.READ)
AT_WORK = (State.ACKNOWLEDGED, State.IN_PROGRESS, State.REPORTED)
OUT = (State.RETURNED, State.TRANSFERRED, State.CANCELLED, State.SUPERSEDED)
# What the directive's own end makes of its assignments.
ENDS = {"cancelled": State.CANCELLED, "superseded": State.SUPERSEDED}
ABOVE = "an official of a unit above, or of the issuer's"

TABLE: dict[Move, Rule] = {
    Move.DELIVER: Rule(
        by=ADDRESSED,
        starts=(State.ISSUED,),
        leads_to=State.DELIVERED,
        settled=(State.DELIVERED, State.READ, *AT_WORK, State.COMPLETED, *OUT),
        stamps=("delivered_at",),
    ),
    Move.READ: Rule(
        by=ADDRESSED,
        starts=(State.ISSUED, State.DELIVERED),
        leads_to=State.READ,
        settled=(State.READ, *AT_WORK, State.COMPLETED, *OUT),
        stamps=("delivered_at", "read_at"),
    ),
    Move.ACKNOWLEDGE: Rule(
        by=OR_PROXY,
        # A unit that gave it back may take it after all.
        starts=(*UNANSWERED, State.RETURNED),
        leads_to=State.ACKNOWLEDGED,
        settled=(*AT_WORK, State.COMPLETED),
        stamps=("delivered_at", "read_at", "acknowledged_at"),
    ),
    Move.START: Rule(
        by=OR_PROXY,
        starts=(State.ACKNOWLEDGED,),
        leads_to=State.IN_PROGRESS,
        settled=(State.IN_PROGRESS, State.REPORTED, State.COMPLETED),
        stamps=("started_at",),
    ),
    Move.REPORT: Rule(
        by=OR_PROXY,
        starts=AT_WORK,
        leads_to=State.REPORTED,
        stamps=("reported_at",),
    ),
    # Of a final report, which may well be followed by completion.
    Move.REOPEN: Rule(by=ABOVE, starts=(State.REPORTED, State.COMPLETED), leads_to=None),
    Move.CORRECT: Rule(by=OR_PROXY, starts=(State.REPORTED, State.COMPLETED), leads_to=None),
    Move.CASCADE: Rule(by=ADDRESSED, starts=AT_WORK, leads_to=None),
    Move.COMPLETE: Rule(
        by=OR_PROXY,
        starts=AT_WORK,
        leads_to=State.COMPLETED,
        settled=(State.COMPLETED,),
        stamps=("completed_at",),
    ),
    Move.RETURN: Rule(
        by=ADDRESSED,
        starts=(*UNANSWERED, State.ACKNOWLEDGED, State.IN_PROGRESS),
        leads_to=State.RETURNED,
        settled=(State.RETURNED,),
        stamps=("delivered_at", "read_at"),
    ),
    Move.TRANSFER: Rule(
        by=OR_ORIGIN,
        starts=(*UNANSWERED, State.ACKNOWLEDGED, State.IN_PROGRESS, State.RETURNED),
        leads_to=State.TRANSFERRED,
        settled=(State.TRANSFERRED,),
    ),
    Move.CLEAR: Rule(
        by=BRANCH,
        starts=(*UNANSWERED, *AT_WORK, State.COMPLETED, State.RETURNED),
        leads_to=None,
        stamps=("cleared_at",),
    ),
    Move.CANCEL: Rule(
        by=ISSUER,
        starts=(*UNANSWERED, *AT_WORK, State.COMPLETED, State.RETURNED),
        leads_to=State.CANCELLED,
        settled=(State.TRANSFERRED, State.CANCELLED),
    ),
    Move.SUPERSEDE: Rule(
        by=ISSUER,
        starts=(*UNANSWERED, *AT_WORK, State.COMPLETED, State.RETURNED),
        leads_to=State.SUPERSEDED,
        settled=(State.TRANSFERRED, State.SUPERSEDED),
    ),
    Move.LATE_REPORT: Rule(by=OR_PROXY, starts=OUT, leads_to=None),
    Move.STAND_DOWN: Rule(
        by=OR_PROXY, starts=(State.CANCELLED,), leads_to=None, stamps=("stood_down_at",)
    ),
}

WHY_NOT = {
    State.REPORTED: Refusal.REPORTED,
    State.COMPLETED: Refusal.COMPLETED,
    State.RETURNED: Refusal.RETURNED,
    State.TRANSFERRED: Refusal.TRANSFERRED,
    State.CANCELLED: Refusal.CANCELLED,
    State.SUPERSEDED: Refusal.SUPERSEDED,
}


def standing(own: State, directive_status: str) -> State:
    """Where a unit stands: as far as it came itself, unless the directive itself was ended.

    One row ends a directive for a province, so assignments keep how far each unit had come.
    """
    if own is State.TRANSFERRED:
        return own
    return ENDS.get(directive_status, own)


def after(state: State, move: Move, *, asks_figures: bool) -> State | Refusal | None:
    """The state that ``move`` leads to; None where it changes nothing; or why it may not be.

    A directive that asks for figures is not completed without a report.
    """
    rule = TABLE[move]
    if state in rule.settled:
        return None
    if state not in rule.starts:
        if move in (Move.STAND_DOWN, Move.LATE_REPORT):
            return Refusal.NOT_CANCELLED
        return WHY_NOT.get(state, Refusal.NOT_ACKNOWLEDGED)
    if move is Move.COMPLETE and asks_figures and state is not State.REPORTED:
        return Refusal.NOT_REPORTED
    return rule.leads_to or state


def replay(moves: Iterable[Move]) -> State:
    """The state that a history leads to. Raises ValueError where a history cannot be."""
    state = State.ISSUED
    for move in moves:
        following = after(state, move, asks_figures=False)
        if not isinstance(following, State):
            raise ValueError(f"{move} is no step from {state}")
        state = following
    return state


def is_history(moves: Iterable[Move]) -> bool:
    try:
        replay(moves)
    except ValueError:
        return False
    return True


def weave(own: Sequence[Step], ends: Sequence[Step]) -> list[Step]:
    """One history of what a unit did and of what became of its directive.

    Each end stands where its time says, or as near to it as the table allows: an acknowledgement
    that was let in at the moment of a cancel came before it. All clear says nothing about a unit
    that had handed the directive over.
    """
    woven = list(own)
    # A late report fits nowhere before the end that made it late.
    for end in sorted(ends, key=lambda step: (step.move is Move.CLEAR, step.at)):
        wished = sum(step.at <= end.at for step in woven)
        # The nearest first, which nearly always fits; of two as near the earlier.
        every = sorted(range(len(woven) + 1), key=lambda place: abs(place - wished))
        for place in [wished] if end.move is Move.CLEAR else every:
            if is_history(step.move for step in [*woven[:place], end, *woven[place:]]):
                woven.insert(place, end)
                break
    return woven


def due_at(
    state: State,
    ack_deadline: datetime,
    report_deadline: datetime | None,
    next_report_at: datetime | None = None,
) -> datetime | None:
    """The deadline that counts next: to acknowledge, then to report, then the next report's, if
    one is asked for at intervals, or none."""
    if state in UNANSWERED:
        return ack_deadline
    if state in (State.ACKNOWLEDGED, State.IN_PROGRESS):
        return report_deadline or next_report_at
    return next_report_at if state is State.REPORTED else None


def overdue(
    state: State, due: datetime | None, now: datetime
) -> Literal["acknowledge", "report"] | None:
    """What a unit is late with, if anything."""
    if due is None or due >= now:
        return None
    return "acknowledge" if state in UNANSWERED else "report"
