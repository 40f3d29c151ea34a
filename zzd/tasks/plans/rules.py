"""What a change of level means: the difference between what is in force and what the plan wants.

Pure: orders are plain values. An order keeps its key through the levels and the versions of a
plan; under one key there is at most one thing in force.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    and the drafts that wait, latest last. ``order`` and ``drafted`` are what the plan said when
    the latest directive was issued and the latest draft begun."""

    key: str
    order: Order | None
    directive_ids: tuple[int, ...] = ()
    draft_ids: tuple[int, ...] = ()
    drafted: Order | None = None

    @property
    def said(self) -> Order | None:
        """What the plan said of what is in force, or else of what waits."""
        return self.order or self.drafted

    def is_wanted(self, order: Order) -> bool:
        """Whether what waits, or else what is in force, is this order."""
        there = self.drafted if self.draft_ids else self.order
        return there is not None and dict(there) == dict(order)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the difference; ``order`` is what the plan wants now, None where it ends."""

    action: Action
    key: str
    order: Order | None
    in_force: InForce | None = field(default=None)
    # Drafts that wait for what is not wanted any more.
    discards: tuple[int, ...] = ()

    @property
    def ended_ids(self) -> tuple[int, ...]:
        """The directives that end without another one in their place."""
        return self.in_force.directive_ids if self.in_force and self.order is None else ()


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
        elif known.is_wanted(order):
            steps.append(Step(Action.KEEP, known.key, order, known))
        else:
            # Whatever was to take its place, and was not issued: the order in force is the one.
            stays = replace(known, draft_ids=()).is_wanted(order)
            action = Action.KEEP if stays else Action.REPLACE
            steps.append(Step(action, known.key, order, known, known.draft_ids))
    return steps + [
        Step(Action.END, known.key, None, known, known.draft_ids) for known in there.values()
    ]


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
