"""The list of conversations, and what it costs."""

from __future__ import annotations

from collections.abc import Callable

from tests.conftest import SignedIn, Statements
from tests.messaging.conftest import CITY, MEMBER, OWNER, MakeGroup, say


def test_the_newest_activity_comes_first_over_all_kinds(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    official_id: Callable[[str], str],
) -> None:
    direct = as_(OWNER).post(
        "/conversations", {"kind": "direct", "official_ids": [official_id(MEMBER)]}
    )
    made = [
        direct,
        group(MEMBER),
        addressed("org_group", "331081"),
        addressed("announcement", "33", by="33.duty_officer"),
    ]
    order = [made[1], made[2], made[0], made[3]]
    for conversation, who in zip(order, (OWNER, CITY, MEMBER, "33.duty_officer"), strict=True):
        say(as_(who), conversation)
    ids = [conversation["id"] for conversation in reversed(order)]
    whole = as_(MEMBER).get("/conversations")
    assert [c["id"] for c in whole["items"]] == ids
    assert [c["unread"] for c in whole["items"]] == [1, 0, 1, 1]
    assert whole["items"][1]["name"] == "王温岭"
    paged, cursor = [], None
    while True:
        page = as_(MEMBER).get("/conversations", limit=1, **({"cursor": cursor} if cursor else {}))
        paged += page["items"]
        if (cursor := page["next"]) is None:
            break
    assert paged == whole["items"]


def test_the_list_costs_the_same_for_three_and_for_sixty(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    crowd: Callable[[int], list[str]],
    statements: Statements,
) -> None:
    def cost(path: str) -> int:
        with statements() as seen:
            as_(OWNER).get(path, **({"limit": 200} if path == "/conversations" else {}))
        return len(seen)

    people = crowd(30)

    def make(count: int) -> None:
        for _ in range(count):
            made = group(MEMBER)
            say(as_(OWNER), made)
            say(as_(MEMBER), made, reply_to_seq=1)
            addressed("announcement", "331081", by=OWNER)
            body = {"kind": "direct", "official_ids": [people.pop()]}
            say(as_(OWNER), as_(OWNER).post("/conversations", body))

    make(1)
    few = {path: cost(path) for path in ("/conversations", "/sync")}
    make(19)
    assert len(as_(OWNER).get("/conversations", limit=200)["items"]) == 60
    assert {path: cost(path) for path in few} == few
    # Three of them to know the caller.
    assert few["/conversations"] <= 11


def test_audiences_cost_the_list_no_statement_of_their_own(
    as_: SignedIn, addressed: MakeGroup, statements: Statements
) -> None:
    """Which ones reach somebody is asked for together with the conversations, and what they are
    called was read before."""
    made = addressed("announcement", "331081")
    as_(MEMBER).get("/conversations")
    with statements() as seen:
        items = as_(MEMBER).get("/conversations")["items"]
    assert made["id"] in [item["id"] for item in items]
    assert not [one for one in seen if one.startswith("SELECT audience.")]
