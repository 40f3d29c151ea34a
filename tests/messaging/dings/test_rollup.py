"""How far a DING got, by unit: additive, true, and able to name whom to call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import CITY, OUTSIDER, PROVINCE
from tests.messaging.dings.conftest import BELOW_TOWN, DUTY, LEADER, Ding, run_timers
from tests.organisation import UNITS
from zzd import clock
from zzd.db import reading, transaction
from zzd.messaging.dings import counting, measuring, rules, steps
from zzd.messaging.dings.models import Ding as DingModel
from zzd.messaging.dings.models import DingReceipt
from zzd.orgtree import tallies
from zzd.orgtree.models import Official, Post, Unit

STATES = ("confirmed", "read", "delivered", "unreached")


def numbers(row: dict[str, Any] | None) -> dict[str, int]:
    row = row or dict.fromkeys((*STATES, "addressed"), 0)
    return {name: row[name] for name in (*STATES, "addressed")}


def everybody(client: ApiClient, ding_id: str, **query: str) -> list[dict[str, Any]]:
    """All pages, two at a time."""
    found: list[dict[str, Any]] = []
    query["limit"] = "2"
    while True:
        page = client.get(f"/dings/{ding_id}/officials", **query)
        found += page["items"]
        if page["next"] is None:
            return found
        query["cursor"] = page["next"]


def test_counts_by_child_lead_down_to_the_people(
    ding: Ding, as_: SignedIn, confirm: Any, unit_id: Callable[[str], str]
) -> None:
    made = ding("331081100")
    path = f"/dings/{made['id']}/rollup"
    confirm("331081100201.leader", made)
    for username, kind in ((DUTY, "read"), ("331081100201001.leader", "delivered")):
        body = {"ding_ids": [made["id"]], "kind": kind}
        as_(username).post("/dings/receipts", body, status=200)
    top = as_(CITY).get(path)
    assert top["unit"]["code"] == "331081100"
    assert numbers(top["total"]) == {
        "addressed": len(BELOW_TOWN),
        "confirmed": 1,
        "read": 1,
        "delivered": 1,
        "unreached": 3,
    }
    assert (top["own"]["addressed"], top["own"]["read"]) == (2, 1)
    # Whom it addresses there are none of stands in no row.
    assert [row["unit"]["name"] for row in top["rows"]] == ["东海村"]
    assert top["rows"][0]["unit"]["has_children"] is True
    village = as_(CITY).get(path, unit_id=top["rows"][0]["unit"]["id"])
    assert numbers(village["total"]) == numbers(top["rows"][0])
    assert [row["unit"]["has_children"] for row in village["rows"]] == [False]
    nobody = as_(CITY).get(path, unit_id=unit_id("330327"))
    assert (nobody["own"], nobody["rows"], nobody["total"]["addressed"]) == (None, [], 0)
    as_(CITY).get(path, status=404, unit_id="999999")


def test_whoever_holds_several_posts_counts_once_where_they_are_at_home(
    ding: Ding, as_: SignedIn
) -> None:
    """The duty officer of 松门镇 holds a second post in the county."""
    made = ding("331081", levels=[3, 4])
    top = as_(CITY).get(f"/dings/{made['id']}/rollup")
    assert top["own"]["addressed"] == 2
    assert {row["unit"]["name"]: row["addressed"] for row in top["rows"]} == {
        "石塘镇": 2,
        "松门镇": 2,
    }
    # Where only the second post is addressed they are there.
    made = ding("331081", levels=[3])
    assert as_(CITY).get(f"/dings/{made['id']}/rollup")["total"]["addressed"] == 3


def test_those_named_count_where_they_are_and_not_twice(ding: Ding, as_: SignedIn) -> None:
    made = ding("331081100", LEADER, OUTSIDER, by=PROVINCE)
    top = as_(PROVINCE).get(f"/dings/{made['id']}/rollup")
    assert (top["unit"]["code"], top["total"]["addressed"]) == ("33", len(BELOW_TOWN) + 1)
    assert {row["unit"]["name"]: row["addressed"] for row in top["rows"]} == {
        "温州市": 1,
        "台州市": len(BELOW_TOWN),
    }
    alone = ding(None, OUTSIDER, by=PROVINCE)
    top = as_(PROVINCE).get(f"/dings/{alone['id']}/rollup")
    assert (top["unit"]["code"], top["own"]["addressed"], top["rows"]) == ("330327", 1, [])


def test_numbers_to_call_are_shown_where_policy_shows_them(ding: Ding, as_: SignedIn) -> None:
    """An official of the county sees those of the county only."""
    made = ding(None, DUTY, OUTSIDER, by="331081.duty_officer")
    people = everybody(as_("331081.duty_officer"), made["id"])
    phones = {row["unit"]["name"]: row["phone"] for row in people}
    assert phones == {"苍南县": None, "石塘镇": "13800000000"}


@pytest.mark.parametrize(
    "query", [{"state": "x"}, {"unit_id": "x"}, {"cursor": "x"}, {"limit": "201"}], ids=str
)
def test_a_list_of_people_asked_for_wrongly_is_refused(
    ding: Ding, as_: SignedIn, query: dict[str, str]
) -> None:
    as_(CITY).get(f"/dings/{ding('331081100')['id']}/officials", status=422, **query)


def test_a_rollup_costs_the_same_however_many_there_are(
    ding: Ding,
    as_: SignedIn,
    crowd: Callable[[int], list[str]],
    statements: Callable[[], Any],
) -> None:
    made = ding("33", DUTY, by=PROVINCE)
    counts = []
    for size in (0, 300):
        crowd(size)
        for door in ("rollup", "officials"):
            with statements() as seen:
                as_(PROVINCE).get(f"/dings/{made['id']}/{door}")
            counts.append(len(seen))
    assert counts[2:] == [counts[2], counts[3]]
    assert counts[3] == counts[1]
    assert max(counts) <= 16


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a province: one person is too many to be counted while somebody waits."""
    monkeypatch.setattr(tallies, "SMALL", 0)
    monkeypatch.setattr(counting, "FEW_ANSWERS", 0)
    monkeypatch.setattr(tallies, "AT_ONCE", 2)


