"""Ending what a plan does not want any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy.orm import Session

from zzd.audit import log as audit
from zzd.principal import Principal
from zzd.tasks.holding import hold_directive
from zzd.tasks.lifecycle.endings import access_to_end, end_directive
from zzd.tasks.lifecycle.rescues import require_rescues_over
from zzd.tasks.models import Directive
from zzd.tasks.states import Move


def take_over(session: Session, *, by: Principal, directive_ids: Sequence[int]) -> Directive | None:
    """The directive whose place another one is to take, the latest of these that is open, held."""
    for directive_id in sorted(directive_ids, reverse=True):
        directive = access_to_end(session, by, directive_id, "directive.update")
        if directive.status == "open":
            return directive
    return None


def supersede(session: Session, before: Directive | None, *, by: Principal, reason: str) -> None:
    """The one whose place was taken: what was answered to it does not count for its successor."""
    if before is not None:
        end_directive(session, before, Move.SUPERSEDE, by=by, reason=reason)


def end_directives(
    session: Session,
    *,
    by: Principal,
    directive_ids: Iterable[int],
    reason: str,
    override_reason: str | None,
) -> None:
    """All clear: nothing more is asked of anybody by these directives; those that have ended stay
    as they are. Raises RescuesOpen, unless ``override_reason`` says why that is done all the same."""
    for directive_id in sorted(directive_ids):
        directive = hold_directive(session, directive_id, to_end=True)
        if directive.status == "open":
            rescues = require_rescues_over(
                session, directive.event_id, [directive_id], override_reason
            )
            overridden = override_reason if rescues else None
            end_directive(
                session,
                directive,
                Move.CLEAR,
                by=by,
                reason=reason,
                rescues=rescues,
                override_reason=overridden,
            )
            audit.append(
                session,
                "directive.end",
                by=by,
                object_kind="directive",
                object_id=directive.id,
                reason=reason,
                rescues=rescues,
                overridden=overridden,
            )
    session.flush()
