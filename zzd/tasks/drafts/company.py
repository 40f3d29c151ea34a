"""What goes with a directive besides its text: further ways to address it (an area on the map, a
list of units), who leads and who cooperates, who has a copy, and files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.errors import Invalid, NotPermitted, deny
from zzd.identity.policy import may_issue_to
from zzd.messaging.files.carriers import take_files
from zzd.orgtree.audiences import Audience, narrow, resolve
from zzd.orgtree.in_use import put_in_use
from zzd.orgtree.models import Unit
from zzd.principal import PATH_SEGMENT, Principal
from zzd.tasks.areas.choosing import choose_units
from zzd.tasks.drafts.models import DirectiveCopy, DirectiveFile
from zzd.tasks.models import Directive

NAMES = (
    *("unit_ids", "area", "lead_unit_id", "cooperating_unit_ids", "copies", "file_ids"),
    *("plan", "countersigned"),
)
EMPTY: dict[str, Any] = {
    "lead_unit": None,
    "cooperating_units": [],
    "copies": [],
    "files": [],
    "area": None,
    "plan": None,
    "countersigned": None,
}


@dataclass(slots=True)
class Company:
    """What was asked for, and once ``gather`` has looked at it, what it comes to."""

    asked: Mapping[str, Any]
    copies: list[Audience] = field(default_factory=list)
    shown: dict[str, Any] = field(default_factory=dict)


def split(content: dict[str, Any]) -> Company:
    """Take what goes with a directive out of what was said of it; what is empty was not said."""
    found = {name: content.pop(name, None) for name in NAMES}
    return Company({name: value for name, value in found.items() if value})


def gather(
    session: Session, company: Company, by: Principal, audiences: Sequence[Audience], action: str
) -> list[Audience]:
    """All the audiences that the directive addresses, those said as such first.

    A unit that leads or cooperates is addressed as a whole, unless it is already.
    Raises Invalid, NotPermitted.
    """
    asked = company.asked
    addressed = dict.fromkeys(audiences)
    for index, unit in enumerate(_units(session, asked.get("unit_ids", ()), "/unit_ids")):
        audience = _alone(session, unit)
        _require_reach(by, audience, action, f"/unit_ids/{index}")
        addressed[audience] = None
    if area := asked.get("area"):
        chosen = choose_units(session, by, **area)
        if not chosen.audiences:
            raise Invalid.at("/area", "The area touches no unit that you may issue to")
        addressed |= dict.fromkeys(chosen.audiences)
        company.shown["area"] = {
            "polygon": [list(point) for point in area["polygon"]],
            "levels": sorted(set(area["levels"])),
            "line": area.get("line"),
            "role": area.get("role"),
            "touched": [unit.name for unit in chosen.touched if unit.level == 3],
        }
    _join(session, company, by, addressed, action)
    for index, wanted in enumerate(asked.get("copies", ())):
        audience = resolve(session, **wanted, pointer=f"/copies/{index}")
        if not _is_above(by, audience):
            _require_reach(by, audience, action, f"/copies/{index}")
        company.copies.append(audience)
    company.shown["copies"] = [audience.as_dict() for audience in company.copies]
    for name in ("plan", "countersigned"):
        company.shown[name] = asked.get(name)
    return list(addressed)


def _join(
    session: Session,
    company: Company,
    by: Principal,
    addressed: dict[Audience, None],
    action: str,
) -> None:
    """Lead and cooperating units, each of them one thing only, added where not addressed yet."""
    asked = company.asked
    lead, cooperating = asked.get("lead_unit_id"), asked.get("cooperating_unit_ids", ())
    if lead in cooperating:
        raise Invalid.at("/cooperating_unit_ids", "The lead unit does not cooperate with itself")
    if cooperating and not lead:
        raise Invalid.at("/lead_unit_id", "Units cooperate with one that leads: say which")
    leads = _units(session, [lead] if lead else (), "/lead_unit_id")
    helps = _units(session, cooperating, "/cooperating_unit_ids")
    for pointer, units in (("/lead_unit_id", leads), ("/cooperating_unit_ids", helps)):
        for unit in units:
            alone = _alone(session, unit)
            _require_reach(by, alone, action, pointer)
            if not any(_holds(audience, unit) for audience in addressed):
                addressed[alone] = None
    company.shown["lead_unit"] = _brief(leads[0]) if leads else None
    company.shown["cooperating_units"] = [_brief(unit) for unit in helps]


def keep(session: Session, company: Company, by: Principal, directive: Directive) -> list[int]:
    """Write down what goes with a directive that has its id; the audiences that get a copy."""
    file_ids = list(dict.fromkeys(company.asked.get("file_ids", ())))
    if file_ids:
        company.shown["files"] = take_files(session, by, file_ids, pointer="/file_ids")
    session.add_all(DirectiveFile(directive_id=directive.id, file_id=each) for each in file_ids)
    ids = sorted({put_in_use(session, audience) for audience in company.copies})
    session.add_all(DirectiveCopy(directive_id=directive.id, audience_id=each) for each in ids)
    shown = {name: value for name, value in company.shown.items() if value}
    directive.company = shown or None
    if plan := company.asked.get("plan"):
        directive.plan_id, directive.plan_key = plan["id"], plan["key"]
    session.flush()
    return ids


def describe_company(directive: Directive, *, to_app: bool = False) -> dict[str, Any]:
    """All of it, as everybody who sees the directive sees it; to an app without those who may
    stand anywhere: who has a copy, and who countersigned."""
    shown = {**EMPTY, **(directive.company or {})}
    if to_app:
        shown |= {"copies": [], "countersigned": None}
    if by := shown["countersigned"]:
        shown["countersigned"] = {**by, "at": datetime.fromisoformat(by["at"])}
    return shown


def part_of(directive: Directive, unit_id: int) -> str | None:
    """Whether a unit leads or cooperates; None for one that is simply addressed."""
    shown = describe_company(directive)
    if shown["lead_unit"] and shown["lead_unit"]["id"] == unit_id:
        return "lead"
    if any(unit["id"] == unit_id for unit in shown["cooperating_units"]):
        return "cooperating"
    return None


def _units(session: Session, ids: Sequence[int], pointer: str) -> list[Unit]:
    """These active units, each once, in this order. Raises Invalid."""
    wanted = list(dict.fromkeys(ids))
    query = select(Unit).where(Unit.id.in_(wanted), Unit.status == "active")
    found = {unit.id: unit for unit in session.scalars(query)} if wanted else {}
    for unit_id in wanted:
        if unit_id not in found:
            raise Invalid.at(pointer, f"There is no active unit {unit_id}")
    return [found[unit_id] for unit_id in wanted]


def _alone(session: Session, unit: Unit) -> Audience:
    return narrow(session, unit, levels=[unit.level])


def _holds(audience: Audience, unit: Unit) -> bool:
    return unit.path.startswith(audience.unit_path) and bool(audience.levels & 1 << unit.level)


def _is_above(by: Principal, audience: Audience) -> bool:
    """Whether it is one unit above the caller's own, which may have a copy (抄报)."""
    own = by.post.unit_path if by.post else ""
    depth = len(audience.unit_path) // PATH_SEGMENT
    return own.startswith(audience.unit_path) and audience.levels == 1 << depth


def _require_reach(by: Principal, audience: Audience, action: str, pointer: str) -> None:
    if not may_issue_to(by, audience):
        problem = NotPermitted(
            f"You may not issue to {audience.text}",
            errors=[{"pointer": pointer, "detail": "Outside what you may issue to"}],
        )
        raise deny(problem, action, "unit", audience.unit_id)


def _brief(unit: Unit) -> dict[str, Any]:
    return {"id": unit.id, "name": unit.name}
