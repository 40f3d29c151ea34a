"""Finding by name: ranges of a term table, the best matches first, streamed by its index.

What is the query comes before what begins with it, and that before what contains it; within
each higher levels come first (for units), then the order of terms. So a page costs the rows it
shows and a few empty ranges. The statements are built once: there are many, each very short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, bindparam, exists, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from zzd.orgtree.models import OfficialTerm, Unit, UnitTerm
from zzd.orgtree.terms import TERM_END, WHOLE, normalise

LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Hit:
    """What was found; all but the owner's id is the place in the list."""

    stage: int
    term: str
    owner_id: int

    @property
    def position(self) -> tuple[int, str, int]:
        return (self.stage, self.term, self.owner_id)


def _phases(table: Any, owner: str, *conditions: ColumnElement[bool]) -> list[Select[str, int]]:
    """The queries for what equals, begins with and contains, in the order of the list.

    ``whole`` … ``whole_end`` is the range of terms of whole names, ``part`` … ``part_end`` that
    of the others; rows come after (``term``, ``id``), the one lower bound that an index can
    start at. Each leaves out whoever has a term that puts them further up already.
    """
    term, owner_id, other = table.term, getattr(table, owner), aliased(table)
    whole, whole_end, part, part_end = map(_text, ("whole", "whole_end", "part", "part_end"))
    query = (
        select(term, owner_id)
        .where(*conditions, tuple_(term, owner_id) > tuple_(_text("term"), bindparam("id")))
        .order_by(term, owner_id)
        .limit(bindparam("limit"))
    )

    def unless(*ranges: ColumnElement[bool]) -> ColumnElement[bool]:
        return ~exists().where(getattr(other, owner) == owner_id, or_(*ranges))

    whole_too = and_(other.term >= whole, other.term < whole_end)
    return [
        query.where(term == whole),
        query.where(term < whole_end, unless(and_(other.term >= whole, other.term < term))),
        query.where(
            term < part_end, unless(whole_too, and_(other.term >= part, other.term < term))
        ),
    ]


def _text(name: str) -> Any:
    return bindparam(name, type_=String())


_EQUAL, _BEGINNING, _CONTAINING = range(3)
_Stage = tuple[int, Select[str, int], dict[str, int]]
_OF_LEVEL = UnitTerm.level == bindparam("level")
_FOUND_BY_CODE = exists().where(
    Unit.id == UnitTerm.unit_id,
    Unit.code >= bindparam("part"),
    Unit.code < bindparam("part_end"),
)
_UNITS = _phases(UnitTerm, "unit_id", _OF_LEVEL)
_UNITS_BY_DIGITS = _phases(UnitTerm, "unit_id", _OF_LEVEL, ~_FOUND_BY_CODE)
_OFFICIALS = _phases(OfficialTerm, "official_id")


def find_units(
    session: Session,
    q: str,
    *,
    levels: Sequence[int],
    after: Sequence[Any] | None,
    limit: int,
    but_not_by_code: bool = False,
    known: ColumnElement[bool] | None = None,
) -> list[Hit]:
    """Up to ``limit + 1`` units of these levels; perhaps without those whose codes begin so.

    ``known``: the condition on Unit under which an app may know of one.
    """
    phases = _UNITS_BY_DIGITS if but_not_by_code else _UNITS
    if known is not None:
        inside = exists().where(Unit.id == UnitTerm.unit_id, known)
        phases = [query.where(inside) for query in phases]
    stages = [
        (phase, query, {"level": level}) for phase, query in enumerate(phases) for level in levels
    ]
    return _run(session, stages, q, after, limit)


def find_officials(
    session: Session,
    q: str,
    *,
    after: Sequence[Any] | None,
    limit: int,
    known: ColumnElement[bool] | None = None,
) -> list[Hit]:
    """Up to ``limit + 1`` officials; ``known``: the condition on OfficialTerm.official_id under
    which an app may know of one."""
    phases = _OFFICIALS if known is None else [query.where(known) for query in _OFFICIALS]
    stages: list[_Stage] = [(phase, query, {}) for phase, query in enumerate(phases)]
    return _run(session, stages, q, after, limit)


def _run(
    session: Session,
    stages: Sequence[_Stage],
    q: str,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Hit]:
    q = normalise(q)
    if not q:
        return []
    whole = WHOLE + q
    ranges = {"whole": whole, "whole_end": whole + TERM_END, "part": q, "part_end": q + TERM_END}
    first = {_EQUAL: (whole, 0), _BEGINNING: (whole, LAST_ID), _CONTAINING: (q, 0)}
    begin = after[0] if after else 0
    hits: list[Hit] = []
    for stage, (phase, query, of_stage) in enumerate(stages):
        if stage < begin:
            continue
        start = first[phase]
        if after and stage == begin:
            # Texts compare as their bytes do; a cursor cannot reach before the range.
            start = max(start, (after[1], after[2]))
        bound = {"term": start[0], "id": start[1], "limit": limit + 1 - len(hits)}
        found = session.execute(query, {**ranges, **of_stage, **bound})
        hits += [Hit(stage, *row) for row in found]
        if len(hits) > limit:
            break
    return hits
