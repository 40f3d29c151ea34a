"""Ending what a plan does not want any more."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.audit import log as audit
from zzd.principal import Principal
from zzd.tasks.lifecycle.endings import end_directive, require_rescues_over
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.states import Move


def end_directives(
    session: Session, *, by: Principal, directive_ids: Iterable[int], reason: str
) -> None:
    """All clear: nothing more is asked of anybody by these directives; those that have ended stay
    as they are. Whoever changes a level says why, which overrides rescues that are open."""
    wanted = select(Directive).where(Directive.id.in_(list(directive_ids)))
    for directive in session.scalars(wanted.order_by(Directive.id).with_for_update()):
        if directive.status == "open":
            rescues = require_rescues_over(
                session, [Assignment.directive_id == directive.id], reason
            )
            end_directive(
                session,
                directive,
                Move.CLEAR,
                by=by,
                reason=reason,
                rescues=rescues,
                override_reason=reason if rescues else None,
            )
            audit.append(
                session,
                "directive.end",
                by=by,
                object_kind="directive",
                object_id=directive.id,
                reason=reason,
                rescues=rescues,
            )
    session.flush()
