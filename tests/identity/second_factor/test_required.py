"""Where the installation requires a second factor: what one may do before it is on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.conftest import Listening, SignedIn, Statements
from tests.identity.second_factor.conftest import Holder
from tests.organisation import PASSWORD
from zzd.identity.principals import principal_of_session
from zzd.identity.recognised import recognised

DUTY = "331081100.duty_officer"
ADMIN = "331081.leader"


@pytest.fixture
def require(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def of(whom: str) -> None:
        settings = app.extensions["zzd.settings"]
        # Frozen: a process has the settings it began with.
        monkeypatch.setitem(vars(settings), "second_factor_required", whom)
        recognised().forget(lambda _principal: True)

    return of


def test_whoever_lacks_it_turns_it_on_or_leaves_and_does_nothing_else(
    require: Any, holder_of: Any
) -> None:
    require("all")
    holder: Holder = holder_of(DUTY)
    for method, path in (
        ("GET", "/sessions"),
        ("GET", "/conversations"),
        ("PUT", "/me/password"),
        ("PUT", "/me/post"),
        ("POST", "/me/second-factor/removal"),
        ("GET", "/accounts"),
    ):
        answer = holder.client.request(method, path, json={} if method != "GET" else None)
        assert answer.status_code == 403, path
        assert answer.get_json()["code"] == "second_factor_needed"
    assert holder.standing()["required"] is True
    holder.turn_on()
    holder.client.get("/conversations")
    kept = {"password": PASSWORD, "code": holder.code()}
    refused = holder.post("/me/second-factor/removal", kept, status=409)
    assert refused["code"] == "second_factor_kept"
    other: Holder = holder_of("331081101.duty_officer")
    other.client.delete("/sessions/current")


def test_it_may_be_required_of_administrators_alone(
    require: Any, as_: SignedIn, holder_of: Any
) -> None:
    require("administrators")
    as_(DUTY).get("/conversations")
    as_("331081.leader").get("/conversations", status=403)
    as_("audit_admin").get("/audit", status=403)
    holder = holder_of("audit_admin")
    holder.turn_on()
    holder.client.get("/audit")


def test_no_socket_and_nothing_signed_for_a_session_lets_them_in(
    require: Any, as_: SignedIn, app: Flask, listening: Listening
) -> None:
    before = listening(ADMIN)
    assert before.connected
    require("administrators")
    # Asked again at each event.
    assert before.send("typing", {"conversation_id": "1"})["code"] == "second_factor_needed"
    app.extensions["zzd.sockets"].resync()
    assert not before.connected
    refused = listening(ADMIN)
    assert not refused.connected
    client = as_(ADMIN)
    session_id = int(client.get("/me")["session"]["id"])
    assert principal_of_session(session_id) is None
    holder = Holder(app, ADMIN, client)
    holder.turn_on()
    assert principal_of_session(session_id) is not None
    assert listening(ADMIN).connected


def test_granting_an_administration_cuts_the_sockets_of_who_lacks_it(
    require: Any, as_: SignedIn, listening: Listening, unit_id: Any
) -> None:
    require("administrators")
    socket = listening(DUTY)
    assert socket.connected
    found = as_(DUTY).get("/me")["account"]["id"]
    granted = Holder(as_(DUTY).app, "security_admin", as_("security_admin"))
    granted.turn_on()
    body = {"account_id": found, "role": "unit_admin", "unit_id": unit_id("331081100")}
    granted.post("/grants", body, status=201)
    assert not socket.connected
    as_(DUTY).get("/conversations", status=403)


def test_knowing_it_costs_no_statement(
    require: Any, holder: Holder, statements: Statements
) -> None:
    require("all")
    with statements() as seen:
        holder.client.get("/sessions")
        assert len(seen) == 2
        holder.client.get("/sessions")
    assert len(seen) == 3
