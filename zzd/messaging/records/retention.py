"""Which rule of keeping counts, and what is due by it.

**The rule of rules.** A message is kept as the most specific rule that is about it says; of equally
specific ones the longest time counts. More specific is, in this order: the audience of the lower
unit (any audience before none); the audience more narrowed by line, role and levels; kinds of
messages named; kinds of conversations named. A message that no rule is about is kept for good, and
so is one whose rule says so. What is under a hold (zzd.messaging.records.holds) is not removed,
whatever the rules say.

A rule with an audience is about the conversations of audiences that lie in it, and about the direct
conversations and groups whose maker holds a post in it today.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, or_, select, true
from sqlalchemy.orm import Session

from zzd.messaging.models import Conversation, Message
from zzd.messaging.records.models import RetentionRule
from zzd.messaging.rules import NAMED
from zzd.orgtree import audiences
from zzd.orgtree.audiences import Audience, levels_of
from zzd.orgtree.in_use import within
from zzd.orgtree.models import Line, Unit
from zzd.principal import PATH_SEGMENT

FOR_GOOD = 10**9


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a value. No kinds named: all; ``keep_days`` None: for good."""

    id: int
    keep_days: int | None
    conversation_kinds: tuple[str, ...] = ()
    message_kinds: tuple[str, ...] = ()
    audience: Audience | None = None


def rank(rule: Rule) -> tuple[int, ...]:
    """Of the rules that are about a message the one that ranks highest counts."""
    return (
        *_rank_of(rule.audience),
        bool(rule.message_kinds),
        bool(rule.conversation_kinds),
        FOR_GOOD if rule.keep_days is None else rule.keep_days,
        -rule.id,
    )


def _rank_of(audience: Audience | None) -> tuple[int, int]:
    if audience is None:
        return 0, 0
    depth = len(audience.unit_path) // PATH_SEGMENT
    fewer_levels = len(levels_of(audience.levels)) < len(audiences.LEVELS) - depth + 1
    return depth, bool(audience.line) + bool(audience.role) + fewer_levels


def shortest(rules: Iterable[Rule]) -> int | None:
    """Nothing younger than so many days is due; None: nothing is."""
    return min((rule.keep_days for rule in rules if rule.keep_days is not None), default=None)


def is_due(rules: Iterable[Rule], now: datetime, *, by: int | None = None) -> ColumnElement[bool]:
    """The condition on Message with Conversation: the rule that counts says that its time is over.
    ``by``: and that rule is this one."""
    branches: list[Any] = []
    for rule in sorted(rules, key=rank, reverse=True):
        over: ColumnElement[bool] = false()
        if rule.keep_days is not None and by in (None, rule.id):
            over = Message.created_at <= now - timedelta(days=rule.keep_days)
        branches.append((_is_about(rule), over))
    if not branches:
        return false()
    # PostgreSQL tells a condition from the numbers that SQLite has for one.
    return case(*branches, else_=false()).is_(true())


def belongs(audience: Audience) -> ColumnElement[bool]:
    """The condition on Conversation: it belongs to this part of the organisation."""
    return or_(
        within(audience, Conversation.audience_id.expression),
        and_(
            Conversation.kind.in_(NAMED),
            audiences.holds_post(audience, Conversation.sender_id.expression),
        ),
    )


def _is_about(rule: Rule) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if rule.conversation_kinds:
        conditions.append(Conversation.kind.in_(rule.conversation_kinds))
    if rule.message_kinds:
        conditions.append(Message.kind.in_(rule.message_kinds))
    if rule.audience is not None:
        conditions.append(belongs(rule.audience))
    return and_(*conditions)


def rules_in_force(session: Session) -> list[Rule]:
    """In one statement."""
    query = (
        select(RetentionRule, Unit, Line.name)
        .outerjoin(Unit, Unit.id == RetentionRule.unit_id)
        .outerjoin(Line, Line.code == RetentionRule.line)
        .where(RetentionRule.ended_at.is_(None))
    )
    return [value_of(*row) for row in session.execute(query)]


def value_of(row: RetentionRule, unit: Unit | None, line_name: str | None) -> Rule:
    return Rule(
        row.id,
        row.keep_days,
        tuple(row.conversation_kinds),
        tuple(row.message_kinds),
        audience_of(row, unit, line_name),
    )


def audience_of(kept: Any, unit: Unit | None, line_name: str | None) -> Audience | None:
    """What is kept in columns, as a value of today's tree."""
    if unit is None:
        return None
    line, role = kept.line or None, kept.role or None
    return Audience(unit.id, unit.name, unit.path, kept.levels, line, line_name, role)


def columns_of(audience: Audience | None) -> dict[str, Any]:
    """The other way round."""
    if audience is None:
        return {"unit_id": None, "levels": 0, "line": "", "role": ""}
    return {
        "unit_id": audience.unit_id,
        "levels": audience.levels,
        "line": audience.line or "",
        "role": audience.role or "",
    }


def resolve(session: Session, asked: dict[str, Any] | None) -> Audience | None:
    """Raises Invalid."""
    return None if asked is None else audiences.resolve(session, **asked, pointer="/audience")


def in_order(rules: Sequence[Rule]) -> list[int]:
    """Ids, the rule that counts before all others first."""
    return [rule.id for rule in sorted(rules, key=rank, reverse=True)]
