"""A file on its way at the screen: the page is loaded anew, and the upload goes on; an order waits for it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.servers import Person, wait_until
from tests.story.browser import DESKTOP, Screen, on_one_server
from tests.story.conftest import Stage

CHUNK = 4 * 2**20
UPLOADS = "**/api/v1/files/uploads/*"
KEPT = """() => new Promise((done) => {
    const opened = indexedDB.open('zzd.uploads')
    opened.onsuccess = () => {
        const stores = opened.result.transaction(['uploads', 'contents'])
        const counts = ['uploads', 'contents'].map((name) => stores.objectStore(name).count())
        stores.oncomplete = () => done(counts.map(({ result }) => result))
    }
})"""


@pytest.mark.timeout(300)
@on_one_server
def test_an_upload_goes_on_after_the_page_was_loaded_anew(stage: Stage, browser: Browser) -> None:
    sender, reader = stage.person("city"), stage.person("county")
    chat = sender.post(
        "/conversations", {"kind": "group", "name": "现场群", "official_ids": [reader.id]}
    )
    desk = Screen(browser, stage.servers[0].url, stage.accounts["city"], DESKTOP)
    desk.sign_in(f"/messages/{chat['id']}")
    offsets: list[int] = []

    def hold_up_the_second(route: Route) -> None:
        """It is still on its way when the page goes."""
        if route.request.method == "PATCH":
            offsets.append(int(route.request.headers["upload-offset"]))
        if route.request.method != "PATCH" or len(offsets) != 2:
            route.continue_()

    desk.page.route(UPLOADS, hold_up_the_second)
    desk.page.get_by_test_id("file-input").set_input_files(
        {"name": "现场.txt", "mimeType": "text/plain", "buffer": "水位\n".encode() * (CHUNK // 4)}
    )
    wait_until(lambda: desk.page.evaluate(KEPT) == [1, 1], 10, "the browser keeps the file")
    expect(desk.at("upload-state")).to_contain_text("57%")
    # What has been sent is shown before the next part is on its way.
    wait_until(lambda: desk.page.evaluate("true") and len(offsets) == 2, 10, "the second part")
    desk.page.reload()
    expect(desk.at("upload")).to_have_attribute("data-state", "ready")
    assert offsets == [0, CHUNK, CHUNK]
    assert desk.page.evaluate(KEPT) == [1, 0]
    desk.click("chat-send")
    expect(desk.at("file-card")).to_contain_text("现场.txt")
    wait_until(lambda: desk.page.evaluate(KEPT) == [0, 0], 10, "nothing is left behind")

    desk.page.unroute(UPLOADS)
    directive = issue_with_a_file_under_way(desk, sender)
    (file,) = reader.get(f"/directives/{directive}")["files"]
    assert file["name"] == "预案.txt"
    assert desk.faults == []
    desk.close()


def issue_with_a_file_under_way(desk: Screen, issuer: Person) -> str:
    """The order goes out when its file is there, and not before; answers its id."""
    event = {"name": "台风苏迪罗", "kind": "typhoon", "mode": "actual"}
    issuer.post("/events", event)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.page.route(UPLOADS, hold, times=1)
    desk.page.goto(f"{desk.url}/directives/new")
    desk.at("directive-event").first.click()
    choices = desk.page.locator(".el-select-dropdown__item:visible")
    choices.filter(has_text=event["name"]).first.click()
    desk.fill("directive-title", "按附件预案执行")
    desk.fill("directive-text", "请按附件执行。")
    desk.click("draft-more")
    desk.page.get_by_test_id("draft-file-input").set_input_files(
        {"name": "预案.txt", "mimeType": "text/plain", "buffer": "一级响应".encode()}
    )
    expect(desk.at("draft-files")).to_contain_text("上传中")
    expect(desk.at("directive-submit")).to_be_disabled()
    expect(desk.at("draft-save")).to_be_disabled()
    wait_until(lambda: desk.page.evaluate("true") and bool(held), 10, "the file is on its way")
    held[0].continue_()
    expect(desk.at("directive-submit")).to_be_enabled()
    desk.click("directive-submit")
    desk.confirm()
    expect(desk.page).to_have_url(re.compile(r"/rollup$"))
    return desk.page.url.split("/")[-2]
