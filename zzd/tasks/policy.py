"""Who may see and do what with events, directives, assignments and roll-ups.

Whoever may see a thing but not act on it is told so (403); to everybody else it does not
exist (404). Both are audited.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from zzd.errors import NotFound, NotPermitted, deny
from zzd.identity.policy import may_issue_directives
from zzd.orgtree.audiences import PATH_END, ancestor_ids
from zzd.orgtree.matching import select_ids_matching
from zzd.orgtree.models import Post, Unit
from zzd.orgtree.past import Place, unit_as_of
from zzd.principal import PostRef, Principal
from zzd.tasks.drafts.models import DirectiveCopy
from zzd.tasks.holding import hold_event
from zzd.tasks.models import Assignment, Directive, DirectiveAudience, Event
from zzd.tasks.places import oversees
from zzd.tasks.reach import known


class OfUnit(Protocol):
    """A row that a unit keeps for itself and for those above and below it."""

    @property
    def unit_id(self) -> int: ...


Kept = TypeVar("Kept", bound=OfUnit)


def acting_post(principal: Principal) -> PostRef:
    """The post the caller acts in; routes here admit only officials in a post."""
    assert principal.post is not None
    return principal.post


def in_part_of(post: PostRef, unit_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition, of ``unit_id`` joined with Unit: at, above or below the post's unit."""
    return or_(
        unit_id.in_(ancestor_ids(post.unit_path)),
        and_(Unit.path >= post.unit_path, Unit.path < post.unit_path + PATH_END),
    )


def access_in_part(
    session: Session,
    principal: Principal,
    table: type[Kept],
    object_id: int,
    action: str,
    *,
    kind: str,
    lock: bool = False,
) -> Kept:
    """A row of the caller's part of the organisation. Raises NotFound."""
    found = session.get(table, object_id, with_for_update=True if lock else None)
    if found is None:
        raise NotFound
    seen = select(Unit.id).where(
        Unit.id == found.unit_id, in_part_of(acting_post(principal), Unit.id.expression)
    )
    if session.scalar(seen) is None:
        raise deny(NotFound(), action, kind, object_id)
    return found


# Events


def access_event(
    session: Session, principal: Principal, event_id: int, action: str, *, lock: bool = False
) -> Event:
    """An event of the caller's part of the organisation. Raises NotFound."""
    event = hold_event(session, event_id, to_change=True) if lock else session.get(Event, event_id)
    if event is None:
        raise NotFound
    seen = select(Event.id).join(Unit, Unit.id == Event.unit_id).where(Event.id == event_id)
    mine = (
        in_part_of(acting_post(principal), Event.unit_id.expression),
        known(principal.reach, Event.unit_id),
    )
    if session.scalar(seen.where(*mine)) is None:
        raise deny(NotFound(), action, "event", event_id)
    return event


def require_issuer(principal: Principal, action: str) -> None:
    """Raises NotPermitted for whoever may issue to nobody."""
    if not may_issue_directives(principal):
        raise deny(NotPermitted("Only issuers may do this"), action, "account", principal.username)


def may_declare(principal: Principal) -> bool:
    """Whether the caller declares events: an issuer over the acting post's unit."""
    path = acting_post(principal).unit_path
    return any(grant.covers(path) for grant in principal.grants_of("issuer"))


def require_declarer(principal: Principal, action: str) -> None:
    """Raises NotPermitted for whoever may declare no event of the own unit."""
    require_issuer(principal, action)
    post = acting_post(principal)
    require_issuer_over(principal, post.unit_path, action, post.unit_id)


def require_issuer_over(
    principal: Principal, unit_path: str, action: str, object_id: Any, kind: str = "event"
) -> None:
    """Raises NotPermitted unless an issuer's grant of the caller covers the unit at the path."""
    if not any(grant.covers(unit_path) for grant in principal.grants_of("issuer")):
        problem = NotPermitted(f"Only an issuer for the {kind}'s unit may do this")
        raise deny(problem, action, kind, object_id)


