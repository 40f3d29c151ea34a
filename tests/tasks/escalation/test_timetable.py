"""When steps are due: plain values in, times out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zzd.tasks.escalation import rules, timetable, working_days

MINUTE, DAY = timedelta(minutes=1), 1440


def beijing(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("start", "minutes", "ends", "published"),
    [
        # An ordinary Wednesday.
        ("2026-09-23 17:00", DAY, "2026-09-24 17:00", True),
        # 国庆 2026: off from Thursday 1 to Wednesday 7 October; Saturday 10 October is worked.
        ("2026-09-30 17:00", DAY, "2026-10-08 17:00", True),
        ("2026-09-30 23:59", 1, "2026-10-01 00:00", True),
        ("2026-10-03 09:00", 60, "2026-10-08 01:00", True),
        ("2026-10-09 17:00", DAY, "2026-10-10 17:00", True),
        ("2026-10-10 17:00", DAY, "2026-10-12 17:00", True),
        # Sunday 20 September 2026 is worked for a holiday of its own.
        ("2026-09-19 12:00", 30, "2026-09-20 00:30", True),
        # An ordinary weekend.
        ("2026-11-06 12:00", 2 * DAY, "2026-11-10 12:00", True),
        # Nobody has published 2199: Monday to Friday, whatever they will say of 国庆.
        ("2199-09-30 17:00", DAY, "2199-10-01 17:00", False),
        ("2199-10-04 17:00", DAY, "2199-10-07 17:00", False),
    ],
)
def test_time_stands_still_on_days_off(
    start: str, minutes: int, ends: str, published: bool
) -> None:
    assert working_days.after(beijing(start), minutes) == (beijing(ends), published)


def test_the_time_of_a_server_elsewhere_changes_nothing() -> None:
    in_utc = datetime.fromisoformat("2026-09-30T09:00:00+00:00")
    assert working_days.after(in_utc, DAY) == (beijing("2026-10-08 17:00"), True)


RULE = [
    {"step": "remind", "after_minutes": 0},
    {"step": "leader", "after_minutes": DAY, "working_days": True},
    {"step": "parent", "after_minutes": 30},
]


def test_steps_keep_their_order_whatever_kind_of_time_they_count() -> None:
    planned = timetable.plan(beijing("2026-09-30 17:00"), RULE)
    assert [(each.step, each.at) for each in planned] == [
        ("remind", beijing("2026-09-30 17:00")),
        ("leader", beijing("2026-10-08 17:00")),
        ("parent", beijing("2026-10-08 17:00")),
    ]


@pytest.mark.parametrize(("interval", "notice"), [(5, 1.25), (30, 7.5), (60, 10), (1440, 10)])
def test_a_further_report_is_asked_for_before_it_is_due(interval: int, notice: float) -> None:
    deadline = beijing("2026-09-30 17:00")
    asked, *rest = timetable.plan(deadline, RULE, asks_every=interval)
    assert (asked.step, asked.at) == ("ask", deadline - notice * MINUTE)
    assert rest == timetable.plan(deadline, RULE)


def test_the_next_report_is_due_an_interval_after_the_last() -> None:
    at, due = beijing("2026-09-30 17:00"), beijing("2026-09-30 16:00")
    assert timetable.next_report_at(60, due_at=due, answered_at=at) == at + 60 * MINUTE
    within = at + timedelta(seconds=0.5)
    assert timetable.next_report_at(60, due_at=due, answered_at=within) == at + 61 * MINUTE
    assert timetable.next_report_at(60, due_at=due, answered_at=None) == due
    assert timetable.next_report_at(None, due_at=due, answered_at=at) is None


STEP = st.fixed_dictionaries(
    {
        "step": st.sampled_from(rules.STEPS),
        "after_minutes": st.integers(0, 5000),
        "working_days": st.booleans(),
    }
)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=rules.MOST_STEPS), st.integers(0, 400 * DAY))
def test_no_step_comes_before_the_deadline_or_the_step_before(
    rule: list[dict[str, Any]], start: int
) -> None:
    deadline = beijing("2026-01-01 00:00") + start * MINUTE
    times = [each.at for each in timetable.plan(deadline, rule)]
    assert times == sorted(times)
    assert all(at >= deadline for at in times)
    for step, at in zip(rule, times, strict=True):
        assert at >= deadline + step["after_minutes"] * MINUTE
