"""Reading the tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from zzd.orgtree import units
from zzd.orgtree.units import COUNTS

Find = Callable[[str], str]


@pytest.fixture
def reader(as_: SignedIn) -> ApiClient:
    """Nobody in particular."""
    return as_("330327101201.leader")


def _codes(answer: Any) -> list[str]:
    return [unit["code"] for unit in answer["items"]]


def _all_pages(client: ApiClient, path: str, **query: Any) -> list[Any]:
    items, cursor = [], None
    while True:
        answer = client.get(path, **query, **({"cursor": cursor} if cursor else {}))
        items += answer["items"]
        assert len(answer["items"]) <= query["limit"]
        if (cursor := answer["next"]) is None:
            return items


def test_children_are_paged_in_the_order_of_their_codes(reader: ApiClient, unit_id: Find) -> None:
    path = f"/units/{unit_id('3310')}/children"
    assert _codes(reader.get(path)) == ["331002", "331081"]
    assert [unit["code"] for unit in _all_pages(reader, path, limit=1)] == ["331002", "331081"]
    assert reader.get(f"/units/{unit_id('331081100202')}/children")["items"] == []
    assert [unit["has_children"] for unit in reader.get(path)["items"]] == [True, True]


def test_ancestors_come_root_first(reader: ApiClient, unit_id: Find) -> None:
    above = reader.get(f"/units/{unit_id('331081100201')}/ancestors")
    assert _codes(above) == ["33", "3310", "331081", "331081100"]
    assert above["next"] is None
    assert above["items"][-1]["full_name"] == "浙江省台州市温岭市石塘镇"
    assert reader.get(f"/units/{unit_id('33')}/ancestors")["items"] == []


def test_counts_are_of_the_whole_block_by_level(reader: ApiClient, unit_id: Find) -> None:
    answer = reader.get(f"/units/{unit_id('331081')}/counts")
    assert answer == {
        "items": [
            {"level": 3, "units": 1},
            {"level": 4, "units": 2},
            {"level": 5, "units": 3},
            {"level": 6, "units": 2},
        ],
        "next": None,
        "officials": 12,
    }


def test_counts_are_remembered_for_the_revision_only(
    app: Flask, as_: SignedIn, unit_id: Find
) -> None:
    admin, town = as_("331081.leader"), unit_id("331081100")
    path = f"/units/{town}/counts"
    assert admin.get(path)["items"][1] == {"level": 5, "units": 2}
    app.extensions[COUNTS][(1, int(town))] = {4: 1, 5: 99}
    assert admin.get(path)["items"][1] == {"level": 5, "units": 99}
    admin.post(f"/units/{unit_id('331081100202')}/abolish", status=200)
    assert admin.get(path)["items"][1] == {"level": 5, "units": 1}


FOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({"q": "石塘镇"}, ["331081100"]),
    ({"q": "塘镇"}, ["331081100"]),
    ({"q": "STZ"}, ["331081100"]),
    ({"q": "ｓｔ ｚ"}, ["331081100"]),
    ({"q": "温"}, ["3303", "331081"]),
    ({"q": "wl"}, ["331081"]),
    # What begins with it comes before what contains it, whatever the level.
    ({"q": "海"}, ["331002001", "331081100202", "331081100201"]),
    ({"q": "dh"}, ["331081100201"]),
    ({"q": "小组"}, ["331081100201001", "331081100201002"]),
    ({"q": "温", "level": 2}, ["3303"]),
    ({"q": "331081"}, ["331081", "331081100", "331081101"]),
    ({"q": "331081", "level": 4}, ["331081100", "331081101"]),
    ({"code": "331081"}, ["331081"]),
    ({"code": "331081", "level": 4}, []),
    ({"code": "9"}, []),
    ({"q": "没有"}, []),
    ({"q": "^"}, []),
    ({"q": "%"}, []),
    ({"level": 2}, ["3303", "3310"]),
]


def test_units_are_found_by_name_initials_and_code(reader: ApiClient) -> None:
    for query, codes in FOUND:
        assert _codes(reader.get("/units", limit=3, **query)) == codes, query


def test_an_exact_match_comes_first_whatever_its_level(as_: SignedIn, unit_id: Find) -> None:
    admin = as_("33.leader")
    for code, name in (("331081106", "海"), ("331081107", "海东镇")):
        admin.post("/units", {"parent_id": unit_id("331081"), "name": name, "code": code})
    assert _codes(admin.get("/units", q="海"))[:3] == ["331081106", "331081107", "331002001"]


def test_a_unit_that_matches_in_several_ways_is_found_once_where_it_fits_best(
    as_: SignedIn, unit_id: Find
) -> None:
    admin = as_("33.leader")
    # By name and by initials, at the beginning and twice within.
    for code, name in (("331081106", "a东a东a镇"), ("331081107", "小a东a东镇"), ("331081108", "a")):
        admin.post("/units", {"parent_id": unit_id("331081"), "name": name, "code": code})
    assert _codes(admin.get("/units", q="a", level=4)) == ["331081108", "331081106", "331081107"]
    assert _codes(admin.get("/units", q="a东")) == ["331081106", "331081107"]
    # Found by its code already.
    admin.post("/units", {"parent_id": unit_id("331081"), "name": "3310", "code": "331081109"})
    found = _codes(admin.get("/units", q="3310", limit=200))
    assert len(found) == len(set(found))


def test_a_search_pages_through_the_same_list_without_repeats(reader: ApiClient) -> None:
    for query in ({"q": "z"}, {"q": "镇"}, {"q": "33"}, {}, {"q": "d"}):
        whole = reader.get("/units", limit=200, **query)["items"]
        assert len({unit["id"] for unit in whole}) == len(whole) > 1
        for limit in (1, 3):
            assert _all_pages(reader, "/units", limit=limit, **query) == whole, query


def test_a_unit_as_of_a_revision_that_is_none(as_: SignedIn, unit_id: Find) -> None:
    admin = as_("331081.leader")
    path = f"/units/{unit_id('331081')}"
    assert admin.get(path, rev=2, status=422)["errors"][0]["pointer"] == "/query/rev"
    body = {"parent_id": unit_id("331081"), "name": "滨海镇", "code": "331081106"}
    created = admin.post("/units", body)["id"]
    admin.get(f"/units/{created}", rev=1, status=404)
    assert admin.get(f"/units/{created}", rev=2)["name"] == "滨海镇"


def test_a_page_costs_the_same_statements_however_long_it_is(
    reader: ApiClient, statements: Any, unit_id: Find
) -> None:
    seen = []
    for path, query in (
        (f"/units/{unit_id('331081')}/children", {"limit": 1}),
        (f"/units/{unit_id('331081')}/children", {"limit": 50}),
        (f"/units/{unit_id('331081100201')}/children", {"limit": 50}),
    ):
        with statements() as sent:
            reader.get(path, **query)
        seen.append(len(sent))
    assert len(set(seen)) == 1


def test_a_search_is_a_bounded_number_of_short_statements(
    reader: ApiClient, statements: Any
) -> None:
    with statements() as sent:
        reader.get("/units", q="没有")
    ranges = [statement for statement in sent if "unit_term" in statement]
    # Three kinds of match on six levels, each a range of the index.
    assert len(ranges) == 18


def test_accounts_without_an_official_read_the_tree_too(as_: SignedIn, unit_id: Find) -> None:
    assert as_("system_admin").get(f"/units/{unit_id('33')}")["name"] == "浙江省"
    assert len(as_("system_admin").get("/lines")["items"]) == 12


def test_nobody_reads_the_tree_without_signing_in(anonymous: ApiClient, unit_id: Find) -> None:
    for path in ("/units", "/lines", "/org-state", f"/units/{unit_id('33')}/officials"):
        assert anonymous.get(path, status=401)["code"] == "authentication_required"


def test_full_names_of_many_units_take_one_statement(session: Session, statements: Any) -> None:
    paths = [
        unit.path
        for unit in (
            found.unit
            for found in units.search_units(session, None, level=None, after=None, limit=50)
        )
    ]
    with statements() as sent:
        names = units.full_names(session, paths)
    assert len(sent) == 1
    assert "浙江省台州市温岭市石塘镇东海村第二小组" in names.values()
