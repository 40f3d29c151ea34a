"""Warnings (预警) as they come in, and the response that is raised from one."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from zzd import characters, clock
from zzd.audit import log as audit
from zzd.db import lock_name
from zzd.errors import Invalid
from zzd.orgtree.models import Unit
from zzd.principal import Principal
from zzd.tasks import policy, responses
from zzd.tasks.cap import notation
from zzd.tasks.cap.alerts import Alert, Fault
from zzd.tasks.cap.details import standing_of
from zzd.tasks.cap.events import announce_raised, announce_replaced, announce_warning
from zzd.tasks.cap.models import ReceivedWarning, WarningEvent
from zzd.tasks.cap.policy import access_warning
from zzd.tasks.cap.problems import CapInvalid, WarningDiffers, WarningNotCurrent
from zzd.tasks.cap.proposals import propose
from zzd.tasks.models import snapshot
from zzd.tasks.policy import acting_post, in_part_of

# An event's name has so many characters.
LONGEST_NAME = 100
# Each costs a look at the database.
MOST_REFERENCES = 100


def receive_warning(
    session: Session, *, by: Principal, document: bytes, alert: Alert
) -> tuple[ReceivedWarning, bool]:
    """Keep a warning for the caller's unit, and whether it is new: a repeat gives the first.

    ``alert`` is what the document says. Messages that an Update or a Cancel names must be among
    the warnings the caller sees; it takes the place of those of its own status, so that no
    exercise ends an actual warning. Raises NotPermitted, CapInvalid, WarningDiffers.
    """
    action = "warning.receive"
    policy.require_declarer(by, action)
    if alert.msg_type in ("Ack", "Error"):
        detail = "Receipts of messages are not taken in, only Alert, Update and Cancel"
        raise CapInvalid.of([Fault("/alert/msgType", "msg_type", detail)])
    digest = hashlib.sha256(document).hexdigest()
    lock_name(session, f"warning:{alert.sender}:{alert.identifier}")
    if first := _find(session, by, alert.sender, alert.identifier):
        if first.digest != digest:
            raise WarningDiffers(warning_id=str(first.id))
        return first, False
    replaced = _replaced(session, by, alert)
    proposal = propose(alert)
    warning = ReceivedWarning(
        unit_id=acting_post(by).unit_id,
        sender=alert.sender,
        identifier=alert.identifier,
        sent=alert.sent.astimezone(UTC),
        status=alert.status,
        msg_type=alert.msg_type,
        expires=_expires(alert),
        name=as_name(proposal.name),
        kind=proposal.kind,
        mode=proposal.mode,
        level=proposal.level,
        basis=proposal.basis,
        received_at=clock.now(),
        digest=digest,
        document=document,
        **snapshot(by),
    )
    session.add(warning)
    session.flush()
    announce_warning(session, warning)
    for earlier in replaced:
        _replace(session, earlier, warning)
    audit.append(
        session,
        action,
        by=by,
        object_kind="warning",
        object_id=warning.id,
        sender=alert.sender,
        identifier=alert.identifier,
        status=alert.status,
    )
    return warning, True


def raise_event(
    session: Session,
    *,
    by: Principal,
    warning_id: int,
    name: str | None,
    kind: str | None,
    level: int | None,
) -> tuple[ReceivedWarning, bool]:
    """Respond to a warning: an event of the caller's unit at the proposed level, or another.

    Where the unit has an open event from a warning that this one updates, its level is changed
    instead. Once for each warning and unit: a repeat changes nothing. Raises NotFound,
    NotPermitted, WarningNotCurrent, Invalid.
    """
    action = "warning.raise"
    warning = access_warning(session, by, warning_id, action, lock=True)
    policy.require_declarer(by, action)
    unit_id = acting_post(by).unit_id
    link = session.get(
        WarningEvent, (warning_id, unit_id), options=[joinedload(WarningEvent.event)]
    )
    if link is not None and link.responded_at is not None:
        return warning, False
    if (standing := standing_of(session, warning)) != "in_force" or warning.mode is None:
        raise WarningNotCurrent(standing=standing)
    level = level or warning.level
    if level is None:
        raise Invalid.at("/level", "The warning proposes no level: say one")
    event, key = None if link is None else link.event, f"warning-{warning_id}"
    if event is not None and event.status == "open":
        if event.level != level:
            responses.change_level(
                session,
                by=by,
                event_id=event.id,
                level=level,
                reason=f"预警更新：{warning.name}",
                client_id=key,
            )
    else:
        event, _ = responses.declare_event(
            session,
            by=by,
            name=name or warning.name,
            kind=kind or warning.kind,
            mode=warning.mode,
            level=level,
            client_id=f"{key}-{unit_id}",
        )
    if link is None:
        link = WarningEvent(warning_id=warning_id, unit_id=unit_id)
        session.add(link)
    link.event_id, link.responded_at = event.id, clock.now()
    session.flush()
    session.expire(link, ["event"])
    announce_raised(session, link)
    audit.append(
        session,
        action,
        by=by,
        object_kind="warning",
        object_id=warning_id,
        event_id=str(event.id),
        level=level,
        mode=warning.mode,
    )
    return warning, True


def list_warnings(
    session: Session, *, by: Principal, before_id: int | None, limit: int
) -> list[ReceivedWarning]:
    """Up to ``limit + 1`` warnings of the caller's part of the organisation, the latest first."""
    query = (
        select(ReceivedWarning)
        .join(Unit, Unit.id == ReceivedWarning.unit_id)
        .where(in_part_of(acting_post(by), ReceivedWarning.unit_id.expression))
        .order_by(ReceivedWarning.id.desc())
        .limit(limit + 1)
    )
    if before_id is not None:
        query = query.where(ReceivedWarning.id < before_id)
    return list(session.scalars(query))


