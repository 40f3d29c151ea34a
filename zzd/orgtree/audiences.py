"""The Audience: a part of the organisation as one value (块 × 条 × 职责).

From here to units and officials it is a range of the materialised path; ``matching`` goes the
other way, from an official to the audiences in use. Both go by index.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import Session, aliased

from zzd.errors import Invalid
from zzd.orgtree.models import Line, Official, Post, Unit
from zzd.principal import PATH_SEGMENT, Grant, PostRef, Reach

LEVELS = {1: "省", 2: "市", 3: "县", 4: "乡镇", 5: "村", 6: "小组"}
ROLES = {"leader": "负责人", "deputy": "副职", "duty_officer": "值班员", "member": "成员"}
# After every character that a path is made of.
PATH_END = "~"


def levels_mask(levels: Iterable[int]) -> int:
    return sum(1 << level for level in set(levels))


def levels_of(mask: int) -> list[int]:
    return [level for level in LEVELS if mask & 1 << level]


@dataclass(frozen=True, slots=True)
class Audience:
    """A unit and all below it, of which ``levels`` (bit mask), in which line, with which role.

    Built only by ``narrow`` and ``in_use.find_in_use``, so an Audience is always valid: the unit exists,
    every level is at or below the unit's, line and role are known.
    """

    unit_id: int
    unit_name: str
    unit_path: str
    levels: int
    line: str | None = None
    line_name: str | None = None
    role: str | None = None

    @property
    def text(self) -> str:
        """In words: 台州市以下 乡镇 防汛条线 值班员."""
        named = levels_of(self.levels)
        own = len(self.unit_path) // PATH_SEGMENT
        words = [self.unit_name if named == [own] else f"{self.unit_name}以下"]
        if named != [own] and named != [level for level in LEVELS if level >= own]:
            words.append("、".join(LEVELS[level] for level in named))
        if self.line_name:
            words.append(f"{self.line_name}条线")
        if self.role:
            words.append(ROLES[self.role])
        return " ".join(words)

    def matches(self, post: PostRef) -> bool:
        return (
            post.unit_path.startswith(self.unit_path)
            and bool(self.levels & 1 << post.level)
            and self.line in (None, post.line)
            and self.role in (None, post.role)
        )

    def lies_in(self, other: Audience) -> bool:
        """Whether everyone in this audience is also in the other."""
        return (
            self.unit_path.startswith(other.unit_path)
            and not self.levels & ~other.levels
            and other.line in (None, self.line)
            and other.role in (None, self.role)
        )

    def meets(self, other: Audience) -> Audience | None:
        """Who is in both: an audience again, or None where nobody can be."""
        deeper = max(self, other, key=lambda each: len(each.unit_path))
        inside = all(deeper.unit_path.startswith(each.unit_path) for each in (self, other))
        levels = self.levels & other.levels
        lines, roles = {self.line, other.line} - {None}, {self.role, other.role} - {None}
        if not inside or not levels or len(lines) > 1 or len(roles) > 1:
            return None
        return replace(
            deeper,
            levels=levels,
            line=self.line or other.line,
            line_name=self.line_name or other.line_name,
            role=self.role or other.role,
        )

    def as_reach(self) -> Reach:
        return Reach(self.unit_id, self.unit_path, self.levels, self.line, self.role)

    def within(self, grant: Grant) -> bool:
        """Whether everyone in this audience is also in the reach that ``grant`` gives."""
        return (
            grant.covers(self.unit_path)
            and (grant.levels == 0 or not self.levels & ~grant.levels)
            and grant.line in (None, self.line)
            and grant.duty in (None, self.role)
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "unit_id": self.unit_id,
            "levels": levels_of(self.levels),
            "line": self.line,
            "role": self.role,
            "text": self.text,
        }


def resolve(
    session: Session,
    *,
    unit_id: int,
    levels: Sequence[int] | None = None,
    line: str | None = None,
    role: str | None = None,
    pointer: str = "",
    reach: Reach | None = None,
) -> Audience:
    """The audience somebody described; ``pointer`` is where in their input they did. A unit outside
    an app's ``reach`` is not there for it.

    Raises Invalid, naming the member at fault.
    """
    found = session.execute(
        select(Unit, Line.name)
        .outerjoin(Line, Line.code == line)
        .where(Unit.id == unit_id, Unit.status == "active")
    ).one_or_none()
    if found is None or not (reach is None or reach.holds_unit(found[0].path, found[0].level)):
        raise Invalid.at(f"{pointer}/unit_id", "There is no such active unit")
    unit, line_name = found
    return _narrow(unit, levels, line, line_name, role, pointer)


def narrow(
    session: Session,
    unit: Unit,
    *,
    levels: Sequence[int] | None = None,
    line: str | None = None,
    role: str | None = None,
    pointer: str = "",
) -> Audience:
    """The block of a unit, narrowed; a dissolved unit's is empty. Raises Invalid."""
    query = select(Line.name).where(Line.code == line)
    line_name = None if line is None else session.scalar(query)
    return _narrow(unit, levels, line, line_name, role, pointer)


