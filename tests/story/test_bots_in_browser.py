"""A bot from the group's panel to its first message, by what the screen shows and a shell."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.story.browser import DESKTOP, PHONE, Screen, on_two_servers
from tests.story.conftest import Stage


def shoot(screen: Screen, name: str) -> None:
    """Pictures for people, where somebody asks for them."""
    if folder := os.environ.get("ZZD_TEST_SHOTS"):
        screen.page.wait_for_timeout(500)
        screen.page.screenshot(path=str(Path(folder) / f"{name}.png"))


@pytest.mark.timeout(300)
@on_two_servers
def test_the_example_on_the_screen_lets_a_bot_speak(stage: Stage, browser: Browser) -> None:
    people = [stage.person("province"), stage.person("city")]
    group = people[0].post(
        "/conversations", {"kind": "group", "name": "水情群", "official_ids": [people[1].id]}
    )
    servers = stage.servers
    desk = Screen(browser, servers[0].url, stage.accounts["province"], DESKTOP)
    phone = Screen(browser, servers[-1].url, stage.accounts["city"], PHONE)
    for screen in (desk, phone):
        screen.sign_in(f"/messages/{group['id']}")
        screen.click("conversation-info")
    expect(phone.at("bot-list")).to_be_visible()
    expect(phone.at("bot-add")).to_have_count(0)

    desk.click("bot-add")
    desk.fill("bot-name", "水位监测")
    shoot(desk, "bot-dialog")
    desk.click("bot-submit")
    example = desk.at("bot-curl").inner_text()
    shoot(desk, "bot-keys")
    assert desk.at("bot-url").inner_text() in example
    assert desk.at("bot-secret").inner_text() in example
    desk.click("bot-keys-kept")
    expect(desk.at("bot-secret")).to_have_count(0)
    expect(phone.at("bot-row")).to_contain_text("水位监测")

    assert run(example, servers[0].url) == 0
    for screen in (desk, phone):
        screen.page.keyboard.press("Escape")
        expect(screen.at("message-bot")).to_have_text("机器人")
        expect(screen.at("message-text").last).to_contain_text("机器人已接通")
        expect(screen.at("message-notice").last).to_contain_text("添加了机器人“水位监测”")
    shoot(desk, "bot-chat")
    shoot(phone, "bot-chat-phone")

    desk.click("conversation-info")
    desk.click("bot-menu")
    desk.page.get_by_text("更换密钥").click()
    desk.confirm()
    rotated = desk.at("bot-curl").inner_text()
    assert rotated != example
    desk.click("bot-keys-kept")
    expect(desk.at("bot-row")).to_contain_text("原密钥有效至")
    desk.click("bot-menu")
    desk.page.get_by_text("停用", exact=True).click()
    desk.confirm()
    expect(desk.at("bot-off")).to_be_visible()
    shoot(desk, "bot-panel")
    assert run(rotated, servers[0].url) != 0
    desk.click("bot-menu")
    desk.page.get_by_text("移除", exact=True).last.click()
    desk.confirm()
    expect(desk.at("bot-row")).to_have_count(0)
    for screen in (desk, phone):
        assert screen.faults == []
        screen.close()


def run(example: str, url: str) -> int:
    done = subprocess.run(
        ["bash", "-euc", example], capture_output=True, text=True, timeout=60, check=False
    )
    assert url in example
    return done.returncode
