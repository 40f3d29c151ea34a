"""How versions, endings, handing over and what one may do next are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from zzd.orgtree.audiences import LEVELS, ancestor_ids
from zzd.orgtree.past import Place
from zzd.principal import PostRef, Principal
from zzd.tasks import policy, states
from zzd.tasks.lifecycle import policy as own_policy
from zzd.tasks.lifecycle.models import DirectiveEnd, Transfer
from zzd.tasks.lifecycle.versions import describe_changes, successor_of
from zzd.tasks.models import Assignment, Cascade, Directive
from zzd.tasks.moves import standing
from zzd.tasks.reporting.showing import is_frozen
from zzd.tasks.states import Move, State

MOVES = {
    "acknowledge": Move.ACKNOWLEDGE,
    "start": Move.START,
    "report": Move.REPORT,
    "complete": Move.COMPLETE,
    "give_back": Move.RETURN,
    "transfer": Move.TRANSFER,
    "cascade": Move.CASCADE,
}


def may(
    row: Assignment, post: PostRef, passed_on_by: Mapping[int, int], *, acts: bool
) -> dict[str, bool]:
    """What the caller could do next; a repeat of what is done is not offered.

    ``passed_on_by``: the unit of each cascade. ``proxy``: only for people of the unit who cannot do it themselves, and saying why.
    """
    state, directive = standing(row), row.directive
    could = {
        name: isinstance(states.after(state, move, asks_figures=bool(directive.figures)), State)
        for name, move in MOVES.items()
    }
    if row.correction_at:
        could["report"] = isinstance(states.after(state, Move.CORRECT, asks_figures=False), State)
    could["report"] &= not is_frozen(row)
    is_open = directive.status == "open"
    could["cascade"] &= row.level < max(LEVELS) and is_open and row.cleared_at is None
    could["transfer"] &= is_open and row.cleared_at is None
    could["stand_down"] = (
        state is State.CANCELLED and row.delivered_at is not None and row.stood_down_at is None
    )
    origin_id = passed_on_by[row.cascade_id] if row.cascade_id else directive.unit_id
    allowed = {name: acts and possible for name, possible in could.items()}
    allowed["transfer"] = could["transfer"] and (acts or post.unit_id == origin_id)
    allowed["proxy"] = policy.may_stand_in(post, row)
    return allowed


def origin_of(session: Session, row: Assignment) -> dict[str, Any]:
    """The unit it came from: that passed it on, or issued it."""
    came_by: Cascade | Directive = row.directive
    if row.cascade_id is not None:
        came_by = session.get_one(Cascade, row.cascade_id)
    return {"id": came_by.unit_id, "name": came_by.unit_name}


def transfers_of(session: Session, ids: Sequence[int]) -> dict[int, dict[str, Transfer]]:
    """By assignment: how it came from another unit, and how it went to one."""
    found: dict[int, dict[str, Transfer]] = {id_: {} for id_ in ids}
    query = select(Transfer).where(or_(Transfer.from_id.in_(ids), Transfer.to_id.in_(ids)))
    for transfer in session.scalars(query):
        if transfer.to_id in found:
            found[transfer.to_id]["transferred_from"] = transfer
        if transfer.from_id in found:
            found[transfer.from_id]["transferred_to"] = transfer
    return found


def describe_transfers(
    transfers: Mapping[str, Transfer], places: Mapping[tuple[int, int], Place], rev: int
) -> dict[str, Any]:
    shown: dict[str, Any] = {"transferred_from": None, "transferred_to": None}
    for name, transfer in transfers.items():
        to = name == "transferred_to"
        unit_id = transfer.to_unit_id if to else transfer.from_unit_id
        shown[name] = {
            "unit": places[unit_id, rev],
            "assignment_id": transfer.to_id if to else transfer.from_id,
            "reason": transfer.reason,
            "by": transfer.by,
            "at": transfer.at,
        }
    return shown


def describe_standing(
    session: Session, directive: Directive, path: str | None, *, to_app: bool
) -> dict[str, Any]:
    """What became of a directive, its versions, and for one unit of it the branch it is in."""
    ends = select(DirectiveEnd).where(DirectiveEnd.directive_id == directive.id)
    here = [DirectiveEnd.path == ""]
    if path is not None:
        here.append(DirectiveEnd.unit_id.in_(ancestor_ids(path)))
        ends = ends.where(or_(*here))
    return {
        "endings": [_end(end) for end in session.scalars(ends.order_by(DirectiveEnd.id))],
        "changes": describe_changes(session, directive, to_app=to_app),
        "successor_id": successor_of(session, directive.id),
    }


def _end(end: DirectiveEnd) -> dict[str, Any]:
    return {
        "kind": end.kind,
        "at": end.at,
        "by": end.by,
        "reason": end.reason,
        "unit_id": end.unit_id if end.path else None,
        "rescues": end.rescues,
        "override_reason": end.override_reason,
    }


def may_with_directive(principal: Principal, directive: Directive) -> dict[str, bool]:
    is_open = directive.status == "open"
    possible = own_policy.may_end(principal, directive) and is_open
    return {
        "update": possible,
        "cancel": possible,
        "all_clear": possible,
        "clear_branch": own_policy.may_clear_below(principal) and is_open,
    }


def assignment_in(session: Session, directive_id: int | None, unit_id: int) -> int | None:
    """The unit's assignment of another version, if it has one there."""
    if directive_id is None:
        return None
    return session.scalar(
        select(Assignment.id).where(
            Assignment.directive_id == directive_id, Assignment.unit_id == unit_id
        )
    )
