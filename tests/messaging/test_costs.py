"""What a message costs in statements, whatever the number of those who get it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import SignedIn, Statements
from tests.messaging.bots.conftest import Program
from tests.messaging.conftest import CITY, MEMBER, OWNER, MakeGroup, say

PLACE = {"latitude": 28.37, "longitude": 121.36, "name": "石塘镇"}
Find = Callable[[str], str]
Act = Callable[[], Any]


@pytest.fixture
def ways(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    official_id: Find,
    unit_id: Find,
) -> Callable[[str], Act]:
    """``ways("bot")``: something that is said, ready to be done."""

    def to_an_audience(way: str) -> Act:
        in_group = way in ("org_group", "org_place")
        made = addressed("org_group" if in_group else "announcement", "331081")
        asked: dict[str, dict[str, Any]] = {
            "confirmed": {"confirm": True},
            "org_place": {"text": "", "kind": "location", "content": PLACE},
        }
        return lambda: say(as_(MEMBER if in_group else CITY), made, **asked.get(way, {}))

    def ready(way: str) -> Act:
        if way in ("org_group", "org_place", "announcement", "confirmed"):
            return to_an_audience(way)
        made, owner = group(MEMBER), as_(OWNER)
        say(owner, made, "水位一米八")
        here = f"/conversations/{made['id']}"
        if way == "bot":
            program = Program(owner.app, owner.post(f"{here}/bots", {"name": "水位监测"}))
            return lambda: program.say("超警戒")
        if way == "forwarded":
            which = {"conversation_id": made["id"], "seqs": [1]}
            return lambda: owner.post(f"{here}/forwards", which)
        audience = {"unit_id": unit_id("331081100"), "line": "flood_control"}
        record = {"conversation_id": made["id"], "seqs": [1]}
        asked: dict[str, dict[str, Any]] = {
            "people": {"mentions": {"official_ids": [official_id(MEMBER)]}},
            "all": {"mentions": {"all": True}},
            "audience": {"mentions": {"audience": audience}},
            "reply": {"reply_to_seq": 1},
            "place": {"text": "", "kind": "location", "content": PLACE},
            "record": {"text": "", "kind": "forward", "content": record},
        }
        return lambda: say(owner, made, **{"text": "收到", **asked[way]})

    return ready


# On PostgreSQL and on SQLite; docs/performance.md says what those above four are needed for.
COSTS = {
    "org_group": (4, 4),
    "org_place": (3, 4),
    "announcement": (3, 4),
    "confirmed": (3, 5),
    "bot": (4, 5),
    "people": (4, 5),
    "all": (4, 5),
    "audience": (4, 5),
    "reply": (3, 4),
    "place": (3, 4),
    "record": (5, 7),
    "forwarded": (4, 5),
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
