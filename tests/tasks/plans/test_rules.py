"""The difference between what is in force and what a plan wants: pure."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from zzd.tasks.plans.examples import all_examples
from zzd.tasks.plans.rules import Action, InForce, applies, as_content, difference, orders_at

PLAN = all_examples()[0]["content"]
KEYS = st.sampled_from("abcdef")
ORDERS = st.dictionaries(KEYS, st.integers(0, 2)).map(
    lambda found: [{"key": key, "text": text} for key, text in found.items()]
)


def in_force(orders: list[Any]) -> list[InForce]:
    return [InForce(order["key"], order, (1,)) for order in orders]


def carry_out(before: list[Any], wanted: list[Any]) -> dict[str, Any]:
    """What is in force after every step was taken."""
    after = {order["key"]: order for order in before}
    for step in difference(in_force(before), wanted):
        if step.action in (Action.ISSUE, Action.REPLACE):
            assert step.order is not None
            assert (step.key in after) == (step.action is Action.REPLACE)
            after[step.key] = step.order
        elif step.action is Action.END:
            del after[step.key]
    return after


@settings(max_examples=60)
@given(ORDERS, ORDERS)
def test_carried_out_it_leaves_what_is_wanted_and_then_nothing_to_do(
    before: list[Any], wanted: list[Any]
) -> None:
    after = carry_out(before, wanted)
    assert after == {order["key"]: order for order in wanted}
    again = difference(in_force(list(after.values())), wanted)
    assert {step.action for step in again} <= {Action.KEEP}


def test_a_draft_that_waits_leaves_the_order_in_force_as_it_is() -> None:
    issued, waiting, third = ({"key": "duty", "text": text} for text in "abc")
    there = [InForce("duty", issued, (1,), (7,), waiting)]
    found = {
        order["text"]: [(step.action, step.discards) for step in difference(there, [order])]
        for order in (issued, waiting, third)
    }
    assert found == {
        "a": [(Action.KEEP, (7,))],
        "b": [(Action.KEEP, ())],
        "c": [(Action.REPLACE, (7,))],
    }


def actions(before: int | None, level: int) -> dict[str, str]:
    known = in_force(list(orders_at(PLAN, before))) if before else []
    return {step.key: step.action.value for step in difference(known, orders_at(PLAN, level))}


def test_the_example_speaks_of_four_levels_and_says_that_its_figures_are_examples() -> None:
    assert [level["level"] for level in PLAN["levels"]] == [4, 3, 2, 1]
    assert PLAN["example"]
    assert "示例" in PLAN["source"]
    assert [len(level["orders"]) for level in PLAN["levels"]] == [2, 4, 6, 8]


def test_up_and_down_the_levels_of_the_example() -> None:
    assert actions(None, 4) == {"duty": "issue", "inspection": "issue"}
    assert actions(3, 2) == {
        "duty": "replace",
        "inspection": "keep",
        "boats": "keep",
        "reservoirs": "keep",
        "evacuation": "issue",
        "closures": "issue",
    }
    down = actions(1, 3)
    assert {key for key, action in down.items() if action == "end"} == {
        *("evacuation", "closures", "five_stops", "rescue"),
    }
    assert down["duty"] == down["boats"] == "replace"


def test_an_order_is_placed_at_the_unit_that_gives_it() -> None:
    (evacuation,) = [order for order in orders_at(PLAN, 1) if order["key"] == "evacuation"]
    (five_stops,) = [order for order in orders_at(PLAN, 1) if order["key"] == "five_stops"]
    (audience,) = as_content(evacuation, 7, 4)["audiences"]
    assert (audience["unit_id"], audience["levels"]) == ("7", [4, 5, 6])
    assert applies(five_stops, 2)
    assert not applies(five_stops, 4)
