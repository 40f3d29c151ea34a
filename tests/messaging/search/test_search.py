"""What search takes and answers: filters, pages, places of the words, files, names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OWNER, MakeGroup, say
from tests.messaging.search.conftest import look_for, texts
from zzd import clock
from zzd.db import transaction
from zzd.messaging.models import Message
from zzd.messaging.search import finding
from zzd.messaging.search.following import follow

WAYS = pytest.mark.parametrize("rare", [20_000, -1])


def test_filters_say_where_who_when_and_what_kind(
    as_: SignedIn, group: MakeGroup, official_id: Callable[[str], str]
) -> None:
    one, other = group(MEMBER), group(MEMBER)
    start = datetime.now(UTC) - timedelta(hours=1)
    for minute, (who, where) in enumerate([(OWNER, one), (MEMBER, one), (OWNER, other)]):
        with clock.at(start + timedelta(minutes=minute)):
            as_(who).get("/me")
            say(as_(who), where, f"转移{minute}")
    follow()
    reader = as_(MEMBER)
    assert texts(reader, "转移") == ["转移2", "转移1", "转移0"]
    assert texts(reader, "转移", conversation_id=one["id"]) == ["转移1", "转移0"]
    assert texts(reader, "转移", sender_id=official_id(MEMBER)) == ["转移1"]
    first, second = (start + timedelta(minutes=n) for n in (1, 2))
    assert texts(reader, "转移", **{"from": first.isoformat()}) == ["转移2", "转移1"]
    assert texts(reader, "转移", **{"from": first.isoformat(), "to": second.isoformat()}) == [
        "转移1"
    ]
    assert texts(reader, "转移", kind="text") == ["转移2", "转移1", "转移0"]
    assert texts(reader, "转移", sender_id="999999") == []


@WAYS
def test_pages_follow_each_other_while_more_is_said(
    as_: SignedIn,
    spoken: Callable[..., dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    rare: int,
) -> None:
    """Strong ones first, then weak ones; what is said meanwhile shifts nothing."""
    monkeypatch.setattr(finding, "RARE", rare)
    said = ["产品和服务甲", "和服一", "产品和服务乙", "和服二", "和服三", "产品和服务丙"]
    made = spoken(*said)
    expected = ["和服三", "和服二", "和服一", "产品和服务丙", "产品和服务乙", "产品和服务甲"]
    reader, seen, cursor = as_(MEMBER), [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = look_for(reader, "和服", limit=2, **more)
        seen += [hit["message"]["text"] for hit in page["items"]]
        say(as_(OWNER), made, f"和服又{len(seen)}")
        follow()
        if (cursor := page["next"]) is None:
            break
    assert seen == expected


@WAYS
def test_many_of_many_conversations_come_newest_first(
    as_: SignedIn, group: MakeGroup, monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    monkeypatch.setattr(finding, "RARE", rare)
    monkeypatch.setattr(finding, "NEWEST_OF_EACH", 3)
    monkeypatch.setattr(finding, "MOST_LOOKED_AT", 6)
    groups = [group(MEMBER) for _ in range(3)]
    said = []
    for n in range(24):
        say(as_(OWNER), groups[0 if n % 4 else n // 4 % 3], f"水位{n}")
        said.insert(0, f"水位{n}")
    follow()
    reader, seen, cursor = as_(MEMBER), [], None
    while True:
        page = look_for(reader, "水位", limit=5, **({"cursor": cursor} if cursor else {}))
        seen += [hit["message"]["text"] for hit in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == said


def marked(snippet: dict[str, Any]) -> list[str]:
    return [snippet["text"][start:end] for start, end in snippet["ranges"]]


def test_places_are_counted_in_code_points(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    """An emoji is one (two in JavaScript's strings); so is a character of a newer plane."""
    spoken("👍🏽𠮷收到，ＡＢＣ㎡ﬁ 转移123人")
    reader = as_(MEMBER)
    snippet = look_for(reader, "转移 abc 收到")["items"][0]["snippet"]
    assert snippet["ranges"] == [[3, 5], [6, 9], [12, 14]]
    assert marked(snippet) == ["收到", "ＡＢＣ", "转移"]
    assert marked(look_for(reader, "𠮷收到")["items"][0]["snippet"]) == ["𠮷收到"]


def test_a_snippet_is_cut_around_the_first_place(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    spoken("前" * 300 + "转移" + "后" * 300)
    snippet = look_for(as_(MEMBER), "转移")["items"][0]["snippet"]
    assert len(snippet["text"]) == 120
    assert (snippet["cut_before"], snippet["cut_after"]) == (True, True)
    assert marked(snippet) == ["转移"]
    assert snippet["ranges"][0][0] == 30


def test_files_are_found_by_their_names(
    app: Flask, as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    spoken("请看附件", "花名册在哪里")
    content = {
        "files": [{"id": "1", "name": "照片.jpg"}, {"id": "2", "name": "转移人员花名册.xlsx"}]
    }
    with transaction() as session:
        session.execute(
            update(Message)
            .where(Message.seq == 1)
            .values(kind="file", content=content, changed_at=clock.now())
        )
    follow()
    reader = as_(MEMBER)
    assert texts(reader, "花名册") == ["花名册在哪里", "请看附件"]
    found = look_for(reader, "花名册 xlsx", "files")["items"]
    assert [hit["message"]["text"] for hit in found] == ["请看附件"]
    assert found[0]["files"] == [
        {"index": 0, "name": "照片.jpg", "ranges": []},
        {"index": 1, "name": "转移人员花名册.xlsx", "ranges": [[4, 7], [8, 12]]},
    ]
    assert found[0]["snippet"]["ranges"] == []


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("王石塘", ["王石塘"]),
        ("石塘", ["王石塘", "陈石塘"]),
        ("wst", ["王石塘"]),
        ("wangshitang", ["王石塘"]),
        ("wangshi", ["王石塘"]),
        ("shitang", ["王石塘", "陈石塘"]),
        ("hitang", []),
    ],
)
def test_people_are_found_by_name_and_pinyin(as_: SignedIn, q: str, names: list[str]) -> None:
    found = look_for(as_(MEMBER), q, "people")["items"]
    assert sorted(person["name"] for person in found) == sorted(names)


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("防汛", ["防汛", "防汛值守", "石塘防汛群"]),
        ("fx", ["防汛", "防汛值守", "石塘防汛群"]),
        ("fangxun", ["防汛", "防汛值守", "石塘防汛群"]),
        ("angxun", []),
        ("stfxq", ["石塘防汛群"]),
        ("石塘防汛群", ["石塘防汛群"]),
        ("Ｂ２", ["B2楼"]),
        ("!!", []),
    ],
)
def test_groups_are_found_by_name_and_pinyin(
    as_: SignedIn, group: MakeGroup, q: str, names: list[str]
) -> None:
    for name in ("B2楼", "防汛", "石塘防汛群", "防汛值守"):
        group(MEMBER, name=name)
    found = look_for(as_(MEMBER), q, "groups")["items"]
    assert [one["name"] for one in found] == names
    assert all(one["my_role"] == "member" for one in found)


