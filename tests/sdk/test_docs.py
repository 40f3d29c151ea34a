"""What docs/apps says of scopes and events is what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from jsonschema import Draft202012Validator
from zzd_sdk.manifests import SCHEMAS

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import say
from tests.miniapps.commanding.test_commands import NAMING
from tests.miniapps.conftest import Publish
from tests.servers import ROOT
from zzd.miniapps.hooks import spreading

DOCS = ROOT / "docs" / "apps"
NEWEST = SCHEMAS[max(SCHEMAS)]
EVENTS = json.loads((DOCS / "event-schemas.json").read_text(encoding="utf-8"))["$defs"]


def section(page: str, heading: str) -> str:
    text = (DOCS / page).read_text(encoding="utf-8")
    found = re.search(rf"^## `{re.escape(heading)}`\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found, f"{page} has no section on {heading}"
    return found[1]


def test_each_scope_is_described_with_the_routes_that_it_opens(app: Flask) -> None:
    scopes = NEWEST["$defs"]["scope"]["properties"]["name"]["enum"]
    opened: dict[str, set[str]] = {name: set() for name in scopes}
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], "zzd_access", None)
        if access is not None and access.scope in opened:
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1")
            methods = sorted(rule.methods - {"HEAD", "OPTIONS"})
            opened[access.scope] |= {f"`{method} {path}`" for method in methods}
    for name, routes in opened.items():
        text = section("scopes.md", name)
        told = set(re.findall(r"`(?:GET|POST|PUT|PATCH|DELETE) [^`]+`", text))
        assert told >= routes, f"{name} opens {sorted(routes - told)} as well"
        assert told <= routes | {"`GET /oauth/userinfo`"}, f"{name} does not open {told - routes}"


def test_each_member_of_a_manifest_and_each_call_of_the_bridge_is_described() -> None:
    told = set(re.findall(r"`([$\w]+)`", _tables("manifest.md")))
    assert set(NEWEST["properties"]) <= told
    needed = set(re.findall(r"^\| (.*?) \| needed", _tables("manifest.md"), re.M))
    assert {name for each in needed for name in re.findall(r"`(\w+)`", each)} == set(
        NEWEST["required"]
    )
    bridge = (ROOT / "sdk" / "js" / "zzd.js").read_text(encoding="utf-8")
    calls = set(re.findall(r"^    (\w+): named\(", bridge, re.M))
    assert calls == set(re.findall(r"`(\w+)\(", _tables("bridge.md")))


def _tables(page: str) -> str:
    lines = (DOCS / page).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if line.startswith("| "))


def test_each_event_is_described_by_an_example_that_has_what_the_event_has(
    as_: SignedIn,
    listening: Listening,
    unit_id: Callable[[str], str],
    addressed: Any,
    scene: Any,
    itself: Any,
    publish: Publish,
    developer: ApiClient,
    known_as: Callable[[str], str],
) -> None:
    reader = "331081100.duty_officer"
    channel = addressed("org_group", "331081100")
    socket, issuer = listening(reader), listening("33.duty_officer")
    leader = listening("331081100.leader")
    say(as_(reader), channel, "水位上涨")
    as_("331081100.leader").put(f"/conversations/{channel['id']}/read", {"seq": 1})
    as_(reader).post(f"/conversations/{channel['id']}/messages/1/recall", status=200)
    as_("3310.duty_officer").patch(f"/conversations/{channel['id']}", {"name": "石塘防汛"})
    directive = as_("33.duty_officer").post("/directives", scene.body("331081100"))
    watched = {"directive_id": directive["id"], "unit_id": unit_id("33")}
    issuer.send("watch", watched)
    mine = as_(reader).get("/assignments")["items"][0]
    as_(reader).post(f"/assignments/{mine['id']}/acknowledgement")
    itself.post("/app/todos", {"official_id": known_as(reader), "title": "核对"})
    commanded = publish(**{**NAMING, "id": "cn.zj.asked"})
    events = f"/miniapps/{commanded.id}/events"
    developer.get(events)
    command = {"miniapp_id": commanded.id, "name": "add", "text": "186"}
    as_(reader).post(f"/conversations/{channel['id']}/commands", command)
    spreading.spread_due()
    for each in (socket, issuer, leader):
        each.hear()
    heard = {
        event["type"]: event["data"] for event in (*leader.events, *issuer.events, *socket.events)
    }
    heard |= {event["type"]: event["data"] for event in developer.get(events)["items"]}
    for name in NEWEST["properties"]["events"]["items"]["enum"]:
        text = section("events.md", name)
        example = json.loads(re.search(r"```json\n(.*?)```", text, re.S)[1])  # type: ignore[index]
        assert name in heard, f"nothing of {name} was heard"
        schema = Draft202012Validator(EVENTS[name])
        for data in (example, heard[name]):
            faults = [f"{error.json_path}: {error.message}" for error in schema.iter_errors(data)]
            assert not faults, f"{name}: {faults}"
        # Nothing is left out of it.
        assert set(EVENTS[name]["properties"]) == set(heard[name])
        assert _shape(example) == _shape(heard[name]), json.dumps(heard[name], ensure_ascii=False)


def _shape(value: Any) -> Any:
    """The names at every depth, and which of them are lists."""
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    return [] if isinstance(value, list) else None
