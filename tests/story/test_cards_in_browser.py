"""A card at the screen: sent by an app, pressed by a person, answered by the app."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect
from standardwebhooks import Webhook

from tests.outgoing.receiver import Receiver, Reply, receiving
from tests.servers import Person
from tests.story.browser import DESKTOP, PHONE, Screen, on_two_servers
from tests.story.conftest import Stage

ENTRY = "https://warnings.example.cn"
CARD: dict[str, Any] = {
    "title": "安置点将满",
    "text": "石塘镇中心小学安置点剩余床位不足 10%。",
    "status": {"text": "将满", "tone": "warning"},
    "fields": [
        {"label": "已安置", "value": "186 / 200 人"},
        {"label": "负责人", "value": "陈石塘 0576-86600000"},
        {"label": "最近的其他安置点", "value": "石塘镇文化礼堂（1.2 公里，余 64 床）"},
    ],
    "buttons": [
        {"id": "seen", "text": "已知悉", "style": "primary", "action": "seen:17"},
        {
            "id": "close",
            "text": "停止接收",
            "style": "danger",
            "action": "close:17",
            "confirm": "确定停止接收转移人员吗？",
        },
        {"id": "open", "text": "查看详情", "url": "https://warnings.example.cn/17"},
    ],
}


def publish(stage: Stage, callback_url: str) -> tuple[dict[str, Any], str]:
    """An app on its workbench, with its credentials, and its callback secret."""
    developer, reviewer = stage.person("developer"), stage.person("sysadmin")
    manifest = {
        "manifest_version": 1,
        "id": f"cn.zj.warnings-{secrets.token_hex(4)}",
        "name": {"zh": "安置预警", "en": "Shelter warnings"},
        "description": {"zh": "安置点将满时提醒", "en": "Says when shelters are filling up"},
        "category": "emergency",
        "entry_url": f"{ENTRY}/",
        "redirect_uris": [f"{ENTRY}/launch"],
        "callback_url": callback_url,
        "scopes": [{"name": "cards.send", "reason": "提醒安置点将满"}],
        "audience": {"unit_code": "33"},
    }
    app = developer.post("/miniapps", {"manifest": manifest})
    secret = developer.post(f"/miniapps/{app['id']}/callback-secret")["secret"]
    developer.post(f"/miniapps/{app['id']}/submission", status=200)
    reviewer.post(f"/miniapps/{app['id']}/review", {"decision": "approve"}, status=200)
    developer.post(f"/miniapps/{app['id']}/publication", status=200)
    administrator = stage.person("province_admin")
    province = administrator.get("/units", code="33")["items"][0]["id"]
    body = {"miniapp_id": app["id"], "unit_id": province, "scopes": ["cards.send"]}
    administrator.post("/installations", body)
    return app, secret


def open_for(person: Person, app: dict[str, Any]) -> dict[str, str]:
    """The headers with which the app calls for this official."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        "redirect_uri": f"{ENTRY}/launch",
    }
    launched = person.post(f"/miniapps/{app['id']}/launch", asked)
    form = {
        "grant_type": "authorization_code",
        "code": launched["code"],
        "redirect_uri": asked["redirect_uri"],
        "code_verifier": verifier,
    }
    auth = (app["client_id"], app["client_secret"])
    answer = requests.post(f"{person.url}/oauth/token", data=form, auth=auth, timeout=10)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def button(screen: Screen, text: str) -> Any:
    return screen.at("card-button").filter(has_text=text)


@pytest.mark.timeout(300)
@on_two_servers
def test_a_pressed_button_is_answered_by_the_app_on_every_screen(
    stage: Stage, browser: Browser
) -> None:
    with receiving() as receiver:
        play(stage, browser, receiver)


def play(stage: Stage, browser: Browser, receiver: Receiver) -> None:
    app, secret = publish(stage, f"{receiver.url}/cards")
    people = [stage.person("province"), stage.person("city")]
    group = people[0].post(
        "/conversations", {"kind": "group", "name": "安置群", "official_ids": [people[1].id]}
    )
    sent = requests.post(
        f"{people[0].url}/api/v1/conversations/{group['id']}/cards",
        json={**CARD, "key": "shelter-17"},
        headers=open_for(people[0], app),
        timeout=10,
    )
    assert sent.status_code == 201, sent.text
    desk = Screen(browser, stage.servers[0].url, stage.accounts["province"], DESKTOP)
    phone = Screen(browser, stage.servers[-1].url, stage.accounts["city"], PHONE)
    for screen in (desk, phone):
        screen.sign_in(f"/messages/{group['id']}")
        expect(screen.at("app-card")).to_contain_text("186 / 200 人")
        expect(screen.at("card-status")).to_have_text("将满")
        assert screen.at("app-card").evaluate("node => node.scrollWidth <= node.clientWidth")
    picture(desk, "card-desk")
    picture(phone, "card-phone")

    # The app refuses: whoever pressed is told so, and nobody else.
    receiver.reply = lambda _received: Reply(403)
    button(phone, "已知悉").focus()
    phone.page.keyboard.press("Enter")
    expect(button(phone, "已知悉")).to_have_attribute("data-state", "failed")
    expect(phone.at("card-outcome")).to_contain_text("应用没有接受")
    expect(desk.at("card-outcome")).to_have_count(0)
    picture(phone, "card-failed")

    # And accepts the next time, with another card.
    after = {**CARD, "status": {"text": "已停止", "tone": "success"}, "buttons": []}
    answer = json.dumps({"card": after, "toast": "已登记，谢谢"}).encode()
    receiver.reply = lambda _received: Reply(200, answer)
    button(phone, "停止接收").click()
    picture(phone, "card-confirm")
    phone.confirm()
    for screen in (desk, phone):
        expect(screen.at("card-status")).to_have_text("已停止")
        expect(screen.at("card-button")).to_have_count(0)
    expect(phone.at("card-outcome")).to_have_text("已登记，谢谢")
    picture(phone, "card-done")
    picture(desk, "card-after")
    told = [Webhook(secret).verify(got.body, got.headers) for got in receiver.received]
    assert [event["data"]["button"]["id"] for event in told] == ["seen", "close"]
    for screen in (desk, phone):
        assert screen.faults == []
        screen.close()


def picture(screen: Screen, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        screen.page.wait_for_timeout(400)
        screen.page.screenshot(path=f"{folder}/{name}.png")
