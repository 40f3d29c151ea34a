"""A village reports from a phone without a line, with a photo; the province opens the sum down to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.messaging.files.conftest import picture
from tests.story.browser import DESKTOP, PHONE, Screen
from tests.story.conftest import Stage

RISKS = [{"key": "landslides", "name": "地质灾害"}, {"key": "others", "name": "其他"}]
MOVED = {
    "key": "moved",
    "name": "转移人数",
    "unit": "人",
    "required": True,
    "max_ratio": 3,
    "risks": RISKS,
}


def issue_to_the_village(stage: Stage) -> dict[str, Any]:
    province, village = stage.person("province"), stage.person("village")
    event = province.post("/events", {"name": "台风黑格比", "kind": "typhoon", "mode": "actual"})
    hour = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    directive: dict[str, Any] = province.post(
        "/directives",
        {
            "event_id": event["id"],
            "title": "核报转移人数",
            "text": "立即转移危险区域全部人员。",
            "urgency": "critical",
            "audiences": [{"unit_id": village.unit["id"], "levels": [village.unit["level"]]}],
            "ack_deadline": hour,
            "figures": [MOVED],
        },
    )
    mine = village.get(f"/directives/{directive['id']}")["my_assignment_id"]
    village.post(f"/assignments/{mine}/acknowledgement")
    return {"directive": directive["id"], "assignment": mine, "unit": village.unit}


@pytest.mark.timeout(300)
def test_a_report_waits_with_its_photo_and_is_found_behind_the_sum(
    stages: Callable[[str], Stage], browser: Browser
) -> None:
    stage = stages("sqlite")
    place = issue_to_the_village(stage)

    def screen(username: str, size: Any, path: str) -> Screen:
        url, account = stage.servers[0].url, stage.accounts[username]
        opened = Screen(browser, url, account, size, keeps_shell=size == PHONE)
        opened.sign_in(path)
        return opened

    village = screen("village", PHONE, f"/directives/received/{place['assignment']}")
    village.click("assignment-report")
    village.context.set_offline(True)
    expect(village.at("report-offline")).to_be_visible()
    village.fill("report-figure-moved", "120")
    village.click("report-parts-moved")
    village.fill("report-part-moved-landslides", "90")
    village.fill("report-injured", "2")
    photo = {"name": "险情.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    village.page.get_by_test_id("report-photo-input").set_input_files(photo)
    village.click("report-submit")
    expect(village.at("report-pending")).to_be_visible()
    village.context.set_offline(False)
    expect(village.at("report-card")).to_contain_text("120")
    expect(village.at("report-pending")).to_have_count(0)
    expect(village.at("image-open")).to_be_visible()

    # What jumps is asked about in the form itself.
    village.click("assignment-report")
    village.click("report-same")
    village.fill("report-figure-moved", "900")
    village.click("report-submit")
    village.fill("report-explanation", "邻村群众一并转移")
    village.click("report-final")
    village.click("report-submit")
    expect(village.at("report-frozen")).to_be_visible()
    expect(village.at("report-explained")).to_contain_text("邻村群众一并转移")
    expect(village.at("report-card")).to_have_count(2)

    province = screen(
        "province", DESKTOP, f"/directives/{place['directive']}/rollup?unit={place['unit']['id']}"
    )
    expect(province.at("rollup-injured")).to_contain_text("2")
    province.click("open-sum-moved")
    expect(province.at("sum-total")).to_contain_text("900")
    part = province.at("sum-part")
    expect(part).to_contain_text(place["unit"]["name"])
    part.get_by_role("button").first.click()
    expect(province.at("report-card")).to_contain_text("邻村群众一并转移")
    for opened in (village, province):
        assert opened.faults == []
        opened.close()
    stage.send_home()
