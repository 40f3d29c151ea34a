"""The client around the chat: an urgent DING at the screen, a page out of sight, no network."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.servers import wait_until
from tests.story.browser import (
    DESKTOP,
    PATIENCE_MS,
    PHONE,
    Screen,
    on_one_server,
    on_two_servers,
)
from tests.story.conftest import Stage

ALL_DAY = {"enabled": True, "from": "00:00", "to": "00:00"}
LOOK_AWAY = "() => { document.hasFocus = () => false; window.dispatchEvent(new Event('blur')) }"
NOTES = """async () => {
    const registration = await navigator.serviceWorker.ready
    return (await registration.getNotifications()).map(({ title, body }) => ({ title, body }))
}"""
CLEAR_NOTES = """async () => {
    const registration = await navigator.serviceWorker.ready
    for (const note of await registration.getNotifications()) note.close()
}"""
KEPT = """async () => {
    const names = await caches.keys()
    const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()))
    return kept.flat().map(({ url }) => new URL(url).pathname)
}"""


@pytest.mark.timeout(300)
@on_two_servers
def test_a_ding_goes_through_quiet_hours_and_its_confirmation_shows_at_once(
    stage: Stage, browser: Browser
) -> None:
    recipient = stage.person("county")
    keep_still(recipient)
    desk = Screen(browser, stage.servers[0].url, stage.accounts["city"], DESKTOP)
    phone = Screen(browser, stage.servers[-1].url, stage.accounts["county"], PHONE)
    for screen in (desk, phone):
        screen.sign_in()

    desk.go("dings")
    desk.click("ding-new")
    desk.fill("ding-text", "立即到防指会商室集合")
    desk.fill("official-search", recipient.name)
    desk.at("official-option").filter(has_text=recipient.unit["name"]).first.click()
    desk.click("ding-submit")
    expect(desk.at("ding-part-confirmed")).to_contain_text("0")

    expect(phone.at("ding-alert-text")).to_have_text("立即到防指会商室集合")
    expect(phone.page).to_have_title(re.compile(r"^\(\d+\) "))
    phone.click("ding-confirm")
    expect(phone.at("ding-alert")).to_have_count(0)
    expect(desk.at("ding-part-confirmed")).to_contain_text("1")
    expect(desk.at("ding-state")).to_contain_text("全部已确认")
    for screen in (desk, phone):
        assert screen.faults == []
        screen.close()


@pytest.mark.timeout(300)
@on_one_server
def test_a_page_out_of_sight_tells_what_comes_and_a_page_without_network_what_waits(
    stage: Stage, browser: Browser
) -> None:
    sender, reader = stage.person("province"), stage.person("township")
    reader.put("/me/notifications", settings(preview=False))
    chat = sender.post("/conversations", {"kind": "direct", "official_ids": [reader.id]})
    # One server for both: a page and the service worker that keeps it have one origin.
    desk = Screen(
        browser, stage.servers[0].url, stage.accounts["township"], DESKTOP, keeps_shell=True
    )
    desk.context.grant_permissions(["notifications"], origin=desk.url)
    desk.sign_in()
    desk.page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    kept = desk.page.evaluate(KEPT)
    assert "/index.html" in kept
    assert not [path for path in kept if path.startswith("/api")]

    # What is there when the page opens calls nobody.
    expect(desk.at("conversation-item").first).to_be_visible()
    desk.page.evaluate(LOOK_AWAY)
    say(sender, chat["id"], "水位超警")
    expect(desk.page).to_have_title(re.compile(r"^\(\d+\) "))
    icon = desk.page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", "/favicon-unread.svg")
    wait_until(lambda: desk.page.evaluate(NOTES) != [], 10, "a notification")
    assert desk.page.evaluate(NOTES) == [{"title": sender.name, "body": "您有新消息"}]

    # What came while there was no network is told as soon as there is one.
    desk.context.set_offline(True)
    expect(desk.at("connection-bar")).to_be_visible()
    say(sender, chat["id"], "水位超警")
    desk.page.evaluate(CLEAR_NOTES)
    desk.context.set_offline(False)
    wait_until(lambda: desk.page.evaluate(NOTES) != [], 20, "a notification of what was pulled")

    desk.page.goto(f"{desk.url}/messages/{chat['id']}")
    expect(desk.at("message-text").last).to_have_text("水位超警")
    desk.context.set_offline(True)
    expect(desk.at("connection-bar")).to_be_visible()
    desk.fill("chat-input", "已到位")
    desk.click("chat-send")
    desk.fill("chat-input", "还没写完")
    desk.page.reload()
    expect(desk.at("start-error")).to_be_visible()
    expect(desk.at("start-queue")).to_contain_text("已到位")
    desk.context.set_offline(False)
    expect(desk.at("chat-input")).to_have_value("还没写完")
    expect(desk.at("message-text").last).to_have_text("已到位")
    expect(desk.at("message-waiting")).to_have_count(0)
    assert desk.faults == []
    desk.close()


def settings(**change: Any) -> dict[str, Any]:
    usual = {"do_not_disturb": {**ALL_DAY, "enabled": False}, "sound": True, "preview": True}
    return {**usual, **change}


def keep_still(person: Any) -> None:
    told = person.put("/me/notifications", settings(do_not_disturb=ALL_DAY))
    assert told["quiet_now"]


def say(person: Any, conversation_id: str, text: str) -> None:
    person.post(f"/conversations/{conversation_id}/messages", {"text": text})


@on_one_server
def test_whoever_chose_a_place_while_home_loads_comes_there(stage: Stage, browser: Browser) -> None:
    """Home waits for what is to be acknowledged, and the chosen place for its page: whichever
    comes first, nobody is taken elsewhere."""
    screen = Screen(browser, stage.servers[0].url, stage.accounts["province"], DESKTOP)
    held: dict[str, list[Route]] = {"assignments": [], "page": []}
    screen.page.route("**/api/v1/assignments?**", lambda route: held["assignments"].append(route))
    screen.page.route("**/assets/ReceivedPage-*.js", lambda route: held["page"].append(route))
    screen.sign_in()
    screen.go("directives")
    wait_until_held(screen, held["page"])
    let_through(screen, held["assignments"], "**/api/v1/assignments?**")
    expect(screen.page).to_have_url(re.compile("/$"))
    let_through(screen, held["page"], "**/assets/ReceivedPage-*.js")
    expect(screen.at("box-issued").first).to_be_visible()
    assert "/directives/received" in screen.page.url
    screen.close()


def wait_until_held(screen: Screen, held: list[Route]) -> None:
    for _ in range(PATIENCE_MS // 50):
        if held:
            return
        screen.page.wait_for_timeout(50)
    raise AssertionError("it was never asked for")


def let_through(screen: Screen, held: list[Route], pattern: str) -> None:
    for route in held:
        route.continue_()
    screen.page.unroute(pattern)
    # For what the page does then.
    screen.page.wait_for_timeout(500)
