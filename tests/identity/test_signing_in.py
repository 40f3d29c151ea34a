"""Sign-in, its lock-out, sign-out, and the caller's own sessions, post and password."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from argon2.profiles import RFC_9106_LOW_MEMORY
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn, Statements
from tests.organisation import PASSWORD
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import transaction
from zzd.identity import passwords, signing_in
from zzd.identity.models import LoginSession, SignInFailure
from zzd.orgtree.models import Official, Post

DUTY = "331081100.duty_officer"
# Holds posts in 松门镇 and in 温岭市.
TWO_POSTS = "331081101.duty_officer"
START = datetime(2019, 8, 9, 13, 30, tzinfo=UTC)


def sign_in(caller: ApiClient, username: str = DUTY, password: str = PASSWORD, **more: Any) -> Any:
    body = {"username": username, "password": password, **more}
    return caller.request("POST", "/sessions", json=body)


def in_browser(app: Flask, username: str = DUTY) -> tuple[ApiClient, str]:
    """A browser signed in by its cookie, and the CSRF token."""
    client = ApiClient(app)
    response = sign_in(client, username, client="browser")
    assert response.status_code == 201
    return client, response.get_json()["csrf_token"]


# Who I am


def test_a_program_signs_in_and_is_known_by_its_token(anonymous: ApiClient) -> None:
    response = sign_in(anonymous)
    answer = response.get_json()
    assert response.status_code == 201
    assert "Set-Cookie" not in response.headers
    assert "csrf_token" not in answer
    assert answer["official"]["name"] == "陈石塘"
    assert answer["post"]["unit"]["full_name"] == "浙江省台州市温岭市石塘镇"
    assert answer["post"]["line"]["code"] == "flood_control"
    assert answer["posts"] == [answer["post"]] == answer["official"]["posts"]
    anonymous.token = answer["token"]
    me = anonymous.get("/me")
    assert me["official"] == answer["official"]
    assert me["session"]["expires_at"] == answer["expires_at"]
    assert anonymous.get(response.headers["Location"].removeprefix("/api/v1"))["current"] is True


def test_a_browser_signs_in_by_a_cookie_no_script_can_read(app: Flask) -> None:
    client = ApiClient(app)
    response = sign_in(client, client="browser")
    cookie = response.headers["Set-Cookie"]
    assert "token" not in response.get_json()
    assert cookie.startswith("zzd_session=")
    for attribute in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="):
        assert attribute in cookie
    assert "Secure" not in cookie
    me = client.get("/me")
    assert me["csrf_token"] == response.get_json()["csrf_token"]
    assert me["session"]["kind"] == "browser"


def test_over_https_the_cookie_is_secure(
    anonymous: ApiClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(app.extensions["zzd.settings"]), "secure_cookies", True)
    assert "Secure" in sign_in(anonymous, client="browser").headers["Set-Cookie"]


def test_an_administrator_is_an_account_without_a_post(as_: SignedIn) -> None:
    me = as_("audit_admin").get("/me")
    assert (me["official"], me["post"], me["posts"]) == (None, None, [])
    assert me["grants"][0]["role"] == "audit_admin"


@pytest.mark.parametrize(
    ("username", "may"),
    [
        (DUTY, set()),
        ("33.duty_officer", {"issue_directives", "post_announcements"}),
        ("331081.leader", {"administer", "post_announcements"}),
        ("app_developer", {"develop_apps"}),
        ("system_admin", {"administer", "review_apps"}),
        ("security_admin", {"administer"}),
        ("audit_admin", {"administer"}),
    ],
)
def test_what_a_caller_may_do_follows_from_what_is_granted(
    as_: SignedIn, username: str, may: set[str]
) -> None:
    answered = as_(username).get("/me")["may"]
    assert {name for name, allowed in answered.items() if allowed} == may
    assert set(answered) == {
        "issue_directives",
        "administer",
        "develop_apps",
        "review_apps",
        "post_announcements",
    }


def test_grants_are_told_with_their_reach_in_words(as_: SignedIn, unit_id: Any) -> None:
    issuer = as_("3310.duty_officer").get("/me")["grants"][0]
    assert issuer["audience"]["unit_id"] == unit_id("3310")
    assert issuer["audience"]["levels"] == [2, 3, 4, 5, 6]
    assert issuer["text"] == "指令签发人 · 台州市以下"
    admin = as_("331081.leader").get("/me")["grants"][0]
    assert (admin["unit_id"], admin["audience"]) == (unit_id("331081"), None)


def test_recognising_a_caller_costs_one_statement_and_none_right_after(
    as_: SignedIn, statements: Statements
) -> None:
    client = as_(TWO_POSTS)
    with statements() as seen:
        client.get("/sessions")
        assert len(seen) == 2
        client.get("/sessions")
    assert len(seen) == 3


# Refusals


@pytest.mark.parametrize("username", [DUTY, "nobody.at.all"])
def test_a_wrong_password_and_an_unknown_name_answer_alike(
    anonymous: ApiClient, username: str
) -> None:
    answer = sign_in(anonymous, username, "not the password")
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json() == {
        "type": "/api/docs/errors#bad_credentials",
        "title": "User name or password is wrong",
        "status": 401,
        "code": "bad_credentials",
        "instance": "/api/v1/sessions",
    }


@pytest.mark.parametrize("username", [DUTY, "nobody.at.all"])
def test_five_failures_lock_the_name_for_a_quarter_of_an_hour(
    anonymous: ApiClient, username: str
) -> None:
    with clock.at(START):
        for _ in range(5):
            assert sign_in(anonymous, username, "a guess").status_code == 401
        locked = sign_in(anonymous, username)
        assert locked.status_code == 423
        assert locked.get_json()["code"] == "account_locked"
        assert locked.get_json()["retry_at"] == "2019-08-09T13:45:00+00:00"
        assert locked.headers["Retry-After"] == "900"
    expected = 201 if username == DUTY else 401
    with clock.at(START + timedelta(minutes=15, seconds=1)):
        assert sign_in(anonymous, username).status_code == expected


def test_guessing_on_does_not_prolong_a_lock_and_after_it_five_are_free_again(
    anonymous: ApiClient,
) -> None:
    with clock.at(START):
        for _ in range(5):
            sign_in(anonymous, password="a guess")
    with clock.at(START + timedelta(minutes=14)):
        assert sign_in(anonymous, password="a guess").status_code == 423
    with clock.at(START + timedelta(minutes=16)):
        for _ in range(4):
            assert sign_in(anonymous, password="a guess").status_code == 401
        assert sign_in(anonymous).status_code == 201


def test_failures_long_apart_do_not_add_up(anonymous: ApiClient) -> None:
    for quarter in range(6):
        with clock.at(START + timedelta(minutes=16 * quarter)):
            assert sign_in(anonymous, password="a guess").status_code == 401
    with clock.at(START + timedelta(minutes=16 * 6)):
        assert sign_in(anonymous).status_code == 201


def test_a_success_forgives_the_failures_before_it(anonymous: ApiClient) -> None:
    for _ in range(2):
        for _ in range(4):
            assert sign_in(anonymous, password="a guess").status_code == 401
        assert sign_in(anonymous).status_code == 201


def test_a_lock_is_recorded_and_names_that_are_nobodys_leave_no_trace_of_what_was_typed(
    anonymous: ApiClient, session: Session
) -> None:
    for username in (DUTY, "my secret typed into the wrong field"):
        for _ in range(5):
            sign_in(anonymous, username, "a guess")
    entries = session.scalars(select(AuditEntry)).all()
    assert [entry.action for entry in entries] == ["account.lock"]
    assert "secret" not in "".join(session.scalars(select(SignInFailure.name_digest)))


def test_old_failures_are_cleared_away(anonymous: ApiClient, session: Session) -> None:
    with clock.at(START):
        for name in ("one", "two", "three"):
            sign_in(anonymous, name, "a guess")
    with clock.at(START + timedelta(hours=1)):
        sign_in(anonymous, "four", "a guess")
    assert session.scalar(select(func.count()).select_from(SignInFailure)) == 1


def test_guesses_sent_at_once_count_each(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at = []

    def verify(_hash: str | None, password: str) -> bool:
        looked_at.append(password)
        return password == PASSWORD

    monkeypatch.setattr(signing_in, "verify_password", verify)

    def guess(number: int) -> int:
        with app.app_context():
            return int(sign_in(ApiClient(app), password=f"guess {number}").status_code)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(16)))
    assert answers.count(401) == 5
    assert answers.count(423) == 11
    # The right one among those in flight would not have been answered either.
    assert session.scalars(select(SignInFailure.failures)).one() == 5


def test_a_disabled_account_answers_like_a_wrong_password(
    anonymous: ApiClient, as_: SignedIn
) -> None:
    found = as_("system_admin").get("/accounts", q=DUTY)["items"][0]
    as_("system_admin").patch(f"/accounts/{found['id']}", {"status": "disabled"})
    assert sign_in(anonymous).get_json()["code"] == "bad_credentials"


BAD_SIGN_INS = [
    {},
    {"username": DUTY},
    {"password": PASSWORD},
    {"username": "", "password": PASSWORD},
    {"username": "x" * 65, "password": PASSWORD},
    {"username": "a\x00b", "password": PASSWORD},
    {"username": DUTY, "password": "x" * 129},
    {"username": 5, "password": PASSWORD},
    {"username": [DUTY], "password": {"$ne": None}},
    {"username": DUTY, "password": PASSWORD, "client": "toaster"},
    {"username": DUTY, "password": PASSWORD, "device": "x" * 1001},
    {"username": DUTY, "password": PASSWORD, "device": 1},
    {"username": DUTY, "password": PASSWORD, "surprise": True},
]


@pytest.mark.parametrize("body", BAD_SIGN_INS, ids=str)
def test_a_malformed_sign_in_is_refused_with_the_place_of_the_fault(
    anonymous: ApiClient, body: dict[str, Any]
) -> None:
    answer = anonymous.post("/sessions", body, status=422)
    assert answer["code"] == "invalid"
    assert answer["errors"]


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[]", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b"null", "application/json", 422),
        (b"username=a&password=b", "application/x-www-form-urlencoded", 415),
        (b'{"username": "a", "password": "b"}', "text/plain", 415),
        (b"", "application/json", 422),
        (b'{"username": "a", "password": "\\ud800"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"username": ' + b"9" * 5000 + b"}", "application/json", 400),
        (b'{"username": NaN}', "application/json", 400),
    ],
)
def test_a_body_that_is_no_object_is_refused(
    anonymous: ApiClient, data: bytes, content_type: str, status: int
) -> None:
    response = anonymous.request("POST", "/sessions", data=data, content_type=content_type)
    assert response.status_code == status
    assert response.mimetype == "application/problem+json"


# Cookies


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8000", None])
def test_a_browser_may_sign_in_from_our_own_pages(app: Flask, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    body = {"username": DUTY, "password": PASSWORD, "client": "browser"}
    response = ApiClient(app).request("POST", "/sessions", json=body, headers=headers)
    assert response.status_code == 201


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8000.evil"])
def test_another_sites_page_cannot_sign_a_browser_in(app: Flask, origin: str) -> None:
    body = {"username": DUTY, "password": PASSWORD, "client": "browser"}
    response = ApiClient(app).request("POST", "/sessions", json=body, headers={"Origin": origin})
    assert response.status_code == 403
    assert response.get_json()["code"] == "csrf_failed"
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("given", [None, "", "wrong", "0" * 64, "ÿ"])
def test_a_cookie_alone_changes_nothing(app: Flask, given: str | None) -> None:
    client, _ = in_browser(app)
    headers = {} if given is None else {"X-CSRF-Token": given}
    for method, path in (
        ("DELETE", "/sessions/current"),
        ("DELETE", "/sessions"),
        ("PUT", "/me/password"),
        ("POST", "/accounts"),
    ):
        response = client.request(method, path, headers=headers)
        assert response.status_code == 403
        assert response.get_json()["code"] == "csrf_failed"
    client.get("/me")


def test_another_sessions_csrf_token_does_not_do(app: Flask) -> None:
    client, _ = in_browser(app)
    _, others = in_browser(app, TWO_POSTS)
    response = client.request("DELETE", "/sessions/current", headers={"X-CSRF-Token": others})
    assert response.status_code == 403


def test_with_its_csrf_token_a_browser_signs_out_and_loses_the_cookie(app: Flask) -> None:
    client, token = in_browser(app)
    response = client.request("DELETE", "/sessions/current", headers={"X-CSRF-Token": token})
    assert response.status_code == 204
    assert "zzd_session=;" in response.headers["Set-Cookie"]
    client.get("/me", status=401)


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer x", "Basic eDp5", "Bearer ÿþ", "bearer  \t", "B" * 5000],
)
def test_what_is_no_token_of_ours_is_nobody(anonymous: ApiClient, authorization: str) -> None:
    response = anonymous.request("GET", "/me", headers={"Authorization": authorization})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert response.get_json()["code"] == "authentication_required"


@pytest.mark.parametrize("cookie", ["x", "ÿ", '"\\303\\050"', "\\ud800", "a" * 4000])
def test_a_strange_cookie_is_nobody(anonymous: ApiClient, cookie: str) -> None:
    response = anonymous.request("GET", "/me", headers={"Cookie": f"zzd_session={cookie}"})
    assert response.status_code == 401


# My sessions


def test_i_see_my_sessions_with_their_devices_and_which_one_this_is(app: Flask) -> None:
    phone, laptop = ApiClient(app), ApiClient(app)
    for client, device in ((phone, "phone"), (laptop, "laptop")):
        client.token = sign_in(client, device=device).get_json()["token"]
    items = phone.get("/sessions")["items"]
    assert [(item["device"], item["current"]) for item in items] == [
        ("laptop", False),
        ("phone", True),
    ]
    first = laptop.get("/sessions", limit=1)
    second = laptop.get("/sessions", limit=1, cursor=first["next"])
    assert [page["items"][0]["device"] for page in (first, second)] == ["laptop", "phone"]
    assert second["next"] is None
    laptop.delete(f"/sessions/{items[1]['id']}")
    phone.get("/me", status=401)
    laptop.get("/me")


def test_a_browsers_long_name_for_itself_is_shortened(anonymous: ApiClient) -> None:
    anonymous.token = sign_in(anonymous, device="火狐" * 500).get_json()["token"]
    assert anonymous.get("/sessions")["items"][0]["device"] == "火狐" * 50


def test_signing_out_everywhere_ends_every_session_of_mine_and_nobody_elses(
    app: Flask, as_: SignedIn
) -> None:
    clients = [ApiClient(app), ApiClient(app)]
    for client in clients:
        client.token = sign_in(client).get_json()["token"]
    clients[0].delete("/sessions")
    for client in clients:
        client.get("/me", status=401)
    as_(TWO_POSTS).get("/me")


def test_somebody_elses_session_does_not_exist_for_me_and_asking_is_recorded(
    as_: SignedIn, session: Session
) -> None:
    theirs = as_(TWO_POSTS).get("/sessions")["items"][0]["id"]
    missing = as_(DUTY).delete("/sessions/999999", status=404)
    refused = as_(DUTY).delete(f"/sessions/{theirs}", status=404)
    assert {**refused, "instance": ""} == {**missing, "instance": ""}
    as_(DUTY).get(f"/sessions/{theirs}", status=404)
    as_(TWO_POSTS).get("/me")
    denials = session.scalars(select(AuditEntry).where(AuditEntry.outcome == "denied")).all()
    assert [(entry.username, entry.object_id) for entry in denials] == [(DUTY, theirs)] * 2


def test_a_session_ends_by_itself(anonymous: ApiClient) -> None:
    with clock.at(START):
        anonymous.token = sign_in(anonymous).get_json()["token"]
        anonymous.get("/me")
    with clock.at(START + timedelta(days=14, seconds=1)):
        anonymous.get("/me", status=401)
        anonymous.token = sign_in(anonymous).get_json()["token"]
        assert len(anonymous.get("/sessions")["items"]) == 1


def test_tokens_are_kept_as_digests_only(anonymous: ApiClient, session: Session) -> None:
    token = sign_in(anonymous).get_json()["token"]
    kept = session.scalars(select(LoginSession)).all()
    assert all(token not in str(vars(row)) for row in kept)


@pytest.mark.parametrize(
    "path", ["/sessions/abc", "/sessions/99999999999999999999", "/sessions/-1"]
)
def test_what_cannot_be_an_id_is_not_found(as_: SignedIn, path: str) -> None:
    as_(DUTY).delete(path, status=404)


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"cursor": "@@"}])
def test_a_malformed_page_of_sessions_is_refused(as_: SignedIn, query: dict[str, Any]) -> None:
    as_(DUTY).get("/sessions", status=422, **query)


# The post acted in


def test_an_official_acts_in_another_of_their_posts_in_this_session_only(
    anonymous: ApiClient, as_: SignedIn
) -> None:
    anonymous.token = sign_in(anonymous, TWO_POSTS).get_json()["token"]
    me = anonymous.get("/me")
    primary, other = me["posts"]
    assert (me["post"], primary["is_primary"]) == (primary, True)
    assert other["unit"]["code"] == "331081"
    assert anonymous.put("/me/post", {"post_id": other["id"]})["post"] == other
    assert anonymous.get("/me")["post"] == other
    assert as_(TWO_POSTS).get("/me")["post"] == primary


def test_a_post_that_ended_is_acted_in_no_more(as_: SignedIn) -> None:
    client = as_(TWO_POSTS)
    primary, other = client.get("/me")["posts"]
    client.put("/me/post", {"post_id": other["id"]})
    with transaction() as session:
        session.get_one(Post, int(other["id"])).ended_at = clock.now()
    assert client.get("/me")["post"] == primary
    client.put("/me/post", {"post_id": other["id"]}, status=422)


def test_an_official_who_left_signs_in_to_nothing(as_: SignedIn, anonymous: ApiClient) -> None:
    with transaction() as session:
        query = select(Official).where(Official.staff_no == DUTY)
        session.scalars(query).one().status = "left"
    answer = sign_in(anonymous).get_json()
    assert (answer["official"], answer["posts"], answer["post"]) == (None, [], None)
    assert as_(DUTY).get("/me")["post"] is None


def test_somebody_elses_post_is_refused_and_recorded(as_: SignedIn, session: Session) -> None:
    theirs = as_(TWO_POSTS).get("/me")["post"]["id"]
    refused = as_(DUTY).put("/me/post", {"post_id": theirs}, status=422)
    assert refused["errors"][0]["pointer"] == "/post_id"
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.outcome, entry.object_id) == ("post.act_in", "denied", theirs)


@pytest.mark.parametrize("post_id", [None, 5, "", "-1", "1e3", "9" * 30, "１", ["1"], {}, True])
def test_a_malformed_post_is_refused(as_: SignedIn, post_id: Any) -> None:
    as_(DUTY).put("/me/post", {"post_id": post_id}, status=422)


# The password


def test_a_changed_password_ends_the_other_sessions(app: Flask, as_: SignedIn) -> None:
    client, other = ApiClient(app), as_(DUTY)
    client.token = sign_in(client).get_json()["token"]
    client.put("/me/password", {"current": PASSWORD, "new": "台风利奇马登陆温岭城南镇"}, status=204)
    client.get("/me")
    other.get("/me", status=401)
    assert sign_in(ApiClient(app)).status_code == 401
    assert sign_in(ApiClient(app), password="台风利奇马登陆温岭城南镇").status_code == 201


def test_guessing_the_present_password_locks_as_well(as_: SignedIn) -> None:
    client = as_(DUTY)
    for _ in range(5):
        body = {"current": "a guess", "new": "another good password"}
        refused = client.put("/me/password", body, status=422)
        assert refused["code"] == "wrong_password"
        assert refused["errors"][0]["pointer"] == "/current"
    body = {"current": PASSWORD, "new": "another good password"}
    assert client.put("/me/password", body, status=423)["code"] == "account_locked"


@pytest.mark.parametrize(
    "new",
    ["short", "x" * 129, "aaaaaaaaaaaa", f"my {DUTY} password", "          ", "\x00" * 12, 1, None],
)
def test_a_password_that_is_easy_to_guess_is_refused(
    as_: SignedIn, anonymous: ApiClient, new: Any
) -> None:
    answer = as_(DUTY).put("/me/password", {"current": PASSWORD, "new": new}, status=422)
    assert answer["errors"][0]["pointer"] == "/new"
    assert sign_in(anonymous).status_code == 201


def test_a_sign_in_with_the_old_password_loses_the_race_against_its_change(
    anonymous: ApiClient, as_: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_(DUTY)
    verify = passwords.verify_password

    def verify_slowly(password_hash: str | None, password: str) -> bool:
        right = verify(password_hash, password)
        monkeypatch.undo()
        body = {"current": PASSWORD, "new": "another good password"}
        client.put("/me/password", body, status=204)
        return right

    monkeypatch.setattr(signing_in, "verify_password", verify_slowly)
    assert sign_in(anonymous).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/me"),
        ("PUT", "/me/post"),
        ("PUT", "/me/password"),
        ("GET", "/sessions"),
        ("DELETE", "/sessions"),
        ("DELETE", "/sessions/current"),
        ("GET", "/sessions/1"),
        ("DELETE", "/sessions/1"),
    ],
)
def test_nobody_is_asked_to_sign_in(
    anonymous: ApiClient, session: Session, method: str, path: str
) -> None:
    response = anonymous.request(method, path)
    assert response.status_code == 401
    assert response.get_json()["code"] == "authentication_required"
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 0


def test_a_hash_is_argon2id_and_initial_passwords_pass_the_rule() -> None:
    assert passwords.hash_password("something").startswith("$argon2id$")
    assert passwords.FULL_COST == RFC_9106_LOW_MEMORY
    for _ in range(50):
        passwords.check_new_password(passwords.initial_password(), username="official")
