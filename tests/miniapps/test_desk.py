"""The workbench as one has it, an app's own frame page, and how apps are used."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.miniapps.conftest import MANIFEST_2, AppServer, KnownAs, Publish, install
from tests.miniapps.test_installations import COUNTY_ADMIN, remove
from zzd import clock

TOWNSHIP, NEIGHBOUR, PROVINCE_ADMIN = (
    "331081100.duty_officer",
    "331002001.duty_officer",
    "33.leader",
)


def entries(client: ApiClient) -> dict[str, Any]:
    return {item["app_id"]: item for item in client.get("/workbench")["items"]}


def test_an_app_opens_in_a_page_whose_policy_is_its_manifests(
    shelters: AppServer, as_: SignedIn
) -> None:
    official = as_(TOWNSHIP)
    answer = official.request("GET", f"/miniapps/{shelters.id}/frame")
    policy = dict(
        part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["frame-src"] == "https://shelters.example.cn"
    assert policy["frame-ancestors"] == "'self'"
    (nonce,) = re.findall(r"'nonce-([^']+)'", policy["script-src"])
    page = answer.get_data(as_text=True)
    assert f'<script nonce="{nonce}">' in page
    assert 'src="https://shelters.example.cn/"' in page
    sandbox = re.search(r'sandbox="([^"]+)"', page)
    assert sandbox
    assert "top-navigation" not in sandbox[1]
    assert as_("33.leader").request("GET", "/miniapps/999/frame").status_code == 404
    deeper = "https://shelters.example.cn/todo?a=1&b=%22"
    answer = official.request("GET", f"/miniapps/{shelters.id}/frame", query_string={"at": deeper})
    assert f'src="{deeper.replace("&", "&amp;")}"' in answer.get_data(as_text=True)
    for at in ("https://evil.example.cn/", "javascript:alert(1)", "https://[", "/todo"):
        official.get(f"/miniapps/{shelters.id}/frame", at=at, status=422)


def test_a_phone_is_shown_the_page_for_phones_and_its_badge_if_it_has_one(
    publish: Publish, as_: SignedIn
) -> None:
    phones = "https://m.example.cn"
    written = {**MANIFEST_2, "icon": None, "phone_entry_url": f"{phones}/"}
    server, official = publish(**written), as_(TOWNSHIP)
    path = f"/miniapps/{server.id}/frame"
    for asked, origin in ((True, phones), (False, "https://shelters.example.cn")):
        page = official.request("GET", path, query_string={"phone": asked}).get_data(as_text=True)
        assert f'src="{origin}/"' in page
        assert f'data-origin="{origin}"' in page
    official.put(f"/workbench/{server.id}/badge", {"count": 1}, status=204)
    silent = publish(**{**written, "id": "cn.zj.silent", "badge": False})
    refused = official.put(f"/workbench/{silent.id}/badge", {"count": 1}, status=422)
    assert refused["errors"][0]["pointer"] == "/count"


def test_the_client_frames_nothing_but_itself(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text("<!doctype html>")
    (tmp_path / "zzd" / "1").mkdir(parents=True)
    (tmp_path / "zzd" / "1" / "zzd.js").write_text("export {}")
    settings = replace(app.extensions["zzd.settings"], web_root=tmp_path)
    monkeypatch.setitem(app.extensions, "zzd.settings", settings)
    with app.test_client().get("/workbench") as page:
        assert "frame-src 'self';" in page.headers["Content-Security-Policy"]
        assert "Access-Control-Allow-Origin" not in page.headers
    with app.test_client().get("/zzd/1/zzd.js") as script:
        assert script.headers["Access-Control-Allow-Origin"] == "*"


def test_what_an_app_may_ask_is_what_was_consented_to(
    publish: Publish, as_: SignedIn, unit_id: Any, official_id: Any, known_as: KnownAs
) -> None:
    server = publish()
    assert as_(TOWNSHIP).get(f"/workbench/{server.id}")["scopes"] == ["identity", "units.read"]
    remove(as_)
    as_(TOWNSHIP).get(f"/workbench/{server.id}", status=404)
    install(as_(COUNTY_ADMIN), server.id, unit_id=unit_id("331081"))
    assert as_(TOWNSHIP).get(f"/workbench/{server.id}")["app_id"] == "cn.zj.shelters"
    as_(NEIGHBOUR).get(f"/workbench/{server.id}", status=404)
    # What its official picks for it is told as far as the installation goes.
    picked = {
        "official_ids": [official_id(name) for name in (TOWNSHIP, NEIGHBOUR)],
        "unit_ids": [unit_id(code) for code in ("331081100", "331002001")],
    }
    known = as_(TOWNSHIP).post(f"/workbench/{server.id}/known", picked, status=200)
    called = known.pop("known_as")
    assert known == {name: ids[:1] for name, ids in picked.items()}
    # The app's page says whom it means by the name it was told.
    assert called == [known_as(TOWNSHIP)]
    path = f"/workbench/{server.id}/meant"
    meant = as_(TOWNSHIP).post(path, {"said": called}, status=200)
    assert meant == {"official_ids": known["official_ids"]}
    for unknown in (known["official_ids"], ["x"], [called[0][:-1] + "A"], ["é"]):
        as_(TOWNSHIP).post(path, {"said": unknown}, status=422)
    as_(NEIGHBOUR).post(path, {"said": called}, status=404)
    as_(NEIGHBOUR).post(f"/miniapps/{server.id}/openings", status=404)


def test_everybody_has_a_workbench_of_their_own(publish: Publish, as_: SignedIn) -> None:
    one, two = publish(), publish(id="cn.zj.other")
    official = as_(TOWNSHIP)
    official.put("/workbench/favourites", {"miniapp_ids": [two.id, one.id]}, status=204)
    official.put(f"/workbench/{one.id}/badge", {"count": 7}, status=204)
    official.post(f"/miniapps/{two.id}/openings", status=204)
    shown = entries(official)
    assert [shown[name]["favourite"] for name in ("cn.zj.shelters", "cn.zj.other")] == [1, 0]
    assert [shown[name]["badge"] for name in ("cn.zj.shelters", "cn.zj.other")] == [7, 0]
    assert shown["cn.zj.other"]["opened_at"]
    assert shown["cn.zj.shelters"]["opened_at"] is None
    other = entries(as_(NEIGHBOUR))["cn.zj.shelters"]
    assert (other["favourite"], other["badge"]) == (None, 0)
    official.put("/workbench/favourites", {"miniapp_ids": [one.id]}, status=204)
    assert entries(official)["cn.zj.other"]["favourite"] is None
    assert entries(official)["cn.zj.other"]["opened_at"]
    official.put("/workbench/favourites", {"miniapp_ids": ["99"]}, status=422)
    official.put(f"/workbench/{one.id}/badge", {"count": -1}, status=422)


def test_administrators_put_apps_first_for_an_audience(
    publish: Publish, as_: SignedIn, unit_id: Any
) -> None:
    one, two = publish(), publish(id="cn.zj.other")
    county = {"audience": {"unit_id": unit_id("331081")}}
    fixed = [{"miniapp_id": two.id, "fixed": True}, {"miniapp_id": one.id}]
    as_(COUNTY_ADMIN).put("/workbench/placements", {**county, "items": fixed}, status=204)
    province = {"audience": {"unit_id": unit_id("33")}, "items": [{"miniapp_id": one.id}]}
    as_(PROVINCE_ADMIN).put("/workbench/placements", province, status=204)
    as_(COUNTY_ADMIN).put("/workbench/placements", province, status=403)
    inside, outside = entries(as_(TOWNSHIP)), entries(as_(NEIGHBOUR))
    places = [(inside[name]["fixed"], inside[name]["place"]) for name in sorted(inside)]
    assert places == [(True, 0), (False, 1)]
    # The province's order counts where no nearer unit set one.
    assert [outside[name]["place"] for name in sorted(outside)] == [None, 0]
    (listed,) = as_(COUNTY_ADMIN).get("/workbench/placements", unit_id=unit_id("331081"))["items"]
    assert [(item["fixed"], item["app_id"]) for item in listed["items"]] == [
        (True, "cn.zj.other"),
        (False, "cn.zj.shelters"),
    ]
    assert listed["items"][0]["name"]["zh"]
    twice = {**county, "items": [fixed[0], fixed[0]]}
    as_(COUNTY_ADMIN).put("/workbench/placements", twice, status=422)
    as_(COUNTY_ADMIN).put("/workbench/placements", {**county, "items": []}, status=204)
    assert not entries(as_(TOWNSHIP))["cn.zj.other"]["fixed"]


def test_use_is_counted_by_day_and_unit_for_those_whom_it_concerns(
    shelters: AppServer, as_: SignedIn, unit_id: Any, developer: ApiClient
) -> None:
    path = f"/miniapps/{shelters.id}"
    # Late in the evening of London it is the next day in Beijing.
    evening = clock.now().replace(hour=17, minute=0) + timedelta(days=1)
    people = [as_(TOWNSHIP), as_(NEIGHBOUR)]
    for moment in (evening, evening + timedelta(days=1)):
        with clock.at(moment):
            people[0].post(f"{path}/openings", status=204)
    with clock.at(evening):
        people[0].post(f"{path}/openings", status=204)
        people[1].post(f"{path}/openings", {"outcome": "failed"}, status=204)
    next_days = [(evening + timedelta(days=n)).date().isoformat() for n in (1, 2)]
    days = {"first": next_days[0], "last": next_days[1]}
    seen = developer.get(f"{path}/usage", **days)
    assert seen["total"] == {"officials": 2, "opens": 3, "errors": 1}
    assert [(day["day"], day["officials"], day["opens"]) for day in seen["days"]] == [
        (next_days[0], 2, 2),
        (next_days[1], 1, 1),
    ]
    assert [unit["unit"]["name"] for unit in seen["units"]] == ["浙江省"]
    county = as_(COUNTY_ADMIN).get(f"{path}/usage", unit_id=unit_id("331081"), **days)
    assert county["total"] == {"officials": 1, "opens": 3, "errors": 0}
    assert [unit["unit"]["name"] for unit in county["units"]] == ["石塘镇"]
    as_(COUNTY_ADMIN).get(f"{path}/usage", status=404, **days)
    as_(COUNTY_ADMIN).get(f"{path}/usage", status=404, unit_id=unit_id("33"), **days)
    as_(TOWNSHIP).get(f"{path}/usage", status=403)
    for first, last in (("2026-01-01", "2026-12-31"), ("2026-02-01", "2026-01-01")):
        developer.get(f"{path}/usage", status=422, first=first, last=last)
    developer.get(f"{path}/usage", status=422, last="0001-01-01")
