"""A file on its way at the screen: the page is loaded anew, and the upload goes on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.servers import wait_until
from tests.story.browser import DESKTOP, Screen, running_browser
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as running:
        yield running


@pytest.mark.timeout(300)
def test_an_upload_goes_on_after_the_page_was_loaded_anew(stage: Stage, browser: Browser) -> None:
    sender, reader = stage.person("city"), stage.person("county")
    chat = sender.post(
        "/conversations", {"kind": "group", "name": "现场群", "official_ids": [reader.id]}
    )
    desk = Screen(browser, stage.servers[0].url, stage.accounts["city"], DESKTOP)
    desk.sign_in()
    desk.page.goto(f"{desk.url}/messages/{chat['id']}")
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
    desk.page.reload()
    expect(desk.at("upload")).to_have_attribute("data-state", "ready")
    assert offsets == [0, CHUNK, CHUNK]
    assert desk.page.evaluate(KEPT) == [1, 0]
    desk.click("chat-send")
    expect(desk.at("file-card")).to_contain_text("现场.txt")
    wait_until(lambda: desk.page.evaluate(KEPT) == [0, 0], 10, "nothing is left behind")
    assert desk.faults == []
    desk.close()
