"""Apps installed for parts of the organisation: by whom, with what consent, for whom."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.miniapps.conftest import AppServer, Publish, install
from zzd.audit.models import AuditEntry

COUNTY_ADMIN, PROVINCE_ADMIN = "331081.leader", "33.leader"
TOWNSHIP, NEIGHBOUR = "331081100.duty_officer", "331002001.duty_officer"


def shown(client: ApiClient) -> list[str]:
    return [item["app_id"] for item in client.get("/workbench")["items"]]


def remove(as_: SignedIn) -> None:
    """What the fixture installed for the province."""
    for each in as_(PROVINCE_ADMIN).get("/installations")["items"]:
        as_(PROVINCE_ADMIN).delete(f"/installations/{each['id']}")


def test_an_app_is_for_those_for_whom_it_was_installed(
    shelters: AppServer, as_: SignedIn, unit_id: Any
) -> None:
    client = shelters.open(as_(TOWNSHIP))
    remove(as_)
    assert shown(as_(TOWNSHIP)) == []
    client.get("/units", status=401)
    made = install(as_(COUNTY_ADMIN), shelters.id, unit_id=unit_id("331081"))
    assert (made["unit"]["name"], made["data_audience"]["text"]) == ("温岭市", "温岭市以下")
    assert (shown(as_(TOWNSHIP)), shown(as_(NEIGHBOUR))) == (["cn.zj.shelters"], [])
    # What the removed one had given stays worth nothing.
    client.get("/units", status=401)
    shelters.open(as_(TOWNSHIP)).get("/units")


def test_only_who_administers_a_unit_installs_for_it(
    shelters: AppServer, as_: SignedIn, unit_id: Any, session: Session
) -> None:
    body = {"miniapp_id": shelters.id, "unit_id": unit_id("3310"), "scopes": []}
    refused = as_(COUNTY_ADMIN).post("/installations", body, status=403)
    assert refused["code"] == "not_permitted"
    as_(TOWNSHIP).post("/installations", body, status=403)
    (mine,) = as_(PROVINCE_ADMIN).get("/installations")["items"]
    path = f"/installations/{mine['id']}"
    for method in ("get", "patch", "delete"):
        getattr(as_(COUNTY_ADMIN), method)(path, status=404)
    assert as_("app_developer").get(path) == mine
    assert as_("system_admin").get(f"/miniapps/{shelters.id}/installations")["items"] == [mine]
    denied = session.scalars(select(AuditEntry.action).where(AuditEntry.outcome == "denied")).all()
    assert {"installation.create", "installation.access"} <= set(denied)


def test_consent_is_to_all_that_is_needed_and_to_nothing_unasked(
    shelters: AppServer, as_: SignedIn, unit_id: Any
) -> None:
    county = unit_id("331081")
    body = {"miniapp_id": shelters.id, "unit_id": county, "scopes": ["identity"]}
    administrator = as_(COUNTY_ADMIN)
    missing = administrator.post("/installations", body, status=422)
    assert missing["errors"][0]["pointer"] == "/scopes"
    body["scopes"] = ["identity", "units.read", "contacts.read"]
    unasked = administrator.post("/installations", body, status=422)
    assert unasked["errors"][0]["pointer"] == "/scopes/2"
    body |= {"scopes": ["units.read", "identity"], "client_id": "k"}
    stale = administrator.post("/installations", {**body, "version": 7}, status=409)
    assert stale["code"] == "version_changed"
    made = administrator.post("/installations", {**body, "version": 1}, status=201)
    assert administrator.post("/installations", {**body, "version": 1}, status=200) == made
    taken = administrator.post("/installations", {**body, "client_id": "l"}, status=409)
    assert taken["code"] == "already_installed"


def test_a_data_audience_can_only_narrow(shelters: AppServer, as_: SignedIn, unit_id: Any) -> None:
    """The app asks for the city; the county's administrator gives a part of the county."""
    administrator, county = as_(COUNTY_ADMIN), unit_id("331081")
    for code in ("3310", "331002", "330327"):
        wide = {"unit_id": unit_id(code)}
        body = {"miniapp_id": shelters.id, "unit_id": county, "scopes": ["identity", "units.read"]}
        refused = administrator.post("/installations", {**body, "data_audience": wide}, status=422)
        assert refused["errors"][0]["pointer"] == "/data_audience"
    narrow = {"unit_id": unit_id("331081100"), "role": "duty_officer"}
    made = install(administrator, shelters.id, unit_id=county, data_audience=narrow)
    path = f"/installations/{made['id']}"
    assert made["data_audience"]["text"] == "石塘镇以下 值班员"
    both = as_(PROVINCE_ADMIN).get("/installations", miniapp_id=shelters.id)["items"]
    as_(PROVINCE_ADMIN).delete(f"/installations/{both[-1]['id']}")
    assert shown(as_(TOWNSHIP)) == ["cn.zj.shelters"]
    assert shown(as_("331081100.leader")) == []
    wider = administrator.patch(path, {"data_audience": {"unit_id": county}})
    assert wider["data_audience"]["text"] == "温岭市以下"
    assert shown(as_("331081100.leader")) == ["cn.zj.shelters"]


def test_an_app_is_not_installed_where_it_is_for_nobody(
    publish: Publish, as_: SignedIn, unit_id: Any
) -> None:
    app = publish(audience={"unit_code": "3303"})
    body = {
        "miniapp_id": app.id,
        "unit_id": unit_id("331081"),
        "scopes": ["identity", "units.read"],
    }
    refused = as_(COUNTY_ADMIN).post("/installations", body, status=422)
    assert refused["errors"][0]["pointer"] == "/unit_id"
    assert "温州市" in refused["errors"][0]["detail"]


def test_who_has_an_app_open_hears_that_it_is_gone(
    shelters: AppServer, as_: SignedIn, listening: Listening
) -> None:
    device = listening(TOWNSHIP)
    remove(as_)
    assert device.hear("miniapp.closed") == [{"miniapp_id": shelters.id}]