def _narrow(
    unit: Unit,
    levels: Sequence[int] | None,
    line: str | None,
    line_name: str | None,
    role: str | None,
    pointer: str,
) -> Audience:
    if levels is None:
        levels = [level for level in LEVELS if level >= unit.level]
    if not levels or any(level not in LEVELS or level < unit.level for level in levels):
        raise Invalid.at(
            f"{pointer}/levels", f"Levels are {unit.level} (the unit's own) to 6, at least one"
        )
    if line is not None and line_name is None:
        raise Invalid.at(f"{pointer}/line", "There is no such line")
    if role is not None and role not in ROLES:
        raise Invalid.at(f"{pointer}/role", f"Roles are {', '.join(ROLES)}")
    return Audience(unit.id, unit.name, unit.path, levels_mask(levels), line, line_name, role)


def units_in(
    audience: Audience, unit: type[Unit] = Unit, *, start: str = ""
) -> ColumnElement[bool]:
    """The condition on Unit (or an alias of it): active, in the audience's range and levels.

    ``start`` is a path to go on from. It is the range's only lower bound then: of two, SQLite
    may take the one that makes it read everything before the page again.
    """
    conditions = [
        unit.path >= spelled_out(max(audience.unit_path, start)),
        unit.path < spelled_out(audience.unit_path + PATH_END),
        unit.status == "active",
    ]
    if not _holds_all_below(audience):
        conditions.append(unit.level.in_(levels_of(audience.levels)))
    return and_(*conditions)


def _holds_all_below(audience: Audience) -> bool:
    """Whether no level at or below the unit is left out. Nobody's level is above their depth, and
    PostgreSQL takes each level that is asked for to be another walk through the index."""
    depth = len(audience.unit_path) // PATH_SEGMENT
    return all(audience.levels & 1 << level for level in LEVELS if level >= depth)


def spelled_out(path: str) -> BindParameter[str]:
    """In the statement itself: a plan made once for all parts of the tree would be a bad one for a
    province, or for a village."""
    return bindparam(None, path, String, literal_execute=True)


def posts_in(
    audience: Audience, unit: type[Unit] = Unit, post: type[Post] = Post, *, start: str = ""
) -> ColumnElement[bool]:
    """The condition on Post joined with Unit: held now, of the audience's line and role."""
    conditions = [units_in(audience, unit, start=start), post.ended_at.is_(None)]
    if audience.line:
        conditions.append(post.line_code == audience.line)
    if audience.role:
        conditions.append(post.role == audience.role)
    return and_(*conditions)


def select_officials(audience: Audience, *columns: Any) -> Select[Any]:
    """A query of ``columns`` over the officials in the audience, each once.

    An official with two posts in the audience is one person in it.
    """
    found = select(Post.official_id).join(Unit, Post.unit_id == Unit.id).where(posts_in(audience))
    return select(*columns).where(Official.id.in_(found), Official.status == "active")


def holds_post(audience: Audience, official_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition that the official of this id holds a post in ``audience`` today."""
    unit, post = aliased(Unit), aliased(Post)
    held = select(post.id).join(unit, unit.id == post.unit_id)
    return held.where(post.official_id == official_id, posts_in(audience, unit, post)).exists()


def count_units(session: Session, audience: Audience) -> int:
    return session.scalar(select(func.count()).select_from(Unit).where(units_in(audience))) or 0


def select_official_ids(audience: Audience) -> Select[int]:
    """The ids of the officials in the audience, each once, read from posts alone: of officials
    only those out of office are looked at, by an index that holds nobody else."""
    # Written out, since a plan made once for all values could not know that the index fits.
    gone = select(Official.id).where(Official.status != literal_column("'active'"))
    return (
        select(Post.official_id)
        .join(Unit, Unit.id == Post.unit_id)
        .where(posts_in(audience), Post.official_id.not_in(gone))
        .distinct()
    )


def count_officials(session: Session, audience: Audience) -> int:
    people = select_official_ids(audience).subquery()
    return session.scalar(select(func.count()).select_from(people)) or 0


def page_units(
    session: Session, audience: Audience, *, after_path: str | None, limit: int
) -> list[Unit]:
    """Up to ``limit + 1`` units in the order of the tree, after the unit at ``after_path``."""
    start = after_path or ""
    query = select(Unit).where(units_in(audience, start=start), Unit.path != start)
    return list(session.scalars(query.order_by(Unit.path).limit(limit + 1)))


def ancestor_ids(path: str) -> list[int]:
    """The ids that a path spells out, the root's first and the unit's own last."""
    return [int(path[i : i + PATH_SEGMENT], 36) for i in range(0, len(path), PATH_SEGMENT)]


def path_segment(unit_id: int) -> str:
    """A unit's part of the paths below it: its id in five base-36 characters. Raises OverflowError."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    for _ in range(PATH_SEGMENT):
        unit_id, digit = divmod(unit_id, 36)
        text = digits[digit] + text
    if unit_id:
        raise OverflowError("a unit id must fit in five base-36 characters")
    return text