def as_name(text: str) -> str:
    """A headline as the name of an event: one line of characters that one sees."""
    seen = "".join(" " if characters.has_hidden(char) else char for char in text)
    return " ".join(seen.split())[:LONGEST_NAME].strip() or "预警"


def _find(session: Session, by: Principal, sender: str, identifier: str) -> ReceivedWarning | None:
    """The first warning of this sender and identifier that the caller sees."""
    query = (
        select(ReceivedWarning)
        .join(Unit, Unit.id == ReceivedWarning.unit_id)
        .where(
            ReceivedWarning.sender == sender,
            ReceivedWarning.identifier == identifier,
            in_part_of(acting_post(by), ReceivedWarning.unit_id.expression),
        )
        .order_by(ReceivedWarning.id)
        .limit(1)
    )
    return session.scalar(query)


def _replaced(session: Session, by: Principal, alert: Alert) -> Sequence[ReceivedWarning]:
    """The warnings whose place an Update or a Cancel takes: those that it names of its own status.

    Raises CapInvalid for unknown ones.
    """
    if alert.msg_type not in ("Update", "Cancel") or alert.references is None:
        return []
    references = notation.read_references(alert.references)
    if len(references) > MOST_REFERENCES:
        detail = f"At most {MOST_REFERENCES} messages"
        raise CapInvalid.of([Fault("/alert/references", "too_many", detail)])
    found, faults = {}, []
    for reference in references:
        earlier = _find(session, by, reference.sender, reference.identifier)
        if earlier is None or earlier.sent != reference.sent:
            detail = f"Was not taken in: {reference.sender},{reference.identifier}"
            detail = f"{detail},{notation.write_time(reference.sent)}"
            faults.append(Fault("/alert/references", "references_unknown", detail))
        else:
            found[earlier.id] = earlier
    if faults:
        raise CapInvalid.of(faults)
    return [found[id_] for id_ in sorted(found) if found[id_].status == alert.status]


def _replace(session: Session, earlier: ReceivedWarning, by: ReceivedWarning) -> None:
    """The later one stands for the earlier, and for the events raised from it."""
    if earlier.replaced_by_id is None:
        earlier.replaced_by_id = by.id
        announce_replaced(session, earlier, by)
    for link in session.scalars(select(WarningEvent).filter_by(warning_id=earlier.id)):
        if session.get(WarningEvent, (by.id, link.unit_id)) is None:
            session.add(
                WarningEvent(warning_id=by.id, unit_id=link.unit_id, event_id=link.event_id)
            )
            session.flush()


def _expires(alert: Alert) -> datetime | None:
    """When the last of its parts ends; None if one of them has no end."""
    ends = [info.expires for info in alert.infos]
    last = max((end for end in ends if end is not None), default=None)
    return last.astimezone(UTC) if last and all(ends) else None
