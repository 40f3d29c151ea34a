"""Files of directives and drafts: who may have them follows from whom they are for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_
from sqlalchemy.orm import Session

from zzd.messaging.files.carriers import Carrier, register_carrier
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.drafts.models import DirectiveFile, Draft, DraftFile
from zzd.tasks.drafts.policy import may_see
from zzd.tasks.models import Assignment, Directive


def _in_directive(file_id: Any) -> ColumnElement[bool]:
    return exists().where(DirectiveFile.file_id == file_id)


def _in_draft(file_id: Any) -> ColumnElement[bool]:
    return exists().where(DraftFile.file_id == file_id)


def _of_directive(_session: Session, principal: Principal, file_id: Any) -> ColumnElement[bool]:
    """The issuer's unit, whoever it addresses or has a copy; nobody else, not even a unit between
    the two."""
    if principal.post is None or principal.scopes is not None:
        return false()
    post = principal.post
    addressed = exists().where(
        Assignment.directive_id == DirectiveFile.directive_id, policy.answered_by(post)
    )
    return exists().where(
        DirectiveFile.file_id == file_id,
        Directive.id == DirectiveFile.directive_id,
        or_(
            Directive.unit_id == post.unit_id,
            Directive.id.in_(policy.copied_ids(post)),
            addressed.correlate(DirectiveFile),
        ),
    )


def _of_draft(_session: Session, principal: Principal, file_id: Any) -> ColumnElement[bool]:
    if principal.post is None or principal.scopes is not None or not may_see(principal):
        return false()
    return exists().where(
        DraftFile.file_id == file_id,
        and_(Draft.id == DraftFile.draft_id, Draft.unit_id == principal.post.unit_id),
    )


def register() -> None:
    register_carrier(Carrier("directive", _in_directive, _of_directive))
    register_carrier(Carrier("directive_draft", _in_draft, _of_draft))
