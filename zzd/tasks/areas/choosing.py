"""From an area on the map to the audiences in it.

Only provinces, cities and counties have borders. A township, a village or a group is in the area
if its county is: whoever chooses by the map is told so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd.beside import beside
from zzd.errors import Invalid
from zzd.identity.policy import may_issue_to
from zzd.orgtree.audiences import Audience, narrow
from zzd.orgtree.models import Unit
from zzd.principal import Principal
from zzd.tasks.areas.borders import NotAnArea, read_area, touched_by

COUNTY = 3


@dataclass(frozen=True, slots=True)
class Chosen:
    """``touched``: the units whose borders the area touches; ``left_out``: what of that the
    caller may not issue to."""

    audiences: list[Audience]
    touched: list[Unit]
    left_out: list[str]


def choose_units(
    session: Session,
    by: Principal,
    *,
    polygon: Sequence[Sequence[float]],
    levels: Sequence[int],
    line: str | None = None,
    role: str | None = None,
    pointer: str = "/area",
) -> Chosen:
    """The audiences of an area, of these levels, as far as the caller may issue.

    A province or a city is in it if its border touches the area; every lower level goes by the
    county. A city whose counties are all in it is one audience. Raises Invalid.
    """
    try:
        borders = beside(lambda: touched_by(read_area(polygon)))
    except NotAnArea as error:
        raise Invalid.at(f"{pointer}/polygon", str(error)) from error
    codes = [border.code for border in borders]
    query = select(Unit).where(Unit.code.in_(codes), Unit.status == "active", Unit.level <= COUNTY)
    touched = list(session.scalars(query.order_by(Unit.path)))
    wanted = []
    for unit, its_levels in _blocks(session, touched, sorted(set(levels))):
        wanted.append(
            narrow(session, unit, levels=its_levels, line=line, role=role, pointer=pointer)
        )
    audiences = [audience for audience in wanted if may_issue_to(by, audience)]
    left_out = [audience.text for audience in wanted if audience not in audiences]
    return Chosen(audiences, touched, left_out)


def _blocks(
    session: Session, touched: Sequence[Unit], levels: Sequence[int]
) -> list[tuple[Unit, list[int]]]:
    """Units, and of which levels at and below each."""
    below = [level for level in levels if level >= COUNTY]
    upper = [unit for unit in touched if unit.level < COUNTY and unit.level in levels]
    blocks = [(unit, [unit.level]) for unit in upper]
    if below:
        cities = {unit.id: unit for unit in touched if unit.level < COUNTY}
        counties: dict[Any, list[Unit]] = defaultdict(list)
        for unit in touched:
            if unit.level == COUNTY:
                counties[unit.parent_id].append(unit)
        there = _counties_of(session, list(counties))
        for city_id, some in counties.items():
            city = cities.get(city_id)
            if city is not None and len(some) == there.get(city_id):
                blocks.append((city, below))
            else:
                blocks += [(county, below) for county in some]
    return blocks


def _counties_of(session: Session, city_ids: Sequence[int]) -> dict[int, int]:
    """How many counties each has, bordered or not."""
    query = (
        select(Unit.parent_id, func.count())
        .where(Unit.parent_id.in_(city_ids), Unit.status == "active", Unit.level == COUNTY)
        .group_by(Unit.parent_id)
    )
    return {parent: count for parent, count in session.execute(query) if parent is not None}
