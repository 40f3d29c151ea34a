"""The histories of a directive's assignments, read in pages along the tree."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.db import is_one_of
from zzd.orgtree.audiences import PATH_END, spelled_out
from zzd.tasks import states
from zzd.tasks.lifecycle.history import applies
from zzd.tasks.lifecycle.models import DirectiveEnd
from zzd.tasks.models import Assignment, AssignmentMove, Directive
from zzd.tasks.reporting.rules import Kind
from zzd.tasks.review.replaying import Past
from zzd.tasks.states import Move, Step

AT_ONCE = 1_000
# Moves by which a final report comes.
ENDING = (Move.REPORT, Move.CORRECT)


@dataclass(frozen=True, slots=True)
class Story:
    """One assignment's past, and where it lies in the tree."""

    id: int
    path: str
    level: int
    past: Past
    # As the rows have it: number, move, moment.
    rows: tuple[tuple[int, str, str], ...]


def stories(session: Session, directive: Directive, place_path: str) -> Iterator[Story]:
    """One range of the index; two statements for each thousand units."""
    ends = list(
        session.scalars(
            select(DirectiveEnd)
            .where(DirectiveEnd.directive_id == directive.id)
            .order_by(DirectiveEnd.id)
        )
    )
    after = ""
    while True:
        query = (
            select(
                Assignment.id,
                Assignment.path,
                Assignment.level,
                Assignment.issued_at,
                Assignment.ack_deadline,
                Assignment.report_deadline,
                Assignment.cleared_at,
            )
            .where(
                Assignment.directive_id == directive.id,
                Assignment.path >= spelled_out(max(place_path, after)),
                Assignment.path < spelled_out(place_path + PATH_END),
                Assignment.path != after,
            )
            .order_by(Assignment.path)
            .limit(AT_ONCE)
        )
        page = session.execute(query).all()
        moves = _moves(session, [row.id for row in page])
        for row in page:
            own = [
                Step(at, Move(move), is_last=move in ENDING and kind == Kind.FINAL)
                for _, move, at, kind in moves[row.id]
            ]
            above = [
                Step(end.at, Move(end.kind))
                for end in ends
                if row.path.startswith(end.path) and applies(end, row.cleared_at)
            ]
            steps = states.weave(own, above) if above else own
            past = Past(
                row.issued_at,
                row.ack_deadline,
                row.report_deadline,
                steps,
                directive.report_interval_minutes,
            )
            kept = tuple((no, move, at.isoformat()) for no, move, at, _ in moves[row.id])
            yield Story(row.id, row.path, row.level, past, kept)
        if len(page) < AT_ONCE:
            return
        after = page[-1].path
        # To whoever waits: on SQLite a statement stops the whole process.
        time.sleep(0)


def _moves(
    session: Session, ids: list[int]
) -> dict[int, list[tuple[int, str, datetime, str | None]]]:
    query = (
        select(
            AssignmentMove.assignment_id,
            AssignmentMove.no,
            AssignmentMove.move,
            AssignmentMove.at,
            AssignmentMove.detail["kind"].as_string(),
        )
        .where(is_one_of(session, AssignmentMove.assignment_id, ids))
        .order_by(AssignmentMove.assignment_id, AssignmentMove.no)
    )
    found = defaultdict(list)
    for assignment_id, no, move, at, kind in session.execute(query):
        found[assignment_id].append((no, move, at, kind))
    return found
