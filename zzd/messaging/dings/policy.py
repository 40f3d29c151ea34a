"""Who may send which DING, and who sees what of it.

A recipient sees the DING; who has confirmed is the sender's alone. To everybody else it does
not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from zzd.errors import NotFound, NotPermitted, deny
from zzd.messaging import policy as messaging
from zzd.messaging.dings.models import Ding, DingPerson, DingReceipt
from zzd.messaging.dings.rules import CALLERS
from zzd.orgtree.audiences import Audience
from zzd.orgtree.matching import select_ids_matching
from zzd.orgtree.reach import as_audience
from zzd.principal import Principal


@dataclass(frozen=True, slots=True)
class Seen:
    """A DING as one official stands to it: ``receipt`` is their row, if they have one."""

    ding: Ding
    receipt: DingReceipt | None
    is_sender: bool


def may_address(principal: Principal, audience: Audience) -> bool:
    """Whoever leads, deputises or is on duty: the acting post's unit and all below it. Beyond
    that, and for plain members, by a grant that covers the audience."""
    return _addresses_below(principal, audience) or messaging.may_address(principal, audience)


def _addresses_below(principal: Principal, audience: Audience) -> bool:
    post = principal.post
    return (
        _may_speak_to(principal, audience)
        and post is not None
        and post.role in CALLERS
        and audience.unit_path.startswith(post.unit_path)
    )


def _may_speak_to(principal: Principal, audience: Audience) -> bool:
    """An app for its official, only within what it may know of."""
    if principal.scopes is None:
        return True
    return principal.reach is not None and audience.lies_in(as_audience(principal.reach))


def may_address_own_unit(principal: Principal) -> bool:
    return principal.post is not None and principal.post.role in CALLERS


def has_grant(principal: Principal) -> bool:
    return principal.has("issuer") or principal.has("unit_admin")


def may_use_telephones(principal: Principal) -> bool:
    """Messages and calls cost money and wake people: for those who lead, deputise or are on
    duty, and for holders of a grant, never for apps. Whom they reach is limited like the DING
    itself."""
    if principal.scopes is not None:
        return False
    return may_address_own_unit(principal) or has_grant(principal)


def seen_by(principal: Principal) -> ColumnElement[bool]:
    """The condition on Ding: it addresses the caller, by name or by an audience they are in."""
    named = exists().where(
        DingPerson.ding_id == Ding.id, DingPerson.official_id == principal.official_id
    )
    return and_(
        Ding.sender_id != principal.official_id,
        or_(Ding.audience_id.in_(select_ids_matching(principal.posts)), named),
    )


def own_receipt(principal: Principal) -> ColumnElement[bool]:
    """The condition under which a receipt of a DING is the caller's."""
    return and_(DingReceipt.ding_id == Ding.id, DingReceipt.official_id == principal.official_id)


def access_dings(
    session: Session, principal: Principal, ids: Sequence[int], action: str
) -> list[Seen]:
    """All of these, in the order of their ids, or none; one statement.

    Raises NotFound, audited where there is one that the caller may not see.
    """
    query = (
        select(Ding, DingReceipt, seen_by(principal))
        .outerjoin(DingReceipt, own_receipt(principal))
        .where(Ding.id.in_(set(ids)))
        .order_by(Ding.id)
    )
    found = session.execute(query).all()
    if len(found) < len(set(ids)):
        raise NotFound
    seen = []
    for ding, receipt, is_addressed in found:
        is_sender = ding.sender_id == principal.official_id
        if not (is_sender or is_addressed):
            raise deny(NotFound(), action, "ding", ding.id)
        seen.append(Seen(ding, receipt, is_sender))
    return seen


def access_ding(session: Session, principal: Principal, ding_id: int, action: str) -> Seen:
    """Raises NotFound."""
    return access_dings(session, principal, [ding_id], action)[0]


def access_as_recipient(
    session: Session, principal: Principal, ids: Sequence[int], action: str
) -> list[Seen]:
    """Those that ask the caller for an answer. Raises NotFound, NotPermitted for one's own."""
    seen = access_dings(session, principal, ids, action)
    for each in seen:
        if each.is_sender:
            raise deny(
                NotPermitted("One does not answer one's own DING"), action, "ding", each.ding.id
            )
    return seen


def access_as_sender(session: Session, principal: Principal, ding_id: int, action: str) -> Ding:
    """One's own. Raises NotFound, NotPermitted for its recipients."""
    seen = access_ding(session, principal, ding_id, action)
    if not seen.is_sender:
        raise deny(NotPermitted("Only its sender sees who has answered"), action, "ding", ding_id)
    return seen.ding
