"""What an escalation rule may say: pure.

A rule is a list of steps ``{step, after_minutes, working_days}``. Time counts from a missed
deadline; with ``working_days`` it stands still on days that are none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# Whom a step tells, each further up than the one before: the unit once more (催办), its deputy,
# its leader, the duty officer of the unit above (督办).
STEPS = ("remind", "deputy", "leader", "parent")
MOST_STEPS = 8
# Thirty days.
LATEST_MINUTES = 43_200
LEAST_INTERVAL, LONGEST_INTERVAL = 5, 10_080


def faults(steps: Sequence[Mapping[str, Any]]) -> list[tuple[int, str, str]]:
    """What is wrong with the order of steps: index, name of the field, and why.

    They lead upwards only, and of two that count time in the same way the later comes later.
    """
    found = []
    highest = 0
    latest: dict[bool, int] = {}
    taken = set()
    for index, step in enumerate(steps):
        rank, after = STEPS.index(step["step"]), step["after_minutes"]
        working = bool(step.get("working_days"))
        if rank < highest:
            found.append((index, "step", f"Must not come after {STEPS[highest]}"))
        elif (rank, after, working) in taken:
            found.append((index, "step", "Is there already, at the same time"))
        if after < latest.get(working, 0):
            found.append((index, "after_minutes", f"Must be at least {latest[working]}"))
        taken.add((rank, after, working))
        highest, latest[working] = max(rank, highest), max(after, latest.get(working, 0))
    return found
