"""Who stands over whom in the tree of a directive's day."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_

from zzd.orgtree.audiences import LEVELS, ancestor_ids, path_segment
from zzd.principal import PATH_SEGMENT


def oversees(unit_id: int, issuer_unit_id: int, path: str) -> bool:
    """Whether a unit stands over the one at ``path``: is it, or is above it within reach.

    The issuer's unit reaches everything it issued to; between it and the unit at ``path`` lie
    those who answer for that branch. Units above the issuer's have no part in it.
    """
    chain = ancestor_ids(path)
    if unit_id in (issuer_unit_id, chain[-1]):
        return True
    start = reach(issuer_unit_id, path)
    return start is not None and unit_id in chain[start:]


def reach(issuer_unit_id: int, path: str) -> int | None:
    """From which place in the chain at ``path`` on units stand over the last one, as far as the
    issuer reaches; None where the issuer stands elsewhere."""
    chain = ancestor_ids(path)
    return chain.index(issuer_unit_id) if issuer_unit_id in chain else None


def above(issuer_unit_id: int, path: str) -> list[int]:
    """The units that stand over the one at ``path``, but itself: the nearest first."""
    start = reach(issuer_unit_id, path)
    if start is None:
        return [issuer_unit_id]
    return ancestor_ids(path)[start:-1][::-1]


def overseen_by(unit_id: int, path: Any, issuer_unit_id: Any, reach: Any) -> ColumnElement[bool]:
    """``oversees`` as a condition on columns; ``reach`` is that of the row."""
    own = path_segment(unit_id)
    return or_(
        issuer_unit_id == unit_id,
        path.endswith(own),
        *(
            and_(func.substr(path, no * PATH_SEGMENT + 1, PATH_SEGMENT) == own, reach <= no)
            for no in range(len(LEVELS))
        ),
    )
