"""Directives through an app: what its official sees in the post it acts in, and no more."""

from __future__ import annotations

from tests.conftest import SignedIn
from tests.miniapps.conftest import Publish, install
from tests.miniapps.test_installations import COUNTY_ADMIN, remove
from tests.tasks.scenes import SHITANG, SONGMEN, Scene, UnitId, duty


def test_an_app_reads_and_acknowledges_what_its_official_is_asked(
    publish: Publish, as_: SignedIn, unit_id: UnitId
) -> None:
    scene = Scene(as_, unit_id)
    issued = scene.issue(SHITANG, SONGMEN)
    scopes = [{"name": f"directives.{act}", "reason": "x"} for act in ("read", "acknowledge")]
    app = publish(scopes=scopes, audience={"unit_code": "33"}).open(as_(duty(SHITANG)))
    (mine,) = app.get("/assignments")["items"]
    assert mine["directive"]["id"] == issued["id"]
    assert app.get(f"/events/{scene.event['id']}")["level"] == 1
    app.post("/assignments/receipts", {"assignment_ids": [mine["id"]], "kind": "read"}, status=200)
    taken = app.post(f"/assignments/{mine['id']}/acknowledgement")
    assert taken["acknowledged"]["by"]["name"] == "陈石塘"
    others = scene.mine(duty(SONGMEN), issued)["id"]
    app.post(f"/assignments/{others}/acknowledgement", status=404)
    app.get(f"/assignments/{others}", status=404)
    app.post(f"/assignments/{mine['id']}/reports", {"figures": {"moved": 3}}, status=403)


def test_an_app_that_may_read_may_not_acknowledge(
    publish: Publish, as_: SignedIn, unit_id: UnitId
) -> None:
    issued = Scene(as_, unit_id).issue(SHITANG)
    scopes = [{"name": "directives.read", "reason": "x"}]
    app = publish(scopes=scopes, audience={"unit_code": "33"})
    reader = app.open(as_(duty(SHITANG)))
    (mine,) = reader.get("/assignments")["items"]
    assert mine["directive"]["id"] == issued["id"]
    reader.post(f"/assignments/{mine['id']}/acknowledgement", status=403)
    assert reader.get(f"/assignments/{mine['id']}")["acknowledged"] is None


def test_an_order_from_outside_is_not_there_for_an_app_of_one_county(
    publish: Publish, as_: SignedIn, unit_id: UnitId
) -> None:
    """The province orders, and the app was installed for a county."""
    scene = Scene(as_, unit_id)
    issued = scene.issue(SHITANG, SONGMEN)
    scopes = [{"name": f"directives.{act}", "reason": "x"} for act in ("read", "acknowledge")]
    server = publish(scopes=scopes)
    remove(as_)
    install(as_(COUNTY_ADMIN), server.id, unit_id=unit_id("331081"))
    app = server.open(as_(duty(SHITANG)))
    mine = scene.mine(duty(SHITANG), issued)
    assert app.get("/assignments")["items"] == app.get("/events")["items"] == []
    app.get(f"/directives/{issued['id']}", status=404)
    app.post(f"/assignments/{mine['id']}/acknowledgement", status=404)
