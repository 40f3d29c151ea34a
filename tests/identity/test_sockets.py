"""Who a socket is: by token or cookie, from listed origins, and only while the session lasts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.organisation import PASSWORD
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import transaction
from zzd.identity.models import Account, LoginSession
from zzd.identity.sessions import end_expired_sessions
from zzd.realtime.sockets import Sockets

DUTY = "331081100.duty_officer"
TWO_POSTS = "331081101.duty_officer"
OURS = "http://127.0.0.1:8000"


class Handshake:
    """A socket by the protocol itself: Engine.IO 4 over polling, then Socket.IO's connect."""

    def __init__(self, client: FlaskClient, origin: str | None = OURS) -> None:
        self._client = client
        self._headers = {} if origin is None else {"Origin": origin}
        self.response = self._request("GET")
        self._sid = ""
        if self.response.status_code == 200:
            self._sid = json.loads(self.response.get_data(as_text=True)[1:])["sid"]

    def connect(self, auth: Any = None) -> dict[str, Any] | None:
        """None when the socket is connected, else the reason given."""
        self._request("POST", data="40" + ("" if auth is None else json.dumps(auth)))
        answer = self._request("GET").get_data(as_text=True)
        if answer.startswith("40"):
            return None
        assert answer.startswith("44")
        refusal: dict[str, Any] = json.loads(answer[2:])
        return refusal

    def _request(self, method: str, **more: Any) -> Any:
        query = {"EIO": "4", "transport": "polling"}
        if method == "POST" or getattr(self, "_sid", ""):
            query["sid"] = self._sid
        return self._client.open(
            "/socket.io/", method=method, query_string=query, headers=self._headers, **more
        )


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A browser that is signed in by its cookie."""
    client = app.test_client()
    body = {"username": DUTY, "password": PASSWORD, "client": "browser"}
    assert client.post("/api/v1/sessions", json=body).status_code == 201
    return client


def sessions_of(client: ApiClient) -> list[str]:
    return [item["id"] for item in client.get("/sessions")["items"]]


@pytest.mark.parametrize("auth", [None, {}, {"token": ""}, {"token": "x"}, {"token": 1}, [1], "x"])
def test_nobody_is_refused_with_a_problem_object(app: Flask, session: Session, auth: Any) -> None:
    refusal = Handshake(app.test_client()).connect(auth)
    assert refusal is not None
    assert refusal["message"] == "authentication_required"
    assert refusal["data"]["code"] == "authentication_required"
    assert refusal["data"]["status"] == 401
    assert session.scalars(select(AuditEntry)).all() == []


def test_a_program_connects_with_its_token(app: Flask, as_: SignedIn) -> None:
    handshake = Handshake(app.test_client(), origin=None)
    assert handshake.connect({"token": as_(DUTY).token}) is None


def test_a_browser_connects_with_its_cookie(browser: FlaskClient) -> None:
    assert Handshake(browser).connect() is None


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:8000.evil", "http://127.0.0.1"]
)
def test_a_page_of_another_origin_gets_no_socket(browser: FlaskClient, origin: str) -> None:
    assert Handshake(browser, origin).response.status_code == 400


def test_a_forwarded_host_makes_no_origin_ours(browser: FlaskClient) -> None:
    response = browser.get(
        "/socket.io/",
        query_string={"EIO": "4", "transport": "polling"},
        headers={"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
    )
    assert response.status_code == 400


def test_ending_one_session_cuts_its_socket_and_no_other(
    app: Flask, as_: SignedIn, listening: Listening
) -> None:
    lost = listening(DUTY)
    (lost_session,) = sessions_of(as_(DUTY))
    here = ApiClient(app)
    here.token = here.post("/sessions", {"username": DUTY, "password": PASSWORD})["token"]
    mine = listening(TWO_POSTS)
    here.delete(f"/sessions/{lost_session}")
    assert lost.hear("session.revoked") == [{"session_id": lost_session}]
    assert {"id", "type", "occurred_at", "data"} == set(lost.events[-1])
    assert (lost.connected, mine.connected) == (False, True)


@pytest.mark.parametrize("way", ["disabled", "password reset", "password changed"])
def test_whoever_loses_their_sessions_loses_their_sockets(
    app: Flask, as_: SignedIn, listening: Listening, way: str
) -> None:
    listener = listening(DUTY)
    admin = as_("system_admin")
    account_id = admin.get("/accounts", q=DUTY)["items"][0]["id"]
    if way == "disabled":
        admin.patch(f"/accounts/{account_id}", {"status": "disabled"})
    elif way == "password reset":
        admin.post(f"/accounts/{account_id}/password-reset", status=200)
    else:
        other = ApiClient(app)
        other.token = other.post("/sessions", {"username": DUTY, "password": PASSWORD})["token"]
        body = {"current": PASSWORD, "new": "another good password"}
        other.put("/me/password", body, status=204)
    assert listener.types() == ["session.revoked"]
    assert not listener.connected


def test_a_socket_does_not_outlive_its_session(listening: Listening) -> None:
    early, late = listening(DUTY), listening(TWO_POSTS)
    with transaction() as session:
        session.execute(
            update(LoginSession)
            .where(
                LoginSession.account_id
                == select(Account.id).where(Account.username == DUTY).scalar_subquery()
            )
            .values(expires_at=clock.now() - timedelta(seconds=1))
        )
    end_expired_sessions()
    assert early.types() == ["session.revoked"]
    assert (early.connected, late.connected) == (False, True)
    end_expired_sessions()
    assert late.types() == []


def test_a_change_of_post_reaches_the_sessions_own_sockets_only(
    app: Flask, as_: SignedIn, listening: Listening
) -> None:
    sockets: Sockets = app.extensions["zzd.sockets"]
    client = as_(TWO_POSTS)
    listening(TWO_POSTS)
    other = ApiClient(app)
    other.token = other.post("/sessions", {"username": TWO_POSTS, "password": PASSWORD})["token"]
    primary, second = client.get("/me")["posts"]
    other.put("/me/post", {"post_id": second["id"]})
    assert acting_in(sockets) == [primary["id"]]
    client.put("/me/post", {"post_id": second["id"]})
    assert acting_in(sockets) == [second["id"]]


def acting_in(sockets: Sockets) -> list[str | None]:
    return [
        str(connection.principal.post.id) if connection.principal.post else None
        for connection in sockets.connections
    ]


def test_a_grant_given_or_taken_reaches_the_accounts_sockets(
    app: Flask, as_: SignedIn, listening: Listening, unit_id: Callable[[str], str]
) -> None:
    sockets: Sockets = app.extensions["zzd.sockets"]
    listening("app_developer")
    account_id = as_("app_developer").get("/me")["account"]["id"]
    body = {"account_id": account_id, "role": "unit_admin", "unit_id": unit_id("33")}
    given = as_("security_admin").post("/grants", body)["id"]
    assert [c.principal.has("unit_admin") for c in sockets.connections] == [True]
    as_("security_admin").delete(f"/grants/{given}")
    assert [c.principal.has("unit_admin") for c in sockets.connections] == [False]


def test_an_event_for_officials_refuses_who_has_no_post_and_records_it(
    listening: Listening, session: Session
) -> None:
    answer = listening("app_developer").send("read", {"conversation_id": "1", "seq": 1})
    assert (answer["status"], answer["code"]) == (403, "not_permitted")
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.username, entry.action, entry.object_id) == (
        "app_developer",
        "access",
        "socket.read",
    )
