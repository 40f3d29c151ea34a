"""Lekima's night in a real browser: the office's screen and a phone in the field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from playwright.sync_api import Browser, FrameLocator, Page, expect

from apps.typhoon_zone.settings import Settings
from tests.apps.test_shelters_page import CLIENT_PAGE, CLIENT_SCRIPT, show_app
from tests.apps.typhoon_zone.conftest import Opened
from tests.apps.typhoon_zone.test_field import SHELTER
from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.story.browser import DESKTOP, PHONE, running_browser
from tests.tasks.scenes import SHITANG, Scene, UnitId, duty

BRIDGE = Path(__file__).resolve().parents[3] / "sdk" / "js" / "zzd.js"
# How soon all screens must follow what one of them writes.
FOLLOWS_WITHIN = 2_000
# Whether two hours of the storm pass in five seconds: at first it would be 50 minutes.
HOURS_PASS = """(dial, start) => new Promise((done) => {
  const look = () => (Number(dial.value) - start > 7_200_000 ? done(true) : setTimeout(look, 50))
  look()
  setTimeout(() => done(false), 5_000)
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(autouse=True)
def client(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that stands in for the web client, where that is served from."""
    folder = tmp_path / "client"
    (folder / "zzd" / "1").mkdir(parents=True)
    (folder / "client.html").write_text(CLIENT_PAGE, encoding="utf-8")
    script = CLIENT_SCRIPT.replace("const answers = {", "const answers = { ready: () => ({}),")
    (folder / "client.js").write_text(script, encoding="utf-8")
    (folder / "zzd" / "1" / "zzd.js").write_bytes(BRIDGE.read_bytes())
    here = replace(app.extensions["zzd.settings"], web_root=folder)
    monkeypatch.setitem(app.extensions, "zzd.settings", here)


def open_page(
    browser: Browser, settings: Settings, opened: Opened, official: ApiClient, size: Any
) -> tuple[Page, FrameLocator]:
    def launch(params: Any) -> Any:
        answer = requests.post(
            f"{settings.zzd_url}/api/v1/miniapps/{opened.id}/launch",
            json=params,
            headers={"Authorization": f"Bearer {official.token}"},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()

    page = browser.new_context(viewport=size, locale="zh-CN", reduced_motion="reduce").new_page()
    page.expose_function("launch", launch)
    frame = show_app(page, settings.zzd_url, opened.id, official.token or "")
    expect(frame.locator("#connection")).to_have_class("connection live")
    return page, frame


def test_a_night_in_the_office_and_in_the_field(
    browser: Browser, serve: Any, settings: Settings, as_: SignedIn, unit_id: UnitId
) -> None:
    Scene(as_, unit_id).issue(SHITANG)
    for title in ("演练一", "演练二", "演练三"):
        Scene(as_, unit_id, mode="exercise").issue(SHITANG, title=title)
    with serve(feed_seconds=600.0) as opened:
        office, desk = open_page(browser, settings, opened, as_("331081.duty_officer"), DESKTOP)
        field, phone = open_page(browser, settings, opened, as_(duty(SHITANG)), PHONE)

        # The storm on its clock, seen from one's own county.
        expect(desk.locator("#headline")).to_contain_text("利奇马 1909强台风")
        expect(desk.locator("#home-km")).to_have_text("115")
        desk.locator("#at").focus()
        office.keyboard.press("ArrowRight")
        expect(desk.locator("#moment")).to_contain_text("20:10")
        desk.get_by_role("button", name="播放").click()
        expect(desk.locator("#moment")).not_to_contain_text("20:10")
        desk.get_by_role("button", name="暂停").click()
        # What is actual stands before exercises, and these say what they are.
        levels = ["Ⅰ级响应", "Ⅰ级响应（演练）", "Ⅰ级响应（演练）"]
        expect(desk.locator(".levels li")).to_have_text(levels)
        expect(phone.locator(".card.order .drill")).to_have_text(["演练"] * 3)

        # The way so far, the wind circles and the cone are drawn, and the clock goes faster.
        for shape in (".way", ".force", ".cone", ".ahead"):
            drawn = desk.locator(f"#map path{shape}").first
            assert len(drawn.get_attribute("d") or "") > 20, shape
        dial = desk.locator("#at")
        start = dial.input_value()
        desk.locator("#speed").select_option("10800000")
        tab = desk.get_by_role("tab", name="水雨情")
        tab.evaluate("tab => (tab.dataset.pressed = 'down')")
        desk.get_by_role("button", name="播放").click()
        assert dial.evaluate(HOURS_PASS, int(start))
        desk.get_by_role("button", name="暂停").click()
        dial.fill(start)
        # Who pressed it before the clock moved on pressed the same one.
        expect(tab).to_have_attribute("data-pressed", "down")
        tab.click()
        expect(desk.locator(".gauge .tag.state").first).to_contain_text("▲")
        desk.get_by_role("tab", name="云图").click()
        expect(desk.locator("figcaption")).to_contain_text("不是卫星云图")
        desk.get_by_role("tab", name="避灾点").click()
        expect(desk.locator("#panel")).to_contain_text("温岭市还没有登记避灾点")

        # The directive is acknowledged where it is read.
        phone.get_by_role("button", name="签收 转移危险区域人员").click()
        order = phone.locator(".card.order", has_text="转移危险区域人员")
        expect(order.locator(".due")).to_contain_text("陈石塘 于")

        # What the field writes is on the office's screen within two seconds.
        phone.get_by_role("tab", name="避灾点").click()
        phone.get_by_role("button", name="登记避灾点").click()
        typed = {"name": "<b>中心小学", "address": "文教路1号", "capacity": "300"}
        for name, text in {**typed, "contact_name": "陈", "contact_phone": "0576-86120000"}.items():
            phone.locator(f"[name={name}]").fill(text)
        phone.get_by_role("button", name="+10").click()
        phone.get_by_role("button", name="保存").dblclick()
        card = desk.locator(".card.shelter", has_text="<b>中心小学")
        expect(card).to_contain_text("余 290 人", timeout=FOLLOWS_WITHIN)
        expect(desk.locator(".card.shelter")).to_have_count(1)
        assert not phone.locator("html").evaluate("html => html.scrollWidth > html.clientWidth")

        phone.get_by_role("tab", name="电力").click()
        phone.get_by_role("button", name="上报停电").click()
        phone.locator("[name=name]").fill("海利村")
        phone.locator("[name=households]").fill("120")
        phone.get_by_role("button", name="保存").click()
        desk.get_by_role("tab", name="电力").click()
        outage = desk.locator(".card.power", has_text="海利村")
        expect(outage).to_contain_text("120", timeout=FOLLOWS_WITHIN)
        for screen in (phone, desk):
            screen.get_by_role("tab", name="避灾点").click()

        # Two at one shelter: what one typed stays, what the other wrote is shown beside it.
        phone.get_by_role("button", name="更新<b>中心小学").click()
        other = opened.open(as_("331081100.leader"))
        items = other.call("GET", "/records")["items"]
        (made,) = [one for one in items if one["kind"] == "shelter"]
        body = {**SHELTER, "name": "<b>中心小学", "occupied": 50, "version": 1}
        other.call("PUT", f"/records/{made['id']}", body)
        phone.locator("[name=occupied]").fill("60")
        phone.get_by_role("button", name="保存").click()
        expect(phone.locator("#editor-problem")).to_contain_text("没有覆盖")
        expect(phone.locator("#fault-occupied")).to_have_text("对方改为：50")
        phone.get_by_role("button", name="保存").click()
        expect(card.locator("strong")).to_have_text("60", timeout=FOLLOWS_WITHIN)

        # A lost network is said, and what was missed is there when it is back.
        office.context.set_offline(True)
        expect(desk.locator("#line-down")).to_contain_text("网络已断开")
        other.add("road", {"name": "石松线", "state": "closed", "reason": "flood", "note": ""})
        office.context.set_offline(False)
        desk.get_by_role("tab", name="道路").click()
        expect(desk.locator(".card.road")).to_contain_text("石松线")
        expect(desk.locator("#line-down")).to_be_hidden()

        desk.get_by_role("button", name="English").click()
        expect(desk.get_by_role("tab", name="Roads")).to_be_visible()
        for page in (office, field):
            page.context.close()
