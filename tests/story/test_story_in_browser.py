"""Lekima's day at the screen: the province at a desktop, the village on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.story.browser import DESKTOP, PHONE, Screen
from tests.story.conftest import Stage

TITLE = "转移危险区域人员"
# The promise of the screen, and what a busy machine may add to it.
SCREEN_WITHIN_MS = 2_000


@pytest.mark.timeout(300)
def test_an_order_goes_down_and_its_answer_comes_back_on_the_screens(
    stage: Stage, browser: Browser
) -> None:
    def screen(username: str, server: int, size: object = DESKTOP) -> Screen:
        url = stage.servers[server % len(stage.servers)].url
        # What a phone loads when there is no network comes from the shell that it keeps.
        opened = Screen(browser, url, stage.accounts[username], size, keeps_shell=size == PHONE)
        opened.sign_in_by_hand() if username == "province" else opened.sign_in()
        return opened

    province = screen("province", 0)
    declare_typhoon_and_raise_to_level_one(province)
    issue_to_taizhou(province)

    township = screen("township", 1)
    acknowledge(township)
    pass_on_to_villages(township, note="沿海村优先, 逐户上门")

    village = screen("village", 0, PHONE)
    see_it_first(village, note="沿海村优先, 逐户上门")
    watch_down_to(province, ["台州市", "温岭市", "石塘镇"])
    acknowledge(village, already_open=True)
    report_while_the_network_is_away(village, moved=312, in_shelters=120)
    total = province.at("rollup-total")
    expect(total.locator('[data-cell="figure-people_moved"]')).to_have_text(
        "312", timeout=SCREEN_WITHIN_MS
    )
    # Who did not report is nobody's zero.
    empty = province.at("rollup-row").filter(has_not_text="312").first
    expect(empty.locator('[data-cell="figure-people_moved"]')).to_have_text("—")

    talk(province, stage.accounts["county"]["name"], screen("county", 1))
    open_the_shelter_register(township, stage)
    complete(village)
    for opened in (province, township, village):
        assert opened.faults == []
        opened.close()


def declare_typhoon_and_raise_to_level_one(province: Screen) -> None:
    province.go("directives")
    province.click("box-issued")
    province.click("event-new")
    province.fill("event-name", "超强台风利奇马 (浏览器)")
    province.click("level-4")
    province.click("event-create")
    card = province.at("event-card").filter(has_text="浏览器")
    card.locator('[data-testid="event-raise"]').click()
    province.click("level-1")
    province.fill("raise-reason", "风力增强, 直扑台州")
    province.click("raise-submit")
    expect(card).to_contain_text("Ⅰ")


def issue_to_taizhou(province: Screen) -> None:
    page = province.page
    province.click("directive-new")
    province.at("directive-event").first.click()
    page.locator(".el-select-dropdown__item:visible").filter(has_text="浏览器").click()
    province.click("urgency-critical")
    province.fill("directive-title", TITLE)
    province.fill("directive-text", "立即转移危险区域全部人员。")
    province.click("unit-select")
    province.fill("unit-select-search", "台州市")
    province.at("unit-select-result").first.click()
    for level in (2, 3, 4):
        province.click(f"audience-level-{level}")
    expect(province.at("audience-preview")).to_contain_text("台州市以下 市、县、乡镇")
    province.click("figure-preset-people_moved")
    province.click("figure-preset-in_shelters")
    province.click("directive-submit")
    province.confirm()
    expect(province.at("rollup-row").first).to_be_visible()


def open_assignment(person: Screen) -> None:
    person.go("directives")
    person.at("assignment-card").filter(has_text=TITLE).first.click()


def acknowledge(person: Screen, *, already_open: bool = False) -> None:
    if not already_open:
        open_assignment(person)
    person.click("assignment-acknowledge")
    expect(person.at("assignment-state-text")).to_have_attribute("data-state", "acknowledged")


def pass_on_to_villages(township: Screen, *, note: str) -> None:
    township.click("assignment-cascade")
    township.fill("cascade-note", note)
    township.click("cascade-submit")
    expect(township.at("assignment-rollup")).to_be_visible()


def see_it_first(village: Screen, *, note: str) -> None:
    """Who was away finds the order at the head of the list, with the township's words."""
    village.go("directives")
    first = village.at("assignment-card").filter(has_text=TITLE).first
    expect(first).to_contain_text(TITLE)
    first.click()
    expect(village.at("assignment-notes")).to_contain_text(note)


def watch_down_to(province: Screen, names: list[str]) -> None:
    for name in names:
        row = province.at("rollup-row").filter(has_text=name)
        row.locator('[data-testid="rollup-drill"]').click()
        expect(province.at("rollup-unit")).to_contain_text(name)
    expect(province.at("rollup-row").first).to_be_visible()


def report_while_the_network_is_away(village: Screen, *, moved: int, in_shelters: int) -> None:
    """Written offline, kept over a reload of nothing, sent once when the network is back."""
    village.context.set_offline(True)
    village.click("assignment-report")
    village.fill("report-figure-people_moved", str(moved))
    village.fill("report-figure-in_shelters", str(in_shelters))
    village.click("report-submit")
    expect(village.at("report-pending")).to_be_visible()
    village.context.set_offline(False)
    expect(village.at("assignment-state-text")).to_have_attribute("data-state", "reported")


def talk(province: Screen, name: str, county: Screen) -> None:
    """A message crosses between the two, and its sender sees that it was read."""
    province.go("messages")
    province.click("conversation-new")
    province.click("conversation-new-direct")
    province.fill("official-search", name)
    province.at("official-option").filter(has_text="温岭市").first.click()
    province.click("conversation-create")
    province.fill("chat-input", "石塘镇转移得怎么样了?")
    province.page.keyboard.press("Enter")
    county.go("messages")
    item = county.at("conversation-item").filter(has_text="石塘镇转移得怎么样了")
    item.first.click()
    expect(county.at("message-text").last).to_have_text("石塘镇转移得怎么样了?")
    expect(province.at("message-readers").last).to_have_text(re.compile("已读"))
    county.close()


def open_the_shelter_register(township: Screen, stage: Stage) -> None:
    """The app runs on another origin and knows who opened it."""
    township.go("workbench")
    township.page.locator(f'[data-testid="app-tile"][data-app="{stage.app_id}"]:visible').click()
    held = township.page.frame_locator('[data-testid="app-frame"]')
    frame = held.frame_locator("iframe")
    expect(frame.get_by_text(stage.accounts["township"]["name"]).first).to_be_visible()


def complete(village: Screen) -> None:
    village.click("assignment-complete")
    village.confirm()
    expect(village.at("assignment-state-text")).to_have_attribute("data-state", "completed")
