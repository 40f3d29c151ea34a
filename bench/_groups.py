"""A tree with eight groups below each village: 231,412 units, as a province has them.

The sample's tree has two a village; the others are numbered on from those and hold nobody.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import create_app
from zzd.bulk import allow_long_statements, analyze, insert_rows, set_sequences, table_of
from zzd.db import database, transaction
from zzd.orgtree.audiences import path_segment
from zzd.orgtree.models import OrgState, Unit, UnitVersion
from zzd.settings import Settings

A_VILLAGE = 8
UNIT = ("id", "code", "name", "level", "parent_id", "path", "status")
VERSION = ("unit_id", "rev_from", "parent_id", "level", "code", "name", "path", "status")


def add_groups(url: str) -> int:
    """Bring every village to eight groups; returns how many units there are then."""
    with create_app(Settings(database_url=url, secret_key="x" * 40)).app_context():
        with transaction() as session:
            allow_long_statements(session)
            made = list(_missing(session))
            insert_rows(session, table_of(Unit), UNIT, made)
            rev = session.get_one(OrgState, 1).rev
            versions = (
                (id_, rev, parent_id, level, code, name, path, status)
                for id_, code, name, level, parent_id, path, status in made
            )
            insert_rows(session, table_of(UnitVersion), VERSION, versions)
            set_sequences(session, [table_of(Unit)])
            analyze(session)
            units = session.scalar(select(func.count()).select_from(Unit)) or 0
        database().engine.dispose()
    return units


def _missing(session: Session) -> Iterator[tuple[int, str, str, int, int, str, str]]:
    below = func.count(Unit.id)
    counted = select(Unit.parent_id, below).where(Unit.level == 6).group_by(Unit.parent_id)
    have: dict[int | None, int] = {row[0]: row[1] for row in session.execute(counted)}
    villages = select(Unit.id, Unit.code, Unit.path).where(Unit.level == 5, Unit.status == "active")
    next_id = (session.scalar(select(func.max(Unit.id))) or 0) + 1
    for village_id, code, path in session.execute(villages.order_by(Unit.path)).all():
        for number in range(have.get(village_id, 0) + 1, A_VILLAGE + 1):
            yield (
                next_id,
                f"{code}{number:03}",
                f"第{number}小组",
                6,
                village_id,
                path + path_segment(next_id),
                "active",
            )
            next_id += 1
