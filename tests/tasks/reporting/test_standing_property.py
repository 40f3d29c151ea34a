"""Whatever is reported, corrected and frozen in whatever order: sums equal books of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tasks import books as trees
from tests.tasks.test_rollup_property import check_histories
from zzd.db import transaction
from zzd.errors import Conflict, NotPermitted
from zzd.orgtree.models import Unit
from zzd.tasks import assignments, rollups
from zzd.tasks.ledger import folding
from zzd.tasks.models import Assignment
from zzd.tasks.reporting import corrections, parts, reports

RISKS = ["landslides", "others"]
SPEC = {**trees.SPEC, "max_ratio": 3, "risks": [{"key": key, "name": key} for key in RISKS]}
Numbers = dict[tuple[str, ...], int]


@dataclass
class Book:
    """What a unit said last, by what is added up: ``("moved",)``, ``("moved", risk)``, ``("dead",)``."""

    said: Numbers | None = None
    final: bool = False
    opened: bool = False

    def must_explain(self, numbers: Numbers) -> bool:
        before, now = self.said or {}, numbers.get(("moved",))
        parts_ = sum(numbers.get(("moved", risk), 0) for risk in RISKS)
        jumps = False
        if (then := before.get(("moved",))) is not None:
            larger, smaller = max(then, now or 0), min(then, now or 0)
            jumps = larger > 3 * smaller if smaller else larger > 3
        return (
            jumps
            or (now is not None and parts_ > now)
            or numbers.get(("dead",), 0) < before.get(("dead",), 0)
        )


class World(trees.World):
    """Every unit of a random tree has the directive and has acknowledged it."""

    def __init__(self, session: Session, parents: list[int]) -> None:
        super().__init__(session, parents, [1, 2, 3, 4, 5, 6])
        self.directive = self.versions[0].directive
        self.directive.figures = [SPEC]
        self.ids: dict[int, int] = {}
        found = select(Assignment).filter_by(directive_id=self.directive.id)
        for row in session.scalars(found):
            self.ids[row.unit_id] = row.id
        self.books = {unit.id: Book() for unit in self.units}
        for unit in self.units:
            assignments.acknowledge(
                session, by=self.official(unit), assignment_id=self.ids[unit.id]
            )

    def do(self, unit: Unit, act: str, numbers: Numbers) -> None:
        if act == "fold":
            folding.fold_some(self.session, 5)
            return
        book = self.books[unit.id]
        if act == "open":
            opener = self.units[0] if numbers.get(("dead",)) else unit
            allowed = book.final and opener is self.units[0]
            with refused_unless(allowed):
                corrections.open_correction(
                    self.session,
                    by=self.official(opener),
                    assignment_id=self.ids[unit.id],
                    reason="有误",
                    client_id=None,
                )
                book.opened = True
            return
        explained = act != "report"
        frozen = book.final and not book.opened
        by_risk = {key[1]: value for key, value in numbers.items() if len(key) == 2}
        with refused_unless(not frozen and (explained or not book.must_explain(numbers))):
            reports.report(
                self.session,
                by=self.official(unit),
                assignment_id=self.ids[unit.id],
                text="情况",
                device_time=None,
                client_id=None,
                kind="final" if act == "final" else None,
                explanation="已核实" if explained else None,
                figures={key[0]: value for key, value in numbers.items() if key == ("moved",)},
                by_risk={"moved": by_risk} if by_risk else {},
                casualties={"dead": numbers.get(("dead",))},
            )
            book.said = numbers
            book.final = book.final or act == "final"
            book.opened = False

    def sums(self, top: Unit, whole: bool) -> dict[str, Any]:
        mine = [
            book.said
            for unit in self.units
            if (book := self.books[unit.id]).said is not None
            and (unit.path.startswith(top.path) if whole else unit is top)
        ]

        def total(*key: str) -> int | None:
            given_ = [said[key] for said in mine if key in said]
            return sum(given_) if given_ else None

        return {
            "reported": len(mine),
            "figures": {"moved": total("moved")},
            "by_risk": {"moved": {risk: total("moved", risk) for risk in RISKS}},
            "casualties": {"dead": total("dead"), "missing": None, "injured": None},
        }


@contextmanager
def refused_unless(allowed: bool) -> Iterator[None]:
    try:
        yield
    except (Conflict, NotPermitted):
        assert not allowed
    else:
        assert allowed


def numbers_of(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in ("reported", "figures", "by_risk", "casualties")}


SMALL = st.integers(0, 12)
SAID = st.fixed_dictionaries(
    {("moved",): SMALL},
    optional={
        ("moved", "landslides"): SMALL,
        ("moved", "others"): SMALL,
        ("dead",): st.integers(0, 2),
    },
) | st.fixed_dictionaries({}, optional={("dead",): st.integers(0, 2)})
ACTS = st.tuples(
    st.integers(0, 30),
    st.sampled_from(["report", "explained", "explained", "final", "open", "fold"]),
    SAID,
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    parents=st.lists(st.integers(0, 50), min_size=2, max_size=9),
    acts=st.lists(ACTS, min_size=4, max_size=30),
)
def test_sums_parts_and_what_they_open_to_equal_an_independent_computation(
    app: Flask, parents: list[int], acts: list[tuple[int, str, Numbers]]
) -> None:
    class Undo(Exception):
        """Each example leaves the database as it found it."""

    try:
        with transaction() as session:
            world = World(session, parents)
            for which, act, numbers in acts:
                world.do(world.units[which % len(world.units)], act, numbers)
            issuer = world.official(world.units[0])
            for unit in world.units:
                asked = {"by": issuer, "directive_id": world.directive.id, "unit_id": unit.id}
                shown = rollups.roll_up(session, **asked)
                expected = world.sums(unit, whole=True)
                assert numbers_of(shown["total"]) == expected
                # A parent's own is in its total once, and in none of its children's.
                assert numbers_of(shown["own"]) == world.sums(unit, whole=False)
                for wanted, total in (
                    (parts.Asked("moved", None, None, False), expected["figures"]["moved"]),
                    (
                        parts.Asked("moved", "others", None, False),
                        expected["by_risk"]["moved"]["others"],
                    ),
                    (parts.Asked(None, None, "dead", False), expected["casualties"]["dead"]),
                ):
                    opened = parts.open_sum(
                        session, **asked, asked=wanted, after_path=None, limit=99
                    )
                    assert opened["sum"] == total
                    assert sum(value for _, value in opened["rows"]) == (total or 0)
                    assert len({row.id for row, _ in opened["rows"]}) == opened["count"]
            check_histories(session, world.directive.id)
            raise Undo
    except Undo:
        pass
