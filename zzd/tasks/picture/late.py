"""Ringing all who are late: officials whom the directive addresses in units past a deadline."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint
from zzd.errors import NotPermitted, deny
from zzd.messaging.dings import dings
from zzd.messaging.dings import policy as ding_policy
from zzd.messaging.dings.rules import IN_APP, LONGEST_TEXT
from zzd.orgtree.audiences import LEVELS, Audience, levels_mask
from zzd.orgtree.models import Official, Post
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.models import Assignment, Directive, snapshot
from zzd.tasks.picture.models import LateCall
from zzd.tasks.picture.problems import NobodyLate, TooManyLate
from zzd.tasks.rollups import late
from zzd.tasks.staffing import below

# A DING names so many people at once; more are rung by several.
PER_DING, MOST_PEOPLE = 5_000, 50_000
NAMED_UNITS = 20


def preview(
    session: Session, *, by: Principal, directive_id: int, unit_id: int | None
) -> dict[str, Any]:
    """Whom a click would ring now: how many units and people, the first units by name, the words.

    Raises NotFound.
    """
    directive, place = policy.access_rollup(session, by, directive_id, unit_id, "directive.late")
    units = _count_units(session, directive, place)
    first = session.scalars(
        select(Assignment.unit_id)
        .where(*below(directive.id, place.path), late(directive))
        .order_by(Assignment.path)
        .limit(NAMED_UNITS)
    ).all()
    places = units_as_of(session, [(unit, directive.rev) for unit in first])
    last = session.scalars(
        select(LateCall)
        .where(LateCall.directive_id == directive.id, LateCall.unit_id == place.id)
        .order_by(LateCall.id.desc())
        .limit(1)
    ).first()
    people = len(_people(session, by, directive, place)) if units else 0
    return {
        "unit": place,
        "units": units,
        "people": min(people, MOST_PEOPLE),
        "more": people > MOST_PEOPLE,
        "first_units": [places[unit, directive.rev] for unit in first],
        "text": words(directive),
        "last": last and describe(last),
        "may_ring": _may_ring(by, place),
        "at": clock.now(),
    }


def ring(
    session: Session,
    *,
    by: Principal,
    directive_id: int,
    unit_id: int | None,
    text: str | None,
    client_id: str | None,
) -> tuple[LateCall, bool]:
    """Send all who are late at and below a unit a DING, and say whether that is new.

    A repeat with the same ``client_id`` gives the first result and rings nobody.
    Raises NotFound, NotPermitted, NobodyLate, TooManyLate, TooManyRequests.
    """
    directive, place = policy.access_rollup(session, by, directive_id, unit_id, "directive.ring")
    if not _may_ring(by, place):
        problem = NotPermitted("Neither your post nor a grant of yours covers this unit")
        raise deny(problem, "directive.ring", "unit", place.id)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    body = fingerprint({"directive_id": directive.id, "unit_id": place.id, "text": text})
    if repeated := find_repeat(
        session, LateCall, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return repeated, False
    people = _people(session, by, directive, place)
    if not people:
        raise NobodyLate
    if len(people) > MOST_PEOPLE:
        raise TooManyLate(f"One click rings at most {MOST_PEOPLE} people", most=MOST_PEOPLE)
    call = LateCall(
        directive_id=directive.id,
        unit_id=place.id,
        units=_count_units(session, directive, place),
        people=len(people),
        ding_ids=_send(session, by, people, _said(directive, text), key),
        at=clock.now(),
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        **snapshot(by),
    )
    session.add(call)
    session.flush()
    audit.append(
        session,
        "directive.ring",
        by=by,
        object_kind="directive",
        object_id=directive.id,
        unit_id=place.id,
        units=call.units,
        people=call.people,
    )
    return call, True


def _said(directive: Directive, text: str | None) -> str:
    """An exercise says so, whatever else is said."""
    if text is None:
        return words(directive)
    mark = "【演练】" if directive.event.mode == "exercise" else ""
    return text if text.startswith(mark) else (mark + text)[:LONGEST_TEXT]


def describe(call: LateCall) -> dict[str, Any]:
    return {
        "id": call.id,
        "at": call.at,
        "by": call.by,
        "units": call.units,
        "people": call.people,
        "ding_ids": call.ding_ids,
    }


def words(directive: Directive) -> str:
    """What the DING says unless somebody says it otherwise."""
    mark = "【演练】" if directive.event.mode == "exercise" else ""
    room = LONGEST_TEXT - 60
    title = directive.title if len(directive.title) <= room else f"{directive.title[:room]}…"
    return f"{mark}【催办】贵单位“{title}”已超过时限，请立即办理并反馈。"


def _may_ring(by: Principal, place: Place) -> bool:
    """Whoever leads, deputises or is on duty at the unit or above it, or has a grant over it."""
    levels = levels_mask(level for level in LEVELS if level >= place.level)
    return ding_policy.may_address(by, Audience(place.id, place.name, place.path, levels))


def _count_units(session: Session, directive: Directive, place: Place) -> int:
    query = select(func.count()).select_from(Assignment)
    return session.scalar(query.where(*below(directive.id, place.path), late(directive))) or 0


def _people(session: Session, by: Principal, directive: Directive, place: Place) -> list[int]:
    """The officials of today whom it addresses in units that are late, the caller aside; one
    more than may be rung, if there are more."""
    query = (
        select(Post.official_id)
        .join(Assignment, Assignment.unit_id == Post.unit_id)
        .join(Official, Official.id == Post.official_id)
        .where(
            *below(directive.id, place.path),
            late(directive),
            Post.ended_at.is_(None),
            Official.status == "active",
            Official.id != by.official_id,
            policy.addressed(Post.line_code, Post.role),
        )
        .distinct()
        .limit(MOST_PEOPLE + 1)
    )
    return sorted(session.scalars(query))


def _send(session: Session, by: Principal, people: Sequence[int], text: str, key: str) -> list[str]:
    sent = []
    for start in range(0, len(people), PER_DING):
        body = {
            "text": text,
            "audience": None,
            "official_ids": list(people[start : start + PER_DING]),
            "message": None,
            "channels": [IN_APP],
            "repeat": None,
            # The key as a whole is ours to keep; a DING's has its own column's length.
            "client_id": fingerprint(["late", key, start]),
        }
        shown, _fresh = dings.send_ding(session, by, body)
        sent.append(str(shown["id"]))
    return sent
