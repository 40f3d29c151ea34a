"""Ending what a plan does not want any more."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.audit import log as audit
from zzd.principal import Principal
from zzd.tasks.models import Directive


def end_directives(
    session: Session, *, by: Principal, directive_ids: Iterable[int], reason: str
) -> None:
    """Nothing more is asked of anybody by these directives; those that have ended stay as they
    are."""
    wanted = select(Directive).where(Directive.id.in_(list(directive_ids)))
    for directive in session.scalars(wanted.order_by(Directive.id).with_for_update()):
        if directive.status == "open":
            directive.status = "closed"
            audit.append(
                session,
                "directive.end",
                by=by,
                object_kind="directive",
                object_id=directive.id,
                reason=reason,
            )
    session.flush()
