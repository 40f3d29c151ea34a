"""Directives with deadlines, and the timer as a worker runs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.tasks.scenes import Scene
from zzd import clock
from zzd.tasks.escalation import steps

START = datetime(2026, 8, 10, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DEADLINE = 60
RULE = [
    {"step": "remind", "after_minutes": 0},
    {"step": "deputy", "after_minutes": 10},
    {"step": "leader", "after_minutes": 20},
    {"step": "parent", "after_minutes": 30},
]

Issue = Callable[..., dict[str, Any]]


def at(minutes: float) -> Any:
    """So long after the directive was issued."""
    return clock.at(START + minutes * MINUTE)


def work(minutes: float) -> None:
    with at(minutes):
        steps.take_due()


@pytest.fixture
def issue(scene: Scene) -> Issue:
    """A directive at START: to acknowledge within an hour, to report within two."""

    def issue_directive(*codes: str, **more: Any) -> dict[str, Any]:
        with at(0):
            return scene.issue(
                *codes,
                **{
                    "ack_deadline": (START + DEADLINE * MINUTE).isoformat(),
                    "report_deadline": (START + 2 * DEADLINE * MINUTE).isoformat(),
                    "escalation": RULE,
                    **more,
                },
            )

    return issue_directive
