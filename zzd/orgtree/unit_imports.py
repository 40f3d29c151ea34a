"""Units from a table: every row is checked first, and then all of them are written or none.

A row creates a unit or gives one that is there its name. What a table does not mention stays:
nothing is abolished by being absent, and nothing is moved. Rows may come in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from zzd.audit import log as audit
from zzd.bulk import insert_rows, reserve_ids, table_of
from zzd.db import reading, transaction
from zzd.orgtree import events, policy
from zzd.orgtree.audiences import ancestor_ids, path_segment
from zzd.orgtree.codes import check_code, level_of
from zzd.orgtree.imports import (
    NAMES_AT_ONCE,
    NOT_YOURS,
    KnownUnit,
    Outcome,
    chunks,
    find_units,
    why_no_code,
)
from zzd.orgtree.models import Unit, UnitTerm, UnitVersion
from zzd.orgtree.refusals import CodeOutsideParent, WrongLevel
from zzd.orgtree.revisions import begin_change, renew_versions
from zzd.orgtree.tables import Fault, Line, read_table, text_fault
from zzd.orgtree.terms import unit_terms
from zzd.principal import Principal

REQUIRED, OPTIONAL = ("code", "name", "parent_code"), ("level",)


@dataclass(slots=True)
class NewUnit:
    """A unit to be made below one that is there, or below another new one."""

    line: int
    code: str
    name: str
    level: int
    parent: KnownUnit | NewUnit
    id: int = 0
    path: str = ""


@dataclass
class UnitPlan:
    """What a table asks for, parents before children, or why it cannot be had."""

    rows: int
    faults: list[Fault] = field(default_factory=list)
    created: list[NewUnit] = field(default_factory=list)
    renamed: list[tuple[KnownUnit, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.created or self.renamed)


def import_units(*, by: Principal, file: IO[bytes], dry_run: bool) -> Outcome:
    """Check a table and, unless this is a dry run or a row is at fault, carry it out.

    However many units it concerns, it is one revision of the tree.
    Raises NotATable, TableTooLarge.
    """
    lines = read_table(file, required=REQUIRED, optional=OPTIONAL)
    if dry_run:
        with reading() as session:
            plan = plan_units(session, by, lines)
        return Outcome(plan.rows, plan.faults, applied=False)
    with transaction() as session:
        rev = begin_change(session)
        plan = plan_units(session, by, lines)
        if plan and not plan.faults:
            _carry_out(session, by, rev, plan)
        else:
            # No revision without a change.
            session.rollback()
    return Outcome(plan.rows, plan.faults, applied=not plan.faults)


def plan_units(session: Session, by: Principal, lines: Sequence[Line]) -> UnitPlan:
    """Look at every row against the tree, the caller's rights and the other rows."""
    plan = UnitPlan(len(lines))
    good = _readable(lines, plan.faults)
    known = find_units(session, {code for line in good for code in _codes_in(line)})
    rows = {line.cells["code"]: line.number for line in lines}
    new: dict[str, NewUnit] = {}
    # Shorter codes first, so that parents are known before their children are looked at.
    for line in sorted(good, key=lambda line: (len(line.cells["code"]), line.number)):
        if unit := known.get(line.cells["code"]):
            fault = _plan_existing(by, line, unit, known, plan)
        else:
            fault = _plan_new(by, line, known, new, plan)
            if fault == ("parent_code", NOT_YOURS) and line.cells["parent_code"] in rows:
                fault = "parent_code", f"Row {rows[line.cells['parent_code']]} is at fault"
        if fault:
            plan.faults.append(Fault(line.number, *fault))
    plan.faults.sort(key=lambda fault: fault.line)
    return plan


def _codes_in(line: Line) -> tuple[str, str]:
    return line.cells["code"], line.cells["parent_code"]


def _readable(lines: Sequence[Line], faults: list[Fault]) -> list[Line]:
    """The rows that make sense by themselves, each code once."""
    good = []
    first_seen: dict[str, int] = {}
    for line in lines:
        found = list(_faults_within(line))
        code = line.cells["code"]
        if code in first_seen:
            found.append(("code", f"Row {first_seen[code]} has this code already"))
        first_seen.setdefault(code, line.number)
        faults += [Fault(line.number, *fault) for fault in found]
        if not found:
            good.append(line)
    return good