def test_a_large_audience_is_counted_beside_the_requests(
    ding: Ding, as_: SignedIn, confirm: Any, everything_is_large: None, statements: Any
) -> None:
    made = ding("331081100")
    path = f"/dings/{made['id']}/rollup"
    with statements() as seen:
        shown = as_(CITY).get(path)
    assert shown["counting"] is True
    assert (shown["own"], shown["rows"], shown["total"]) == (None, [], None)
    assert not [s for s in seen if "count(" in s]
    run_timers()
    with statements() as seen:
        shown = as_(CITY).get(path)
    assert shown["counting"] is False
    assert not [s for s in seen if "count(" in s]
    assert numbers(shown["total"])["unreached"] == len(BELOW_TOWN)
    confirm(LEADER, made)
    with clock.at(clock.now() + rules.PROGRESS_EVERY):
        run_timers()
    assert numbers(as_(CITY).get(path)["own"])["confirmed"] == 1


def test_who_comes_into_a_large_audience_counts_before_long(
    ding: Ding, as_: SignedIn, everything_is_large: None, crowd: Callable[[int], list[str]]
) -> None:
    """Whoever looks at old numbers has them counted again, by the worker."""
    made = ding("33", by=PROVINCE)
    path = f"/dings/{made['id']}/rollup"
    run_timers()
    before = as_(PROVINCE).get(path)["total"]["addressed"]
    crowd(3)
    later = clock.now() + counting.COUNT_AGAIN + timedelta(seconds=1)
    with clock.at(later):
        assert as_(PROVINCE).get(path)["total"]["addressed"] == before
        run_timers()
        assert as_(PROVINCE).get(path)["total"]["addressed"] == before + 3


