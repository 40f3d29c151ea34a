"""A group at the screen: what one person does to a message, the other one sees."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.story.browser import DESKTOP, PHONE, Screen, on_two_servers
from tests.story.conftest import Stage

CORNER = {"x": 8, "y": 8}


@pytest.mark.timeout(300)
@on_two_servers
def test_what_is_done_to_a_message_shows_on_the_other_screen(
    stage: Stage, browser: Browser
) -> None:
    people = [stage.person("province"), stage.person("city")]
    group = people[0].post(
        "/conversations", {"kind": "group", "name": "指挥群", "official_ids": [people[1].id]}
    )
    servers = stage.servers
    desk = Screen(browser, servers[0].url, stage.accounts["province"], DESKTOP)
    phone = Screen(browser, servers[-1].url, stage.accounts["city"], PHONE)
    for screen in (desk, phone):
        screen.sign_in(f"/messages/{group['id']}")

    call(desk, people[1].name, "请先报")
    expect(phone.at("mention")).to_have_text(f"@{people[1].name}")
    react(phone, "thumbs_up")
    expect(desk.at("reaction-thumbs_up")).to_contain_text("1")
    edit(desk, "八点前报")
    expect(phone.at("message-text").last).to_have_text("八点前报")
    expect(phone.at("message-edited")).to_be_visible()
    choose(desk, "pin")
    expect(phone.at("pins-bar")).to_contain_text("八点前报")
    phone.at("chat-input").press_sequentially("收到")
    expect(desk.at("typing")).to_contain_text(people[1].name)
    phone.click("chat-send")
    forward_both(desk)
    expect(phone.at("forward-card")).to_contain_text("收到")
    call_part(desk)
    expect(phone.at("mention").last).to_have_text("@浙江省以下 市")
    keep_a_draft(desk)
    choose(desk, "recall", row=0)
    expect(desk.page.locator(".el-message-box__btns .el-button--primary")).to_be_focused()
    desk.page.keyboard.press("Enter")
    expect(phone.at("message-recalled")).to_be_visible()
    expect(phone.at("pins-bar")).to_have_count(0)
    for screen in (desk, phone):
        assert screen.faults == []
        screen.close()


@on_two_servers
def test_readers_talk_under_an_announcement_until_its_channel_is_closed_to_them(
    stage: Stage, browser: Browser
) -> None:
    province = stage.person("province")
    whom = {"unit_id": province.unit["id"], "levels": [2]}
    channel = province.post(
        "/conversations", {"kind": "announcement", "name": "值守公告", "audience": whom}
    )
    province.post(f"/conversations/{channel['id']}/messages", {"text": "今晚全员在岗"})
    desk = Screen(browser, stage.servers[0].url, stage.accounts["province"], DESKTOP)
    phone = Screen(browser, stage.servers[-1].url, stage.accounts["city"], PHONE)
    for screen in (desk, phone):
        screen.sign_in(f"/messages/{channel['id']}")
    expect(phone.at("message-text")).to_have_text("今晚全员在岗")
    expect(phone.at("message-comments")).to_have_count(0)

    desk.click("conversation-info")
    desk.click("conversation-comments")
    desk.page.keyboard.press("Escape")
    phone.click("message-comments")
    phone.fill("comment-input", "台州已在岗")
    phone.click("comment-send")
    expect(desk.at("message-comments")).to_contain_text("1")
    desk.click("message-comments")
    phone.fill("comment-input", "共 128 人")
    phone.click("comment-send")
    expect(desk.at("comment").first).to_contain_text("共 128 人")

    # Whoever leads the channel takes one away, and everybody sees that they did.
    desk.at("comment").last.get_by_test_id("comment-remove").click()
    desk.page.locator(".el-popconfirm__action .el-button--primary:visible").click()
    for screen in (desk, phone):
        expect(screen.at("comment").last).to_contain_text("删除")
        expect(screen.at("comment").last).not_to_contain_text("台州已在岗")
    desk.page.keyboard.press("Escape")
    desk.click("conversation-info")
    desk.click("conversation-comments")
    expect(phone.at("comment-input")).to_have_count(0)
    for screen in (desk, phone):
        assert screen.faults == []
        screen.close()


def call(person: Screen, name: str, words: str) -> None:
    person.at("chat-input").press_sequentially("@")
    person.at("mention-option").filter(has_text=name).click()
    person.at("chat-input").press_sequentially(words)
    person.click("chat-send")


def call_part(person: Screen) -> None:
    """Whoever manages a group calls a part of the organisation in it, the cities' officials."""
    person.at("chat-input").press_sequentially("@")
    person.at("mention-option").filter(has_text="部分人员").click()
    person.click("audience-level-2")
    person.click("mention-part-submit")
    expect(person.at("chat-input")).to_have_value("@浙江省以下 市 ")
    person.click("chat-send")


def choose(person: Screen, item: str, *, row: int = -1) -> None:
    """From the menu of a message, the last one if none is named."""
    bubble = person.at("message-row").nth(row).locator(".bubble")
    bubble.click(button="right", position=CORNER)
    person.click(f"menu-item-{item}")


def react(person: Screen, key: str) -> None:
    person.at("message-row").last.locator(".bubble").click(button="right", position=CORNER)
    person.click(f"react-{key}")


def edit(person: Screen, text: str) -> None:
    choose(person, "edit")
    person.fill("chat-input", text)
    person.click("chat-send")


def forward_both(person: Screen) -> None:
    expect(person.at("message-row")).to_have_count(2)
    choose(person, "select")
    person.at("message-row").first.click(position=CORNER)
    person.click("select-forward")
    person.fill("forward-search", "指挥群")
    person.at("forward-target").first.click()
    person.click("forward-submit")


def keep_a_draft(person: Screen) -> None:
    """Words that were not sent wait in the list, and in the field after a reload."""
    with person.page.expect_response(re.compile("/draft$")):
        person.fill("chat-input", "还没写完")
    person.page.reload()
    expect(person.at("chat-input")).to_have_value("还没写完")
