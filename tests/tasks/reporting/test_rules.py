"""Which figures ask for an explanation, which clocks are wrong, who oversees: plain values."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, literal, select

from zzd import clock
from zzd.orgtree.audiences import path_segment
from zzd.tasks.figures import part_faults
from zzd.tasks.places import above, overseen_by, oversees, reach
from zzd.tasks.reporting.rules import (
    Figures,
    Kind,
    is_jump,
    is_skewed,
    kind_of,
    questions,
    skew_seconds,
)

SPEC = {
    "key": "moved",
    "name": "转移人数",
    "unit": "人",
    "minimum": 0,
    "required": False,
    "max_ratio": 3,
    "risks": [{"key": "landslides", "name": "地质灾害"}, {"key": "others", "name": "其他"}],
}


@pytest.mark.parametrize(
    ("before", "after", "jumps"),
    [
        (100, 300, False),
        (100, 301, True),
        (300, 100, False),
        (301, 100, True),
        (1000, 0, True),
        (3, 0, False),
        (4, 0, True),
        (0, 3, False),
        (0, 4, True),
        (0, 0, False),
        (1000, None, True),
        (-100, -301, True),
        (-2, 100, True),
        (-2, 3, False),
    ],
)
def test_a_jump_is_more_than_the_ratio_up_or_down(
    before: int, after: int | None, jumps: bool
) -> None:
    assert is_jump(before, after, 3) is jumps


def _asked(before: Figures | None, after: Figures, spec: dict[str, Any] = SPEC) -> list[str]:
    return [f"{each['reason']}:{each['figure']}" for each in questions([spec], before, after)]


def test_what_must_be_explained() -> None:
    hundred, nothing = Figures({"moved": 100}), Figures()
    assert _asked(None, Figures({"moved": 10**9})) == []
    assert _asked(hundred, Figures({"moved": 500})) == ["jump:moved"]
    assert _asked(hundred, nothing) == ["jump:moved"]
    assert _asked(nothing, hundred) == []
    assert _asked(hundred, Figures({"moved": 500}), {**SPEC, "max_ratio": None}) == []
    # A directive of before there were ratios and risks.
    assert _asked(hundred, nothing, {"key": "moved", "minimum": 0, "required": False}) == []
    parts = {"moved": {"landslides": 60, "others": 41}}
    assert _asked(None, Figures({"moved": 101}, parts)) == []
    assert _asked(None, Figures({"moved": 100}, parts)) == ["parts_exceed:moved"]
    assert _asked(Figures(casualties={"dead": 2}), Figures(casualties={"dead": 1})) == [
        "fewer_dead:dead"
    ]
    assert _asked(Figures(casualties={"dead": 2}), nothing) == ["fewer_dead:dead"]
    assert _asked(Figures(casualties={"missing": 2}), Figures(casualties={"dead": 2})) == []


@pytest.mark.parametrize(
    ("parts", "pointers"),
    [
        ({"moved": {"landslides": 1}}, []),
        ({"moved": {"floods": 1}}, ["/by_risk/moved/floods"]),
        (
            {"moved": {"landslides": -1, "others": True}},
            ["/by_risk/moved/landslides", "/by_risk/moved/others"],
        ),
        ({"boats": {"others": 1}}, ["/by_risk/boats"]),
        ({"absent": {"others": 1}}, ["/figures/absent"]),
    ],
)
def test_parts_are_those_that_the_directive_asks_for(
    parts: dict[str, dict[str, Any]], pointers: list[str]
) -> None:
    specs = [SPEC, {"key": "boats"}, {**SPEC, "key": "absent"}]
    faults = part_faults(specs, {"moved": 5, "boats": 1}, parts)
    assert [fault["pointer"] for fault in faults] == pointers


def test_which_report_is_the_first_is_for_the_server_to_say() -> None:
    assert kind_of("follow_up", number=1, corrects=False) is Kind.FIRST
    assert kind_of("first", number=2, corrects=False) is Kind.FOLLOW_UP
    assert kind_of("final", number=1, corrects=False) is Kind.FINAL
    assert kind_of(None, number=9, corrects=True) is Kind.FINAL


@pytest.mark.parametrize(
    ("minutes", "marked"), [(5, False), (5.1, True), (-5.1, True), (-5, False)]
)
def test_a_clock_more_than_five_minutes_off_is_marked(minutes: float, marked: bool) -> None:
    now = clock.now()
    assert is_skewed(skew_seconds(now + timedelta(minutes=minutes), now)) is marked
    assert not is_skewed(skew_seconds(None, datetime.now().astimezone()))


@given(
    chain=st.lists(st.integers(1, 9), min_size=1, max_size=6, unique=True),
    issuer=st.integers(1, 9),
    unit=st.integers(1, 9),
)
def test_who_oversees_is_the_same_in_a_query(chain: list[int], issuer: int, unit: int) -> None:
    path = "".join(map(path_segment, chain))
    condition = overseen_by(unit, literal(path), literal(issuer), literal(reach(issuer, path)))
    with create_engine("sqlite://").connect() as connection:
        assert bool(connection.scalar(select(condition))) is oversees(unit, issuer, path)


@given(
    chain=st.lists(st.integers(1, 9), min_size=1, max_size=6, unique=True),
    issuer=st.integers(1, 9),
)
def test_those_above_a_unit_oversee_it_and_the_nearest_comes_first(
    chain: list[int], issuer: int
) -> None:
    path = "".join(map(path_segment, chain))
    found = above(issuer, path)
    if issuer not in chain:
        assert found == [issuer]
    else:
        assert found == [unit for unit in chain[-2::-1] if oversees(unit, issuer, path)]
