"""Refresh tokens and their families, tokens taken back and looked at, and the app itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.miniapps.conftest import AppServer, Publish, beside, install
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import reading, transaction
from zzd.miniapps.oidc import forgetting
from zzd.miniapps.oidc.models import AppToken, LaunchCode, RefreshToken
from zzd.miniapps.oidc.tokens import keep_pair, revoke_family

TOWNSHIP = "331081100.duty_officer"


def ask(app: AppServer, path: str, **form: Any) -> Any:
    return app.app.test_client().post(f"/oauth/{path}", data=form, auth=(app.client_id, app.secret))


def refresh(app: AppServer, token: str, **form: Any) -> Any:
    return ask(app, "token", grant_type="refresh_token", refresh_token=token, **form)


@pytest.fixture
def tokens(shelters: AppServer, as_: SignedIn) -> dict[str, Any]:
    launched, verifier = shelters.launch(as_(TOWNSHIP))
    first: dict[str, Any] = shelters.exchange(launched["code"], verifier).get_json()
    return first


def works(app: AppServer, token: str) -> bool:
    status = ApiClient(app.app, token=token).request("GET", "/oauth/userinfo").status_code
    assert status in (200, 401)
    return status == 200


def test_a_family_goes_on_one_token_at_a_time(shelters: AppServer, tokens: dict[str, Any]) -> None:
    second = refresh(shelters, tokens["refresh_token"]).get_json()
    assert second["scope"] == tokens["scope"]
    assert second["refresh_token"] != tokens["refresh_token"]
    third = refresh(shelters, second["refresh_token"], scope="identity").get_json()
    assert third["scope"] == "identity"
    wider = refresh(shelters, third["refresh_token"], scope="identity contacts.read")
    assert wider.get_json()["error"] == "invalid_scope"
    assert works(shelters, third["access_token"])
    # Narrowed for one access token, the family has what it had.
    assert refresh(shelters, third["refresh_token"]).get_json()["scope"] == tokens["scope"]


def test_a_refresh_token_used_again_ends_its_family(
    shelters: AppServer, tokens: dict[str, Any], session: Session
) -> None:
    second = refresh(shelters, tokens["refresh_token"]).get_json()
    assert works(shelters, tokens["access_token"])
    assert works(shelters, second["access_token"])
    again = refresh(shelters, tokens["refresh_token"])
    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_grant")
    assert not works(shelters, tokens["access_token"])
    assert not works(shelters, second["access_token"])
    assert refresh(shelters, second["refresh_token"]).status_code == 400
    reuse = select(AuditEntry.object_id).where(AuditEntry.action == "miniapp.refresh_reuse")
    assert session.scalars(reuse).all() == [shelters.id]


def alive(session: Session) -> int:
    """How many tokens are of use to anybody."""
    access = select(func.count()).select_from(AppToken).where(AppToken.revoked_at.is_(None))
    unused = RefreshToken.used_at.is_(None), RefreshToken.revoked_at.is_(None)
    refreshing = select(func.count()).select_from(RefreshToken).where(*unused)
    return (session.scalar(access) or 0) + (session.scalar(refreshing) or 0)


def test_a_refresh_waits_for_a_revocation_and_then_finds_its_family_ended(
    shelters: AppServer, tokens: dict[str, Any]
) -> None:
    answers: list[int] = []
    with transaction() as session:
        code_id = session.scalars(select(LaunchCode.id)).one()
        revoke_family(session, code_id)
        waiting = beside(
            lambda: answers.append(refresh(shelters, tokens["refresh_token"]).status_code)
        )
    waiting.join()
    assert answers == [400]
    with reading() as session:
        assert alive(session) == 0


def test_a_revocation_waits_for_a_refresh_and_ends_what_it_made(
    shelters: AppServer, tokens: dict[str, Any]
) -> None:
    made = {"access_token": "zza_made-beside", "refresh_token": "zzr_made-beside"}
    with transaction() as session:
        code = session.scalars(select(LaunchCode).with_for_update()).one()
        keep_pair(session, made, code, scopes=code.scopes)
        waiting = beside(lambda: ask(shelters, "revoke", token=tokens["refresh_token"]))
    waiting.join()
    with reading() as session:
        assert alive(session) == 0


def test_what_is_over_does_not_stay_for_ever(
    shelters: AppServer, tokens: dict[str, Any], as_: SignedIn
) -> None:
    refresh(shelters, tokens["refresh_token"])
    itself(shelters)

    def kept(at: datetime) -> list[int]:
        with clock.at(at):
            forgetting.forget_old()
        with reading() as session:
            kinds = (LaunchCode, AppToken, RefreshToken)
            return [session.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds]

    made = clock.now()
    assert kept(made + timedelta(days=1)) == [1, 3, 2]
    # The app's own token is over, the family may still go on.
    assert kept(made + timedelta(days=1, hours=3)) == [1, 2, 2]
    assert kept(made + timedelta(days=30, hours=1)) == [1, 2, 2]
    assert kept(made + timedelta(days=30, hours=3)) == [0, 0, 0]


def test_a_family_grows_old(shelters: AppServer, tokens: dict[str, Any]) -> None:
    made = clock.now()
    with clock.at(made + timedelta(days=15)):
        assert refresh(shelters, tokens["refresh_token"]).status_code == 400
    with clock.at(made + timedelta(days=13)):
        second = refresh(shelters, tokens["refresh_token"]).get_json()["refresh_token"]
    with clock.at(made + timedelta(days=26)):
        third = refresh(shelters, second).get_json()["refresh_token"]
    with clock.at(made + timedelta(days=30, hours=1)):
        assert refresh(shelters, third).status_code == 400


def test_another_app_can_neither_use_nor_end_nor_look_at_a_token(
    shelters: AppServer, publish: Publish, tokens: dict[str, Any]
) -> None:
    other = publish(id="cn.zj.other")
    assert refresh(other, tokens["refresh_token"]).status_code == 400
    for kind in ("access_token", "refresh_token"):
        assert ask(other, "revoke", token=tokens[kind]).status_code == 200
        looked = ask(other, "introspect", token=tokens[kind])
        assert looked.get_json() == {"active": False}
    assert works(shelters, tokens["access_token"])
    assert refresh(shelters, tokens["refresh_token"]).status_code == 200


def test_a_token_is_taken_back_and_a_refresh_token_with_its_family(
    shelters: AppServer, tokens: dict[str, Any]
) -> None:
    second = refresh(shelters, tokens["refresh_token"]).get_json()
    assert ask(shelters, "revoke", token=tokens["access_token"]).status_code == 200
    assert not works(shelters, tokens["access_token"])
    assert works(shelters, second["access_token"])
    form = {"token": second["refresh_token"], "token_type_hint": "access_token"}
    assert ask(shelters, "revoke", **form).status_code == 200
    assert not works(shelters, second["access_token"])
    assert refresh(shelters, second["refresh_token"]).status_code == 400
    assert ask(shelters, "revoke", token="nothing").status_code == 200
    assert ask(shelters, "revoke").get_json()["error"] == "invalid_request"


def test_a_token_is_worth_what_stands_behind_it(
    shelters: AppServer, tokens: dict[str, Any], reviewer: ApiClient
) -> None:
    told = ask(shelters, "introspect", token=tokens["access_token"]).get_json()
    known = ApiClient(shelters.app, token=tokens["access_token"]).get("/oauth/userinfo")
    assert (told["active"], told["sub"]) == (True, known["sub"])
    assert (told["scope"], told["client_id"]) == ("identity units.read", shelters.client_id)
    assert told["exp"] - told["iat"] == 7200
    assert ask(shelters, "introspect", token=tokens["refresh_token"]).get_json()["active"]
    reviewer.post(f"/miniapps/{shelters.id}/suspension", {"reason": "x"}, status=200)
    for kind in ("access_token", "refresh_token"):
        looked = ask(shelters, "introspect", token=tokens[kind])
        assert looked.get_json() == {"active": False}
    assert refresh(shelters, tokens["refresh_token"]).status_code == 400


def test_endpoints_are_for_clients_that_say_who_they_are(
    shelters: AppServer, tokens: dict[str, Any]
) -> None:
    for path in ("revoke", "introspect"):
        answer = shelters.app.test_client().post(
            f"/oauth/{path}", data={"token": tokens["access_token"]}, auth=("x", "y")
        )
        assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


def itself(app: AppServer, **form: Any) -> Any:
    return ask(app, "token", grant_type="client_credentials", **form)


def test_an_app_acts_for_itself_in_one_installation(
    shelters: AppServer, as_: SignedIn, unit_id: Any
) -> None:
    token = itself(shelters).get_json()
    assert "refresh_token" not in token
    client = ApiClient(shelters.app, token=token["access_token"])
    names = [item["name"] for item in client.get("/units", q="石塘")["items"]]
    assert names == ["石塘镇"]
    assert client.get("/installations/current")["id"] == token["installation_id"]
    # Nobody stands behind it.
    client.get("/oauth/userinfo", status=403)
    county = install(as_("331081.leader"), shelters.id, unit_id=unit_id("331081"))
    unclear = itself(shelters).get_json()
    assert unclear["error"] == "invalid_request"
    assert county["id"] in unclear["error_description"]
    narrow = itself(shelters, installation_id=county["id"], scope="units.read").get_json()
    assert narrow["scope"] == "units.read"
    in_county = ApiClient(shelters.app, token=narrow["access_token"])
    in_county.get(f"/units/{unit_id('3310')}", status=404)
    client.get(f"/units/{unit_id('3310')}")
    told = ask(shelters, "introspect", token=narrow["access_token"]).get_json()
    assert (told["active"], told["installation_id"]) == (True, county["id"])
    assert "sub" not in told
    as_("331081.leader").delete(f"/installations/{county['id']}")
    in_county.get("/units", status=401)


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"scope": "identity contacts.read"}, "invalid_scope"),
        ({"installation_id": "x"}, "invalid_request"),
        ({"installation_id": "9" * 30}, "invalid_request"),
        ({"installation_id": "999999"}, "invalid_grant"),
    ],
)
def test_an_app_acts_nowhere_else_and_with_nothing_more(
    shelters: AppServer, form: dict[str, str], error: str
) -> None:
    answer = itself(shelters, **form)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)
