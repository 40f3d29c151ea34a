"""Who may decide how long words are kept, what must not go, and who takes them out.

The three administrators are separate people (zzd.identity.grants), and nobody both makes and checks:

| | security_admin 安全管理员 | audit_admin 审计管理员 | system_admin 系统管理员 |
| --- | --- | --- | --- |
| rules of keeping | makes, changes, ends | sees | - |
| legal holds | sees | places, releases | - |
| exports of any conversation | orders, downloads own | sees them all | - |

So whoever shortens a time cannot lift the hold on what it would remove, and the other way round; and
whoever takes words out is seen by somebody else, who cannot. The system administrator, who has the
machine, has no say about words.

Besides them a conversation is taken out by whoever looks after it: who manages a group or an
audience's conversation (zzd.messaging.policy.may_manage), and either of the two in a direct one; as
they see it, and not what was said before they came. Other members do not: what one may read is not
one's own to carry away in bulk. An app never does. All of it is audited.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from zzd.errors import NotFound, deny
from zzd.messaging.models import Conversation
from zzd.messaging.policy import Place, access_conversation, may_manage, refuse
from zzd.messaging.records.models import ConversationExport, LegalHold, RetentionRule
from zzd.principal import Principal

MAKES_RULES = ("security_admin",)
PLACES_HOLDS = ("audit_admin",)
TAKES_OUT = ("security_admin",)
SEES_ALL = ("security_admin", "audit_admin")


def may_take_out_any(principal: Principal) -> bool:
    return principal.scopes is None and any(principal.has(role) for role in TAKES_OUT)


def may_see_all(principal: Principal) -> bool:
    """Rules, holds and everybody's exports; and that a conversation is under a hold at all."""
    return principal.scopes is None and any(principal.has(role) for role in SEES_ALL)


def may_take_out(principal: Principal, place: Place) -> bool:
    """Of those who belong to it."""
    looks_after = place.conversation.kind == "direct" or may_manage(principal, place)
    return principal.scopes is None and looks_after


def access_for_export(
    session: Session, principal: Principal, conversation_id: int
) -> tuple[Conversation, int, bool]:
    """The conversation, the first seq of it that they take out, and whether they have the whole.

    Raises NotFound, NotPermitted, both audited.
    """
    if may_take_out_any(principal):
        conversation = session.get(Conversation, conversation_id)
        if conversation is None:
            raise NotFound
        return conversation, 1, True
    if principal.official_id is None:
        if session.get(Conversation, conversation_id) is None:
            raise NotFound
        raise deny(NotFound(), "export.order", "conversation", conversation_id)
    place = access_conversation(session, principal, conversation_id, action="export.order")
    if not may_take_out(principal, place):
        raise refuse("export.order", place, "Only who manages a conversation takes it out")
    return place.conversation, place.first_seq, False


def access_export(
    session: Session, principal: Principal, export_id: int, *, action: str, own: bool
) -> ConversationExport:
    """An export that one ordered; or, unless it must be ``own``, for who sees all.

    Raises NotFound, audited where there is one.
    """
    found = session.get(ConversationExport, export_id, populate_existing=True)
    if found is None:
        raise NotFound
    mine = principal.scopes is None and found.sender_id == principal.account_id
    if not mine and (own or not may_see_all(principal)):
        raise deny(NotFound(), action, "export", export_id)
    return found


def access_rule(session: Session, rule_id: int) -> RetentionRule:
    """A rule in force, locked; the route says who may. Raises NotFound."""
    found = session.get(RetentionRule, rule_id, with_for_update=True)
    if found is None or found.ended_at is not None:
        raise NotFound
    return found


def access_hold(session: Session, hold_id: int) -> LegalHold:
    """Locked; the route says who may. Raises NotFound."""
    found = session.get(LegalHold, hold_id, with_for_update=True)
    if found is None:
        raise NotFound
    return found
