"""How directives end: cancelled in flight (撤销), superseded, or all clear (解除)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from zzd import clock
from zzd.audit import log as audit
from zzd.orgtree.past import Place
from zzd.principal import Principal
from zzd.tasks.holding import hold_directive
from zzd.tasks.ledger.lines import hold, put_in
from zzd.tasks.lifecycle import policy
from zzd.tasks.lifecycle.events import announce_end
from zzd.tasks.lifecycle.models import DirectiveEnd
from zzd.tasks.lifecycle.rescues import require_rescues_over
from zzd.tasks.models import Assignment, Directive, Event, snapshot
from zzd.tasks.problems import DirectiveCancelled, DirectiveClosed, DirectiveSuperseded
from zzd.tasks.staffing import below, not_handed_over
from zzd.tasks.states import Move

# What a directive's status becomes by each of the moves that end it.
STATUSES = {Move.CANCEL: "cancelled", Move.SUPERSEDE: "superseded", Move.CLEAR: "closed"}


def access_to_end(session: Session, by: Principal, directive_id: int, action: str) -> Directive:
    """A directive of the caller's unit, to be ended by an issuer: held, after who passes it on.

    Raises NotFound, NotPermitted.
    """
    policy.require_own_directive(session, by, directive_id, action)
    return hold_directive(session, directive_id, to_end=True)


def end_as_a_whole(session: Session, directive: Directive) -> DirectiveEnd | None:
    """How a directive ended; None of one that is open, or that ended before that was kept."""
    if directive.status == "open":
        return None
    whole = select(DirectiveEnd).where(
        DirectiveEnd.directive_id == directive.id, DirectiveEnd.path == ""
    )
    return session.scalar(whole)


def end_of(session: Session, directive: Directive) -> DirectiveEnd | None:
    """How a directive ended that is closed or cancelled: a later version takes its place, and
    says so itself."""
    return None if directive.status == "superseded" else end_as_a_whole(session, directive)


def ended_at(session: Session, directive: Directive) -> datetime | None:
    """When a directive ended as a whole, in whatever way; None of one that is open."""
    if directive.status == "open":
        return None
    end = end_as_a_whole(session, directive)
    # Directives that ended with their event before ends were kept have that moment alone.
    return end.at if end else directive.event.closed_at


def cleared_paths(session: Session, directive_id: int) -> list[str]:
    """The branches of an open directive for which all clear was said."""
    branches = select(DirectiveEnd.path).where(
        DirectiveEnd.directive_id == directive_id, DirectiveEnd.path != ""
    )
    return list(session.scalars(branches.order_by(DirectiveEnd.path)))


def require_open(directive: Directive) -> None:
    """Raises DirectiveCancelled, DirectiveSuperseded, DirectiveClosed."""
    problems = {"cancelled": DirectiveCancelled, "superseded": DirectiveSuperseded}
    if directive.status != "open":
        raise problems.get(directive.status, DirectiveClosed)


def cancel_directive(
    session: Session, *, by: Principal, directive_id: int, reason: str
) -> tuple[Directive, bool]:
    """Cancel a directive in flight, and whether that is new: once is enough.

    Units it was delivered to have to acknowledge the cancel (assignments.stand_down); where it
    was not, it never becomes active. One row, whatever the number of units.
    Raises NotFound, NotPermitted, DirectiveSuperseded, DirectiveClosed.
    """
    action = "directive.cancel"
    directive = access_to_end(session, by, directive_id, action)
    if directive.status == "cancelled":
        return directive, False
    require_open(directive)
    end_directive(session, directive, Move.CANCEL, by=by, reason=reason)
    _audit(session, action, by, directive, reason=reason)
    return directive, True


def all_clear(
    session: Session,
    *,
    by: Principal,
    directive_id: int,
    unit_id: int | None,
    reason: str,
    override_reason: str | None,
) -> tuple[Directive, bool]:
    """Say that it is over (解除), for the whole directive or for a branch, and whether that is new.

    Nothing below is due or passed on any more; answers are still taken in. While people are being
    rescued there by the latest reports it is refused, unless ``override_reason`` is given.
    Raises NotFound, NotPermitted, RescuesOpen, DirectiveCancelled, DirectiveSuperseded.
    """
    action = "directive.all_clear"
    whole, place = policy.access_to_clear(session, by, directive_id, unit_id, action)
    directive = hold_directive(session, directive_id, to_end=whole)
    ended = select(DirectiveEnd.id).where(
        DirectiveEnd.directive_id == directive_id,
        DirectiveEnd.kind == Move.CLEAR.value,
        DirectiveEnd.unit_id == place.id,
    )
    if directive.status == "closed" or (not whole and session.scalar(ended) is not None):
        return directive, False
    require_open(directive)
    branch = None if whole else place
    rescues = require_rescues_over(
        session, directive.event_id, [directive_id], override_reason, branch
    )
    if not whole:
        _clear_branch(session, directive, place)
    end_directive(
        session,
        directive,
        Move.CLEAR,
        by=by,
        reason=reason,
        branch=branch,
        rescues=rescues,
        override_reason=override_reason if rescues else None,
    )
    overridden = override_reason if rescues else None
    _audit(session, action, by, directive, unit=place.id, rescues=rescues, overridden=overridden)
    return directive, True


def clear_event(
    session: Session, event: Event, *, by: Principal, reason: str, override_reason: str | None
) -> int:
    """All clear for every open directive of an event that the caller has locked; open rescues.

    Rescues under what was cancelled hold it up as well: for those no all-clear was said.
    Raises RescuesOpen.
    """
    query = (
        select(Directive)
        .where(Directive.event_id == event.id, Directive.status.in_(("open", "cancelled")))
        .order_by(Directive.id)
        .with_for_update(key_share=True, of=Directive)
        .options(joinedload(Directive.event))
    )
    latest = list(session.scalars(query.execution_options(populate_existing=True)))
    ids = [directive.id for directive in latest]
    rescues = require_rescues_over(session, event.id, ids, override_reason)
    for directive in latest:
        if directive.status != "open":
            continue
        end_directive(
            session,
            directive,
            Move.CLEAR,
            by=by,
            reason=reason,
            rescues=rescues,
            override_reason=override_reason if rescues else None,
        )
    return rescues


def end_directive(
    session: Session,
    directive: Directive,
    move: Move,
    *,
    by: Principal,
    reason: str,
    branch: Place | None = None,
    rescues: int = 0,
    override_reason: str | None = None,
) -> None:
    """Write the end down and tell everybody addressed. A branch leaves the directive open."""
    if branch is None:
        directive.status = STATUSES[move]
    end = DirectiveEnd(
        directive_id=directive.id,
        kind=move.value,
        unit_id=branch.id if branch else directive.unit_id,
        path=branch.path if branch else "",
        at=clock.now(),
        reason=reason,
        rescues=rescues,
        override_reason=override_reason,
        **snapshot(by),
    )
    session.add(end)
    session.flush()
    announce_end(session, directive, end)


def _clear_branch(session: Session, directive: Directive, place: Place) -> None:
    branch = (*below(directive.id, place.path), not_handed_over())
    held = hold(session, *branch)
    session.execute(
        update(Assignment)
        .where(*branch, Assignment.cleared_at.is_(None))
        .values(cleared_at=clock.now(), due_at=None)
        .execution_options(synchronize_session=False)
    )
    put_in(session, held, *branch)


def _audit(session: Session, action: str, by: Principal, directive: Directive, **more: Any) -> None:
    audit.append(
        session,
        action,
        by=by,
        object_kind="directive",
        object_id=directive.id,
        mode=directive.event.mode,
        **more,
    )
