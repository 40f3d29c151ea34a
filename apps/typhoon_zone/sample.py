"""Invented shelters, closures and outages, so that a demonstration does not begin empty.

Marked as samples on the page until somebody updates them.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from zzd_sdk import Client

from apps.typhoon_zone.geography import area_of
from apps.typhoon_zone.platform import CITY, COUNTY, Unit, Visitor, children
from apps.typhoon_zone.simulated import SURNAMES, point_in

if TYPE_CHECKING:
    from apps.typhoon_zone.records import Records
    from apps.typhoon_zone.zone import Zone

BY = "示例数据"
# The coast of the landfall: what somebody of the province is shown at first.
COAST = ("3310", "3303")
PLACES = (
    ("中心小学", "文教路", 400),
    ("文化礼堂", "人民路", 180),
    ("中学体育馆", "学前路", 600),
    ("老年活动中心", "振兴路", 120),
)
ROADS = (
    ("沿海公路", "flood"),
    ("盘山公路", "landslide"),
    ("进村道路", "trees"),
    ("疏港大道", "control"),
)


def fill(zone: Zone, visitor: Visitor, client: Client) -> bool:
    """Something for each township the visitor sees, the first time; whether anything was added."""
    filled = False
    for county in _counties(client, visitor):
        if zone.records.claim_sample(county.id):
            filled = True
            for township in children(client, county):
                _fill_township(zone.records, township)
    return filled


def _counties(client: Client, visitor: Visitor) -> list[Unit]:
    scope = visitor.scope
    if scope.level >= COUNTY:
        return [scope] if scope.level == COUNTY else []
    cities = [scope] if scope.level == CITY else children(client, scope)
    shown = cities if scope.level == CITY else [one for one in cities if one.code in COAST]
    return [county for city in shown for county in children(client, city)]


def _fill_township(records: Records, township: Unit) -> None:
    # The same each time; no secret is drawn here.
    draw = random.Random(township.code)  # noqa: S311
    area = area_of(township.code)

    def place() -> dict[str, float]:
        lat, lon = point_in(area, draw)
        return {"lat": lat, "lon": lon}

    def phone() -> str:
        return f"0570-8{draw.randint(0, 9_999_999):07d}"

    def add(kind: str, fields: dict[str, object]) -> None:
        records.add_record(kind, township, fields, by=BY, is_sample=True)

    for name, road, capacity in draw.sample(PLACES, draw.choice((1, 2))):
        full = draw.random() < 0.2
        is_open = full or draw.random() < 0.8
        add(
            "shelter",
            {
                "name": f"{township.name}{name}",
                "address": f"{road}{draw.randint(1, 200)}号",
                "capacity": capacity,
                "occupied": capacity if full else draw.randrange(0, capacity * 9 // 10) * is_open,
                "is_open": is_open,
                "contact_name": f"{draw.choice(SURNAMES)}主任",
                "contact_phone": phone(),
                **place(),
            },
        )
    if draw.random() < 0.35:
        road, reason = draw.choice(ROADS)
        add(
            "road",
            {
                "name": f"{township.name}{road}",
                "state": draw.choice(("closed", "closed", "limited")),
                "reason": reason,
                "note": draw.choice(("请绕行", "双向封闭，有专人值守", "")),
                "expected_at": None,
                **place(),
            },
        )
    if draw.random() < 0.3:
        add(
            "power",
            {
                "name": f"{township.name}{draw.choice(('东片', '西片', '沿海各村'))}",
                "state": draw.choice(("out", "repairing")),
                "households": draw.randrange(1, 40) * 50,
                "team": f"{township.name}供电所抢修队",
                "team_people": draw.randrange(4, 16),
                "team_phone": phone(),
                "expected_at": None,
                **place(),
            },
        )
