"""What the imports of units and of officials have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.orgtree.models import Unit
from zzd.orgtree.tables import Fault

# So many values in one condition: SQLite takes 32,766 parameters, planners like fewer.
CHUNK = 1_000
# The search terms of so many names are in memory at once.
NAMES_AT_ONCE = 5_000
# The same whether the unit is absent or somebody else's.
NOT_YOURS = "There is no active unit with this code that you administer"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``applied`` is false for a dry run, and where a single row was at fault."""

    rows: int
    errors: list[Fault]
    applied: bool


class KnownUnit(NamedTuple):
    """An active unit that is there."""

    id: int
    code: str
    name: str
    level: int
    parent_id: int | None
    path: str


def find_units(session: Session, codes: set[str]) -> dict[str, KnownUnit]:
    """The active units with these codes, by code."""
    found: dict[str, KnownUnit] = {}
    columns = (Unit.id, Unit.code, Unit.name, Unit.level, Unit.parent_id, Unit.path)
    for chunk in chunks(sorted(codes)):
        query = select(*columns).where(Unit.code.in_(chunk), Unit.status == "active")
        found |= {row.code: KnownUnit(*row) for row in session.execute(query)}
    return found


def why_no_code(text: str) -> str:
    if "E+" in text.upper():
        return "The spreadsheet has shortened this code: format the column as text"
    return "A code has 2, 4, 6, 9, 12 or 15 digits"


def chunks(items: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
