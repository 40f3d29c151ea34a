"""A later version of a directive takes the place of the one before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.orgtree.audiences import levels_mask, levels_of
from zzd.orgtree.models import Unit
from zzd.principal import Principal
from zzd.tasks.addressing import issuers_own
from zzd.tasks.areas.choosing import choose_units
from zzd.tasks.directives import issue_directive
from zzd.tasks.drafts import content as contents
from zzd.tasks.drafts import drafts
from zzd.tasks.drafts.company import describe_company
from zzd.tasks.drafts.models import Draft
from zzd.tasks.holding import hold_event
from zzd.tasks.lifecycle import changes, policy
from zzd.tasks.lifecycle.endings import access_to_end, end_directive
from zzd.tasks.models import Directive, DirectiveAudience
from zzd.tasks.states import Move

# What stays as it was in the version before, unless the update says otherwise.
KEPT = (
    *("number", "title", "text", "urgency", "figures", "ack_deadline", "report_deadline", "way"),
    *("report_interval_minutes", "escalation"),
)
AREA = ("polygon", "levels", "line", "role")
# Whoever says anew whom it is for says all of it.
ADDRESSING = ("audiences", "unit_ids", "area", "lead_unit_id", "cooperating_unit_ids")


def update_directive(
    session: Session,
    *,
    by: Principal,
    directive_id: int,
    reason: str,
    client_id: str | None,
    **said: Any,
) -> tuple[Directive | Draft, bool]:
    """Issue the next version, and whether it is new: a repeat gives the first.

    It is a directive of its own under the same event, with assignments of its own: nothing that
    was answered to the version before counts for it, and what comes to that one later is kept
    and not counted. What is not said stays as it was. Where the version before was countersigned,
    this one is to be as well: it becomes a draft, and the one before stays in force until it is
    issued (zzd.tasks.drafts.drafts).
    Raises NotFound, NotPermitted, Invalid, DirectiveSuperseded, DirectiveCancelled, DirectiveClosed.
    """
    action = "directive.update"
    # Its event first: see zzd.tasks.holding.
    hold_event(session, policy.require_own_directive(session, by, directive_id, action).event_id)
    before = access_to_end(session, by, directive_id, action)
    wanted = {name: getattr(before, name) for name in KEPT} | _company(before)
    if any(said.get(name) for name in ADDRESSING):
        wanted = {name: value for name, value in wanted.items() if name not in ADDRESSING}
        wanted["audiences"] = []
    else:
        wanted["audiences"] = _audiences(session, before)
    wanted |= said
    if (before.company or {}).get("countersigned"):
        return _drafted(session, by, before, wanted, reason=reason, client_id=client_id)
    made, new = issue_directive(
        session,
        by=by,
        event_id=before.event_id,
        client_id=client_id,
        before=before,
        **wanted,
    )
    if new:
        end_directive(session, before, Move.SUPERSEDE, by=by, reason=reason)
    return made, new


def _drafted(
    session: Session,
    by: Principal,
    before: Directive,
    wanted: dict[str, Any],
    *,
    reason: str,
    client_id: str | None,
) -> tuple[Draft, bool]:
    plan = wanted.pop("plan")
    content = {**contents.CONTENT.load({}), **wanted}
    if not content["unit_ids"]:
        content |= _as_written(session, by, content)
    return drafts.save_draft(
        session,
        by=by,
        event_id=before.event_id,
        content=content,
        countersign=True,
        client_id=client_id,
        plan={**plan, "countersign": True, "replaces": []} if plan else None,
        updates=before,
        reason=reason,
    )


def _as_written(session: Session, by: Principal, content: dict[str, Any]) -> dict[str, Any]:
    """Whom the version before addressed, as one writes it: units are named one by one, of which
    there may be more than audiences; what the area, the lead or a cooperating unit brings is not
    said twice."""
    area, joined = content["area"], {content["lead_unit_id"], *content["cooperating_unit_ids"]}
    brought = choose_units(session, by, **area).audiences if area else ()
    known = {(each.unit_id, each.levels, each.line, each.role) for each in brought}
    ids = {audience["unit_id"] for audience in content["audiences"]}
    query = select(Unit.id, Unit.level).where(Unit.id.in_(ids))
    own = {row.id: row.level for row in session.execute(query)}
    audiences, units = [], []
    for each in content["audiences"]:
        unit_id, levels, narrower = each["unit_id"], each["levels"], (each["line"], each["role"])
        if (unit_id, levels_mask(levels or ()), *narrower) in known:
            continue
        if levels != [own.get(unit_id)] or any(narrower):
            audiences.append(each)
        elif unit_id not in joined:
            units.append(unit_id)
    return {"audiences": audiences, "unit_ids": units}


def _audiences(session: Session, directive: Directive) -> list[dict[str, Any]]:
    """Whom its issuer addressed, as an issuer says it."""
    own = select(DirectiveAudience).where(
        DirectiveAudience.directive_id == directive.id, issuers_own()
    )
    return [
        {
            "unit_id": kept.unit_id,
            "levels": levels_of(kept.levels),
            "line": kept.line or None,
            "role": kept.role or None,
        }
        for kept in session.scalars(own.order_by(DirectiveAudience.audience_id))
    ]


def _company(directive: Directive) -> dict[str, Any]:
    """What went with it (zzd.tasks.drafts.company), as an issuer says it."""
    shown = directive.company or {}
    lead, area = shown.get("lead_unit"), shown.get("area")
    return {
        # Older ones do not say of which line and duty; whom they addressed is among the audiences.
        "area": {name: area[name] for name in AREA} if area and "line" in area else None,
        "lead_unit_id": lead["id"] if lead else None,
        "cooperating_unit_ids": [unit["id"] for unit in shown.get("cooperating_units", ())],
        "copies": [
            {name: copy[name] for name in ("unit_id", "levels", "line", "role")}
            for copy in shown.get("copies", ())
        ],
        "file_ids": [int(file["id"]) for file in shown.get("files", ())],
        "plan": shown.get("plan"),
    }


def describe_changes(
    session: Session, directive: Directive, *, to_app: bool
) -> list[dict[str, Any]]:
    """What is different from the version before; of a first version, nothing."""
    if directive.supersedes_id is None:
        return []
    before = session.get_one(Directive, directive.supersedes_id)
    then, now = (_content(session, each) for each in (before, directive))
    return changes.between(then, now, to_app=to_app)


def _content(session: Session, directive: Directive) -> dict[str, Any]:
    own = select(DirectiveAudience.text).where(
        DirectiveAudience.directive_id == directive.id, issuers_own()
    )
    audiences = session.scalars(own.order_by(DirectiveAudience.text)).all()
    shown = describe_company(directive)
    return {
        **{name: getattr(directive, name) for name in KEPT},
        **{name: shown[name] for name in changes.COMPANY},
        "audiences": list(audiences),
    }


def successor_of(session: Session, directive_id: int) -> int | None:
    return session.scalar(select(Directive.id).where(Directive.supersedes_id == directive_id))


def earlier_versions(session: Session, directive: Directive) -> list[Directive]:
    """The versions whose place this one has taken, the first one first."""
    found: list[Directive] = []
    earlier = directive.supersedes_id
    while earlier is not None:
        found.insert(0, session.get_one(Directive, earlier))
        earlier = found[0].supersedes_id
    return found
