"""An app comes to a county: installed and put first by its administrator, opened by its officials,
who are asked for whatever it does in their name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, expect
from zzd_sdk import Client, OwnTokens

from tests.miniapps.commanding.test_commands import NAMING
from tests.miniapps.conftest import manifest
from tests.servers import ROOT
from tests.story.browser import DESKTOP, Screen, on_one_server
from tests.story.conftest import Stage

APP_ID = "cn.zj.rota"
PAGE = """<!doctype html><meta charset="utf-8"><title>值守表</title>
<p id="out"></p>
<script type="module">
import { connect } from './zzd.js'
const zzd = await connect({ origins: [CLIENT] })
let people = []
const ids = () => people.map(({ id }) => id)
const calls = {
  people: async () => (people = (await zzd.chooseOfficials({ title: '谁来值守', most: 2 })).items),
  group: () => zzd.createGroup({ name: '今晚值守群', official_ids: ids() }),
  ding: () => zzd.ding({ official_ids: ids(), text: '请二十点到岗' }),
  upload: () => zzd.upload({ accept: 'text/plain' }),
  badge: () => zzd.setBadge({ count: 3 }),
}
for (const [name, call] of Object.entries(calls)) {
  const button = document.body.appendChild(document.createElement('button'))
  button.textContent = name
  button.onclick = async () => {
    const told = await call().catch(({ code }) => ({ refused: code }))
    document.querySelector('#out').textContent = JSON.stringify({ [name]: told ?? true })
  }
}
</script>"""


@contextmanager
def serving_app(client: str) -> Iterator[str]:
    """The app's address, on another origin than the client's."""
    pages = {
        "/": ("text/html", PAGE.replace("CLIENT", json.dumps(client)).encode()),
        "/zzd.js": ("text/javascript", (ROOT / "sdk/js/zzd.js").read_bytes()),
    }

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, body = pages.get(self.path, ("text/plain", b""))
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("localhost", 0), Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def publish(stage: Stage, url: str) -> None:
    developer, reviewer = stage.person("developer"), stage.person("sysadmin")
    manifest = {
        "manifest_version": 1,
        "id": APP_ID,
        "name": {"zh": "值守表", "en": "Rota"},
        "description": {"zh": "谁在什么时候值守", "en": "Who is on duty when"},
        "category": "office",
        "entry_url": f"{url}/",
        "redirect_uris": [f"{url}/callback"],
        "scopes": [
            {"name": "contacts.read", "reason": "选择值守人员"},
            {"name": "messages.send", "reason": "通知值守人员"},
            {"name": "dings.send", "reason": "提醒值守人员"},
            {"name": "messages.read", "reason": "知道谁说了来不了"},
        ],
        "events": ["message.created"],
        "audience": {"unit_code": "33"},
    }
    app = developer.post("/miniapps", {"manifest": manifest})
    developer.post(f"/miniapps/{app['id']}/submission", status=200)
    reviewer.post(f"/miniapps/{app['id']}/review", {"decision": "approve"}, status=200)
    developer.post(f"/miniapps/{app['id']}/publication", status=200)


@pytest.mark.timeout(300)
@on_one_server
def test_an_app_is_installed_put_first_opened_and_acts_only_as_its_official_allows(
    stage: Stage, browser: Browser
) -> None:
    client, county = stage.servers[0].url, stage.person("county")
    with serving_app(client) as url:
        publish(stage, url)
        desk = Screen(browser, client, stage.accounts["county_admin"], DESKTOP)
        desk.sign_in("/workbench/installations")
        install(desk)
        put_first(desk)

        tile = desk.page.locator(f'[data-app="{APP_ID}"]')
        expect(desk.at("shelf-fixed").locator(tile)).to_be_visible()
        expect(desk.at("shelf-recent")).to_have_count(0)
        desk.at("shelf-office").get_by_test_id("app-favourite").first.click()
        expect(desk.at("shelf-favourites").locator(tile)).to_be_visible()
        desk.at("shelf-fixed").locator(tile).click()
        use_the_bridge(desk, stage.accounts["county"]["name"])
        (rung,) = [each for each in county.get("/dings")["items"] if each["text"] == "请八点到岗"]

        desk.click("back")
        expect(desk.at("shelf-recent").locator(tile).get_by_test_id("app-badge")).to_have_text("3")
        desk.click("open-installations")
        desk.at("install-row").filter(has_text="值守表").get_by_test_id("open-usage").click()
        expect(desk.at("usage-units")).to_contain_text("温岭市")
        assert desk.faults == []
        desk.close()
    assert any(each["name"] == "今晚值守群" for each in county.get("/sync")["conversations"])
    # Nobody else who plays on this stage is to find it before everything.
    county.post(f"/dings/{rung['id']}/confirmation", status=200)


@pytest.mark.timeout(300)
@on_one_server
def test_a_command_is_offered_where_one_writes_and_answered_to_whoever_asked(
    stage: Stage, browser: Browser
) -> None:
    url, county = stage.servers[0].url, stage.person("county")
    developer, reviewer = stage.person("developer"), stage.person("sysadmin")
    asked = manifest(**{**NAMING, "id": "cn.zj.asked"})
    app = developer.post("/miniapps", {"manifest": asked})
    developer.post(f"/miniapps/{app['id']}/submission", status=200)
    reviewer.post(f"/miniapps/{app['id']}/review", {"decision": "approve"}, status=200)
    developer.post(f"/miniapps/{app['id']}/publication", status=200)
    home = county.get("/me")["posts"][0]["unit"]["id"]
    scopes = ["identity", "commands.answer"]
    body = {"miniapp_id": app["id"], "unit_id": home, "scopes": scopes}
    stage.person("county_admin").post("/installations", body)
    own = OwnTokens(Client(url), app["client_id"], app["client_secret"]).client()
    own.get("/app/events")
    place = county.post("/conversations", {"kind": "group", "name": "安置组", "official_ids": []})
    desk = Screen(browser, url, stage.accounts["county"], DESKTOP)
    desk.sign_in(f"/messages/{place['id']}")
    field = desk.at("chat-input")
    field.press_sequentially("/")
    expect(desk.at("command-option")).to_have_count(2)
    field.press("ArrowDown")
    field.press("ArrowUp")
    field.press("Enter")
    field.press_sequentially("186 人")
    field.press("Enter")
    expect(field).to_have_value("")
    (event,) = own.get("/app/events", wait=10)["items"]
    assert (event["data"]["name"], event["data"]["text"]) == ("add", "186 人")
    own.answer_command(event["data"]["command_id"], text="已登记 186 人")
    expect(desk.at("command-answers")).to_contain_text("已登记 186 人")
    desk.click("command-dismiss")
    expect(desk.at("command-answers")).to_have_count(0)
    assert desk.faults == []
    desk.close()


def install(desk: Screen) -> None:
    """With consent to what the app asks for, found among others by its name."""
    desk.fill("install-search", "值守")
    desk.at("install-row").filter(has_text="值守表").get_by_test_id("install").click()
    expect(desk.at("scope-contacts.read")).to_contain_text("选择值守人员")
    expect(desk.at("asked-events")).to_contain_text("组织群、公告里的新消息（全文）")
    desk.click("install-agree")
    expect(desk.at("installation-change")).to_be_visible()


def put_first(desk: Screen) -> None:
    desk.click("back")
    desk.click("open-placements")
    desk.click("placement-new")
    desk.click("placement-audience-submit")
    card = desk.at("placement").first
    card.get_by_test_id("placement-add").click()
    desk.page.keyboard.type("值守")
    desk.page.locator(".el-select-dropdown__item:visible").filter(has_text="值守表").click()
    expect(card.get_by_test_id("placed-app")).to_contain_text("值守表")
    desk.click("placement-save")
    expect(desk.at("placement-save")).to_have_count(0)
    desk.click("back")


def use_the_bridge(desk: Screen, name: str) -> None:
    held = desk.page.frame_locator('[data-testid="app-frame"]')
    app = held.frame_locator("iframe")

    def ask(call: str) -> None:
        # While the last question fades away, it still lies over the app and takes the click.
        expect(desk.page.locator(".el-overlay:visible")).to_have_count(0)
        app.get_by_role("button", name=call).click()

    # Whoever says no is not asked why, and the app is told no more than that.
    ask("people")
    desk.click("bridge-decline")
    assert answer(app) == {"people": {"refused": "declined"}}
    ask("people")
    expect(desk.at("bridge-question")).to_contain_text("谁来值守")
    desk.fill("official-search", name)
    desk.at("official-option").filter(has_text="温岭市").first.click()
    desk.click("bridge-allow")
    (person,) = answer(app)["people"]
    assert person["name"] == name

    ask("group")
    expect(desk.at("bridge-question")).to_contain_text("今晚值守群")
    desk.click("bridge-allow")
    assert answer(app)["group"]["conversation_id"]

    ask("ding")
    desk.fill("ding-text", "请八点到岗")
    desk.click("ding-submit")
    assert answer(app)["ding"]["id"]

    ask("upload")
    file = {"name": "排班.txt", "mimeType": "text/plain", "buffer": "甲 乙 丙".encode()}
    desk.page.get_by_test_id("bridge-file").set_input_files(file)
    told = answer(app)["upload"]
    assert (told["name"], told["size"]) == ("排班.txt", len(file["buffer"]))
    ask("badge")
    assert answer(app) == {"badge": True}


def answer(app: FrameLocator) -> dict[str, Any]:
    """What the app was told last; it clears it away."""
    out = app.locator("#out")
    expect(out).not_to_be_empty()
    told: dict[str, Any] = json.loads(out.inner_text())
    out.evaluate("node => { node.textContent = '' }")
    return told
