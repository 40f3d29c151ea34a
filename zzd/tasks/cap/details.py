"""How warnings are shown: a page of them in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from zzd import clock
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.cap import notation
from zzd.tasks.cap.alerts import Alert, Area, Info, Pair
from zzd.tasks.cap.models import ReceivedWarning, WarningEvent
from zzd.tasks.details import describe_brief_event
from zzd.tasks.plans.plans import Kept, plans_for_kinds
from zzd.tasks.plans.rules import orders_at


def standing(warning: ReceivedWarning, replaced_by: str | None) -> str:
    """How a warning stands; ``replaced_by`` is the kind of message that took its place."""
    if replaced_by is not None:
        return "cancelled" if replaced_by == "Cancel" else "updated"
    if warning.expires is not None and warning.expires <= clock.now():
        return "expired"
    return "in_force"


def standing_of(session: Session, warning: ReceivedWarning) -> str:
    return standing(warning, _replacing(session, [warning]).get(warning.id))


def _replacing(session: Session, warnings: Sequence[ReceivedWarning]) -> dict[int, str]:
    by = {warning.replaced_by_id for warning in warnings if warning.replaced_by_id}
    query = select(ReceivedWarning.id, ReceivedWarning.msg_type).where(ReceivedWarning.id.in_(by))
    kinds: dict[int, str] = {row[0]: row[1] for row in session.execute(query)}
    return {each.id: kinds[each.replaced_by_id] for each in warnings if each.replaced_by_id}


def describe_warnings(
    session: Session, by: Principal, warnings: Sequence[ReceivedWarning]
) -> list[dict[str, Any]]:
    """As the caller sees them: with the event of the own unit, and what may be done."""
    replacing = _replacing(session, warnings)
    post = policy.acting_post(by)
    links = {
        link.warning_id: link
        for link in session.scalars(
            select(WarningEvent)
            .where(
                WarningEvent.warning_id.in_([warning.id for warning in warnings]),
                WarningEvent.unit_id == post.unit_id,
            )
            .options(joinedload(WarningEvent.event))
        )
    }
    declares = policy.may_declare(by)
    plans = plans_for_kinds(session, by, {each.kind for each in warnings if each.mode})
    shown = []
    for warning in warnings:
        link, now = links.get(warning.id), standing(warning, replacing.get(warning.id))
        responded = link is not None and link.responded_at is not None
        open_to = now == "in_force" and warning.mode is not None and warning.msg_type != "Cancel"
        shown.append(
            {
                "id": warning.id,
                "sender": warning.sender,
                "identifier": warning.identifier,
                "sent": warning.sent,
                "status": warning.status,
                "msg_type": warning.msg_type,
                "expires": warning.expires,
                "standing": now,
                "replaced_by": warning.replaced_by_id
                and {
                    "id": warning.replaced_by_id,
                    "msg_type": replacing[warning.id],
                },
                "unit": {"id": warning.unit_id, "name": warning.unit_name},
                "received_at": warning.received_at,
                "received_by": warning.by,
                "proposal": {
                    "name": warning.name,
                    "kind": warning.kind,
                    "mode": warning.mode,
                    "level": warning.level,
                    "basis": warning.basis,
                    "plan": _plan(plans.get(warning.kind), warning),
                },
                "event": describe_brief_event(link.event) if link else None,
                "responded": responded,
                "may": {"raise": declares and open_to and not responded},
            }
        )
    return shown


def _plan(kept: Kept | None, warning: ReceivedWarning) -> dict[str, Any] | None:
    """The plan that answers such a warning, and how many orders it has for the proposed level."""
    if kept is None or warning.mode is None or warning.level is None:
        return None
    plan, version = kept
    return {
        "id": plan.id,
        "no": version.no,
        "name": version.content["name"],
        "example": version.content["example"],
        "orders": len(orders_at(version.content, warning.level)),
    }


def describe_warning(
    session: Session, by: Principal, warning: ReceivedWarning, alert: Alert
) -> dict[str, Any]:
    """One, with what its document says."""
    (shown,) = describe_warnings(session, by, [warning])
    return {**shown, "alert": _alert(alert)}


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "source": alert.source,
        "scope": alert.scope,
        "restriction": alert.restriction,
        "addresses": notation.read_words(alert.addresses or ""),
        "note": alert.note,
        "references": alert.references,
        "infos": [_info(info) for info in alert.infos],
    }


def _info(info: Info) -> dict[str, Any]:
    return {
        "language": info.language,
        "categories": list(info.categories),
        "event": info.event,
        "response_types": list(info.response_types),
        "urgency": info.urgency,
        "severity": info.severity,
        "certainty": info.certainty,
        "effective": info.effective,
        "onset": info.onset,
        "expires": info.expires,
        "sender_name": info.sender_name,
        "headline": info.headline,
        "description": info.description,
        "instruction": info.instruction,
        "contact": info.contact,
        "web": info.web,
        "event_codes": _pairs(info.event_codes),
        "parameters": _pairs(info.parameters),
        "areas": [_area(area) for area in info.areas],
        # The contents stay in the document.
        "resources": [
            {
                "description": each.description,
                "mime_type": each.mime_type,
                "uri": each.uri,
                "size": each.size,
            }
            for each in info.resources
        ],
    }


def _area(area: Area) -> dict[str, Any]:
    circles = [notation.read_circle(circle) for circle in area.circles]
    return {
        "description": area.description,
        "polygons": [[list(p) for p in notation.read_polygon(each)] for each in area.polygons],
        "circles": [{"centre": list(centre), "radius_km": radius} for centre, radius in circles],
        "geocodes": _pairs(area.geocodes),
    }


def _pairs(pairs: Sequence[Pair]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
