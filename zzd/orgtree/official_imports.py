"""Officials and their posts from a table: checked row by row, written all together or not.

What a table does not mention stays: nobody leaves a post by being absent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zzd.audit import log as audit
from zzd.bulk import insert_rows, reserve_ids, table_of
from zzd.db import lock_name, reading, transaction
from zzd.orgtree import events, policy
from zzd.orgtree.audiences import ROLES
from zzd.orgtree.codes import level_of
from zzd.orgtree.imports import NAMES_AT_ONCE, NOT_YOURS, Outcome, chunks, find_units, why_no_code
from zzd.orgtree.models import Line, Official, OfficialTerm, Post, Unit
from zzd.orgtree.official_plans import (
    NO,
    YES,
    KnownOfficial,
    KnownPost,
    Person,
    WantedPost,
    plan_person,
)
from zzd.orgtree.revisions import hold_still
from zzd.orgtree.tables import Fault, read_table, text_fault
from zzd.orgtree.tables import Line as Row
from zzd.orgtree.terms import official_terms
from zzd.principal import Principal

REQUIRED = ("staff_no", "name", "unit_code", "line", "role", "title")
OPTIONAL = ("phone", "primary")
STAFF_NO = re.compile(r"[\x21-\x7e]{1,32}")
PHONE = re.compile(r"\+?[0-9][0-9 -]{2,18}")


@dataclass
class OfficialPlan:
    """What a table asks for, person by person, or why it cannot be had."""

    rows: int
    faults: list[Fault] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)


def import_officials(*, by: Principal, file: IO[bytes], dry_run: bool) -> Outcome:
    """Check a table and, unless this is a dry run or a row is at fault, carry it out.

    Raises NotATable, TableTooLarge.
    """
    rows = read_table(file, required=REQUIRED, optional=OPTIONAL)
    if dry_run:
        with reading() as session:
            plan = plan_officials(session, by, rows)
        return Outcome(plan.rows, plan.faults, applied=False)
    with transaction() as session:
        hold_still(session)
        # Two tables at once could both find the same staff number free.
        lock_name(session, "officials.import")
        plan = plan_officials(session, by, rows, hold=True)
        if not plan.faults:
            _carry_out(session, by, plan.people)
    return Outcome(plan.rows, plan.faults, applied=not plan.faults)


def plan_officials(
    session: Session, by: Principal, rows: Sequence[Row], *, hold: bool = False
) -> OfficialPlan:
    """Look at every row against the tree, the posts held, the caller's rights, the other rows.

    ``hold``: nobody else changes these officials' posts until the end of the transaction.
    """
    plan = OfficialPlan(len(rows))
    lines = set(session.scalars(select(Line.code)))
    units = find_units(session, {row.cells["unit_code"] for row in rows})
    ours = {code: unit for code, unit in units.items() if policy.may_administer(by, unit.path)}
    people: dict[str, list[WantedPost]] = defaultdict(list)
    for row in rows:
        found = list(_faults_within(row, lines))
        unit = ours.get(row.cells["unit_code"])
        if unit is None and level_of(row.cells["unit_code"]):
            found.append(("unit_code", NOT_YOURS))
        plan.faults += [Fault(row.number, *fault) for fault in found]
        if unit and not found:
            people[row.cells["staff_no"]].append(WantedPost(row, unit))
    known = _existing(session, list(people), hold)
    for staff_no, wanted in people.items():
        person, faults = plan_person(
            wanted, known.get(staff_no), lambda path: policy.may_administer(by, path)
        )
        plan.people.append(person)
        plan.faults += faults
        if person.known and person.known.id == by.official_id:
            plan.faults += [
                Fault(one.row.number, "staff_no", "Somebody else must change your own posts")
                for one in person.wanted
                if person.changes_post(one)
            ]
    plan.faults.sort(key=lambda fault: fault.line)
    return plan


def _faults_within(row: Row, lines: set[str]) -> Iterator[tuple[str, str]]:
    cells = row.cells
    if not STAFF_NO.fullmatch(cells["staff_no"]):
        yield "staff_no", "A staff number has 1 to 32 visible characters"
    for column in ("name", "title"):
        if reason := text_fault(cells[column], 50):
            yield column, reason
    if cells["phone"] and not PHONE.fullmatch(cells["phone"]):
        yield "phone", "Not a telephone number"
    if level_of(cells["unit_code"]) is None:
        yield "unit_code", why_no_code(cells["unit_code"])
    if cells["line"] not in lines:
        yield "line", "There is no such line"
    if cells["role"] not in ROLES:
        yield "role", f"Roles are {', '.join(ROLES)}"
    if cells["primary"].lower() not in YES | NO:
        yield "primary", "Either yes or no"


def _existing(
    session: Session, staff_numbers: Sequence[str], hold: bool
) -> dict[str, KnownOfficial]:
    found: dict[str, KnownOfficial] = {}
    for chunk in chunks(sorted(staff_numbers)):
        query = select(Official).where(Official.staff_no.in_(chunk))
        if hold:
            query = query.order_by(Official.id).with_for_update(key_share=True)
        here = {
            row.staff_no: KnownOfficial(row.id, row.name, row.phone, row.status)
            for row in session.scalars(query.execution_options(populate_existing=True))
        }
        by_id = {official.id: official for official in here.values()}
        held = (
            select(Post.official_id, Post.id, Post.unit_id, Unit.path, Post.line_code)
            .add_columns(Post.role, Post.title, Post.is_primary)
            .join(Unit, Unit.id == Post.unit_id)
            .where(Post.official_id.in_(by_id), Post.ended_at.is_(None))
            .order_by(Post.id)
        )
        for official_id, *post in session.execute(held):
            by_id[official_id].posts.append(KnownPost(*post))
        found |= here
    return found


def _carry_out(session: Session, by: Principal, people: Sequence[Person]) -> None:
    here = [(person, person.known) for person in people if person.known]
    new = [person for person in people if not person.known]
    ids = reserve_ids(session, table_of(Official).c.id, len(new))
    everybody = [*zip(ids, new, strict=True), *((known.id, person) for person, known in here)]
    insert_rows(
        session,
        table_of(Official),
        ("id", "name", "phone", "staff_no", "status"),
        (
            (id_, person.name, person.phone, person.wanted[0].row.cells["staff_no"], "active")
            for id_, person in zip(ids, new, strict=True)
        ),
    )
    _change_cards(session, here)
    named = [
        (id_, person.name) for id_, person in everybody if person.renamed or person.known is None
    ]
    for chunk in chunks(named, NAMES_AT_ONCE):
        terms = sorted((term, id_) for id_, name in chunk for term in official_terms(name))
        insert_rows(session, table_of(OfficialTerm), ("term", "official_id"), terms)
    moved = _change_posts(session, everybody)
    changed = [known.id for person, known in here if person.changed_card or known.id in moved]
    added = sum(len(person.added) for person in people)
    audit.append(
        session,
        "officials.import",
        by=by,
        officials_created=len(new),
        officials_changed=len(changed),
        posts_added=added,
        units=sorted({wanted.unit.code for person in people for wanted in person.added})[:100],
    )
    if moved:
        events.publish_post_change(session, *sorted(moved))


def _change_cards(session: Session, here: Sequence[tuple[Person, KnownOfficial]]) -> None:
    changed = [
        {"id": known.id, "name": person.name, "phone": person.phone}
        for person, known in here
        if person.changed_card
    ]
    if changed:
        session.execute(update(Official), changed)
    for chunk in chunks([known.id for person, known in here if person.renamed]):
        session.execute(delete(OfficialTerm).where(OfficialTerm.official_id.in_(chunk)))


def _change_posts(session: Session, everybody: Sequence[tuple[int, Person]]) -> set[int]:
    """Write the posts; returns the officials who were there and whose posts are other ones now."""
    # The primary ones step back first: the database allows only one at any moment.
    stepping_back = [
        {"id": held.id, "is_primary": False}
        for _, person in everybody
        if person.primary and (held := person.held_primary)
    ]
    if stepping_back:
        session.execute(update(Post), stepping_back)
    changes: dict[int, dict[str, object]] = defaultdict(dict)
    rows: list[tuple[object, ...]] = []
    touched: set[int] = set()
    for id_, person in everybody:
        primary = person.primary
        for post, title in person.retitled:
            changes[post.id]["title"] = title
        if primary and primary.known:
            changes[primary.known.id]["is_primary"] = True
        for wanted in person.added:
            unit_id, line, role = wanted.place
            rows.append((id_, unit_id, line, wanted.title, role, 0, wanted is primary))
        if person.known and (primary or person.retitled or person.added):
            touched.add(id_)
    for columns in ({"title"}, {"is_primary"}, {"title", "is_primary"}):
        if same := [
            {"id": id_} | change for id_, change in changes.items() if set(change) == columns
        ]:
            session.execute(update(Post), same)
    insert_rows(
        session,
        table_of(Post),
        ("official_id", "unit_id", "line_code", "title", "role", "order", "is_primary"),
        rows,
    )
    return touched
