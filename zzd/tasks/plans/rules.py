"""What a change of level means: the difference between what is in force and what the plan wants.

Pure: orders are plain values. An order keeps its key through the levels and the versions of a
plan; under one key there is at most one thing in force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Order = Mapping[str, Any]


class Action(StrEnum):
    ISSUE = "issue"
    REPLACE = "replace"
    KEEP = "keep"
    END = "end"


@dataclass(frozen=True, slots=True)
class InForce:
    """What was made of an order of this plan and has not ended: the directives issued from it
    and the drafts that wait, latest last. ``order`` is what the plan said then."""

    key: str
    order: Order | None
    directive_ids: tuple[int, ...] = ()
    draft_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the difference; ``order`` is what the plan wants now, None where it ends."""

    action: Action
    key: str
    order: Order | None
    in_force: InForce | None = field(default=None)


def difference(in_force: Sequence[InForce], wanted: Sequence[Order]) -> list[Step]:
    """What to issue, replace, keep and end, in the plan's order; what ends comes last.

    Carried out, it leaves exactly the wanted orders in force; again there is nothing to do.
    """
    there = {each.key: each for each in in_force}
    steps = []
    for order in wanted:
        known = there.pop(order["key"], None)
        if known is None:
            steps.append(Step(Action.ISSUE, order["key"], order))
        else:
            same = known.order is not None and dict(known.order) == dict(order)
            steps.append(Step(Action.KEEP if same else Action.REPLACE, known.key, order, known))
    steps += [Step(Action.END, known.key, None, known) for known in there.values()]
    return steps


def orders_at(content: Mapping[str, Any], level: int) -> list[Order]:
    """What a version of a plan wants at a level; nothing where it does not speak of it."""
    return next((each["orders"] for each in content["levels"] if each["level"] == level), [])


def order_of(content: Mapping[str, Any], level: int, key: str) -> Order | None:
    return next((order for order in orders_at(content, level) if order["key"] == key), None)


def applies(order: Order, unit_level: int) -> bool:
    """Whether a unit of this level can give it: some of the levels it addresses lie not above."""
    return any(level >= unit_level for each in order["audiences"] for level in each["levels"])


def as_content(order: Order, unit_id: int, unit_level: int) -> dict[str, Any]:
    """The order as the content of a draft of this unit: audiences are at and below it."""

    def at(audiences: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [
            {**each, "unit_id": str(unit_id), "levels": levels}
            for each in audiences
            if (levels := [level for level in each["levels"] if level >= unit_level])
        ]

    return {
        **{name: order[name] for name in COPIED},
        "audiences": at(order["audiences"]),
        "copies": at(order["copies"]),
    }


COPIED = (
    *("title", "text", "urgency", "ack_minutes", "report_minutes", "figures"),
    *("report_interval_minutes", "escalation", "way"),
)