def test_groups_come_in_pages(as_: SignedIn, group: MakeGroup) -> None:
    made = [group(MEMBER, name=f"防汛{n}")["id"] for n in range(5)]
    reader, seen, cursor = as_(MEMBER), [], None
    while True:
        page = look_for(reader, "防汛", "groups", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [one["id"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == made[::-1]


def test_all_sections_come_at_once_and_a_few_of_each(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    spoken(*[f"石塘{n}" for n in range(7)])
    answer = as_(MEMBER).get("/search", q="石塘")
    assert answer["words"] == ["石塘"]
    assert len(answer["messages"]["items"]) == 5
    assert answer["messages"]["next"] is not None
    assert [one["name"] for one in answer["groups"]["items"]] == ["石塘防汛群"]
    assert len(answer["people"]["items"]) == 2
    only = as_(MEMBER).get("/search", q="石塘", **{"in": "people"})
    assert (only["messages"], only["files"], only["groups"]) == (None, None, None)


JUNK = [
    '"', '""', "' OR 1=1 --", "a:*", "NEAR(", "words : (x", "-- ;", "*", "^", "(", "!!!", "&|!",
    "<->", "AND OR NOT", "\\", "%", "_", "“", "👍", "\u200b", "\u0301", "x" * 200, "的" * 200,
    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15", "'':A & (", "𠮷", "½㎡ﷺ", "٣٤", "ก็", "가나", "{}", "$1",
    ":x", "%(x)s", "strong:台风", "台风*", "+台风", "台风 -转移", "台风\t转移", "a_b", "ß", "İ",
]  # fmt: skip


def test_whatever_is_typed_is_a_query(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken("台风 转移 a_b")
    for rare in (20_000, -1):
        monkeypatch.setattr(finding, "RARE", rare)
        for q in JUNK:
            as_(MEMBER).get("/search", q=q)
    assert texts(as_(MEMBER), "strong:台风") == []
    for q in ("台风*", "+台风", "台风\t转移", "台风 -转移"):
        assert texts(as_(MEMBER), q) == ["台风 转移 a_b"]


def test_no_text_and_no_query_is_too_strange(
    app: Flask, as_: SignedIn, spoken: Callable[..., dict[str, Any]]
) -> None:
    """Never a fault; and whatever was said is found by itself, if there is a word in it."""
    owner, made = as_(OWNER), spoken()
    path = f"/conversations/{made['id']}/messages"

    @settings(max_examples=60, deadline=None)
    @given(said=st.text(max_size=60), q=st.text(max_size=60))
    def send_and_search(said: str, q: str) -> None:
        sent = owner.request("POST", path, json={"text": said})
        assert sent.status_code in (201, 422)
        follow()
        for asked in (q, said):
            query = {"q": asked, "in": "messages", "limit": 50}
            answer = owner.request("GET", "/search", query_string=query)
            assert answer.status_code in (200, 422), asked
            if sent.status_code == 201 and asked is said and answer.json.get("words"):
                found = [hit["message"]["text"] for hit in answer.json["messages"]["items"]]
                assert said in found or len(found) == 50

    send_and_search()


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({}, "/query/q"),
        ({"q": ""}, "/query/q"),
        ({"q": "  "}, "/query/q"),
        ({"q": "x" * 201}, "/query/q"),
        ({"q": "a\x00b"}, "/query/q"),
        ({"q": "x", "in": "rooms"}, "/query/in"),
        ({"q": "x", "kind": "nothing"}, "/query/kind"),
        ({"q": "x", "from": "yesterday"}, "/query/from"),
        ({"q": "x", "to": "2019-08-09T12:00:00"}, "/query/to"),
        ({"q": "x", "limit": "51"}, "/query/limit"),
        ({"q": "x", "sender_id": "me"}, "/query/sender_id"),
        ({"q": "x", "cursor": "WzAsMSwxXQ"}, "/query/cursor"),
        ({"q": "x", "in": "messages", "cursor": "x"}, "/query/cursor"),
        ({"q": "x", "in": "people", "cursor": "x"}, "/query/cursor"),
        ({"q": "x", "in": "groups", "cursor": "x"}, "/query/cursor"),
    ],
)
def test_a_malformed_request_is_told_where(
    as_: SignedIn, query: dict[str, str], pointer: str
) -> None:
    answer = as_(MEMBER).get("/search", status=422, **query)
    assert [error["pointer"] for error in answer["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("around", "limit", "seqs"),
    [
        (10, 6, [7, 8, 9, 10, 11, 12]),
        (10, 5, [8, 9, 10, 11, 12]),
        (1, 4, [1, 2, 3, 4]),
        (20, 4, [17, 18, 19, 20]),
        (999, 4, [17, 18, 19, 20]),
        (10, 1, [10]),
        (0, 3, [1, 2, 3]),
        (9223372036854775807, 2, [19, 20]),
    ],
)
def test_a_result_opens_among_its_neighbours(
    as_: SignedIn, group: MakeGroup, around: int, limit: int, seqs: list[int]
) -> None:
    made = group(MEMBER)
    for n in range(20):
        say(as_(OWNER), made, str(n))
    path = f"/conversations/{made['id']}/messages"
    page = as_(MEMBER).get(path, around_seq=around, limit=limit)
    assert [item["seq"] for item in page["items"]] == seqs
    if page["next"]:
        earlier = as_(MEMBER).get(path, cursor=page["next"], limit=limit)
        assert earlier["items"][-1]["seq"] == seqs[0] - 1
    as_(MEMBER).get(path, around_seq=3, after_seq=1, status=422)


def test_around_shows_nothing_from_before_one_came(
    as_: SignedIn, spoken: Callable[..., dict[str, Any]], official_id: Callable[[str], str]
) -> None:
    made = spoken("一", "二", "三")
    other = "331081101.duty_officer"
    people = {"official_ids": [official_id(other)]}
    as_(OWNER).post(f"/conversations/{made['id']}/members", people, status=200)
    say(as_(OWNER), made, "四")
    page = as_(other).get(f"/conversations/{made['id']}/messages", around_seq=2, limit=10)
    # The notice that they were added is the first thing they see.
    assert [item["text"] for item in page["items"]] == ["", "四"]
