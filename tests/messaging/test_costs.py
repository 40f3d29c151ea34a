"""What a message costs in statements, whatever the number of those who get it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import SignedIn, Statements
from tests.messaging.bots.conftest import Program
from tests.messaging.conftest import CITY, MEMBER, OWNER, MakeGroup, say

Find = Callable[[str], str]
Act = Callable[[], Any]


@pytest.fixture
def ways(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup, official_id: Find, unit_id: Find
) -> Callable[[str], Act]:
    """``ways("bot")``: something that is said, ready to be done."""

    def ready(way: str) -> Act:
        if way in ("org_group", "announcement", "confirmed"):
            made = addressed("org_group" if way == "org_group" else "announcement", "331081")
            more = {"confirm": True} if way == "confirmed" else {}
            speaker = MEMBER if way == "org_group" else CITY
            return lambda: say(as_(speaker), made, **more)
        made = group(MEMBER)
        if way == "bot":
            bot = as_(OWNER).post(f"/conversations/{made['id']}/bots", {"name": "水位监测"})
            return lambda: Program(as_(OWNER).app, bot).say("超警戒")
        audience = {"unit_id": unit_id("331081100"), "line": "flood_control"}
        asked = {
            "people": {"official_ids": [official_id(MEMBER)]},
            "all": {"all": True},
            "audience": {"audience": audience},
        }
        return lambda: say(as_(OWNER), made, mentions=asked[way])

    return ready


# On PostgreSQL and on SQLite; docs/performance.md says what those above four are needed for.
COSTS = {
    "org_group": (4, 4),
    "announcement": (7, 7),
    "confirmed": (8, 8),
    "bot": (10, 10),
    "people": (5, 6),
    "all": (5, 6),
    "audience": (7, 8),
}


@pytest.mark.parametrize("way", COSTS)
def test_what_is_said_costs_the_same_for_any_number_of_people(
    way: str,
    ways: Callable[[str], Act],
    crowd: Callable[[int], list[str]],
    statements: Statements,
    engine_kind: str,
) -> None:
    act, counts = ways(way), []
    for size in (0, 100):
        crowd(size)
        with statements() as seen:
            # A caller of more than three seconds ago is recognised by one more.
            act()
            seen.clear()
            act()
        counts.append(len(seen))
    assert counts == [COSTS[way][engine_kind == "sqlite"]] * 2, seen
