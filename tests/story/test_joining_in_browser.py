"""Somebody with a group's link asks to join, is taken in and welcomed, on two screens."""

from __future__ import annotations

import os
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
def test_who_has_the_link_asks_is_taken_in_and_welcomed(stage: Stage, browser: Browser) -> None:
    owner, guest = stage.person("province"), stage.person("city")
    group = owner.post("/conversations", {"kind": "group", "name": "防台会商", "official_ids": []})
    desk = Screen(browser, stage.servers[0].url, stage.accounts["province"], DESKTOP)
    phone = Screen(browser, stage.servers[-1].url, stage.accounts["city"], PHONE)
    desk.sign_in(f"/messages/{group['id']}")
    phone.sign_in()
    desk.click("conversation-info")
    desk.click("welcome-edit")
    desk.page.locator(".el-message-box textarea").fill("欢迎，请先改群名片")
    desk.confirm()
    expect(desk.at("welcome-text")).to_have_text("欢迎，请先改群名片")
    desk.click("joinable")
    link = desk.at("join-link").inner_text()
    shoot(desk, "join-settings")

    phone.page.goto(link.replace(desk.url, phone.url))
    expect(phone.at("join-card")).to_contain_text("防台会商")
    phone.fill("join-words", "我是台州值班员")
    shoot(phone, "join-ask-phone")
    phone.click("join-ask")
    expect(phone.at("join-waits")).to_be_visible()
    expect(desk.at("join-request")).to_contain_text("我是台州值班员")
    expect(desk.at("join-badge")).to_have_text("1")
    shoot(desk, "join-requests")
    desk.click("join-approve")
    expect(desk.at("join-request")).to_have_count(0)
    expect(desk.at("join-badge")).to_have_count(0)
    phone.click("join-open")
    expect(phone.at("message-notice").last).to_contain_text(guest.name)
    expect(phone.at("message-notice").last).to_contain_text("欢迎，请先改群名片")
    for screen in (desk, phone):
        assert screen.faults == []
        screen.close()
