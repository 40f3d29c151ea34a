"""Who may update and end directives, say all clear, and hand an assignment over."""

from __future__ import annotations

from sqlalchemy.orm import Session

from zzd.errors import NotPermitted, deny
from zzd.identity.policy import may_issue_directives
from zzd.orgtree.past import Place, unit_as_of
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.models import Assignment, Cascade, Directive


def may_end(principal: Principal, directive: Directive) -> bool:
    """Whether the caller updates and cancels a directive: an issuer, in the unit that issued it."""
    own = policy.acting_post(principal).unit_id == directive.unit_id
    return own and may_issue_directives(principal)


def may_clear_below(principal: Principal) -> bool:
    """Whether the caller says all clear for branches: an issuer over all of the own unit. A branch
    that they see (access_to_clear) lies in it."""
    path = policy.acting_post(principal).unit_path
    return any(grant.covers(path) for grant in principal.grants_of("issuer"))


def require_own_directive(
    session: Session, principal: Principal, directive_id: int, action: str
) -> Directive:
    """A directive that the caller may end. Raises NotFound, NotPermitted."""
    directive = policy.access_directive(session, principal, directive_id, action)
    if not may_end(principal, directive):
        problem = NotPermitted("Only issuers of the unit that issued it may do this")
        raise deny(problem, action, "directive", directive_id)
    return directive


def access_to_clear(
    session: Session, principal: Principal, directive_id: int, unit_id: int | None, action: str
) -> tuple[bool, Place]:
    """Where the caller may say all clear, and whether that is the whole directive.

    The whole: issuers of the unit that issued it. A branch: they, and issuers of a unit from there
    down to the branch whose grant covers it. Raises NotFound, NotPermitted.
    """
    directive = policy.access_directive(session, principal, directive_id, action)
    wanted = directive.unit_id if unit_id is None else unit_id
    if wanted == directive.unit_id:
        require_own_directive(session, principal, directive_id, action)
        place = unit_as_of(session, wanted, directive.rev)
        assert place is not None
        return True, place
    _, place = policy.access_rollup(session, principal, directive_id, wanted, action)
    if not may_end(principal, directive):
        policy.require_issuer_over(principal, place.path, action, directive_id, "directive")
    return False, place


def access_to_hand_over(
    session: Session, principal: Principal, assignment_id: int, action: str
) -> Assignment:
    """An assignment that the caller may give to another unit, locked: one they act on, or one
    that came from the caller's unit. Raises NotFound, NotPermitted."""
    found = policy.access_assignment(
        session, principal, assignment_id, action, to_act=True, as_proxy=True
    )
    if not may_hand_over(session, principal, found):
        problem = NotPermitted(
            "Only officials of the unit, or of the one it came from, may do this"
        )
        raise deny(problem, action, "assignment", assignment_id)
    return found


def may_hand_over(session: Session, principal: Principal, assignment: Assignment) -> bool:
    origin = assignment.directive.unit_id
    if assignment.cascade_id is not None:
        origin = session.get_one(Cascade, assignment.cascade_id).unit_id
    if origin == policy.acting_post(principal).unit_id:
        return True
    return bool(policy.acting_on(session, principal, [assignment.id]))
