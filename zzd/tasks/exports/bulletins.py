"""Situation reports: numbered, kept as they were issued, and printed as often as anybody asks."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint, lock_name
from zzd.errors import NotFound, NotPermitted, deny
from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import Principal
from zzd.tasks import policy, rollups
from zzd.tasks.details import describe_levels
from zzd.tasks.exports.content import Facts, compose
from zzd.tasks.exports.models import Bulletin
from zzd.tasks.exports.words import file_name
from zzd.tasks.lifecycle import endings
from zzd.tasks.models import Assignment, Directive, snapshot

# Of those that did not report so many are named; where there are more they are counted by part.
NAMED_UNITS = 120
COUNTY = 3


def issue_bulletin(
    session: Session,
    *,
    by: Principal,
    directive_id: int,
    unit_id: int | None,
    next_steps: str,
    signer: str,
    copies: Sequence[str],
    office: str | None,
    client_id: str | None,
) -> tuple[Bulletin, bool]:
    """Put a unit's next report on the event on paper, and say whether that is new.

    The sums are the roll-up's of this moment. Raises NotFound, IdempotencyConflict.
    """
    directive, place = policy.access_rollup(session, by, directive_id, unit_id, "bulletin.issue")
    # The number is the unit's: it is given by the unit itself and those above it.
    if policy.acting_post(by).unit_id not in ancestor_ids(place.path):
        problem = NotPermitted("Only the unit, or one above it, issues its situation reports")
        raise deny(problem, "bulletin.issue", "unit", place.id)
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    body = fingerprint(
        {
            "directive_id": directive.id,
            "unit_id": place.id,
            "next_steps": next_steps,
            "signer": signer,
            "copies": list(copies),
            "office": office,
        }
    )
    if repeated := find_repeat(
        session, Bulletin, sender_id=sender_id, client_id=key, body_fingerprint=body
    ):
        return repeated, False
    now = clock.now()
    no = _next_number(session, directive.event_id, place.id)
    content = compose(
        _facts(
            session,
            by,
            directive,
            place,
            no=no,
            at=now,
            next_steps=next_steps,
            signer=signer,
            copies=copies,
            office=office or place.name,
        )
    )
    made = Bulletin(
        event_id=directive.event_id,
        unit_id=place.id,
        no=no,
        directive_id=directive.id,
        content=content,
        sha256=digest(content),
        at=now,
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        **snapshot(by),
    )
    session.add(made)
    session.flush()
    _record(session, by, made, "bulletin.issue")
    return made, True


def _facts(
    session: Session, by: Principal, directive: Directive, place: Place, **said: Any
) -> Facts:
    """What it is made of: the directive's and its event's, the sums of now, and what was ``said``."""
    event = directive.event
    return Facts(
        unit_name=place.name,
        event_name=event.name,
        kind=event.kind,
        mode=event.mode,
        level=event.level,
        levels=describe_levels(event),
        title=directive.title,
        number=directive.number,
        issuer=directive.unit_name,
        issued_at=directive.issued_at,
        ack_deadline=directive.ack_deadline,
        report_deadline=directive.report_deadline,
        rollup=rollups.roll_up(session, by=by, directive_id=directive.id, unit_id=place.id),
        silent=_silent_units(session, by, directive, place),
        closed_at=event.closed_at,
        **_end(session, directive),
        **said,
    )


def access_bulletin(session: Session, *, by: Principal, bulletin_id: int, action: str) -> Bulletin:
    """For whoever sees the roll-up it was made of. Raises NotFound."""
    found = session.get(Bulletin, bulletin_id)
    if found is None:
        raise NotFound
    policy.access_rollup(session, by, found.directive_id, found.unit_id, action)
    return found


def take_bulletin(session: Session, *, by: Principal, bulletin_id: int) -> Bulletin:
    """To print it; recorded. Raises NotFound."""
    found = access_bulletin(session, by=by, bulletin_id=bulletin_id, action="bulletin.print")
    _record(session, by, found, "bulletin.print")
    return found


def list_bulletins(
    session: Session,
    *,
    by: Principal,
    directive_id: int,
    unit_id: int | None,
    before_id: int | None,
    limit: int,
) -> list[Bulletin]:
    """Up to ``limit + 1`` of those about a directive at a unit, the latest first."""
    directive, place = policy.access_rollup(session, by, directive_id, unit_id, "bulletin.list")
    query = (
        select(Bulletin)
        .where(Bulletin.directive_id == directive.id, Bulletin.unit_id == place.id)
        .order_by(Bulletin.id.desc())
        .limit(limit + 1)
    )
    if before_id is not None:
        query = query.where(Bulletin.id < before_id)
    return list(session.scalars(query))


def describe(bulletin: Bulletin) -> dict[str, Any]:
    return {
        "id": bulletin.id,
        "no": bulletin.no,
        "directive_id": bulletin.directive_id,
        "unit_id": bulletin.unit_id,
        "title": bulletin.content["title"],
        "exercise": bulletin.content["exercise"],
        "at": bulletin.at,
        "by": bulletin.by,
        "sha256": bulletin.sha256,
        "content": bulletin.content,
    }


def name_of(bulletin: Bulletin) -> str:
    content = bulletin.content
    words = (content["masthead"], content["unit"], content["issue"].replace(" ", ""))
    return f"{file_name(content['exercise'], *words)}.pdf"


def digest(content: Any) -> str:
    """The SHA-256 of what is said, whatever the order in which it is kept."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _next_number(session: Session, event_id: int, unit_id: int) -> int:
    lock_name(session, f"bulletins:{event_id}:{unit_id}")
    last = select(func.coalesce(func.max(Bulletin.no), 0))
    return session.scalars(last.filter_by(event_id=event_id, unit_id=unit_id)).one() + 1


def _end(session: Session, directive: Directive) -> dict[str, Any]:
    """What became of it, as ``Facts`` has it."""
    end = endings.end_as_a_whole(session, directive)
    return {
        "status": directive.status,
        "ended_at": endings.ended_at(session, directive),
        "end_reason": end.reason if end else "",
    }


def _silent_units(session: Session, by: Principal, directive: Directive, place: Place) -> list[str]:
    """By their names from the county down, so that two villages of one name are told apart."""
    rows: list[Assignment] = rollups.list_assignments(
        session,
        by=by,
        directive_id=directive.id,
        unit_id=place.id,
        state="not_reported",
        after_path=None,
        limit=NAMED_UNITS,
    )[:NAMED_UNITS]
    chains = [ancestor_ids(row.path) for row in rows]
    rev = directive.rev
    places = units_as_of(session, {(unit, rev) for chain in chains for unit in chain})
    return [
        "".join(
            places[unit, rev].name
            for unit in chain
            if unit == chain[-1] or COUNTY <= places[unit, rev].level > place.level
        )
        for chain in chains
    ]


def _record(session: Session, by: Principal, bulletin: Bulletin, action: str) -> None:
    audit.append(
        session,
        action,
        by=by,
        object_kind="bulletin",
        object_id=bulletin.id,
        directive_id=bulletin.directive_id,
        unit_id=bulletin.unit_id,
        sha256=bulletin.sha256,
    )
