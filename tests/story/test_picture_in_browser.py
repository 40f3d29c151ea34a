"""The coordinator's screen: the map moves with the answers, one click rings the late, and afterwards
the slider goes back through it all."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.servers import Person
from tests.story.browser import DESKTOP, PHONE, Screen, on_two_servers
from tests.story.conftest import Stage

# The promise of the screen.
SCREEN_WITHIN_MS = 2_000
WENLING, TAIZHOU_COUNTIES = "331081", 9


def issue(province: Person, county: Person, seconds: float) -> dict[str, Any]:
    """To the counties and townships of 台州市, to be acknowledged within so many seconds."""
    event = province.post(
        "/events",
        {"name": "防汛演练（态势图）", "kind": "typhoon", "mode": "exercise", "level": 2},
    )
    chain = province.get(f"/units/{county.unit['id']}/ancestors")["items"]
    city = next(unit for unit in chain if unit["level"] == 2)
    now = datetime.now(UTC)
    directive: dict[str, Any] = province.post(
        "/directives",
        {
            "event_id": event["id"],
            "title": "沿海乡镇巡查海塘",
            "text": "立即组织巡查海塘。",
            "urgency": "urgent",
            "audiences": [{"unit_id": city["id"], "levels": [3, 4]}],
            "ack_deadline": (now + timedelta(seconds=seconds)).isoformat(),
            "report_deadline": (now + timedelta(hours=2)).isoformat(),
            "figures": [{"key": "walls", "name": "巡查海塘", "unit": "处"}],
        },
    )
    return directive


def path_of(person: Person, directive: dict[str, Any]) -> str:
    items = person.get("/assignments", limit=100)["items"]
    return f"/assignments/{next(i['id'] for i in items if i['directive']['id'] == directive['id'])}"


def dings_of(person: Person) -> set[str]:
    return {ding["id"] for ding in person.get("/dings")["items"]}


@pytest.mark.timeout(300)
@on_two_servers
def test_a_coordinator_sees_who_is_late_rings_them_and_looks_back(
    stage: Stage, browser: Browser
) -> None:
    province, county = stage.person("province"), stage.person("county")
    township = stage.person("township")
    directive = issue(province, county, seconds=4)
    due = time.monotonic() + 5
    before, answered = dings_of(county), dings_of(township)

    account = stage.accounts["province"]
    screen = Screen(browser, stage.servers[0].url, account, DESKTOP)
    page = screen.page
    screen.sign_in(f"/directives/{directive['id']}/picture")

    # Each county has its colour, its sign and its row; nobody is given somebody else's map.
    expect(screen.at("exercise-banner")).to_be_visible()
    expect(screen.at("map-notice")).to_contain_text("审图号")
    area = page.locator(f'path.area[data-code="{WENLING}"]')
    expect(area).to_have_class(re.compile("area-waiting"))
    expect(page.locator("path.area-waiting")).to_have_count(TAIZHOU_COUNTIES)
    expect(page.locator(".area-mark").filter(has_text="未")).to_have_count(TAIZHOU_COUNTIES)
    row = page.locator(f'[data-testid="part-row"][data-code="{WENLING}"]:visible')
    expect(row).to_have_attribute("data-state", "waiting")
    expect(screen.at("progress-chart").locator("svg")).to_be_visible()
    levels = screen.at("level-row")
    expect(levels).to_have_count(2)

    expect(screen.at("picture-live")).to_have_text("实时")

    # A township answers: within two seconds the map, the row and the chart's words have it.
    path = path_of(township, directive)
    township.post(f"{path}/acknowledgement")
    expect(area).to_have_class(re.compile("area-partly"), timeout=SCREEN_WITHIN_MS)
    expect(row).to_have_attribute("data-state", "partly", timeout=SCREEN_WITHIN_MS)
    township.post(f"{path}/reports", {"figures": {"walls": 3}})
    figure = screen.at("picture-figure-walls")
    expect(figure).to_contain_text("3", timeout=SCREEN_WITHIN_MS)
    expect(page.get_by_test_id("progress-text")).to_contain_text("已反馈 1 个")

    # The deadline passes; who is late is said, and the keyboard rings all of them, once.
    time.sleep(max(0, due - time.monotonic()))
    page.reload()
    expect(area).to_have_class(re.compile("area-urgent"))
    screen.at("late-ring").press("Enter")
    reach = screen.at("late-reach")
    expect(reach).to_contain_text("超时单位")
    expect(
        screen.at("late-text").locator("textarea").or_(screen.at("late-text")).first
    ).to_have_value(re.compile("^【演练】"))
    screen.at("late-ring-submit").dblclick()
    expect(reach).to_have_count(0)
    (rung,) = dings_of(county) - before
    assert dings_of(township) == answered
    # Nobody else who plays on this stage is to find it before everything.
    province.post(f"/dings/{rung}/cancellation", status=200)

    # By the table one goes down to a county, as by the map.
    row.locator('[data-testid="part-pick"]').press("Enter")
    expect(screen.at("picture-unit")).to_have_text("温岭市")
    page.go_back()
    expect(screen.at("picture-unit")).to_have_text("浙江省")

    # Afterwards: at the beginning nobody had answered, at the end one county has.
    screen.click("to-review")
    slider = screen.at("film-slider")
    expect(screen.at("bar-reported")).to_contain_text("1 /")
    slider.press("Home")
    expect(screen.at("bar-acknowledged")).to_contain_text("0 /")
    expect(page.locator("path.area-partly")).to_have_count(0)
    slider.press("End")
    expect(area).to_have_class(re.compile("area-partly"))
    expect(screen.at("review-call")).to_have_count(1)
    expect(page.locator('[data-testid="timing-row"][data-key="all"]')).to_contain_text("1/")
    expect(screen.at("review-hash")).to_contain_text(re.compile("[0-9a-f]{64}"))

    # On a phone nothing lies beyond the edge.
    page.set_viewport_size(PHONE)
    page.goto(f"{screen.url}/directives/{directive['id']}/picture")
    expect(row).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    # What came while the phone had no network is there when it has.
    expect(figure).to_contain_text("3")
    screen.context.set_offline(True)
    expect(screen.at("connection-bar")).to_be_visible()
    county.post(f"{path_of(county, directive)}/acknowledgement")
    county.post(f"{path_of(county, directive)}/reports", {"figures": {"walls": 5}})
    expect(figure).to_contain_text("3")
    screen.context.set_offline(False)
    expect(figure).to_contain_text("8")
    assert screen.faults == [], screen.faults
    screen.close()
