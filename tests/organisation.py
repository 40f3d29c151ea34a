"""The small organisation that tests start from: six levels, every role, few people.

Real names of places, invented people. Units are found by code; officials by the user name
``<unit code>.<role>``, for example ``331081100.duty_officer``; administrators by their role.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import transaction
from zzd.identity.models import Account, AccountGrant
from zzd.identity.passwords import hash_password
from zzd.orgtree.audiences import path_segment
from zzd.orgtree.models import (
    Official,
    OfficialTerm,
    OrgState,
    Post,
    Unit,
    UnitTerm,
    UnitVersion,
)
from zzd.orgtree.terms import official_terms, unit_terms

PASSWORD = "correct horse battery"

UNITS = {
    "33": "浙江省",
    "3303": "温州市",
    "330327": "苍南县",
    "330327101": "霞关镇",
    "330327101201": "三澳村",
    "3310": "台州市",
    "331002": "椒江区",
    "331002001": "海门街道",
    "331002001001": "东门社区",
    "331081": "温岭市",
    "331081100": "石塘镇",
    "331081100201": "东海村",
    "331081100202": "海利村",
    "331081101": "松门镇",
    "331081101201": "苍岙村",
    # Groups: the sixth level, the project's own codes.
    "331081100201001": "第一小组",
    "331081100201002": "第二小组",
}
# Units in which nobody holds a post: what is sent there reaches no one.
UNSTAFFED = {"331081100202", "331081100201002"}
ROLES = ("leader", "duty_officer")
LEVEL_OF_CODE_LENGTH = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5, 15: 6}


def build_organisation() -> None:
    with transaction() as session:
        session.get_one(OrgState, 1).rev = 1
        units = _add_units(session)
        password_hash = hash_password(PASSWORD)
        for unit in units.values():
            if unit.code not in UNSTAFFED:
                for role in ROLES:
                    _add_official(session, unit, role, password_hash)
        _add_second_post(session, units)
        _add_grants(session, units, password_hash)


def _add_units(session: Session) -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for code, name in sorted(UNITS.items(), key=lambda item: (len(item[0]), item[0])):
        parent = next(
            (units[code[:n]] for n in (12, 9, 6, 4, 2) if n < len(code) and code[:n] in units), None
        )
        unit = Unit(
            code=code,
            name=name,
            level=LEVEL_OF_CODE_LENGTH[len(code)],
            parent_id=parent.id if parent else None,
            path=f"pending {code}",
        )
        session.add(unit)
        session.flush()
        unit.path = (parent.path if parent else "") + path_segment(unit.id)
        session.flush()
        session.add(
            UnitVersion(
                unit_id=unit.id,
                rev_from=1,
                parent_id=unit.parent_id,
                level=unit.level,
                code=code,
                name=name,
                path=unit.path,
                status="active",
            )
        )
        session.add_all(
            UnitTerm(level=unit.level, term=term, unit_id=unit.id) for term in unit_terms(name)
        )
        units[code] = unit
    return units


def _add_official(session: Session, unit: Unit, role: str, password_hash: str) -> None:
    name = {"leader": "王", "duty_officer": "陈"}[role] + unit.name[:2]
    official = Official(name=name, phone="13800000000", staff_no=f"{unit.code}.{role}")
    session.add(official)
    session.flush()
    session.add_all(
        OfficialTerm(term=term, official_id=official.id) for term in official_terms(name)
    )
    session.add(
        Post(
            official_id=official.id,
            unit_id=unit.id,
            line_code="flood_control" if role == "duty_officer" else "party_affairs",
            title={"leader": "主任", "duty_officer": "值班员"}[role],
            role=role,
            is_primary=True,
        )
    )
    session.add(_account(f"{unit.code}.{role}", password_hash, official.id))
    session.flush()


def _add_second_post(session: Session, units: dict[str, Unit]) -> None:
    """一人多岗: the duty officer of 松门镇 is also a member of 温岭市's water line."""
    official = session.scalars(
        select(Official).where(Official.staff_no == "331081101.duty_officer")
    ).one()
    session.add(
        Post(
            official_id=official.id,
            unit_id=units["331081"].id,
            line_code="water",
            title="水利干事",
            role="member",
        )
    )


def _add_grants(session: Session, units: dict[str, Unit], password_hash: str) -> None:
    for role in ("system_admin", "security_admin", "audit_admin", "app_developer"):
        account = _account(role, password_hash, None)
        session.add(account)
        session.flush()
        session.add(AccountGrant(account_id=account.id, role=role, granted_at=clock.now()))
    for username, role, code in (
        ("33.duty_officer", "issuer", "33"),
        ("3310.duty_officer", "issuer", "3310"),
        ("331081.leader", "unit_admin", "331081"),
        ("33.leader", "unit_admin", "33"),
    ):
        account = session.scalars(select(Account).where(Account.username == username)).one()
        session.add(
            AccountGrant(
                account_id=account.id,
                role=role,
                unit_id=units[code].id,
                granted_at=clock.now(),
            )
        )


def _account(username: str, password_hash: str, official_id: int | None) -> Account:
    return Account(
        username=username,
        password_hash=password_hash,
        official_id=official_id,
        created_at=clock.now(),
    )
