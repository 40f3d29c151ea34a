"""What an app is shown of the organisation: nothing outside the data audience it was given.

A unit, a post or an official outside is, for the app, not there. People and programs that are no
apps have no ``reach``, and see everything.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from zzd.audit.log import deny
from zzd.errors import NotFound
from zzd.orgtree.audiences import Audience, ancestor_ids
from zzd.orgtree.models import Unit
from zzd.principal import PostRef, Principal, Reach


def access_unit(session: Session, unit_id: int, *, reader: Principal) -> Unit:
    """Raises NotFound, audited where the unit exists and an app may not know of it."""
    unit = session.get(Unit, unit_id)
    if unit is None:
        raise NotFound
    if not holds_unit(reader.reach, unit):
        raise deny(NotFound(), "unit.read", "unit", unit_id)
    return unit


def holds_unit(reach: Reach | None, unit: Unit) -> bool:
    return reach is None or reach.holds_unit(unit.path, unit.level)


def holds_post(reach: Reach, post: PostRef) -> bool:
    return reach.holds_post(post.unit_path, post.level, post.line, post.role)


def clip(audience: Audience, reach: Reach | None) -> Audience:
    """Of the audience those whom the app may know of; perhaps nobody."""
    if reach is None:
        return audience
    return audience.meets(as_audience(reach)) or nobody(audience)


def nobody(audience: Audience) -> Audience:
    return Audience(audience.unit_id, audience.unit_name, audience.unit_path, levels=0)


def as_audience(reach: Reach) -> Audience:
    """To select by; it is shown to nobody, and has no names."""
    return Audience(
        reach.unit_id, "", reach.unit_path, reach.levels, reach.line, reach.line, reach.role
    )


def ids_shown(path: str, reach: Reach | None) -> list[int]:
    """The units that a path names, from the first that may be known of: none of those above."""
    ids = ancestor_ids(path)
    if reach is None:
        return ids
    return ids[ids.index(reach.unit_id) :] if reach.unit_id in ids else []
