"""A response by plan at the screen: from the example to directives, and the draft that a leader
countersigns; an exercise, with its banner on every page."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from tests.story.browser import DESKTOP, PHONE, Screen, on_one_server
from tests.story.conftest import Stage


@on_one_server
def test_a_level_is_reached_by_plan_and_a_leader_countersigns(
    stage: Stage, browser: Browser
) -> None:
    url = stage.servers[0].url
    issuer = stage.person("province")
    drill = {"name": "防台演练", "kind": "typhoon", "mode": "exercise"}
    event = issuer.post("/events", drill)
    desk = Screen(browser, url, stage.accounts["province"], DESKTOP)
    desk.sign_in("/directives/plans")
    desk.click("plan-from-example")
    expect(desk.at("plan-example")).to_contain_text("示例")
    expect(desk.at("plan-order")).to_have_count(2)

    desk.page.goto(f"{url}/directives/events/{event['id']}/response?level=1")
    expect(desk.at("exercise-banner")).to_be_visible()
    expect(desk.at("plan-example")).to_contain_text("示例")
    expect(desk.at("response-item")).to_have_count(8)
    # One of them is left out; one becomes a draft.
    desk.page.locator('[data-key="rescue"] .el-checkbox').click()
    desk.fill("response-reason", "演练：发布台风红色预警")
    expect(desk.at("response-sum")).to_contain_text("下达 6 条")
    desk.click("response-submit")
    desk.confirm()
    expect(desk.at("draft-card").filter(has_text="停工")).to_be_visible()
    issued = issuer.get("/directives", box="issued", mode="exercise")["items"]
    assert len([each for each in issued if each["event"]["id"] == event["id"]]) == 6

    leader = Screen(browser, url, stage.accounts["province_leader"], PHONE)
    leader.sign_in("/directives/drafts?mode=exercise")
    leader.at("draft-card").filter(has_text="停工").first.click()
    expect(leader.at("exercise-banner")).to_be_visible()
    leader.click("draft-sign")
    leader.confirm()
    expect(leader.at("draft-standing")).to_have_attribute("data-standing", "countersigned")

    desk.page.reload()
    desk.at("draft-card").filter(has_text="停工").first.click()
    desk.click("directive-submit")
    desk.confirm()
    expect(desk.at("exercise-banner")).to_be_visible()
    expect(desk.page).to_have_url(re.compile(r"/rollup$"))
    assert desk.faults == leader.faults == []
    desk.close()
    leader.close()
