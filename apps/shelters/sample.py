"""Invented shelters, so that a demonstration does not begin with an empty page.

Marked as samples on the page until somebody updates them.
"""

from __future__ import annotations

import random

from zzd_sdk import Client

from apps.shelters.platform import Unit, Visitor, children
from apps.shelters.store import Store

BY = "示例数据"
PLACES = (
    ("中心小学", "文教路", 400),
    ("文化礼堂", "人民路", 180),
    ("中学体育馆", "学前路", 600),
    ("老年活动中心", "振兴路", 120),
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙林朱郑"


def fill_county(store: Store, client: Client, visitor: Visitor) -> None:
    """One or two shelters for each township of the visitor's county, the first time it is seen."""
    county = visitor.scope
    if county.level != 3 or not store.claim_sample(county.id):
        return
    for township in children(client, county):
        _fill_township(store, township)


def _fill_township(store: Store, township: Unit) -> None:
    # The same shelters each time; no secret is drawn here.
    draw = random.Random(township.id)  # noqa: S311
    for place, road, capacity in draw.sample(PLACES, draw.choice((1, 2))):
        full = draw.random() < 0.2
        is_open = full or draw.random() < 0.75
        store.add_shelter(
            township,
            {
                "name": f"{township.name}{place}",
                "address": f"{road}{draw.randint(1, 200)}号",
                "capacity": capacity,
                "occupied": capacity if full else draw.randrange(0, capacity * 9 // 10) * is_open,
                "is_open": is_open,
                "contact_name": f"{draw.choice(SURNAMES)}主任",
                "contact_phone": f"0576-8{draw.randint(0, 9_999_999):07d}",
            },
            by=BY,
            is_sample=True,
        )
