"""Nothing is open by accident: every route and every socket event says who may call it."""

from __future__ import annotations

from typing import Any

from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from zzd.api import Access, Caller

METHODS = {"get", "post", "put", "patch", "delete"}
# The sockets' own transport is behind the declared event "connect".
TRANSPORT = ("/socket.io",)


def _access(app: Flask, endpoint: str) -> Access | None:
    access: Access | None = getattr(app.view_functions[endpoint], "zzd_access", None)
    return access


def test_every_route_declares_its_callers(app: Flask) -> None:
    undeclared = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if not rule.rule.startswith(TRANSPORT) and _access(app, rule.endpoint) is None
    ]
    assert not undeclared


def test_every_socket_event_declares_its_callers(app: Flask) -> None:
    sockets = app.extensions["zzd.sockets"]
    registered: set[str] = set()
    for namespace, handlers in sockets.io.server.handlers.items():
        assert namespace == "/", f"no events in {namespace}"
        registered |= set(handlers)
    assert registered - {"disconnect"} <= set(sockets.declared)
    for name, access in sockets.declared.items():
        assert access.caller is not Caller.ANYONE, name


def test_what_is_open_to_anyone_is_on_this_list(app: Flask) -> None:
    """A new open route is added here with a thought, or it fails."""
    open_to_anyone = {
        rule.rule
        for rule in app.url_map.iter_rules()
        if (access := _access(app, rule.endpoint)) and access.caller is Caller.ANYONE
    }
    assert open_to_anyone == {
        "/",
        "/<screen:path>",
        "/.well-known/oauth-authorization-server",
        "/healthz",
        "/readyz",
        # With the operator's token, or it does not exist.
        "/metrics",
        "/api/docs",
        "/api/v1/openapi.json",
        "/api/v1/sessions",
        "/api/v1/miniapps/manifest-schema/<int:version>.json",
        "/api/v1/miniapps/manifest-rules",
        # Who holds a link was given it by a session, and both are checked behind this door.
        "/api/v1/files/links/<string:token>",
        "/api/v1/records/exports/links/<string:token>",
        # Programs, recognised by an address that nobody guesses and by their signature.
        "/api/v1/hooks/<string:token>",
        "/.well-known/openid-configuration",
        # Clients that bring their secret, browsers that bring their session, keys that are public.
        "/oauth/authorize",
        "/oauth/introspect",
        "/oauth/jwks.json",
        "/oauth/revoke",
        "/oauth/token",
    }


def test_every_other_route_refuses_who_is_not_signed_in(app: Flask, anonymous: ApiClient) -> None:
    for rule in app.url_map.iter_rules():
        access = _access(app, rule.endpoint)
        if access is None or access.caller is Caller.ANYONE:
            continue
        path = rule.rule.removeprefix("/api/v1")
        for argument in rule.arguments:
            path = path.replace(_placeholder(rule.rule, argument), "1")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            response = anonymous.request(method, path, json={} if method != "GET" else None)
            assert response.status_code == 401, (method, rule.rule)
            assert response.get_json()["code"] == "authentication_required"


def _placeholder(rule: str, argument: str) -> str:
    start = rule.rindex("<", 0, rule.index(f"{argument}>"))
    return rule[start : rule.index(">", start) + 1]


def _operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_every_operation_is_documented(as_: SignedIn) -> None:
    document = as_("33.leader").get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    operations = _operations(document)
    assert len(operations) > 40
    missing = [f"{method} {path}" for method, path, each in operations if not each.get("summary")]
    assert not missing
    names = [each["operationId"] for *_, each in operations if "operationId" in each]
    assert len(names) == len(set(names))
