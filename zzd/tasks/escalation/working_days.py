"""Time that is counted on working days only: pure.

A day is a working day as the State Council's notices have it (放假调休): a Sunday that is worked
instead of a holiday is one, 国庆 is none. They are published a year at a time, so for years that
the calendar's package does not know, Monday to Friday are the working days, and whoever asks is
told so.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import chinese_calendar

# The whole country keeps one time.
ZONE = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
SATURDAY = 5


@lru_cache(maxsize=4096)
def day_kind(day: date) -> tuple[bool, bool]:
    """Whether it is a working day, and whether that was published."""
    try:
        return chinese_calendar.is_workday(day), True
    except NotImplementedError:
        return day.weekday() < SATURDAY, False


def after(start: datetime, minutes: int) -> tuple[datetime, bool]:
    """The time at which so many minutes of working days have passed since ``start``, and whether
    every day in between is in the published calendar.

    A working day has all its 24 hours; on other days time stands still. What begins on one of
    those begins when the next working day does, and what ends with a working day ends then.
    """
    left = timedelta(minutes=minutes)
    moment = start.astimezone(ZONE).replace(tzinfo=None)
    all_known = True
    while True:
        working, known = day_kind(moment.date())
        all_known = all_known and known
        midnight = datetime.combine(moment.date() + DAY, datetime.min.time())
        if working:
            if left <= midnight - moment:
                # Without summer time the arithmetic of the wall clock is that of the sun.
                return (moment + left).replace(tzinfo=ZONE), all_known
            left -= midnight - moment
        moment = midnight
