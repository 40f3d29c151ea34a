"""What a report must explain before it is taken in, and which clocks are wrong: pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

CASUALTIES = ("dead", "missing", "injured")
# A device whose clock differs by more than this is marked wherever its time is shown.
SKEW = timedelta(minutes=5)


class Kind(StrEnum):
    """初报, 续报 and 核报."""

    FIRST = "first"
    FOLLOW_UP = "follow_up"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Figures:
    """The numbers of one report: each figure, its parts by kind of risk, and the casualties."""

    whole: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    casualties: Mapping[str, int | None] = field(default_factory=dict)


def kind_of(said: str | None, *, number: int, corrects: bool) -> Kind:
    """What the ``number``-th report of a unit is.

    Only the unit knows that a report is its final one. That it is the first is for the server to
    say: two officials, both offline, would each believe it. A corrected final report is final.
    """
    if corrects or said == Kind.FINAL:
        return Kind.FINAL
    return Kind.FIRST if number == 1 else Kind.FOLLOW_UP


def is_jump(before: int, after: int | None, ratio: float) -> bool:
    """Whether a figure changed more than ``ratio`` times, up or down; None: it is left out.

    0 counts as 1, or every number would be endlessly many times 0. Numbers of different signs
    are as far apart as the larger is from 0.
    """
    now = after or 0
    high, low = sorted((abs(before), abs(now)), reverse=True)
    if before * now <= 0:
        low = 0
    return high > ratio * max(low, 1)


def questions(
    specs: Sequence[Mapping[str, Any]], before: Figures | None, after: Figures
) -> list[dict[str, Any]]:
    """What a report must explain: ``{reason, figure, from, to}`` and what it is measured by.

    ``before`` is the unit's former report, if there is one.
    """
    found: list[dict[str, Any]] = []
    for spec in specs:
        key, ratio = spec["key"], spec.get("max_ratio")
        now = after.whole.get(key)
        if before is not None and ratio and key in before.whole:
            then = before.whole[key]
            if is_jump(then, now, ratio):
                found.append(_question("jump", key, then, now, ratio=ratio))
        parts = after.parts.get(key)
        if parts and now is not None and sum(parts.values()) > now:
            found.append(_question("parts_exceed", key, now, sum(parts.values())))
    dead = (before.casualties.get("dead") if before else None) or 0
    if (after.casualties.get("dead") or 0) < dead:
        found.append(_question("fewer_dead", "dead", dead, after.casualties.get("dead")))
    return found


def _question(reason: str, key: str, before: int, after: int | None, **more: Any) -> dict[str, Any]:
    return {"reason": reason, "figure": key, "from": before, "to": after, **more}


def skew_seconds(device_clock: datetime | None, now: datetime) -> int | None:
    """By how much a device's clock is ahead (positive) or behind, as a report arrives."""
    return None if device_clock is None else round((device_clock - now).total_seconds())


def is_skewed(seconds: int | None) -> bool:
    return seconds is not None and abs(seconds) > SKEW.total_seconds()
