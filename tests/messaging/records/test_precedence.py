"""Which of several rules counts: compared with a model in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import CITY, MEMBER, OUTSIDER, OWNER, MakeGroup, say
from tests.messaging.records.conftest import (
    AUDIT,
    SECURITY,
    Hold,
    Rule,
    messages_of,
    sweep_after,
)
from zzd import clock
from zzd.db import reading
from zzd.messaging.models import Conversation, Message
from zzd.messaging.records import keeping, retention

UNITS = ("33", "3310", "331081", "331081100", "330327")
LINES = (None, "flood_control", "party_affairs")
DAYS = st.none() | st.sampled_from([1, 5, 10, 20, 40])
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "keep_days": DAYS,
            "conversation_kinds": st.sets(
                st.sampled_from(["direct", "group", "org_group", "announcement"]), max_size=2
            ),
            "message_kinds": st.sets(st.sampled_from(["text", "location", "notice"]), max_size=2),
            "unit": st.none() | st.sampled_from(UNITS),
            "line": st.sampled_from(LINES),
        }
    ),
    max_size=6,
)


def wanted_days(rules: list[dict[str, Any]], said: dict[str, Any]) -> int | None:
    """The rule of rules, as docs/records.md says it; None: for good."""

    def about(rule: dict[str, Any]) -> bool:
        if (
            rule["conversation_kinds"]
            and said["conversation_kind"] not in rule["conversation_kinds"]
        ):
            return False
        if rule["message_kinds"] and said["kind"] not in rule["message_kinds"]:
            return False
        if rule["unit"] is None:
            return True
        # The place it belongs to lies below the rule's unit, and in its line if it names one.
        return any(
            unit.startswith(rule["unit"]) and rule["line"] in (None, line)
            for unit, line in said["places"]
        )

    candidates = [rule for rule in rules if about(rule)]
    if not candidates:
        return None
    lowest = max(len(rule["unit"] or "") for rule in candidates)
    candidates = [rule for rule in candidates if len(rule["unit"] or "") == lowest]
    narrower: list[Callable[[dict[str, Any]], bool]] = [
        lambda rule: bool(rule["unit"] and rule["line"]),
        lambda rule: bool(rule["message_kinds"]),
        lambda rule: bool(rule["conversation_kinds"]),
    ]
    for is_narrower in narrower:
        if any(map(is_narrower, candidates)):
            candidates = [rule for rule in candidates if is_narrower(rule)]
    if any(rule["keep_days"] is None for rule in candidates):
        return None
    longest: int = max(rule["keep_days"] for rule in candidates)
    return longest


def test_the_rule_that_counts_is_the_one_the_words_say(
    app: Flask,
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    official_id: Callable[[str], str],
    unit_id: Callable[[str], str],
) -> None:
    """Of a group the maker's posts are its places, of an org group its audience."""
    place = {"latitude": 28.3, "longitude": 121.3, "name": "石塘"}
    direct = as_(OUTSIDER).post(
        "/conversations", {"kind": "direct", "official_ids": [official_id(MEMBER)]}
    )
    made = {
        ("331081", "party_affairs"): (group(MEMBER), OWNER),
        ("331081100", "flood_control"): (group(OWNER, by=MEMBER), MEMBER),
        ("330327", "party_affairs"): (direct, OUTSIDER),
        ("3310", "flood_control"): (addressed("org_group", "3310", line="flood_control"), CITY),
        ("331081", None): (addressed("announcement", "331081"), CITY),
    }
    said = {}
    for (unit, line), (conversation, who) in made.items():
        path = f"/conversations/{conversation['id']}/messages"
        say(as_(who), conversation)
        as_(who).post(path, {"kind": "location", "content": place})
        for message in as_(who).get(path)["items"]:
            said[int(message["id"])] = {
                "conversation_kind": conversation["kind"],
                "kind": message["kind"],
                "places": [(unit, line)],
            }
    ids = {code: int(unit_id(code)) for code in UNITS}

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rules=RULES, age=st.sampled_from([0, 2, 7, 15, 30, 50]))
    def check(rules: list[dict[str, Any]], age: int) -> None:
        with app.app_context(), reading() as session:
            values = [
                retention.Rule(
                    number,
                    rule["keep_days"],
                    tuple(rule["conversation_kinds"]),
                    tuple(rule["message_kinds"]),
                    retention.resolve(
                        session,
                        rule["unit"]
                        and {
                            "unit_id": ids[rule["unit"]],
                            "levels": None,
                            "line": rule["line"],
                            "role": None,
                        },
                    ),
                )
                for number, rule in enumerate(rules, start=1)
            ]
            now = clock.now() + timedelta(days=age, hours=1)
            query = select(Message.id).join(
                Conversation, Conversation.id == Message.conversation_id
            )
            due = set(session.scalars(query.where(retention.is_due(values, now))))
        expected = {
            message_id
            for message_id, facts in said.items()
            if (days := wanted_days(rules, facts)) is not None and days <= age
        }
        assert due == expected

    check()