# Directives and assignments


def addressed(line: Any, role: Any) -> ColumnElement[bool]:
    """The condition on Assignment: its directive addresses posts of this line and role there.

    By the audiences as they were on the day, the issuer's and those it was passed on to.
    """
    matching = exists().where(
        *audiences_there(),
        or_(DirectiveAudience.line == "", DirectiveAudience.line == line),
        or_(DirectiveAudience.role == "", DirectiveAudience.role == role),
    )
    # Said, because it may stand within another EXISTS.
    return matching.correlate(Assignment, Post)


def audiences_there() -> tuple[ColumnElement[bool], ...]:
    """The conditions on DirectiveAudience: one that an assignment's unit is in."""
    return (
        DirectiveAudience.directive_id == Assignment.directive_id,
        Assignment.path >= DirectiveAudience.path,
        Assignment.path < DirectiveAudience.path + PATH_END,
        DirectiveAudience.levels.bitwise_rshift(Assignment.level).bitwise_and(1) == 1,
    )


def answered_by(post: PostRef) -> ColumnElement[bool]:
    """The condition on Assignment: officials in this post act on it for their unit."""
    return and_(Assignment.unit_id == post.unit_id, addressed(post.line, post.role))


def acting_on(session: Session, principal: Principal, ids: Sequence[int]) -> set[int]:
    """Which of these assignments the caller acts on."""
    query = select(Assignment.id).where(Assignment.id.in_(ids), answered_by(acting_post(principal)))
    return set(session.scalars(query))


def access_directive(
    session: Session, principal: Principal, directive_id: int, action: str
) -> Directive:
    """A directive of the caller's own unit, one that reached it or units below it, or one that
    the acting post has a copy of.

    A unit above the issuer's does not see what the issuer orders below. Raises NotFound.
    """
    directive = session.get(Directive, directive_id, options=[joinedload(Directive.event)])
    if directive is None:
        raise NotFound
    check_known(session, principal, directive, action)
    post = acting_post(principal)
    if directive.unit_id != post.unit_id:
        place = unit_as_of(session, post.unit_id, directive.rev)
        reached = place is not None and _reached(session, directive, place)
        if not reached and not _has_copy(session, directive, post):
            raise deny(NotFound(), action, "directive", directive_id)
    return directive


def check_known(session: Session, principal: Principal, directive: Directive, action: str) -> None:
    """Raises NotFound for an app that may not know of the directive."""
    if principal.reach is not None:
        query = select(Directive.id).where(
            Directive.id == directive.id, known(principal.reach, Directive.unit_id)
        )
        if session.scalar(query) is None:
            raise deny(NotFound(), action, "directive", directive.id)


def copied_ids(post: PostRef) -> Select[int]:
    """The query for the directives that whoever holds this post has a copy of (抄送)."""
    return select(DirectiveCopy.directive_id).where(
        DirectiveCopy.audience_id.in_(select_ids_matching([post]))
    )


def _has_copy(session: Session, directive: Directive, post: PostRef) -> bool:
    copied = copied_ids(post).where(DirectiveCopy.directive_id == directive.id)
    return session.scalar(copied.limit(1)) is not None


def access_rollup(
    session: Session, principal: Principal, directive_id: int, unit_id: int | None, action: str
) -> tuple[Directive, Place]:
    """What came back to a unit of the directive's day; by default the caller's own.

    For officials of the issuer's unit, and of the unit or one above it within the issuer's
    reach, as long as the directive concerns that branch at all. Raises NotFound.
    """
    directive = access_directive(session, principal, directive_id, action)
    post = acting_post(principal)
    wanted = post.unit_id if unit_id is None else unit_id
    place = unit_as_of(session, wanted, directive.rev)
    if place is None:
        raise NotFound
    if directive.unit_id != post.unit_id and not (
        oversees(post.unit_id, directive.unit_id, place.path)
        and _reached(session, directive, place)
    ):
        raise deny(NotFound(), action, "rollup", f"{directive_id}/{place.id}")
    return directive, place