def _faults_within(line: Line) -> Iterator[tuple[str, str]]:
    cells = line.cells
    level = level_of(cells["code"])
    if level is None:
        yield "code", why_no_code(cells["code"])
    if reason := text_fault(cells["name"], 100):
        yield "name", reason
    if level and cells["level"] not in ("", str(level)):
        yield "level", f"The code is one of level {level}"
    if cells["parent_code"] and level_of(cells["parent_code"]) is None:
        yield "parent_code", why_no_code(cells["parent_code"])


def _plan_existing(
    by: Principal, line: Line, unit: KnownUnit, known: dict[str, KnownUnit], plan: UnitPlan
) -> tuple[str, str] | None:
    if not policy.may_administer(by, unit.path):
        return "code", NOT_YOURS
    parent = known.get(line.cells["parent_code"])
    if (parent.id if parent else None) != unit.parent_id:
        return "parent_code", "The unit stands elsewhere; an import moves nothing"
    if unit.name != line.cells["name"]:
        plan.renamed.append((unit, line.cells["name"]))
    return None


def _plan_new(
    by: Principal,
    line: Line,
    known: dict[str, KnownUnit],
    new: dict[str, NewUnit],
    plan: UnitPlan,
) -> tuple[str, str] | None:
    code, parent_code = _codes_in(line)
    if not parent_code:
        return "parent_code", "Only the root has no parent, and it is there already"
    parent: KnownUnit | NewUnit | None = new.get(parent_code)
    if parent is None:
        parent = known.get(parent_code)
        if parent is None or not policy.may_administer(by, parent.path):
            return "parent_code", NOT_YOURS
    try:
        check_code(code, level=parent.level + 1, parent_code=parent_code)
    except (WrongLevel, CodeOutsideParent) as refusal:
        return "code", str(refusal)
    new[code] = NewUnit(line.number, code, line.cells["name"], parent.level + 1, parent)
    plan.created.append(new[code])
    return None


def _carry_out(session: Session, by: Principal, rev: int, plan: UnitPlan) -> None:
    _create(session, rev, plan.created)
    _rename(session, rev, plan.renamed)
    named = [
        *((unit.id, unit.level, unit.name) for unit in plan.created),
        *((unit.id, unit.level, name) for unit, name in plan.renamed),
    ]
    for chunk in chunks(named, NAMES_AT_ONCE):
        # In the order of their index, where they are written several times faster.
        rows = sorted((level, term, id_) for id_, level, name in chunk for term in unit_terms(name))
        insert_rows(session, table_of(UnitTerm), ("level", "term", "unit_id"), rows)
    paths = [unit.path for unit in plan.created] + [unit.path for unit, _ in plan.renamed]
    top = _common_unit(paths)
    audit.append(
        session,
        "units.import",
        by=by,
        object_kind="unit",
        object_id=top,
        rev=rev,
        created=len(plan.created),
        renamed=len(plan.renamed),
    )
    concerned = {unit.parent.id for unit in plan.created} | {unit.id for unit, _ in plan.renamed}
    events.publish_unit_change(session, top, "import", rev, concerned=sorted(concerned))


def _create(session: Session, rev: int, units: Sequence[NewUnit]) -> None:
    for unit, id_ in zip(units, reserve_ids(session, table_of(Unit).c.id, len(units)), strict=True):
        unit.id, unit.path = id_, unit.parent.path + path_segment(id_)
    insert_rows(
        session,
        table_of(Unit),
        ("id", "code", "name", "level", "parent_id", "path", "status"),
        ((u.id, u.code, u.name, u.level, u.parent.id, u.path, "active") for u in units),
    )
    insert_rows(
        session,
        table_of(UnitVersion),
        ("unit_id", "rev_from", "code", "name", "level", "parent_id", "path", "status"),
        ((u.id, rev, u.code, u.name, u.level, u.parent.id, u.path, "active") for u in units),
    )


def _rename(session: Session, rev: int, renamed: Sequence[tuple[KnownUnit, str]]) -> None:
    for chunk in chunks(renamed):
        ids = [unit.id for unit, _ in chunk]
        session.execute(update(Unit), [{"id": unit.id, "name": name} for unit, name in chunk])
        renew_versions(session, rev, UnitVersion.unit_id.in_(ids))
        session.execute(delete(UnitTerm).where(UnitTerm.unit_id.in_(ids)))


def _common_unit(paths: Sequence[str]) -> int:
    """The lowest unit that has all of these in its block."""
    # What the first and the last of them share, all between them share as well.
    ends = zip(ancestor_ids(min(paths)), ancestor_ids(max(paths)), strict=False)
    return [one for one, other in ends if one == other][-1]
