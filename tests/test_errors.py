"""Every error of every route is one problem object, and never tells what it should not."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from gunicorn.http.errors import InvalidChunkSize, NoMoreData
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from zzd.api import ORDINARY_BODY, Caller, access, allow
from zzd.audit.models import AuditEntry
from zzd.db import reading, transaction
from zzd.errors import Invalid, NotFound, Problem, deny, from_exception
from zzd.identity.models import Account

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
View = Callable[[], Any]


@pytest.fixture
def answer_of(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[View], Any]:
    """What a caller gets where the view does this."""

    def answer(view: View) -> Any:
        def failing() -> Any:
            return view()

        monkeypatch.setitem(app.view_functions, "health.alive", allow(Caller.ANYONE)(failing))
        monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        return ApiClient(app).request("GET", "/healthz")

    return answer


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", ["/nothing", "/sessions/not-an-id", "/units/99999999999999999999"])
def test_an_unknown_address_is_a_problem_for_every_method(
    anonymous: ApiClient, method: str, path: str
) -> None:
    response = anonymous.request(method, path)
    assert response.status_code == 404
    assert response.mimetype == "application/problem+json"
    assert response.get_json() == {
        "type": "/api/docs/errors#not_found",
        "title": "There is nothing here",
        "status": 404,
        "code": "not_found",
        "instance": f"/api/v1{path}",
    }


@pytest.mark.parametrize("path", ["/oauth/nothing", "/oauth/"])
def test_an_unknown_address_outside_the_api_is_a_problem_too(
    anonymous: ApiClient, path: str
) -> None:
    assert anonymous.request("POST", path).status_code == 404


def test_a_wrong_method_is_told_the_right_ones(anonymous: ApiClient) -> None:
    response = anonymous.request("PATCH", "/sessions")
    assert response.status_code == 405
    assert response.get_json()["code"] == "method_not_allowed"
    allowed = {method.strip() for method in response.headers["Allow"].split(",")}
    assert allowed == {"GET", "HEAD", "POST", "DELETE", "OPTIONS"}


def test_faults_of_a_body_are_pointed_at(anonymous: ApiClient) -> None:
    answer = anonymous.post("/sessions", {"username": 5, "client": "x"}, status=422)
    assert (answer["code"], answer["title"]) == (Invalid.code, Invalid.title)
    assert {error["pointer"] for error in answer["errors"]} == {
        "/username",
        "/password",
        "/client",
    }
    assert "/username: Not a valid string." in answer["detail"]


def test_faults_of_a_query_are_pointed_at(as_: SignedIn) -> None:
    answer = as_("33.leader").get("/sessions", status=422, limit="many", cursor="x")
    assert [error["pointer"] for error in answer["errors"]] == ["/query/limit"]


def test_names_in_pointers_are_escaped(anonymous: ApiClient) -> None:
    body = {"username": "a", "password": "b", "a/b~c": 1}
    answer = anonymous.post("/sessions", body, status=422)
    assert [error["pointer"] for error in answer["errors"]] == ["/a~1b~0c"]


def test_a_body_of_another_type_is_told_the_right_one(anonymous: ApiClient) -> None:
    response = anonymous.request("POST", "/sessions", data=b'{"username": "a"}')
    assert response.status_code == 415
    assert response.get_json()["code"] == "unsupported_media_type"
    assert "application/json" in response.get_json()["detail"]


@pytest.mark.parametrize("error", [InvalidChunkSize(b"zz"), NoMoreData()])
def test_a_body_that_comes_apart_on_the_way_is_its_senders_fault(
    answer_of: Callable[[View], Any], error: Exception
) -> None:
    def read_it() -> None:
        raise error

    assert answer_of(read_it).status_code == 400
    assert answer_of(read_it).get_json()["code"] == "bad_request"


def test_a_body_too_large_is_refused_before_it_is_read(app: Flask) -> None:
    response = ApiClient(app).request("POST", "/sessions", json={"username": "x" * ORDINARY_BODY})
    assert response.status_code == 413
    assert response.get_json()["code"] == "too_large"


def test_only_a_table_may_be_larger(as_: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "ORDINARY_BODY", 1000)
    as_("33.leader").post("/conversations", {"name": "x" * 2000}, status=413)
    table = {"file": (BytesIO(b"x" * 2000), "units.csv")}
    response = as_("33.leader").request("POST", "/imports/units", data=table)
    assert response.status_code == 422


def test_of_many_faults_the_first_fifty_are_told(anonymous: ApiClient) -> None:
    answer = anonymous.post("/sessions", {f"key{n}": 0 for n in range(5000)}, status=422)
    assert len(answer["errors"]) == 50


def test_an_unexpected_error_tells_nothing_of_itself(answer_of: Any) -> None:
    def fail() -> None:
        raise ValueError("the secret is 42")

    response = answer_of(fail)
    assert response.status_code == 500
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["code"] == "internal_error"
    assert "42" not in response.get_data(as_text=True)


def test_an_error_of_the_database_shows_no_sql(answer_of: Any) -> None:
    def fail() -> None:
        with reading() as session:
            session.execute(text("SELECT secret_column FROM unit"))

    body = answer_of(fail).get_data(as_text=True)
    for word in ("SELECT", "secret_column", "psycopg", "sqlite", "Traceback"):
        assert word not in body


def test_a_database_that_is_away_is_worth_another_try(answer_of: Any) -> None:
    def fail() -> None:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    response = answer_of(fail)
    assert response.status_code == 503
    assert response.get_json()["code"] == "unavailable"
    assert response.headers["Retry-After"] == "2"
    assert "SELECT" not in response.get_data(as_text=True)


def test_two_writers_of_one_thing_are_a_conflict_and_not_a_failure(answer_of: Any) -> None:
    def fail() -> None:
        with transaction() as session:
            account = session.scalars(select(Account)).first()
            assert account is not None
            session.add(
                Account(username=account.username, password_hash="", created_at=account.created_at)
            )

    response = answer_of(fail)
    assert response.status_code == 409
    assert response.get_json()["code"] == "conflict"
    assert "INSERT" not in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("problem", "audited"),
    [(NotFound(), 0), (Invalid.at("/x", "wrong"), 0), (deny(NotFound(), "see", "thing", 7), 1)],
    ids=["absent", "invalid", "denied"],
)
def test_denials_are_recorded_and_answer_like_absence(
    answer_of: Any, session: Session, problem: Problem, audited: int
) -> None:
    def fail() -> None:
        raise problem

    answer = answer_of(fail).get_json()
    assert "denial" not in answer
    entries = session.scalars(select(AuditEntry)).all()
    assert len(entries) == audited
    if audited:
        assert answer == answer_of(lambda: _raise(NotFound())).get_json()
        assert (entries[0].action, entries[0].object_kind, entries[0].object_id) == (
            "see",
            "thing",
            "7",
        )


def _raise(error: Exception) -> None:
    raise error


def test_a_socket_gets_the_same_object_as_http() -> None:
    assert from_exception(Invalid.at("/seq", "Too high")).as_dict() == {
        "type": "/api/docs/errors#invalid",
        "title": "Part of the input is not valid",
        "status": 422,
        "code": "invalid",
        "detail": "Too high",
        "errors": [{"pointer": "/seq", "detail": "Too high"}],
    }
    assert from_exception(KeyError("secret")).as_dict()["code"] == "internal_error"
