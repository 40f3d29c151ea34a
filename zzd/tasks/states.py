"""How an assignment moves from issued to completed: the one table of states and moves.

Pure: no time, no database. docs/directives.md prints the table for people, and a test keeps
the two in agreement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal


class State(StrEnum):
    """How far a unit is, in this order; nothing leads back."""

    ISSUED = "issued"
    DELIVERED = "delivered"
    READ = "read"
    ACKNOWLEDGED = "acknowledged"
    REPORTED = "reported"
    COMPLETED = "completed"


class Move(StrEnum):
    DELIVER = "deliver"
    READ = "read"
    ACKNOWLEDGE = "acknowledge"
    REPORT = "report"
    CASCADE = "cascade"
    COMPLETE = "complete"


class Refusal(StrEnum):
    """Why a move may not be made from a state."""

    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_REPORTED = "not_reported"
    COMPLETED = "assignment_completed"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: ``by`` is who may, ``stamps`` the times it sets where unset.

    From ``starts`` the move leads to ``leads_to`` (none: the state stays). In ``settled`` it
    was made already, or is implied: nothing is written and the result is the same again.
    """

    by: str
    starts: tuple[State, ...]
    leads_to: State | None
    settled: tuple[State, ...]
    stamps: tuple[str, ...]


ADDRESSED = "an official of the unit whom the directive addresses"

TABLE: dict[Move, Rule] = {
    Move.DELIVER: Rule(
        by=ADDRESSED,
        starts=(State.ISSUED,),
        leads_to=State.DELIVERED,
        settled=(
            State.DELIVERED,
            State.READ,
            State.ACKNOWLEDGED,
            State.REPORTED,
            State.COMPLETED,
        ),
        stamps=("delivered_at",),
    ),
    Move.READ: Rule(
        by=ADDRESSED,
        starts=(State.ISSUED, State.DELIVERED),
        leads_to=State.READ,
        settled=(State.READ, State.ACKNOWLEDGED, State.REPORTED, State.COMPLETED),
        stamps=("delivered_at", "read_at"),
    ),
    Move.ACKNOWLEDGE: Rule(
        by=ADDRESSED,
        starts=(State.ISSUED, State.DELIVERED, State.READ),
        leads_to=State.ACKNOWLEDGED,
        settled=(State.ACKNOWLEDGED, State.REPORTED, State.COMPLETED),
        stamps=("delivered_at", "read_at", "acknowledged_at"),
    ),
    Move.REPORT: Rule(
        by=ADDRESSED,
        starts=(State.ACKNOWLEDGED, State.REPORTED),
        leads_to=State.REPORTED,
        settled=(),
        stamps=("reported_at",),
    ),
    Move.CASCADE: Rule(
        by=ADDRESSED,
        starts=(State.ACKNOWLEDGED, State.REPORTED),
        leads_to=None,
        settled=(),
        stamps=(),
    ),
    Move.COMPLETE: Rule(
        by=ADDRESSED,
        starts=(State.ACKNOWLEDGED, State.REPORTED),
        leads_to=State.COMPLETED,
        settled=(State.COMPLETED,),
        stamps=("completed_at",),
    ),
}


def after(state: State, move: Move, *, asks_figures: bool) -> State | Refusal | None:
    """The state that ``move`` leads to; None where it changes nothing; or why it may not be.

    A directive that asks for figures is not completed without a report.
    """
    rule = TABLE[move]
    if state in rule.settled:
        return None
    if state not in rule.starts:
        return Refusal.COMPLETED if state is State.COMPLETED else Refusal.NOT_ACKNOWLEDGED
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


def due_at(
    state: State, ack_deadline: datetime, report_deadline: datetime | None
) -> datetime | None:
    """The deadline that counts next: to acknowledge, then to report, then none."""
    if state in (State.ISSUED, State.DELIVERED, State.READ):
        return ack_deadline
    return report_deadline if state is State.ACKNOWLEDGED else None


def overdue(
    state: State, due: datetime | None, now: datetime
) -> Literal["acknowledge", "report"] | None:
    """What a unit is late with, if anything."""
    if due is None or due >= now:
        return None
    return "report" if state is State.ACKNOWLEDGED else "acknowledge"
