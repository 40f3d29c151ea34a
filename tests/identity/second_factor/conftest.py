"""An account with a second factor, and the app that makes its codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from pyotp import TOTP

from tests.client import ApiClient
from tests.organisation import PASSWORD
from zzd import clock


def this_minute() -> datetime:
    return clock.now().replace(second=5, microsecond=0)


@dataclass
class Holder:
    """Somebody at a time of their own: each code is taken half a minute after the last one."""

    app: Flask
    username: str
    client: ApiClient
    now: datetime = field(default_factory=this_minute)
    secret: str = ""
    recovery_codes: list[str] = field(default_factory=list)

    def code(self, steps: int = 0) -> str:
        """What the app shows now, or so many steps away."""
        return TOTP(self.secret).at(self.now + timedelta(seconds=30 * steps))

    def wait(self, **how_long: float) -> None:
        self.now += timedelta(**how_long)

    def post(self, path: str, body: Any, *, status: int = 200) -> Any:
        with clock.at(self.now):
            return self.client.post(path, body, status=status)

    def sign_in(self, code: str | None = None, *, password: str = PASSWORD, status: int) -> Any:
        body = {"username": self.username, "password": password}
        with clock.at(self.now):
            return ApiClient(self.app).post(
                "/sessions", body if code is None else {**body, "code": code}, status=status
            )

    def turn_on(self, code: str | None = None) -> None:
        """Also in place of one that is on, with a code of that."""
        offer = self.post(
            "/me/second-factor",
            {"password": PASSWORD} | ({"code": code} if code else {}),
            status=201,
        )
        self.secret = offer["secret"]
        answer = self.post("/me/second-factor/confirmation", {"code": self.code()})
        self.recovery_codes = answer["recovery_codes"]
        self.wait(seconds=30)

    def standing(self) -> Any:
        with clock.at(self.now):
            return self.client.get("/me")["second_factor"]


@pytest.fixture
def holder_of(app: Flask) -> Any:
    """``holder_of("33.leader")``: signed in by the password, nothing turned on yet."""

    def make(username: str) -> Holder:
        client = ApiClient(app)
        holder = Holder(app, username, client)
        client.token = holder.sign_in(status=201)["token"]
        return holder

    return make


@pytest.fixture
def holder(holder_of: Any) -> Holder:
    """Somebody who has turned it on."""
    made: Holder = holder_of("331081100.duty_officer")
    made.turn_on()
    return made
