"""OpenID clients, as they come, sign officials in; and what the authorization endpoint refuses."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from authlib.integrations.requests_client import OAuth2Session
from click.testing import CliRunner
from flask import Flask
from joserfc import jwt
from joserfc.jwk import KeySet
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.apps.conftest import serving
from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.miniapps.conftest import CALLBACK, MANIFEST_2, AppServer, Publish
from tests.servers import ROOT, free_port
from zzd import clock
from zzd.db import transaction
from zzd.identity.authentication import COOKIE
from zzd.identity.recognised import recognised
from zzd.miniapps.commands import miniapps
from zzd.miniapps.oidc import keys
from zzd.miniapps.oidc.models import LaunchCode, SigningKey

TOWNSHIP = "331081100.duty_officer"
CHALLENGE = "a" * 43


@pytest.fixture
def issuer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server, listening where it says it is."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = replace(app.extensions["zzd.settings"], public_url=url)
    monkeypatch.setitem(app.extensions, "zzd.settings", settings)
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with serving(app, port):
        yield url


def session_cookie(official: ApiClient) -> str:
    return f"{COOKIE}={official.token}"


def test_openid_client_from_npm_signs_somebody_in(
    shelters: AppServer, issuer: str, as_: SignedIn
) -> None:
    node = shutil.which("node")
    assert node, "node is not installed: script/test brings it"
    said = {
        "issuer": issuer,
        "client_id": shelters.client_id,
        "client_secret": shelters.secret,
        "redirect_uri": CALLBACK,
        "cookie": session_cookie(as_(TOWNSHIP)),
    }
    script = Path(__file__).with_name("openid_client.mjs")
    ran = subprocess.run(
        [node, script, ROOT / "web", json.dumps(said)], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["claims"]["iss"], told["claims"]["aud"]) == (issuer, shelters.client_id)
    assert told["claims"]["name"] == told["known"]["name"] == "陈石塘"
    assert told["known"]["sub"] == told["claims"]["sub"]
    assert (told["renewed"], told["active"]) == ("identity openid", [True, False])
    assert told["own"] == "units.read"


def test_authlibs_own_client_signs_somebody_in(
    shelters: AppServer, issuer: str, as_: SignedIn
) -> None:
    client = OAuth2Session(
        shelters.client_id,
        shelters.secret,
        scope="openid identity",
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )
    client.trust_env = False
    described = client.get(f"{issuer}/.well-known/openid-configuration", withhold_token=True).json()
    verifier = "v" * 50
    start, state = client.create_authorization_url(
        described["authorization_endpoint"], code_verifier=verifier, nonce="n-1"
    )
    sent = client.get(
        start,
        withhold_token=True,
        allow_redirects=False,
        headers={"Cookie": session_cookie(as_(TOWNSHIP))},
    )
    back = sent.headers["Location"]
    token = client.fetch_token(
        described["token_endpoint"],
        authorization_response=back,
        state=state,
        code_verifier=verifier,
    )
    listed = client.get(described["jwks_uri"], withhold_token=True).json()
    claims = jwt.decode(token["id_token"], KeySet.import_key_set(listed)).claims
    assert (claims["nonce"], claims["name"]) == ("n-1", "陈石塘")
    assert client.get(described["userinfo_endpoint"]).json()["sub"] == claims["sub"]


@pytest.fixture
def asking(shelters: AppServer, as_: SignedIn) -> Any:
    """``asking(state="s")``: what the authorization endpoint answers the official's browser."""

    def ask(*, who: str | None = TOWNSHIP, **changes: Any) -> Any:
        query = {
            "response_type": "code",
            "client_id": shelters.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid identity",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        browser = shelters.app.test_client()
        if who:
            browser.set_cookie(COOKIE, str(as_(who).token))
        said = {name: value for name, value in query.items() if value is not None}
        return browser.get("/oauth/authorize", query_string=said)

    return ask


def told(answer: Any) -> dict[str, str]:
    """What is in the address that the browser is sent to."""
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.location).query).items()}


def test_a_client_is_told_what_is_wrong_with_its_request(asking: Any) -> None:
    for changes, error in [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"request": "x"}, "request_not_supported"),
        ({"nonce": "n" * 501}, "invalid_request"),
        ({"who": None, "prompt": "none"}, "login_required"),
        ({"who": "3303.leader"}, "access_denied"),
        ({"who": "app_developer"}, "access_denied"),
    ]:
        answer = asking(state="a b&c", **changes)
        assert answer.location.startswith(f"{CALLBACK}?"), changes
        assert (told(answer)["error"], told(answer)["state"]) == (error, "a b&c"), changes