def test_without_a_rule_everything_is_kept(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    assert sweep_after(40_000) == 0


def test_an_ended_rule_removes_nothing(as_: SignedIn, group: MakeGroup, rule: Rule) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    ended = rule(1)
    as_(SECURITY).delete(f"/records/rules/{ended['id']}")
    as_(SECURITY).delete(f"/records/rules/{ended['id']}", status=404)
    assert sweep_after(100) == 0


def test_a_shorter_rule_counts_at_once_for_what_was_passed_over(
    as_: SignedIn, group: MakeGroup, rule: Rule
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    made_rule = rule(100)
    assert sweep_after(50) == 0
    body = {"name": "短", "keep_days": 10}
    as_(SECURITY).put(f"/records/rules/{made_rule['id']}", body)
    assert sweep_after(50) == 1


def test_rules_are_listed_the_first_to_count_first(
    as_: SignedIn, rule: Rule, unit_id: Callable[[str], str]
) -> None:
    """Any audience before none, the lower unit, the narrower; then messages, conversations, days."""
    city = {"unit_id": unit_id("3310")}
    for keep_days, name, about in (
        (10, "全部", {}),
        (None, "全部永久", {}),
        (20, "石塘", {"audience": {"unit_id": unit_id("331081100")}}),
        (30, "台州", {"audience": city}),
        (1, "台州文字", {"audience": city, "message_kinds": ["text"]}),
        (1, "台州防汛", {"audience": {**city, "line": "flood_control"}}),
        (90, "群聊", {"conversation_kinds": ["group"]}),
        (1, "文件", {"message_kinds": ["file"]}),
        (2, "群文件", {"message_kinds": ["file"], "conversation_kinds": ["group"]}),
    ):
        rule(keep_days, name=name, **about)
    names = [each["name"] for each in as_(AUDIT).get("/records/rules")["items"]]
    assert names == [
        "石塘",
        "台州防汛",
        "台州文字",
        "台州",
        "群文件",
        "文件",
        "群聊",
        "全部永久",
        "全部",
    ]


def test_a_trial_says_what_the_rule_will_remove(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup, rule: Rule, hold: Hold
) -> None:
    made, other = group(MEMBER), group(MEMBER)
    announced = addressed("announcement", "331081")
    for conversation, who in ((made, OWNER), (made, MEMBER), (other, OWNER), (announced, CITY)):
        say(as_(who), conversation)
    rule(None, conversation_kinds=["announcement"])
    hold(conversation_id=other["id"])
    body = {"name": "试", "keep_days": 10}
    with clock.at(clock.now() + timedelta(days=11)):
        assert _tried(as_(SECURITY), body) == {"messages": 2, "files": 0, "held": 1}
        assert _tried(as_(SECURITY), {**body, "keep_days": 12})["messages"] == 0
    # Nothing was saved, and what is saved then removes just that.
    assert len(as_(SECURITY).get("/records/rules")["items"]) == 1
    assert sweep_after(11) == 0
    rule(10)
    assert sweep_after(11) == 2
    assert messages_of(as_(MEMBER), other)[0]["text"] == "收到"


def _tried(client: ApiClient, body: dict[str, Any]) -> dict[str, int]:
    totals = {"messages": 0, "files": 0, "held": 0}
    cursor = None
    while True:
        answer = client.post("/records/rules/trial", {**body, "cursor": cursor}, status=200)
        for name in totals:
            totals[name] += answer[name]
        if (cursor := answer["next"]) is None:
            assert answer["looked_at"] == 1.0
            return totals


def test_a_trial_in_parts_adds_up(
    as_: SignedIn, group: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = group(MEMBER)
    for _ in range(7):
        say(as_(OWNER), made)
    whole = {"name": "试", "keep_days": 1}
    with clock.at(clock.now() + timedelta(days=2)):
        monkeypatch.setattr(keeping, "SLICE", 3)
        assert _tried(as_(SECURITY), whole)["messages"] == 7
