"""The tree of the sample: Zhejiang's real units, and two invented groups below every village."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from zzd.orgtree.audiences import path_segment
from zzd.orgtree.terms import unit_terms

DATA = Path(__file__).resolve().parents[2] / "data"
UNITS_FILE = DATA / "orgtree" / "zhejiang_units.csv.gz"
GROUPS_BELOW_A_VILLAGE = ("第一小组", "第二小组")
LEVEL_OF_CODE_LENGTH = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5, 15: 6}

UNIT_COLUMNS = ("id", "code", "name", "level", "parent_id", "path", "status")
VERSION_COLUMNS = (
    "unit_id",
    "rev_from",
    "parent_id",
    "level",
    "code",
    "name",
    "path",
    "status",
)
TERM_COLUMNS = ("level", "term", "unit_id")


@dataclass(frozen=True, slots=True)
class SampleUnit:
    """A unit with the id that it gets: they are counted here, so paths need no round trip."""

    id: int
    code: str
    name: str
    level: int
    parent_id: int | None
    path: str


@dataclass(frozen=True)
class Tree:
    """All units, parents before children, and the ways to find them."""

    units: list[SampleUnit]
    by_code: dict[str, SampleUnit] = field(init=False, repr=False)
    by_level: dict[int, list[SampleUnit]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_level: dict[int, list[SampleUnit]] = defaultdict(list)
        for unit in self.units:
            by_level[unit.level].append(unit)
        object.__setattr__(self, "by_code", {unit.code: unit for unit in self.units})
        object.__setattr__(self, "by_level", by_level)

    def parent_of(self, unit: SampleUnit) -> SampleUnit | None:
        # Ids count from 1 in the order of the list.
        return self.units[unit.parent_id - 1] if unit.parent_id else None

    def below(self, code: str, level: int) -> list[SampleUnit]:
        """Units of one level in the block of ``code``: real codes begin with their parent's."""
        return [unit for unit in self.by_level[level] if unit.code.startswith(code)]


def read_tree() -> Tree:
    """Every level in the order of its codes, the province first."""
    with gzip.open(UNITS_FILE, "rt", encoding="utf-8", newline="") as file:
        rows = [(row["code"], row["name"], row["parent_code"]) for row in csv.DictReader(file)]
    rows += [
        (f"{code}{number:03d}", name, code)
        for code, _, _ in rows
        if LEVEL_OF_CODE_LENGTH[len(code)] == 5
        for number, name in enumerate(GROUPS_BELOW_A_VILLAGE, start=1)
    ]
    rows.sort(key=lambda row: (len(row[0]), row[0]))
    units: list[SampleUnit] = []
    by_code: dict[str, SampleUnit] = {}
    for number, (code, name, parent_code) in enumerate(rows, start=1):
        parent = by_code[parent_code] if parent_code else None
        unit = SampleUnit(
            id=number,
            code=code,
            name=name,
            level=LEVEL_OF_CODE_LENGTH[len(code)],
            parent_id=parent.id if parent else None,
            path=(parent.path if parent else "") + path_segment(number),
        )
        by_code[code] = unit
        units.append(unit)
    return Tree(units)


def unit_row(unit: SampleUnit) -> tuple[object, ...]:
    return (unit.id, unit.code, unit.name, unit.level, unit.parent_id, unit.path, "active")


def version_row(unit: SampleUnit, rev: int) -> tuple[object, ...]:
    return (
        unit.id,
        rev,
        unit.parent_id,
        unit.level,
        unit.code,
        unit.name,
        unit.path,
        "active",
    )


def term_rows(units: Iterable[SampleUnit]) -> list[tuple[int, str, int]]:
    """In the order of the index they go into, which makes writing it several times faster."""
    names: dict[str, set[str]] = {}
    rows: list[tuple[int, str, int]] = []
    for unit in units:
        terms = names.get(unit.name)
        if terms is None:
            terms = names[unit.name] = unit_terms(unit.name)
        rows += [(unit.level, term, unit.id) for term in terms]
    rows.sort()
    return rows
