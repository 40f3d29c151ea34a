"""An app's token opens the routes of its scopes, and no other, for its official alone."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from werkzeug.routing import Rule

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.miniapps.conftest import MANIFEST_2, Publish, asking
from zzd.api import Caller
from zzd.identity import recognise_socket
from zzd.miniapps.manifests import SCOPES
from zzd.miniapps.oidc.tokens import read_token

TOWNSHIP = "331081100.duty_officer"


def scoped_routes(app: Flask) -> list[tuple[str, str, str | None]]:
    """(method, path, scope) of every route that is not open to anyone."""
    found: list[tuple[str, str, str | None]] = []
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], "zzd_access", None)
        if access is None or access.caller in (Caller.ANYONE, Caller.APP):
            continue
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [(method, _path(rule), access.scope) for method in methods]
    return found


def _path(rule: Rule) -> str:
    path = rule.rule
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        kind = {"IdConverter": "id:", "PathConverter": "path:", "IntegerConverter": "int:"}
        kind |= {"UnicodeConverter": "string:", "OfficialConverter": "official:"}
        path = path.replace(f"<{kind.get(converter, '')}{name}>", "1")
    assert "<" not in path, path
    return path


def test_every_scope_of_a_route_is_one_that_manifests_can_ask_for(app: Flask) -> None:
    assert {scope for *_, scope in scoped_routes(app)} <= {*SCOPES, None}


def test_an_apps_token_opens_the_routes_of_its_scope_and_no_other(
    app: Flask, publish: Publish, as_: SignedIn
) -> None:
    """Each route twice: with its scope alone, and with every scope but this."""

    def opened(name: str, scopes: Iterable[str]) -> ApiClient:
        made = {**MANIFEST_2, "id": f"cn.zj.{name}", "icon": None, "optional_scopes": []}
        return publish(**{**made, "scopes": asking(*scopes)}).open(as_(TOWNSHIP))

    routes = scoped_routes(app)
    assert len(routes) > 20
    for number, scope in enumerate([*SCOPES, None]):
        of_scope = [(method, path) for method, path, needed in routes if needed == scope]
        others = opened(f"others{number}", (each for each in SCOPES if each != scope))
        for method, path in of_scope:
            assert is_refused(app, others, method, path), (method, path)
        if scope:
            alone = opened(f"alone{number}", [scope])
            for method, path in of_scope:
                assert not is_refused(app, alone, method, path), (method, path)


def is_refused(app: Flask, client: ApiClient, method: str, path: str) -> bool:
    """Whether it is for want of a scope that an app may not call this."""
    response = app.test_client().open(
        path, method=method, json={}, headers={"Authorization": f"Bearer {client.token}"}
    )
    return response.status_code == 403 and "An app needs" in response.get_json()["detail"]


def test_an_app_reads_the_tree_with_units_read(publish: Publish, as_: SignedIn) -> None:
    client = publish().open(as_(TOWNSHIP))
    unit = client.get("/oauth/userinfo")["unit"]
    assert client.get(f"/units/{unit['id']}")["name"] == "石塘镇"
    above = client.get(f"/units/{unit['id']}/ancestors")["items"]
    assert [item["name"] for item in above] == ["台州市", "温岭市"]
    client.get("/me", status=403)


def test_an_app_has_none_of_its_officials_rights(
    app: Flask, publish: Publish, as_: SignedIn
) -> None:
    """The county's leader administers units; an app opened by them does not."""
    client = publish().open(as_("331081.leader"))
    assert client.token
    principal = read_token(client.token)
    assert principal is not None
    assert principal.grants == ()
    assert principal.posts == (principal.post,)
    assert principal.session_id is None


def test_an_apps_token_opens_no_socket(app: Flask, publish: Publish, as_: SignedIn) -> None:
    client = publish().open(as_(TOWNSHIP))
    with app.test_request_context():
        assert recognise_socket({"token": client.token}) is None


def test_a_launch_takes_an_officials_own_session(publish: Publish, as_: SignedIn) -> None:
    app = publish()
    client: ApiClient = app.open(as_(TOWNSHIP))
    body = {"code_challenge": "a" * 43, "redirect_uri": "https://shelters.example.cn/launch"}
    client.post(f"/miniapps/{app.id}/launch", body, status=403)
