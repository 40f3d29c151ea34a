"""The register's page in a real browser, in a frame of a client on another origin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect

from tests.apps.conftest import Shelters, serving
from tests.apps.test_shelters import NEIGHBOUR, SCHOOL, TOWNSHIP, added_by
from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.servers import free_port
from tests.story.browser import DESKTOP, PHONE, running_browser

# Stands in for the web client, from the place that it is served from: its policy is the real one.
CLIENT_PAGE = """<!doctype html><meta charset="utf-8"><title>client</title>
<iframe style="width:100%;height:95vh;border:0"></iframe>
<script src="/client.js"></script>"""
CLIENT_SCRIPT = """
document.querySelector('iframe').src = location.hash.slice(1)
const answers = {
  getLaunchCode: (params) => window.launch(params),
  getContext: () => ({ language: 'zh', theme: 'light', user: { name: '陈石塘' } }),
  setTitle: ({ title }) => { document.title = title },
}
addEventListener('message', async ({ origin, source, data }) => {
  if (origin !== location.origin || !data.call) return
  try {
    const result = (await answers[data.call](data.params)) ?? null
    source.postMessage({ zzd: 1, id: data.id, result }, origin)
  } catch {
    source.postMessage({ zzd: 1, id: data.id, error: { code: 'refused' } }, origin)
  }
})
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.fixture(autouse=True)
def client(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "client"
    folder.mkdir()
    (folder / "client.html").write_text(CLIENT_PAGE, encoding="utf-8")
    (folder / "client.js").write_text(CLIENT_SCRIPT, encoding="utf-8")
    here = replace(app.extensions["zzd.settings"], web_root=folder)
    monkeypatch.setitem(app.extensions, "zzd.settings", here)


def launch_for(shelters: Shelters, official: ApiClient) -> Any:
    """What the client does when the app asks: over HTTP, as the browser's own thread would."""

    def launch(params: Any) -> Any:
        answer = requests.post(
            f"{shelters.zzd_url}/api/v1/miniapps/{shelters.id}/launch",
            json=params,
            headers={"Authorization": f"Bearer {official.token}"},
            timeout=10,
        )
        answer.raise_for_status()
        return answer.json()

    return launch


def open_page(
    browser: Browser, shelters: Shelters, launch: Any, size: Any = PHONE
) -> tuple[Page, FrameLocator]:
    """A client's page with the register in a frame; ``launch`` answers for the platform."""
    page = browser.new_context(viewport=size, locale="zh-CN").new_page()
    page.expose_function("launch", launch)
    return page, show_app(page, shelters.zzd_url, shelters.id, shelters.token)


def show_app(page: Page, zzd_url: str, app_id: str, token: str) -> FrameLocator:
    """The client's page, and in it the page around the app, which asks who is there."""

    def as_official(route: Route) -> None:
        route.continue_(headers={**route.request.headers, "authorization": f"Bearer {token}"})

    around = f"/api/v1/miniapps/{app_id}/frame"
    page.route(f"**{around}", as_official)
    page.goto(f"{zzd_url}/client.html#{around}")
    return page.frame_locator("iframe").frame_locator("iframe")


def test_an_official_registers_and_updates_a_shelter_by_keyboard(
    browser: Browser, shelters: Shelters, as_: SignedIn
) -> None:
    page, frame = open_page(browser, shelters, launch_for(shelters, as_(TOWNSHIP)))
    expect(frame.locator("#greeting")).to_have_text("您好，陈石塘（石塘镇 值班员）")
    expect(frame.locator("#empty")).to_contain_text("添加第一个")
    expect(page).to_have_title("安置点登记 · 温岭市")
    frame.locator("#add").focus()
    page.keyboard.press("Enter")
    expect(frame.get_by_label("名称", exact=True)).to_be_focused()
    for text in ("<b>中心小学</b>", "文教路1号", "300", "120", "陈主任", "0576-86120000"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    card = frame.locator(".card", has_text="<b>中心小学</b>")
    expect(card).to_contain_text("余 180 人")
    expect(frame.locator("#total-people")).to_have_text("120 / 300")
    expect(card.get_by_role("button")).to_be_focused()

    page.keyboard.press("Enter")
    expect(frame.get_by_role("textbox", name="已安置")).to_be_focused()
    page.keyboard.type("300")
    page.keyboard.press("Enter")
    expect(card.locator(".badge")).to_have_text("已满")
    wide = frame.locator("html").evaluate("html => html.scrollWidth > html.clientWidth")
    assert not wide
    page.context.close()


def test_faults_and_other_peoples_changes_are_shown_in_the_form(
    browser: Browser, shelters: Shelters, as_: SignedIn
) -> None:
    other = shelters.open(as_("331081100.leader"))
    made = added_by(other)
    page, frame = open_page(browser, shelters, launch_for(shelters, as_(TOWNSHIP)))
    frame.get_by_role("button", name=f"更新{SCHOOL['name']}").click()
    frame.get_by_role("textbox", name="已安置").fill("many")
    frame.get_by_role("button", name="保存").click()
    expect(frame.locator(".fault")).to_have_text("已安置人数应为 0 到 100000 的整数")
    expect(frame.get_by_role("textbox", name="已安置")).to_be_focused()
    other.call("PUT", f"/shelters/{made['id']}", {**SCHOOL, "occupied": 50, "version": 1})
    frame.get_by_role("textbox", name="已安置").fill("60")
    frame.get_by_role("button", name="保存").click()
    expect(frame.locator("#editor-problem")).to_contain_text("刚刚更新过")
    expect(frame.get_by_role("textbox", name="已安置")).to_have_value("50")
    frame.get_by_role("textbox", name="已安置").fill("60")
    frame.get_by_role("button", name="保存").click()
    expect(frame.locator(".card strong")).to_have_text("60")
    page.context.close()


def test_who_may_not_change_a_shelter_is_not_offered_to(
    browser: Browser, shelters: Shelters, as_: SignedIn
) -> None:
    added_by(shelters.open(as_(TOWNSHIP)))
    page, frame = open_page(browser, shelters, launch_for(shelters, as_("3310.leader")), DESKTOP)
    expect(frame.locator("#list .card")).to_have_count(1)
    expect(frame.locator("#add")).to_be_hidden()
    expect(frame.locator(".card button")).to_have_count(0)
    page.context.close()


def test_a_visit_that_ended_is_renewed_without_a_word(
    browser: Browser, shelters: Shelters, as_: SignedIn
) -> None:
    added_by(shelters.open(as_(NEIGHBOUR)), name="松门镇中学")
    page, frame = open_page(browser, shelters, launch_for(shelters, as_(TOWNSHIP)))
    expect(frame.locator("#list .card")).to_have_count(1)
    with shelters.app.extensions["shelters.store"]._connect() as db:
        db.execute("DELETE FROM visit")
    frame.get_by_label("按名称、地址或单位查找").fill("没有这样的")
    expect(frame.locator("#empty")).to_have_text("没有符合条件的安置点")
    page.context.close()


def test_a_refused_launch_can_be_tried_again(
    browser: Browser, shelters: Shelters, as_: SignedIn
) -> None:
    willing = launch_for(shelters, as_(TOWNSHIP))
    answers = iter([RuntimeError("not now")])

    def launch(params: Any) -> Any:
        for refusal in answers:
            raise refusal
        return willing(params)

    page, frame = open_page(browser, shelters, launch)
    expect(frame.get_by_role("alert")).to_contain_text("工作台没有同意")
    frame.get_by_role("button", name="重试").click()
    expect(frame.locator("#greeting")).to_have_text("您好，陈石塘（石塘镇 值班员）")
    page.context.close()


def test_outside_a_frame_it_says_where_to_open_it(browser: Browser, shelters: Shelters) -> None:
    page = browser.new_page()
    page.goto(shelters.url)
    expect(page.get_by_role("alert")).to_contain_text("工作台")
    page.context.close()


def test_a_foreign_page_cannot_frame_it(browser: Browser, shelters: Shelters) -> None:
    elsewhere = Flask(__name__)
    elsewhere.add_url_rule("/", view_func=lambda: f'<iframe src="{shelters.url}/"></iframe>')
    page = browser.new_page()
    with (
        serving(elsewhere, free_port()) as url,
        page.expect_console_message(lambda message: "frame-ancestors" in message.text),
    ):
        page.goto(url)
    page.context.close()
