"""Rules of keeping (保存期限): made, changed, ended, and tried before they are."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from zzd import clock
from zzd.api import decode_cursor, encode_cursor
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint, lock_name
from zzd.errors import Invalid
from zzd.messaging.files.models import MessageFile
from zzd.messaging.models import Conversation, Message
from zzd.messaging.records import holds, policy, retention
from zzd.messaging.records.models import RetentionRule
from zzd.messaging.records.problems import MOST_RULES, TooManyRules
from zzd.messaging.records.retention import Rule
from zzd.orgtree.models import Line, Unit
from zzd.principal import Principal

# Messages that one request of a dry run looks at.
SLICE = 20_000
TRIED = 0


def make_rule(session: Session, by: Principal, body: dict[str, Any]) -> tuple[int, bool]:
    """Its id, and whether it is a fresh one. It counts from the next batch on.

    Raises Invalid, TooManyRules, IdempotencyConflict.
    """
    key = body.pop("client_id") or uuid4().hex
    printed = fingerprint(body)
    found = find_repeat(
        session, RetentionRule, sender_id=by.account_id, client_id=key, body_fingerprint=printed
    )
    if found is not None:
        return found.id, False
    lock_name(session, holds.LOCK)
    if len(retention.rules_in_force(session)) >= MOST_RULES:
        raise TooManyRules
    now = clock.now()
    rule = RetentionRule(
        sender_id=by.account_id,
        client_id=key,
        fingerprint=printed,
        by_username=by.username,
        created_at=now,
        **_values(session, body),
        changed_at=now,
    )
    session.add(rule)
    session.flush()
    _record(session, "retention.make", by, rule)
    return rule.id, True


def change_rule(session: Session, by: Principal, rule_id: int, body: dict[str, Any]) -> None:
    """Raises NotFound, Invalid."""
    lock_name(session, holds.LOCK)
    rule = policy.access_rule(session, rule_id)
    for name, value in _values(session, body).items():
        setattr(rule, name, value)
    rule.by_username, rule.changed_at = by.username, clock.now()
    _record(session, "retention.change", by, rule)


def end_rule(session: Session, by: Principal, rule_id: int) -> None:
    """Raises NotFound."""
    lock_name(session, holds.LOCK)
    rule = policy.access_rule(session, rule_id)
    rule.ended_at = clock.now()
    _record(session, "retention.end", by, rule)


def _values(session: Session, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": body["name"],
        "conversation_kinds": sorted(set(body["conversation_kinds"])),
        "message_kinds": sorted(set(body["message_kinds"])),
        "keep_days": body["keep_days"],
        **retention.columns_of(retention.resolve(session, body["audience"])),
    }


def _record(session: Session, action: str, by: Principal, rule: RetentionRule) -> None:
    audit.append(
        session,
        action,
        by=by,
        object_kind="retention",
        object_id=rule.id,
        name=rule.name,
        conversation_kinds=rule.conversation_kinds,
        message_kinds=rule.message_kinds,
        unit_id=rule.unit_id,
        levels=rule.levels,
        line=rule.line,
        role=rule.role,
        keep_days=rule.keep_days,
    )
    holds.begin_again(session)


def list_rules(session: Session) -> dict[str, Any]:
    """All in force, the one that counts before all others first; two statements."""
    query = (
        select(RetentionRule, Unit, Line.name)
        .outerjoin(Unit, Unit.id == RetentionRule.unit_id)
        .outerjoin(Line, Line.code == RetentionRule.line)
        .where(RetentionRule.ended_at.is_(None))
    )
    rows = {row[0].id: row for row in session.execute(query)}
    order = retention.in_order([retention.value_of(*row) for row in rows.values()])
    return {"items": [_describe(*rows[rule_id]) for rule_id in order], "next": None}


def _describe(rule: RetentionRule, unit: Unit | None, line_name: str | None) -> dict[str, Any]:
    audience = retention.audience_of(rule, unit, line_name)
    return {
        "id": rule.id,
        "name": rule.name,
        "conversation_kinds": rule.conversation_kinds,
        "message_kinds": rule.message_kinds,
        "audience": audience and audience.as_dict(),
        "keep_days": rule.keep_days,
        "by": rule.by_username,
        "created_at": rule.created_at,
        "changed_at": rule.changed_at,
    }


def describe_rule(session: Session, rule_id: int) -> dict[str, Any]:
    found: dict[str, Any] = next(
        rule for rule in list_rules(session)["items"] if rule["id"] == rule_id
    )
    return found


def try_rule(
    session: Session, body: dict[str, Any], *, rule_id: int | None, cursor: str | None
) -> dict[str, Any]:
    """What the rule would remove today beside the others, or in place of the one it changes, of the
    next so many messages; nothing is changed. Raises Invalid.

    ``held`` would go too, were they not under a hold. ``files``: those that no other message carries.
    """
    after = (decode_cursor(cursor, int) or [0])[0]
    rules = {rule.id: rule for rule in retention.rules_in_force(session)}
    if rule_id is not None and rule_id not in rules:
        raise Invalid.at("/rule_id", "There is no such rule")
    values = _values(session, body)
    tried = Rule(
        rule_id or TRIED,
        values["keep_days"],
        tuple(values["conversation_kinds"]),
        tuple(values["message_kinds"]),
        retention.resolve(session, body["audience"]),
    )
    rules[tried.id] = tried
    end, last = _slice(session, after)
    counts = {"messages": 0, "files": 0, "held": 0}
    if end is not None:
        counts = _count(session, list(rules.values()), tried.id, after, end)
    over = end is None or last is None or end >= last
    return {
        **counts,
        "looked_at": 1.0 if over or not last else (end or 0) / last,
        "next": None if over else encode_cursor([end]),
    }


def _slice(session: Session, after: int) -> tuple[int | None, int | None]:
    """The last id of the next so many messages, and the last of all."""
    following = (
        select(Message.id).where(Message.id > after).order_by(Message.id).limit(SLICE).subquery()
    )
    end = select(func.max(following.c.id)).scalar_subquery()
    row = session.execute(select(end, select(func.max(Message.id)).scalar_subquery())).one()
    return row[0], row[1]


def _count(session: Session, rules: list[Rule], tried: int, after: int, end: int) -> dict[str, int]:
    held = holds.is_held(session)
    due = (
        select(Message.conversation_id, Message.seq, held.label("held"))
        .join(Conversation, Conversation.id == Message.conversation_id)
        .where(
            and_(Message.id > after, Message.id <= end),
            Message.removed_at.is_(None),
            retention.is_due(rules, clock.now(), by=tried),
        )
        .cte("due")
    )
    other = aliased(MessageFile)
    elsewhere = select(other.file_id).where(
        other.file_id == MessageFile.file_id,
        or_(other.conversation_id != MessageFile.conversation_id, other.seq != MessageFile.seq),
    )
    files = (
        select(func.count())
        .select_from(due)
        .join(
            MessageFile,
            and_(
                MessageFile.conversation_id == due.c.conversation_id,
                MessageFile.seq == due.c.seq,
            ),
        )
        .where(~due.c.held, ~elsewhere.correlate(MessageFile).exists())
    )
    row = session.execute(
        select(
            func.count().filter(~due.c.held),
            func.count().filter(due.c.held),
            files.scalar_subquery(),
        ).select_from(due)
    ).one()
    return {"messages": row[0], "held": row[1], "files": row[2]}
