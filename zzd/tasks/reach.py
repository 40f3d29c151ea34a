"""What an app may know of events and directives: those of units all of which it may know of.

A directive names officials of the unit that issued it and units below; where an app may know of
only some of these, it knows nothing of the directive. No ``reach`` means no app, and no limit.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, SQLColumnExpression, false, select, true

from zzd.orgtree.audiences import LEVELS, PATH_END
from zzd.orgtree.models import Unit
from zzd.principal import PATH_SEGMENT, Reach


def holds_all_of(reach: Reach, path: str) -> bool:
    """Whether every official at and below the unit at this path is within."""
    depth = len(path) // PATH_SEGMENT
    every_level = all(reach.levels & 1 << level for level in LEVELS if level >= depth)
    narrowed = reach.line is not None or reach.role is not None
    return path.startswith(reach.unit_path) and every_level and not narrowed


def known(reach: Reach | None, unit_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """The condition on the unit that declared or issued something."""
    if reach is None:
        return true()
    if not holds_all_of(reach, reach.unit_path):
        return false()
    end = reach.unit_path + PATH_END
    inside = select(Unit.id).where(Unit.path >= reach.unit_path, Unit.path < end)
    return unit_id.in_(inside)
