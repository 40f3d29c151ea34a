"""Lekima's day at the screens of all six levels: an order goes down, its answers come back up."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, expect

from tests.story.browser import DESKTOP, PHONE, Screen
from tests.story.conftest import Stage

EVENT = "超强台风利奇马 (浏览器)"
TITLE = "转移危险区域人员"
LINE = "浙江省防汛条线"
ON_THE_ROAD = ("village", "group")
# What a phone loads when there is no network comes from the shell that it keeps.
WITHOUT_A_NETWORK = "village"
# The promise of the screen, and what a busy machine may add to it.
SCREEN_WITHIN_MS = 2_000


@pytest.mark.timeout(300)
def test_an_order_goes_down_all_levels_and_its_answers_come_back_on_the_screens(
    stage: Stage, browser: Browser
) -> None:
    screen = screens(stage, browser)
    at_their_desks = city, county, township = [
        screen(name) for name in ("city", "county", "township")
    ]
    for person in at_their_desks:
        person.sign_in("/directives/received")
    province = screen("province")
    province.sign_in_by_hand()
    declare_typhoon_and_raise_to_level_one(province)
    issue_to_all_townships_of(["台州市", "温州市"], province)

    told = None
    notes = ("各县市区立即部署", "沿海乡镇优先", "沿海村优先, 逐户上门")
    for person, note in zip(at_their_desks, notes, strict=True):
        open_the_order(person, told)
        acknowledge(person)
        pass_on(person, note=note)
        told = note

    # Who was away finds the order at the head of the list.
    village, group = screen("village"), screen("group")
    village.sign_in("/directives/received")
    expect(village.at("assignment-card").first).to_contain_text(TITLE)
    open_the_order(village, told)
    acknowledge(village)
    pass_on(village, note="组长挨户确认")
    group.sign_in("/directives/received")
    watch_down_to(province, ["台州市", "温岭市", "石塘镇"])
    report_while_the_network_is_away(village, moved=312, in_shelters=120)
    the_sum_shows_within_two_seconds(province, "312")

    the_line_talks(province, village, stage.accounts["village"]["name"])
    open_the_shelter_register(township, stage)
    open_the_order(group, "组长挨户确认")
    acknowledge(group)
    complete_level_by_level([group, village, township, county, city])
    all_on_the_way_are_done(province)

    for opened in (province, city, county, township, village, group):
        assert opened.faults == []
        opened.close()
    assert stage.audit_verifies()


def screens(stage: Stage, browser: Browser) -> Callable[[str], Screen]:
    """Superiors and subordinates at different servers, where there are two."""
    names = ("province", "city", "county", "township", "village", "group")

    def screen(name: str) -> Screen:
        server = stage.servers[names.index(name) % len(stage.servers)]
        size = PHONE if name in ON_THE_ROAD else DESKTOP
        keeps = name == WITHOUT_A_NETWORK
        return Screen(browser, server.url, stage.accounts[name], size, keeps_shell=keeps)

    return screen


def declare_typhoon_and_raise_to_level_one(province: Screen) -> None:
    province.go("directives")
    province.click("box-issued")
    province.click("event-new")
    province.fill("event-name", EVENT)
    province.click("level-4")
    province.click("event-create")
    card = province.at("event-card").filter(has_text=EVENT)
    card.get_by_test_id("event-raise").click()
    province.click("level-1")
    province.fill("raise-reason", "风力增强, 直扑台州")
    province.click("raise-submit")
    expect(card).to_contain_text("Ⅰ")


def issue_to_all_townships_of(cities: list[str], province: Screen) -> None:
    """And to the cities and counties above them, who pass it on."""
    province.click("directive-new")
    province.at("directive-event").first.click()
    options = province.page.locator(".el-select-dropdown__item:visible")
    options.filter(has_text=EVENT).click()
    province.click("urgency-critical")
    province.fill("directive-title", TITLE)
    province.fill("directive-text", "立即转移危险区域全部人员。")
    for nth, city in enumerate(cities):
        if nth:
            province.click("audience-add")
        audience = province.at("directive-audience").nth(nth)
        audience.get_by_test_id("unit-select").click()
        province.fill("unit-select-search", city)
        province.at("unit-select-result").first.click()
        for level in (2, 3, 4):
            audience.get_by_test_id(f"audience-level-{level}").click()
        preview = audience.get_by_test_id("audience-preview")
        expect(preview).to_contain_text(f"{city}以下 市、县、乡镇")
    province.click("figure-preset-people_moved")
    province.click("figure-preset-in_shelters")
    province.click("directive-submit")
    province.confirm()
    for city in cities:
        expect(province.at("rollup-row").filter(has_text=city)).to_be_visible()


def open_the_order(person: Screen, told: str | None) -> None:
    """With the words of the unit that passed it on, if one did."""
    person.at("assignment-card").filter(has_text=TITLE).first.click()
    if told:
        expect(person.at("assignment-notes")).to_contain_text(told)


def acknowledge(person: Screen) -> None:
    person.click("assignment-acknowledge")
    stands_at(person, "acknowledged")


def stands_at(person: Screen, state: str) -> None:
    expect(person.at("assignment-state-text")).to_have_attribute("data-state", state)


def pass_on(person: Screen, *, note: str) -> None:
    person.click("assignment-cascade")
    person.fill("cascade-note", note)
    person.click("cascade-submit")
    expect(person.at("cascade-note")).to_have_count(0)
    expect(person.at("assignment-rollup")).to_be_visible()


def watch_down_to(province: Screen, names: list[str]) -> None:
    for name in names:
        row = province.at("rollup-row").filter(has_text=name)
        row.get_by_test_id("rollup-drill").click()
        expect(province.at("rollup-unit")).to_contain_text(name)
    expect(province.at("rollup-row").first).to_be_visible()


def report_while_the_network_is_away(village: Screen, *, moved: int, in_shelters: int) -> None:
    """Written offline, and sent once when the network is back."""
    village.context.set_offline(True)
    report(village, moved, in_shelters)
    expect(village.at("report-pending")).to_be_visible()
    village.context.set_offline(False)
    stands_at(village, "reported")


def report(person: Screen, moved: int, in_shelters: int) -> None:
    person.click("assignment-report")
    person.fill("report-figure-people_moved", str(moved))
    person.fill("report-figure-in_shelters", str(in_shelters))
    person.click("report-submit")


def the_sum_shows_within_two_seconds(province: Screen, moved: str) -> None:
    sum_of = '[data-cell="figure-people_moved"]'
    total = province.at("rollup-total").locator(sum_of)
    expect(total).to_have_text(moved, timeout=SCREEN_WITHIN_MS)
    # Who did not report is nobody's zero.
    silent = province.at("rollup-row").filter(has_not_text=moved).first
    expect(silent.locator(sum_of)).to_have_text("—")


def the_line_talks(province: Screen, village: Screen, villager: str) -> None:
    """In the group of the whole line: nobody was added to it, everybody of the line is in it."""
    province.go("messages")
    province.click("conversation-new")
    province.click("conversation-new-org_group")
    province.fill("conversation-name", LINE)
    province.click("audience-line")
    options = province.page.locator(".el-select-dropdown__item:visible")
    options.filter(has_text="防汛").click()
    province.click("conversation-create")
    say(province, "请每小时报一次")

    village.click("back")
    village.go("messages")
    village.at("conversation-item").filter(has_text=LINE).first.click()
    expect(village.at("message-text").last).to_have_text("请每小时报一次")
    expect(province.at("message-readers").last).to_contain_text("1人已读")
    province.at("message-readers").last.click()
    province.at("readers-drawer").get_by_text("已读").click()
    expect(province.at("readers-list")).to_contain_text(villager)
    province.page.keyboard.press("Escape")

    say(village, "海利村收到")
    expect(province.at("message-text").last).to_have_text("海利村收到")
    village.click("back")


def say(person: Screen, text: str) -> None:
    person.fill("chat-input", text)
    person.click("chat-send")


def open_the_shelter_register(township: Screen, stage: Stage) -> None:
    """The app runs on another origin and knows who opened it."""
    township.go("workbench")
    township.page.locator(f'[data-testid="app-tile"][data-app="{stage.app_id}"]:visible').click()
    held = township.page.frame_locator('[data-testid="app-frame"]')
    frame = held.frame_locator("iframe")
    expect(frame.get_by_text(stage.accounts["township"]["name"]).first).to_be_visible()


def complete_level_by_level(upwards: list[Screen]) -> None:
    """From the bottom up; who has open units below says why it is over all the same."""
    for person in upwards:
        if person.at("assignment-state-text").count() == 0:
            person.go("directives")
            open_the_order(person, None)
        if person.at("assignment-state-text").get_attribute("data-state") != "reported":
            report(person, 0, 0)
            stands_at(person, "reported")
        person.click("assignment-complete")
        asked = person.page.locator(".el-message-box")
        expect(asked).to_be_visible()
        if (reason := asked.locator("textarea:visible")).count():
            reason.fill("其余单位已电话确认")
        person.confirm()
        stands_at(person, "completed")


def all_on_the_way_are_done(province: Screen) -> None:
    province.go("directives")
    province.click("box-issued")
    province.at("directive-list").get_by_text(TITLE).first.click()
    watch_down_to(province, ["台州市", "温岭市", "石塘镇"])
    done = '[data-cell="completed"]'
    expect(province.at("rollup-own").locator(done)).to_contain_text("1")
    expect(province.at("rollup-total").locator(done)).to_contain_text("3")
