"""An authenticator app beside the password: turned on, signed in with, lost and turned off."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, expect
from pyotp import TOTP

from tests.story.browser import PHONE, Screen, on_one_server
from tests.story.conftest import Stage, zzd


@pytest.mark.timeout(300)
@on_one_server
def test_a_code_is_asked_for_once_it_is_on_and_a_recovery_code_does_instead(
    stage: Stage, browser: Browser
) -> None:
    password = zzd(stage.environment, "accounts", "add", "careful").strip()
    account = {"username": "careful", "password": password}
    phone = Screen(browser, stage.servers[0].url, account, PHONE)
    phone.page.goto(phone.url)
    give_password(phone)
    expect(phone.at("nav-workbench").first).to_be_visible()

    open_it(phone)
    phone.click("second-factor-turn-on")
    phone.fill("second-factor-password", password)
    phone.click("second-factor-prove")
    app = TOTP(phone.at("second-factor-secret").inner_text().replace(" ", ""))
    # Whole, it goes by itself.
    phone.fill("second-factor-code", app.now())
    expect(phone.at("recovery-code")).to_have_count(10)
    recovery = phone.at("recovery-code").first.inner_text()
    phone.click("recovery-kept")
    expect(phone.at("recovery-left")).to_contain_text("10")

    phone.page.keyboard.press("Escape")
    phone.click("me-menu")
    phone.click("menu-sign-out")
    give_password(phone)
    phone.fill("second-factor-code", "000 000")
    expect(phone.at("signin-error")).to_be_visible()
    # The next one already, as from a clock that is fast: the present one was taken.
    phone.fill("second-factor-code", app.at(time.time() + app.interval))
    expect(phone.at("nav-workbench").first).to_be_visible()

    open_it(phone)
    phone.click("second-factor-turn-off")
    phone.fill("second-factor-password", password)
    phone.click("second-factor-other")
    phone.fill("second-factor-code", recovery.lower())
    phone.click("second-factor-prove")
    expect(phone.at("second-factor-turn-on")).to_be_visible()
    assert phone.faults == []
    phone.close()


def give_password(screen: Screen) -> None:
    screen.fill("signin-username", screen.account["username"])
    screen.fill("signin-password", screen.account["password"])
    screen.click("signin-submit")


def open_it(screen: Screen) -> None:
    screen.click("me-menu")
    screen.click("menu-second-factor")
