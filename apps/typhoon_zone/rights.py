"""Who sees and who may do what in the zone. Pure."""

from __future__ import annotations

from apps.typhoon_zone.platform import COUNTY, Unit, Visitor

FLOOD_CONTROL = "flood_control"


def may_see(visitor: Visitor, chain: str) -> bool:
    """What lies in the county is everybody's there; above it, what lies below one's own unit."""
    return visitor.scope.holds(chain)


def may_write(visitor: Visitor, chain: str) -> bool:
    """The field writes: townships for themselves and what is below, villages and groups too."""
    return bool(visitor.writable) and visitor.unit.holds(chain)


def unit_to_write_for(visitor: Visitor, unit_id: object) -> Unit | None:
    return next((unit for unit in visitor.writable if unit.id == unit_id), None)


def may_upload_pictures(visitor: Visitor) -> bool:
    """Operators: the flood-control offices of counties, cities and the province."""
    return visitor.unit.level <= COUNTY and visitor.line == FLOOD_CONTROL