def test_one_worker_counts_at_a_time(
    ding: Ding, everything_is_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another takes it up when the first has not come to an end."""
    made = ding("331081100")
    counted: list[int] = []

    def die(ding_id: int) -> None:
        counted.append(ding_id)
        steps.tell_progress()
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(counting, "recount", die)
        steps.tell_progress()
        steps.tell_progress()
    assert counted == [int(made["id"])]
    with clock.at(clock.now() + measuring.LEASE + timedelta(seconds=1)):
        steps.tell_progress()
    with reading() as session:
        assert session.get_one(DingModel, int(made["id"])).addressed == len(BELOW_TOWN)


# Whoever is addressed by whatever, and whatever they did.

AUDIENCES = st.fixed_dictionaries(
    {
        "code": st.sampled_from(["33", "3310", "331081", "331081100", None]),
        "levels": st.lists(st.integers(1, 6), min_size=1, max_size=6, unique=True),
        "line": st.sampled_from([None, "flood_control", "party_affairs", "water"]),
        "role": st.sampled_from([None, "leader", "duty_officer", "member"]),
    }
)
STAFF = sorted(f"{code}.{role}" for code in UNITS for role in ("leader", "duty_officer"))


def place_of(
    session: Session, official: Official, wanted: dict[str, Any], named: set[int]
) -> str | None:
    """Our own computation of where somebody counts: the code of a unit, or nowhere."""
    query = (
        select(Post, Unit)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Post.official_id == official.id, Post.ended_at.is_(None))
    )
    posts = sorted(session.execute(query), key=lambda row: (not row[0].is_primary, row[0].id))
    for post, unit in posts:
        if (
            wanted["code"]
            and unit.code.startswith(wanted["code"])
            and unit.level in wanted["levels"]
            and wanted["line"] in (None, post.line_code)
            and wanted["role"] in (None, post.role)
        ):
            return str(unit.code)
    return str(posts[0][1].code) if official.id in named and posts else None


class Expected:
    """Everybody addressed by our own computation, and what they did, which it writes down."""

    def __init__(
        self, ding_id: int, wanted: dict[str, Any], named: set[int], did: dict[str, str]
    ) -> None:
        self.people: dict[str, tuple[str, str]] = {}
        with transaction() as session:
            for official in session.scalars(select(Official)):
                place = place_of(session, official, wanted, named)
                if place is not None and official.staff_no != PROVINCE:
                    state = did.get(official.staff_no, "unreached")
                    self.people[str(official.id)] = (place, state)
                    if state != "unreached":
                        session.add(receipt(ding_id, official.id, state))

    def sums(self, below: str, *, exactly: bool = False) -> dict[str, int]:
        found = dict.fromkeys((*STATES, "addressed"), 0)
        for place, state in self.people.values():
            if place == below or (not exactly and place.startswith(below)):
                found[state] += 1
                found["addressed"] += 1
        return found

    def people_in(self, state: str, below: str) -> list[str]:
        return sorted(
            id_
            for id_, (place, has) in self.people.items()
            if place.startswith(below)
            and (state in ("any", has) or (state == "unconfirmed" and has != "confirmed"))
        )


def receipt(ding_id: int, official_id: int, state: str) -> DingReceipt:
    now = clock.now()
    return DingReceipt(
        ding_id=ding_id,
        official_id=official_id,
        delivered_at=now,
        read_at=now if state != "delivered" else None,
        confirmed_at=now if state == "confirmed" else None,
    )


@pytest.mark.parametrize("small", [0, 2, tallies.SMALL])
def test_sums_and_lists_agree_with_a_computation_of_our_own(
    app: Flask,
    as_: SignedIn,
    unit_id: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
    small: int,
) -> None:
    """Whatever is taken to be small, counted when it is asked for, and large, counted before."""
    client = as_(PROVINCE)
    monkeypatch.setattr(tallies, "SMALL", small)
    monkeypatch.setattr(counting, "FEW_ANSWERS", small)
    monkeypatch.setattr(counting, "ANSWERS_AT_ONCE", 2)
    monkeypatch.setattr(tallies, "AT_ONCE", 2)
    monkeypatch.setitem(rules.PER_HOUR, "in_app", 10**6)
    with transaction() as session:
        # More of those with several posts.
        people = {o.staff_no: o.id for o in session.scalars(select(Official))}
        units = {u.code: u.id for u in session.scalars(select(Unit))}
        for name, code, role in (
            ("331081100.leader", "331081100201", "member"),
            ("331081.leader", "331081101", "leader"),
            ("330327.leader", "331081100", "duty_officer"),
        ):
            session.add(
                Post(
                    official_id=people[name],
                    unit_id=units[code],
                    line_code="water",
                    title="兼",
                    role=role,
                )
            )

    @given(
        wanted=AUDIENCES,
        named=st.lists(st.sampled_from(STAFF), max_size=5, unique=True),
        did=st.dictionaries(st.sampled_from(STAFF), st.sampled_from(STATES[:3])),
        at=st.sampled_from(sorted(UNITS)),
    )
    @settings(
        max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    def check(wanted: dict[str, Any], named: list[str], did: dict[str, str], at: str) -> None:
        top_level = {2: 1, 4: 2, 6: 3, 9: 4}.get(len(wanted["code"] or ""), 1)
        wanted["levels"] = [level for level in wanted["levels"] if level >= top_level] or [6]
        ids = {people[name] for name in named if name in people and name != PROVINCE}
        if not wanted["code"] and not ids:
            return
        audience = None
        if wanted["code"]:
            audience = {
                "unit_id": unit_id(wanted["code"]),
                **{key: wanted[key] for key in ("levels", "line", "role")},
            }
        body = {"text": "确认", "audience": audience, "official_ids": [str(id_) for id_ in ids]}
        made = client.post("/dings", body)
        world = Expected(int(made["id"]), wanted, ids, did)
        steps.tell_progress()
        shown = client.get(f"/dings/{made['id']}/rollup", unit_id=unit_id(at))
        assert numbers(shown["total"]) == world.sums(at)
        assert numbers(shown["own"]) == world.sums(at, exactly=True)
        for row in shown["rows"]:
            assert numbers(row) == world.sums(row["unit"]["code"]) != world.sums("none")
        parts = [numbers(row) for row in [*shown["rows"], shown["own"]] if row]
        assert sum(part["addressed"] for part in parts) == shown["total"]["addressed"]
        for state in (*STATES, "any", "unconfirmed"):
            listed = everybody(client, made["id"], unit_id=unit_id(at), state=state)
            assert sorted(row["id"] for row in listed) == world.people_in(state, at)
        default = client.get(f"/dings/{made['id']}/rollup")
        assert numbers(default["total"]) == world.sums("")

    check()
