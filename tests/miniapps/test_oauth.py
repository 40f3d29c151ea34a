"""From a launch code to the official's identity, and every way in which that must fail."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.client import ApiClient, writing_rows
from tests.conftest import SignedIn, Statements
from tests.miniapps.conftest import (
    CALLBACK,
    MANIFEST_2,
    ORIGIN,
    AppServer,
    Publish,
    beside,
    manifest,
)
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import database, transaction
from zzd.identity.models import Account
from zzd.identity.tokens import digest
from zzd.miniapps.allowances import InProcess, Quota
from zzd.miniapps.models import MiniApp
from zzd.miniapps.oidc import limits
from zzd.miniapps.oidc.models import AppToken, LaunchCode
from zzd.miniapps.oidc.standing import read_own_code
from zzd.miniapps.oidc.tokens import use_code
from zzd.orgtree.models import Official, Post

TOWNSHIP = "331081100.duty_officer"


def error_of(response: TestResponse, status: int = 400) -> str:
    assert response.status_code == status, response.get_data(as_text=True)
    body = response.get_json()
    assert set(body) == {"error", "error_description"}
    assert response.headers["Cache-Control"] == "no-store"
    error: str = body["error"]
    return error


def test_an_app_learns_who_opened_it(shelters: AppServer, as_: SignedIn) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    assert launched["state"] == "a state"
    assert launched["redirect_uri"] == CALLBACK
    response = shelters.exchange(launched["code"], verifier)
    assert response.headers["Cache-Control"] == "no-store"
    token = response.get_json()
    assert token.pop("access_token").startswith("zza_")
    assert token.pop("refresh_token").startswith("zzr_")
    assert token.pop("installation_id").isdigit()
    told = token.pop("user")
    assert token == {"token_type": "Bearer", "expires_in": 7200, "scope": "identity units.read"}

    known = shelters.open(as_(TOWNSHIP)).get("/oauth/userinfo")
    assert told == known
    unit = known.pop("unit")
    assert unit.pop("id").isdigit()
    assert unit == {
        "code": "331081100",
        "name": "石塘镇",
        "level": 4,
        # From the unit on that the app may know of.
        "full_name": "台州市温岭市石塘镇",
    }
    sub = known.pop("sub")
    assert known == {
        "name": "陈石塘",
        "post": {
            "title": "值班员",
            "role": "duty_officer",
            "line": {"code": "flood_control", "name": known["post"]["line"]["name"]},
        },
    }
    assert shelters.open(as_(TOWNSHIP)).get("/oauth/userinfo")["sub"] == sub


def test_the_client_may_identify_itself_in_the_form(shelters: AppServer, as_: SignedIn) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    credentials = {"client_id": shelters.client_id, "client_secret": shelters.secret}
    answer = shelters.exchange(launched["code"], verifier, auth=None, **credentials)
    assert answer.status_code == 200


def test_two_suppliers_cannot_tell_that_they_know_the_same_person(
    shelters: AppServer, publish: Publish, as_: SignedIn
) -> None:
    def sub(app: AppServer) -> str:
        found: str = app.open(as_(TOWNSHIP)).get("/oauth/userinfo")["sub"]
        return found

    same_supplier = publish(id="cn.zj.other")
    before = sub(shelters)
    assert sub(same_supplier) == before
    with writing_rows() as writing:
        account_id = select(Account.id).where(Account.username == "system_admin").scalar_subquery()
        writing.execute(
            update(MiniApp).where(MiniApp.app_id == "cn.zj.other").values(developer_id=account_id)
        )
    assert sub(same_supplier) != before
    assert sub(shelters) == before


def test_only_a_scope_tells_the_platforms_own_id(
    publish: Publish, as_: SignedIn, official_id: Callable[[str], str]
) -> None:
    scopes = [{"name": "identity.id", "reason": "x"}]
    app = publish(**{**MANIFEST_2, "scopes": scopes, "icon": None, "optional_scopes": []})
    known = app.open(as_(TOWNSHIP)).get("/oauth/userinfo")
    assert known.pop("sub")
    assert known == {"official_id": official_id(TOWNSHIP)}


def test_without_the_scope_an_app_learns_only_that_it_is_the_same_person(
    publish: Publish, as_: SignedIn
) -> None:
    app = publish(scopes=[])
    assert set(app.open(as_(TOWNSHIP)).get("/oauth/userinfo")) == {"sub"}


def test_an_app_acts_in_the_post_that_it_is_for(publish: Publish, as_: SignedIn) -> None:
    app = publish(audience={"unit_code": "331081", "line": "water"})
    known = app.open(as_("331081101.duty_officer")).get("/oauth/userinfo")
    assert (known["post"]["title"], known["unit"]["name"]) == ("水利干事", "温岭市")


WRONG_REQUESTS: list[Any] = [
    ({"code_verifier": "w" * 43}, "invalid_grant"),
    ({"code_verifier": "short"}, "invalid_request"),
    ({"code_verifier": "字" * 43}, "invalid_request"),
    ({"code_verifier": None}, "invalid_request"),
    ({"redirect_uri": f"{ORIGIN}/other"}, "invalid_grant"),
    ({"redirect_uri": f"{CALLBACK}/"}, "invalid_grant"),
    ({"redirect_uri": None}, "invalid_grant"),
    # Which of two is meant nobody can say.
    ({"redirect_uri": [CALLBACK, f"{ORIGIN}/other"]}, "invalid_request"),
    ({"code": "no such code"}, "invalid_grant"),
    ({"code": "a\x00b"}, "invalid_grant"),
    ({"code": None}, "invalid_request"),
    ({"grant_type": "password"}, "unsupported_grant_type"),
    ({"grant_type": 'x"\\\x00字'}, "unsupported_grant_type"),
    ({"grant_type": None}, "unsupported_grant_type"),
]


def test_a_wrong_request_gets_no_token_and_does_not_spend_the_code(
    shelters: AppServer, as_: SignedIn
) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    for changes, error in WRONG_REQUESTS:
        parameters = {"code": launched["code"], "verifier": verifier, **changes}
        assert error_of(shelters.exchange(**parameters)) == error, changes
    assert shelters.exchange(launched["code"], verifier).status_code == 200


IMPOSTORS: list[Any] = [
    (),
    ("{id}", "wrong"),
    ("nobody", "{secret}"),
    ("no\x00body", "x"),
    ("{id}", ""),
]


def test_a_client_that_is_not_the_app_gets_no_token(shelters: AppServer, as_: SignedIn) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    for impostor in IMPOSTORS:
        filled = [part.format(id=shelters.client_id, secret=shelters.secret) for part in impostor]
        response = shelters.exchange(launched["code"], verifier, auth=tuple(filled) or None)
        assert error_of(response, 401) == "invalid_client"
        assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert shelters.exchange(launched["code"], verifier).status_code == 200


def test_a_garbled_authorization_header_is_no_failure_of_ours(app: Flask) -> None:
    for garbage in (b"\xff\xfe:x", b"no colon", b""):
        header = "Basic " + base64.b64encode(garbage).decode()
        response = app.test_client().post(
            "/oauth/token",
            data={"grant_type": "authorization_code", "code": "x"},
            headers={"Authorization": header},
        )
        assert error_of(response, 401) == "invalid_client"


def test_secrets_in_the_address_are_not_read(shelters: AppServer, as_: SignedIn) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    response = shelters.app.test_client().post(
        "/oauth/token",
        query_string={
            "grant_type": "authorization_code",
            "code": launched["code"],
            "redirect_uri": CALLBACK,
            "code_verifier": verifier,
        },
        auth=(shelters.client_id, shelters.secret),
    )
    assert error_of(response) == "unsupported_grant_type"


def test_a_code_used_twice_takes_back_the_token_made_from_it(
    shelters: AppServer, as_: SignedIn, session: Session
) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    first = shelters.exchange(launched["code"], verifier).get_json()
    client = ApiClient(shelters.app, token=first["access_token"])
    bystander = shelters.open(as_(TOWNSHIP))
    client.get("/oauth/userinfo")
    assert error_of(shelters.exchange(launched["code"], verifier)) == "invalid_grant"
    client.get("/oauth/userinfo", status=401)
    bystander.get("/oauth/userinfo")
    reuse = session.scalars(
        select(AuditEntry).where(AuditEntry.action == "miniapp.code_reuse")
    ).one()
    assert reuse.object_id == shelters.id


def test_a_code_is_valid_for_five_minutes(shelters: AppServer, as_: SignedIn) -> None:
    official = as_(TOWNSHIP)
    start = clock.now()
    with clock.at(start):
        launched, verifier = shelters.launch(official)
        second, second_verifier = shelters.launch(official)
    with clock.at(start + timedelta(minutes=4, seconds=59)):
        assert shelters.exchange(launched["code"], verifier).status_code == 200
    with clock.at(start + timedelta(minutes=5)):
        assert error_of(shelters.exchange(second["code"], second_verifier)) == "invalid_grant"


def test_a_token_is_valid_for_two_hours(shelters: AppServer, as_: SignedIn) -> None:
    client = shelters.open(as_(TOWNSHIP))
    with clock.at(clock.now() + timedelta(hours=1, minutes=59)):
        client.get("/oauth/userinfo")
    with clock.at(clock.now() + timedelta(hours=2, seconds=1)):
        client.get("/oauth/userinfo", status=401)


def test_another_apps_code_is_no_code_and_is_not_spent(
    shelters: AppServer, publish: Publish, as_: SignedIn
) -> None:
    other = publish(id="cn.zj.other")
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    assert error_of(other.exchange(launched["code"], verifier)) == "invalid_grant"
    token = shelters.exchange(launched["code"], verifier).get_json()["access_token"]
    assert error_of(other.exchange(launched["code"], verifier)) == "invalid_grant"
    ApiClient(shelters.app, token=token).get("/oauth/userinfo")


def disable_account() -> None:
    with transaction() as session:
        session.execute(
            update(Account).where(Account.username == TOWNSHIP).values(status="disabled")
        )


def retire_official() -> None:
    with transaction() as session:
        session.execute(
            update(Official).where(Official.staff_no == TOWNSHIP).values(status="retired")
        )


def end_post() -> None:
    with transaction() as session:
        held = select(Official.id).where(Official.staff_no == TOWNSHIP).scalar_subquery()
        session.execute(update(Post).where(Post.official_id == held).values(ended_at=clock.now()))


def leave_the_audience() -> None:
    with transaction() as session:
        held = select(Official.id).where(Official.staff_no == TOWNSHIP).scalar_subquery()
        session.execute(update(Post).where(Post.official_id == held).values(line_code="education"))


@pytest.mark.parametrize(
    "end_access", [disable_account, retire_official, end_post, leave_the_audience]
)
def test_codes_and_tokens_end_with_the_officials_access(
    publish: Publish, as_: SignedIn, end_access: Callable[[], None]
) -> None:
    app = publish(audience={"unit_code": "33", "line": "flood_control"})
    client = app.open(as_(TOWNSHIP))
    launched, verifier = app.launch(as_(TOWNSHIP))
    client.get("/oauth/userinfo")
    end_access()
    client.get("/oauth/userinfo", status=401)
    assert error_of(app.exchange(launched["code"], verifier)) == "invalid_grant"


def test_codes_and_tokens_end_when_the_app_is_suspended(
    shelters: AppServer, as_: SignedIn, reviewer: ApiClient
) -> None:
    client = shelters.open(as_(TOWNSHIP))
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    reviewer.post(f"/miniapps/{shelters.id}/suspension", {"reason": "泄露"}, status=200)
    client.get("/oauth/userinfo", status=401)
    client.get("/units", status=401)
    assert error_of(shelters.exchange(launched["code"], verifier)) == "invalid_grant"


def test_a_narrower_version_narrows_tokens_and_ends_codes(
    shelters: AppServer, as_: SignedIn, developer: ApiClient
) -> None:
    client = shelters.open(as_(TOWNSHIP))
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    client.get("/units")
    path = f"/miniapps/{shelters.id}"
    narrower = manifest(scopes=[{"name": "identity", "reason": "x"}])
    developer.put(path, {"manifest": narrower})
    developer.post(f"{path}/submission", status=200)
    client.get("/units")
    developer.post(f"{path}/publication", status=200)
    client.get("/units", status=403)
    assert client.get("/oauth/userinfo")["name"]
    assert error_of(shelters.exchange(launched["code"], verifier)) == "invalid_grant"


def test_a_wider_version_gives_old_tokens_nothing(
    publish: Publish, as_: SignedIn, developer: ApiClient, reviewer: ApiClient
) -> None:
    app = publish(scopes=[{"name": "identity", "reason": "x"}])
    client = app.open(as_(TOWNSHIP))
    path = f"/miniapps/{app.id}"
    developer.put(path, {"manifest": manifest()})
    developer.post(f"{path}/submission", status=200)
    reviewer.post(f"{path}/review", {"decision": "approve"}, status=200)
    developer.post(f"{path}/publication", status=200)
    client.get("/units", status=403)
    # Nor new ones, until the administrator consents to more.
    app.open(as_(TOWNSHIP)).get("/units", status=403)
    administrator = as_("33.leader")
    (installed,) = administrator.get("/installations")["items"]
    assert installed["scopes_to_consent_to"] == ["units.read"]
    consent = {"scopes": ["identity", "units.read"], "version": 2}
    administrator.patch(f"/installations/{installed['id']}", consent)
    app.open(as_(TOWNSHIP)).get("/units")
    client.get("/units", status=403)


def test_only_digests_of_codes_and_tokens_are_kept(
    shelters: AppServer, as_: SignedIn, session: Session
) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    token = shelters.exchange(launched["code"], verifier).get_json()["access_token"]
    kept = str([vars(row) for row in session.scalars(select(LaunchCode))])
    kept += str([vars(row) for row in session.scalars(select(AppToken))])
    for secret in (launched["code"], token, verifier):
        assert secret not in kept


def test_a_launch_and_a_call_cost_few_statements_whoever_they_are_for(
    shelters: AppServer, as_: SignedIn, statements: Statements
) -> None:
    official = as_("331081101.duty_officer")
    client = shelters.open(official)
    client.get("/oauth/userinfo")
    launched, verifier = shelters.launch(official)
    with statements() as seen:
        assert shelters.exchange(launched["code"], verifier).status_code == 200
    # Who the app is, the code and all behind it; that the code is used, and two tokens: on
    # PostgreSQL in one.
    said = [each.split()[0] for each in seen]
    assert said in (["SELECT", "WITH"], ["SELECT", "UPDATE", "INSERT", "INSERT"])
    with statements() as seen:
        client.get("/oauth/userinfo")
    # Whom the token stands for, and what is said of them.
    assert len(seen) == 2


def test_what_is_told_follows_the_tree_at_once(
    shelters: AppServer, as_: SignedIn, unit_id: Callable[[str], str]
) -> None:
    client = shelters.open(as_(TOWNSHIP))
    assert client.get("/oauth/userinfo")["unit"]["full_name"] == "台州市温岭市石塘镇"
    as_("33.leader").patch(f"/units/{unit_id('331081')}", {"name": "新温岭市"})
    assert client.get("/oauth/userinfo")["unit"]["full_name"] == "台州市新温岭市石塘镇"


@pytest.fixture
def few(app: Flask) -> Iterator[None]:
    """Three requests of an app a minute, and one that does not know its secret."""
    before = {name: app.extensions[name] for name in (limits.TOKENS, limits.FAILURES)}
    app.extensions[limits.TOKENS] = Quota("token", 3, InProcess())
    app.extensions[limits.FAILURES] = Quota("failure", 1, InProcess())
    yield
    app.extensions.update(before)


def test_an_app_may_ask_for_so_many_tokens_a_minute(
    few: None, shelters: AppServer, publish: Publish, as_: SignedIn
) -> None:
    with clock.at(clock.now().replace(second=10, microsecond=0)):
        for left in (2, 1):
            launched, verifier = shelters.launch(as_(TOWNSHIP))
            answer = shelters.exchange(launched["code"], verifier)
            assert answer.headers["RateLimit"] == f'"token";r={left};t=50'
        assert error_of(shelters.exchange("no such code", verifier)) == "invalid_grant"
        launched, verifier = shelters.launch(as_(TOWNSHIP))
        refused = shelters.exchange(launched["code"], verifier)
        assert error_of(refused, 429) == "temporarily_unavailable"
        assert refused.headers["Retry-After"] == "50"
        for path in ("introspect", "revoke"):
            form = {"token": "x", "client_id": shelters.client_id}
            answer = shelters.app.test_client().post(
                f"/oauth/{path}", data={**form, "client_secret": shelters.secret}
            )
            assert error_of(answer, 429) == "temporarily_unavailable"
        # Other apps have theirs, and the code that was refused is not spent.
        assert error_of(publish(id="cn.zj.other").exchange("x", verifier)) == "invalid_grant"
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert shelters.exchange(launched["code"], verifier).status_code == 200


def test_whoever_does_not_know_the_secret_cannot_go_on_nor_shut_the_app_out(
    few: None, shelters: AppServer, as_: SignedIn
) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    with clock.at(clock.now().replace(second=10, microsecond=0)):
        for name in (shelters.client_id, "nobody"):
            wrong = (name, "a guess")
            first = shelters.exchange(launched["code"], verifier, auth=wrong)
            assert error_of(first, 401) == "invalid_client"
            again = shelters.exchange(launched["code"], verifier, auth=wrong)
            assert error_of(again, 429) == "temporarily_unavailable"
            assert again.headers["Retry-After"] == "50"
        # As little as of one that there is follows from others of one that there is not.
        other = shelters.exchange(launched["code"], verifier, auth=("nobody else", "a guess"))
        assert error_of(other, 401) == "invalid_client"
        assert shelters.exchange(launched["code"], verifier).status_code == 200


def test_whoever_brings_a_code_that_is_being_used_waits_and_ends_it(
    shelters: AppServer, as_: SignedIn
) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    made = {"access_token": "zza_made-first", "refresh_token": "zzr_made-first"}
    second: list[TestResponse] = []
    with transaction() as session:
        which = {"digest": digest(launched["code"]), "client_id": shelters.client_id}
        brought = read_own_code(session, **which)
        assert brought
        use_code(session, made, brought.code, scopes=brought.code.scopes)
        waiting = beside(lambda: second.append(shelters.exchange(launched["code"], verifier)))
    waiting.join()
    assert error_of(second[0]) == "invalid_grant"
    ApiClient(shelters.app, token=made["access_token"]).get("/oauth/userinfo", status=401)


def test_many_at_once_with_one_code_get_one_token_which_then_dies(
    shelters: AppServer, as_: SignedIn, session: Session
) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    statuses: list[int] = []

    def exchange() -> None:
        statuses.append(shelters.exchange(launched["code"], verifier).status_code)

    threads = [threading.Thread(target=exchange) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 400, 400, 400, 400, 400]
    alive = select(func.count()).select_from(AppToken).where(AppToken.revoked_at.is_(None))
    with database().reading() as fresh:
        assert fresh.scalar(alive) == 0


def test_metadata_says_what_there_is(app: Flask) -> None:
    told = app.test_client().get("/.well-known/oauth-authorization-server").get_json()
    assert told["issuer"] == "http://127.0.0.1:8000"
    assert told["token_endpoint"] == "http://127.0.0.1:8000/oauth/token"
    assert told["code_challenge_methods_supported"] == ["S256"]


def test_an_officials_own_session_is_no_apps_token(as_: SignedIn, anonymous: ApiClient) -> None:
    as_(TOWNSHIP).get("/oauth/userinfo", status=403)
    anonymous.get("/oauth/userinfo", status=401)
    ApiClient(anonymous.app, token="zza_made-up").get("/oauth/userinfo", status=401)
