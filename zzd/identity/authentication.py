"""Who calls, by what the request brings: a bearer token, or the browser's cookie."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, request
from werkzeug.http import dump_cookie

from zzd.errors import Problem
from zzd.identity.principals import principal_of_token, recent_principal_of_token
from zzd.identity.tokens import csrf_token
from zzd.principal import Principal
from zzd.settings import Settings

COOKIE = "zzd_session"
CSRF_HEADER = "X-CSRF-Token"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

TokenReader = Callable[[str], Principal | None]


class CsrfFailed(Problem):
    status, code, title = 403, "csrf_failed", "The CSRF token is missing or wrong"


def bearer_token() -> str | None:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None


def add_token_reader(app: Flask, prefix: str, read: TokenReader) -> None:
    """Let a package above say whom the bearer tokens that begin with ``prefix`` stand for."""
    app.extensions.setdefault("zzd.token_readers", {})[prefix] = read


def _principal_of_bearer(token: str) -> Principal | None:
    readers: dict[str, TokenReader] = current_app.extensions.get("zzd.token_readers", {})
    for prefix, read in readers.items():
        if token.startswith(prefix) and (found := read(token)):
            return found
    return recent_principal_of_token(token)


def authenticate() -> Principal | None:
    """The caller of this request: by bearer token, else by cookie with its CSRF token.

    Raises CsrfFailed.
    """
    if token := bearer_token():
        return _principal_of_bearer(token)
    if not (token := request.cookies.get(COOKIE)):
        return None
    found = recent_principal_of_token(token)
    if found and request.method not in SAFE_METHODS:
        given = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(given.encode(), csrf_token(token).encode()):
            raise CsrfFailed
    return found


def authenticate_fully() -> Principal | None:
    """The same for doors that are open to anyone: who must turn on a second factor first is nobody.

    Raises CsrfFailed.
    """
    found = authenticate()
    return None if found is None or found.lacks_second_factor else found


def own_csrf_token() -> str | None:
    """The CSRF token of this request's cookie; none for a program."""
    token = request.cookies.get(COOKIE)
    return csrf_token(token) if token and not bearer_token() else None


def check_origin(settings: Settings) -> None:
    """A page of another site must not sign its visitor in here as somebody else.

    Raises CsrfFailed. Programs send no Origin and pass.
    """
    origin = request.headers.get("Origin")
    if origin is not None and origin not in settings.allowed_origins:
        raise CsrfFailed("Pages of this origin may not sign in here")


def cookie(token: str, settings: Settings) -> str:
    """The Set-Cookie header of a browser's session; an empty token takes the cookie away."""
    return dump_cookie(
        COOKIE,
        token,
        max_age=settings.session_ttl if token else 0,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=settings.secure_cookies,
    )


def recognise_socket(auth: Any) -> Principal | None:
    """The caller of a socket: by ``auth: {token}``, else by the browser's cookie.

    Cookies need no CSRF token here, since the server takes sockets of listed origins only.
    """
    token = auth.get("token") if isinstance(auth, dict) else None
    token = token if isinstance(token, str) else request.cookies.get(COOKIE)
    return principal_of_token(token) if token else None
