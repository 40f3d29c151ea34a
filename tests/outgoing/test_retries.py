"""When what failed is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zzd.outgoing.retries import JITTER, LONG, LONGEST_WAIT, asked_to_wait, long_retry_at

NOW = datetime(2019, 8, 9, 12, tzinfo=UTC)


def test_nine_more_times_over_three_days_and_then_never() -> None:
    waits = [long_retry_at(n, NOW, chance=0) for n in range(1, 11)]
    hours = [5 / 3600, 300 / 3600, 0.5, 2, 5, 10, 14, 20, 24]
    assert waits == [*(NOW + timedelta(hours=each) for each in hours), None]


@given(
    attempts=st.integers(1, 9),
    chance=st.floats(0, 1),
    wanted=st.none() | st.timedeltas(timedelta(0), timedelta(days=900)),
)
def test_never_earlier_than_planned_or_asked_for_and_never_for_ever(
    attempts: int, chance: float, wanted: timedelta | None
) -> None:
    at = long_retry_at(attempts, NOW, chance=chance, wanted=wanted)
    assert at is not None
    assert at - NOW >= max(LONG[attempts - 1], min(wanted or timedelta(0), LONGEST_WAIT))
    assert at - NOW <= max(LONG[attempts - 1] * (1 + JITTER), LONGEST_WAIT)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Fri, 09 Aug 2019 12:01:00 GMT", 60),
        ("Fri, 09 Aug 2019 11:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: int | None) -> None:
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert asked_to_wait(header, NOW) == wanted
