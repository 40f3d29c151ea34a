"""A newer version, an all-clear that a rescue holds up, and a cancel, at the screens of the issuer and
of a village's phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.story.browser import DESKTOP, PHONE, Screen
from tests.story.conftest import Stage


def issue_to_the_village(stage: Stage) -> tuple[dict[str, Any], str]:
    province, village = stage.person("province"), stage.person("village")
    event = province.post("/events", {"name": "台风海葵", "kind": "typhoon", "mode": "actual"})
    whom = {"unit_id": village.unit["id"], "levels": [village.unit["level"]]}
    directive = province.post(
        "/directives",
        {
            "event_id": event["id"],
            "title": "渔船回港",
            "text": "十八时前全部渔船回港。",
            "urgency": "critical",
            "audiences": [whom],
            "ack_deadline": (datetime.now(UTC) + timedelta(hours=1)).isoformat(),
        },
    )
    mine = village.get(f"/directives/{directive['id']}")["my_assignment_id"]
    village.post(f"/assignments/{mine}/acknowledgement")
    village.post(f"/assignments/{mine}/reports", {"text": "两人落水", "rescue_open": True})
    return directive, mine


@pytest.mark.timeout(300)
def test_a_village_follows_the_new_version_and_stands_down_when_it_is_cancelled(
    stages: Callable[[str], Stage], browser: Browser
) -> None:
    stage = stages("sqlite")
    directive, first = issue_to_the_village(stage)
    desk = Screen(browser, stage.servers[0].url, stage.accounts["province"], DESKTOP)
    phone = Screen(browser, stage.servers[-1].url, stage.accounts["village"], PHONE)
    for screen, path in ((desk, f"{directive['id']}/rollup"), (phone, f"received/{first}")):
        screen.sign_in(f"/directives/{path}")

    desk.click("directive-clear")
    desk.fill("clear-reason", "风已过境")
    desk.click("clear-submit")
    expect(desk.at("clear-blocked")).to_contain_text("1 个单位")
    desk.page.keyboard.press("Escape")

    desk.click("directive-update")
    desk.fill("update-text", "十六时前全部渔船回港，人员上岸。")
    desk.fill("update-reason", "台风提前登陆")
    desk.click("update-submit")
    expect(desk.at("directive-standing")).to_contain_text("第 2 版")

    expect(phone.at("notice-superseded")).to_contain_text("台风提前登陆")
    phone.click("to-successor")
    expect(phone.at("notice-version")).to_contain_text("人员上岸")
    phone.click("assignment-acknowledge")
    phone.click("assignment-start")
    expect(phone.at("assignment-state-text")).to_have_attribute("data-state", "in_progress")

    desk.click("directive-cancel")
    desk.page.locator(".el-message-box textarea").fill("台风转向")
    desk.confirm()
    expect(desk.at("stood-down")).to_contain_text("1 个尚未确认")
    expect(phone.at("notice-cancelled")).to_contain_text("台风转向")
    phone.click("stand-down")
    expect(desk.at("stood-down")).to_contain_text("0 个尚未确认")
    assert desk.faults == phone.faults == []
    desk.close()
    phone.close()