def test_nobody_is_sent_to_an_address_that_is_not_the_apps(asking: Any) -> None:
    for changes, pointer in [
        ({"client_id": "nobody"}, "/query/client_id"),
        ({"client_id": None}, "/query/client_id"),
        ({"redirect_uri": f"{CALLBACK}/"}, "/query/redirect_uri"),
        ({"redirect_uri": f"{CALLBACK}?a=b"}, "/query/redirect_uri"),
        ({"redirect_uri": "https://evil.example.cn/"}, "/query/redirect_uri"),
        ({"redirect_uri": None}, "/query/redirect_uri"),
        ({"state": ["a", "b"]}, "/query/state"),
    ]:
        answer = asking(**changes)
        assert answer.status_code == 422, changes
        assert answer.get_json()["errors"][0]["pointer"] == pointer


def test_who_is_not_signed_in_signs_in_first_and_comes_back(asking: Any) -> None:
    answer = asking(who=None, state="s")
    assert answer.location.startswith("/signin?")
    assert told(answer)["next"].startswith("/oauth/authorize?response_type=code&")


def test_who_must_turn_on_a_second_factor_does_so_before_an_app_hears_of_them(
    asking: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "code" in told(asking())
    monkeypatch.setitem(vars(app.extensions["zzd.settings"]), "second_factor_required", "all")
    recognised().forget(lambda _principal: True)
    assert asking().location.startswith("/signin?")


def test_a_code_gives_no_more_than_was_asked_for_and_consented_to(
    asking: Any, session: Session
) -> None:
    for scope in ("openid units.read contacts.read", "openid", "identity", None):
        asking(scope=scope)
    kept = session.scalars(select(LaunchCode.scopes).order_by(LaunchCode.id)).all()
    assert kept == [
        ["openid", "units.read"],
        ["openid"],
        ["identity"],
        ["identity", "units.read"],
    ]


def test_a_silent_launch_may_bring_an_id_token(
    shelters: AppServer, as_: SignedIn, app: Flask
) -> None:
    launched, verifier = shelters.launch(as_(TOWNSHIP), nonce="n-2")
    token = shelters.exchange(launched["code"], verifier).get_json()
    listed = app.test_client().get("/oauth/jwks.json").get_json()
    claims = jwt.decode(token["id_token"], KeySet.import_key_set(listed)).claims
    assert (claims["nonce"], claims["unit"]["name"]) == ("n-2", "石塘镇")
    plain, other = shelters.launch(as_(TOWNSHIP))
    assert "id_token" not in shelters.exchange(plain["code"], other).get_json()


def test_an_id_token_tells_no_more_than_is_still_consented_to(
    publish: Publish, as_: SignedIn, app: Flask
) -> None:
    scopes = [{"name": "units.read", "reason": "要用"}]
    served = publish(
        **{
            **MANIFEST_2,
            "icon": None,
            "scopes": scopes,
            "optional_scopes": [{"name": "identity", "reason": "显示登记人"}],
        }
    )
    launched, verifier = served.launch(as_(TOWNSHIP), nonce="n-3")
    first = served.exchange(launched["code"], verifier).get_json()
    administrator = as_("33.leader")
    (installed,) = administrator.get("/installations")["items"]
    administrator.patch(f"/installations/{installed['id']}", {"scopes": ["units.read"]})
    form = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = app.test_client().post(
        "/oauth/token", data=form, auth=(served.client_id, served.secret)
    )
    listed = app.test_client().get("/oauth/jwks.json").get_json()
    told = [
        jwt.decode(token["id_token"], KeySet.import_key_set(listed)).claims
        for token in (first, second.get_json())
    ]
    assert [claims.get("name") for claims in told] == ["陈石塘", None]
    assert told[0]["sub"] == told[1]["sub"]


def test_keys_are_published_before_they_sign_and_after(app: Flask, session: Session) -> None:
    secret = app.config["SECRET_KEY"]

    def listed() -> list[str]:
        return [key["kid"] for key in app.test_client().get("/oauth/jwks.json").get_json()["keys"]]

    def signing() -> str:
        with transaction() as writing:
            return keys.signer(writing, secret).kid

    (first,) = listed()
    assert CliRunner().invoke(miniapps, ["rotate-signing-key"]).exit_code == 0
    second = listed()[0]
    assert (signing(), listed()) == (first, [second, first])
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert (signing(), listed()) == (second, [second, first])
    with clock.at(clock.now() + timedelta(days=2)):
        assert listed() == [second]
    with clock.at(clock.now() + timedelta(days=91)):
        # The next one is made without being asked for, and signs when clients know it.
        assert signing() == second
        assert len(listed()) == 2
    assert secret not in str([vars(each) for each in session.scalars(select(SigningKey))])
    assert all("d" not in each.public for each in session.scalars(select(SigningKey)))


def test_a_key_sealed_by_another_server_key_is_replaced(app: Flask) -> None:
    with transaction() as session:
        first = keys.signer(session, "one server's key, long enough.....").kid
        second = keys.signer(session, "another server's key, long enough.").kid
    assert first != second
