"""Numbers by part of the tree that take long to count: counted beside the requests, and kept.

What a tally counts is named by its ``subject``: the people of an audience, the answers to
something addressed to one. Whoever counts hands over numbers by unit; kept are the sums of what
is large and of its children, so that each step from the root down reads a few hundred rows. What
is small is not kept: counting it takes a moment, and is always true.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import Session

from zzd.bulk import insert_rows, table_of
from zzd.db import lock_name, reading, transaction
from zzd.orgtree.audiences import PATH_END, Audience, posts_in, spelled_out, units_in
from zzd.orgtree.models import Official, Post, Tally, TallyPart, Unit
from zzd.principal import PATH_SEGMENT

# People, or whatever is counted: up to so many are counted when they are asked for.
SMALL = 3_000
# Units counted by one statement. On SQLite a statement stops the whole process while it runs.
AT_ONCE = 1_000

Numbers = Sequence[int]
ByUnit = Select[Any]


@dataclass(slots=True)
class Sum:
    """Of one place: its own numbers, those at and below it, and the longest path there."""

    own: list[int]
    below: list[int]
    longest: int


@dataclass(slots=True)
class Sums:
    """Adds numbers by unit up to the root, as they come."""

    width: int
    by_path: dict[str, Sum] = field(default_factory=dict)

    def add(self, path: str, numbers: Numbers) -> None:
        for end in range(PATH_SEGMENT, len(path) + 1, PATH_SEGMENT):
            place = self.by_path.get(path[:end])
            if place is None:
                zeros = [0] * self.width
                place = self.by_path[path[:end]] = Sum(zeros, zeros[:], end)
            place.longest = max(place.longest, len(path))
            place.below = [one + more for one, more in zip(place.below, numbers, strict=True)]
            if end == len(path):
                place.own = [one + more for one, more in zip(place.own, numbers, strict=True)]

    def total(self) -> list[int]:
        root = next(iter(self.by_path.values()), None)
        return root.below if root else [0] * self.width

    def worth_keeping(self) -> Iterator[tuple[str, Sum]]:
        """The large ones and the children of these."""
        for path, place in self.by_path.items():
            above = self.by_path.get(path[:-PATH_SEGMENT])
            if sum((above or place).below) > SMALL:
                yield path, place


def keep_tally(subject: str, sums: Sums, *, rev: int, counted_at: datetime) -> None:
    """Put what was counted in place of what was kept; what is older than that is dropped."""
    with transaction() as session:
        lock_name(session, f"tally:{subject}")
        known = session.get(Tally, subject, populate_existing=True)
        if known is not None and known.counted_at > counted_at:
            return
        kept = known or Tally(subject=subject)
        kept.rev, kept.counted_at, kept.total = rev, counted_at, sums.total()
        session.add(kept)
        session.execute(delete(TallyPart).where(TallyPart.subject == subject))
        columns = ("subject", "path", "longest", "own", "below")
        rows = [
            (subject, path, place.longest, place.own, place.below)
            for path, place in sums.worth_keeping()
        ]
        session.flush()
        if rows:
            insert_rows(session, table_of(TallyPart), columns, rows)


def find_tally(session: Session, subject: str) -> Tally | None:
    """When it was counted, in which revision, and what it came to; None where it never was."""
    return session.get(Tally, subject)


def counted_at(session: Session, subjects: Sequence[str]) -> dict[str, datetime]:
    """When those of these that were ever counted were counted last."""
    query = select(Tally.subject, Tally.counted_at).where(Tally.subject.in_(subjects))
    return {row.subject: row.counted_at for row in session.execute(query)}


def read_parts(session: Session, subject: str, path: str) -> dict[str, Sum] | None:
    """The place at a path with its own numbers, and its children, by path; None where the place is
    small and to be counted. One statement."""
    query = select(TallyPart).where(
        TallyPart.subject == subject,
        TallyPart.path >= path,
        TallyPart.path < path + PATH_END,
        func.length(TallyPart.path) <= len(path) + PATH_SEGMENT,
    )
    parts = {part.path: Sum(part.own, part.below, part.longest) for part in session.scalars(query)}
    here = parts.get(path)
    return parts if here is not None and sum(here.below) > SMALL else None


def sum_by_unit(
    whole: Audience,
    query: ByUnit,
    *,
    width: int,
    at_once: int | None = AT_ONCE,
    into: Sums | None = None,
) -> Sums:
    """Add up ``width`` numbers by unit, to those in ``into`` where it is given. ``query`` is of
    Unit.path and the numbers, grouped by the path. So many units at once (None: all), each time
    in a transaction of its own, so that others come between."""
    sums = Sums(width) if into is None else into
    start: str | None = whole.unit_path
    while start is not None:
        with reading() as session:
            end = None
            if at_once is not None:
                paths = select(Unit.path).where(units_in(whole, start=start)).order_by(Unit.path)
                end = session.scalar(paths.offset(at_once).limit(1))
            part = query.where(units_in(whole, start=start))
            if end is not None:
                # Spelled out: the planner must know how little lies between the two.
                part = part.where(Unit.path < spelled_out(end))
            rows: list[Any] = list(session.execute(part))
        for path, *numbers in rows:
            sums.add(path, [int(number) for number in numbers])
        start = end
        time.sleep(0)
    return sums


def posts_by_unit(whole: Audience, *numbers: ColumnElement[Any]) -> ByUnit:
    """A query of Unit.path and ``numbers`` over the posts of an audience that somebody in office
    holds, by unit."""
    gone = select(Official.id).where(Official.status != "active")
    return (
        select(Unit.path, *numbers)
        .join(Post, Post.unit_id == Unit.id)
        .where(posts_in(whole), Post.official_id.not_in(gone))
        .group_by(Unit.path)
    )


def is_small(session: Session, part: Audience) -> bool:
    """Whether so few posts are in a part of an audience that they are counted in a moment."""
    query = select(Post.id).join(Unit, Unit.id == Post.unit_id).where(posts_in(part)).offset(SMALL)
    return session.scalar(query.limit(1)) is None
