"""People at a real browser: the client as officials use it, through what the screen offers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}
PATIENCE_MS = 15_000
# What a screen shows does not depend on the database, which other tests have both of: one stage is
# enough, that of two servers where what one of two people does is to reach the other.
on_one_server = pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
on_two_servers = pytest.mark.parametrize("stage", ["postgresql"], indirect=True)
# As where the page does not come over https.
NO_WORKERS = "Object.defineProperty(navigator, 'serviceWorker', { value: undefined })"
# Once: the client itself then notes who it was. An app's frame has no storage.
CAME_EARLIER = "if (window === top) localStorage['zzd.signedIn'] ??= 'earlier'"


def chromium_path() -> str:
    path = os.environ.get("ZZD_TEST_CHROMIUM")
    if not path:
        raise RuntimeError("ZZD_TEST_CHROMIUM is not set: run script/test, which finds Chromium")
    return path


@contextmanager
def running_browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Screen:
    """One person's browser: signed in, at one of the servers.

    ``keeps_shell``: with the service worker, which fetches all of the client once more.
    """

    def __init__(
        self,
        browser: Browser,
        url: str,
        account: dict[str, Any],
        size: Any,
        *,
        keeps_shell: bool = False,
    ) -> None:
        self.url = url
        self.account = account
        self.context: BrowserContext = browser.new_context(viewport=size, locale="zh-CN")
        if not keeps_shell:
            self.context.add_init_script(NO_WORKERS)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def sign_in(self, path: str = "") -> None:
        """Come back with the session of an earlier visit, straight to a page of the client."""
        who = {name: self.account[name] for name in ("username", "password")}
        answer = requests.post(
            f"{self.url}/api/v1/sessions",
            json={**who, "client": "browser"},
            headers={"Origin": self.url},
            timeout=20,
        )
        assert answer.status_code == 201, answer.text
        self.context.add_cookies(
            [
                {"name": each.name, "value": each.value or "", "url": self.url}
                for each in answer.cookies
            ]
        )
        self.context.add_init_script(CAME_EARLIER)
        # Whatever is asked of the page waits for what it needs, so that several load side by side.
        self.page.goto(f"{self.url}{path}", wait_until="commit")
        if not path:
            expect(self.at("nav-messages").first).to_be_visible()

    def sign_in_by_hand(self) -> None:
        self.page.goto(self.url)
        self.fill("signin-username", self.account["username"])
        self.fill("signin-password", self.account["password"])
        self.click("signin-submit")
        expect(self.at("nav-messages").first).to_be_visible()

    def at(self, testid: str) -> Locator:
        """What is on the screen under this name; the desktop's and the phone's twin are one."""
        return self.page.locator(f'[data-testid="{testid}"]:visible')

    def click(self, testid: str) -> None:
        self.at(testid).first.click()

    def fill(self, testid: str, text: str) -> None:
        field = self.at(testid).first
        if field.evaluate("node => !/^(INPUT|TEXTAREA)$/.test(node.tagName)"):
            field = field.locator("input, textarea").first
        field.fill(text)

    def go(self, place: str) -> None:
        self.click(f"nav-{place}")

    def confirm(self) -> None:
        """The question in the middle of the screen: yes."""
        self.page.locator(".el-message-box__btns .el-button--primary").click()

    def close(self) -> None:
        self.context.close()