def _reached(session: Session, directive: Directive, place: Place) -> bool:
    """Whether the directive reached the unit or, in the issuer's reach, any unit below it."""
    within_reach = directive.unit_id in ancestor_ids(place.path)
    reached = select(Assignment.id).where(
        Assignment.directive_id == directive.id,
        Assignment.path >= place.path,
        Assignment.path < place.path + PATH_END if within_reach else Assignment.path == place.path,
    )
    return session.scalar(reached.limit(1)) is not None


def may_stand_in(post: PostRef, assignment: Assignment) -> bool:
    """Whether somebody in this post may act for people of the unit who cannot: a proxy (代办).

    Anybody of the unit itself, whomever the directive addresses there, and of the units above
    it within the issuer's reach.
    """
    return oversees(post.unit_id, assignment.directive.unit_id, assignment.path)


def access_assignment(
    session: Session,
    principal: Principal,
    assignment_id: int,
    action: str,
    *,
    to_act: bool = False,
    as_proxy: bool = False,
) -> Assignment:
    """An assignment the caller may see; ``to_act``: one they act on, locked until the end.

    Raises NotFound, NotPermitted.
    """
    (found,) = access_assignments(
        session, principal, [assignment_id], action, to_act=to_act, as_proxy=as_proxy
    )
    return found


def access_assignments(
    session: Session,
    principal: Principal,
    ids: Sequence[int],
    action: str,
    *,
    to_act: bool = False,
    as_proxy: bool = False,
) -> list[Assignment]:
    """All of these or none; ``as_proxy``: acting for others will do. Raises NotFound, NotPermitted."""
    post = acting_post(principal)
    query = (
        select(Assignment, case((answered_by(post), 1), else_=0))
        .where(Assignment.id.in_(ids))
        .order_by(Assignment.id)
        .options(joinedload(Assignment.directive).joinedload(Directive.event))
    )
    if to_act:
        # What was read before the lock was had may be stale.
        query = query.with_for_update(of=Assignment).execution_options(populate_existing=True)
    rows = session.execute(query).all()
    if len(rows) < len(set(ids)):
        raise NotFound
    found = [assignment for assignment, _ in rows]
    own = {assignment.id for assignment, acts in rows if acts}
    for assignment in found:
        check_known(session, principal, assignment.directive, action)
        if assignment.id in own:
            continue
        if not may_stand_in(post, assignment):
            raise deny(NotFound(), action, "assignment", assignment.id)
        if to_act and not as_proxy:
            problem = NotPermitted("Only officials of the unit whom it addresses may do this")
            raise deny(problem, action, "assignment", assignment.id)
    return found


# Reports


def access_to_reopen(
    session: Session, principal: Principal, assignment_id: int, action: str
) -> Assignment:
    """An assignment whose final report the caller may open to be corrected, locked until the end.

    For officials of units above it within the issuer's reach, and of the issuer's unit.
    Raises NotFound, NotPermitted.
    """
    access_assignment(session, principal, assignment_id, action)
    assignment = session.scalars(
        select(Assignment)
        .where(Assignment.id == assignment_id)
        .options(joinedload(Assignment.directive).joinedload(Directive.event))
        .with_for_update(of=Assignment)
        .execution_options(populate_existing=True)
    ).one()
    if not may_reopen(principal, assignment):
        problem = NotPermitted("Only a unit above, or the issuer, opens a final report")
        raise deny(problem, action, "assignment", assignment_id)
    return assignment


def may_reopen(principal: Principal, assignment: Assignment) -> bool:
    """Whether the caller, who may see the assignment, stands above its unit."""
    unit_id = acting_post(principal).unit_id
    return unit_id in (assignment.directive.unit_id, *ancestor_ids(assignment.path)[:-1])
