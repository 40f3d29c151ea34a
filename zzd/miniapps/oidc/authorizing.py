"""The authorization endpoint: an OpenID client sends a browser here, and gets it back with a code.

Nobody is asked on the way: an administrator consented for them when they installed the app. Whoever
is not signed in signs in first; for whom the app is not installed, it is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.errors import Invalid
from zzd.miniapps.installations.policy import find_openings
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.oidc.clients import find_client
from zzd.miniapps.oidc.codes import issue_code
from zzd.miniapps.policy import is_live
from zzd.principal import Principal

CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
LONGEST = 500
Parameters = Mapping[str, str]


class _Refused(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error


class SignInFirst(Exception):
    """The browser's session ended, or never was."""


def authorize(session: Session, said: Parameters, *, by: Principal | None, issuer: str) -> str:
    """The address to send the browser to: the client's, with a code or with an error.

    Raises SignInFirst; and Invalid where the client or its address is not known, since then there
    is nobody to send it to.
    """
    miniapp_id = _find_app(session, said.get("client_id", ""))
    redirect_uri = _redirect_uri(session, miniapp_id, said)
    try:
        answer = {"code": _code(session, miniapp_id, said, redirect_uri, by)}
    except _Refused as refused:
        answer = {"error": refused.error, "error_description": str(refused)}
    if (state := said.get("state")) is not None:
        answer["state"] = state
    # Which server this comes from (RFC 9207): a client of several cannot be led to mix them up.
    answer["iss"] = issuer
    return f"{redirect_uri}{'&' if urlsplit(redirect_uri).query else '?'}{urlencode(answer)}"


def _find_app(session: Session, client_id: str) -> int:
    client = find_client(session, client_id)
    if client is None:
        raise Invalid.at("/query/client_id", "There is no such app")
    return client.miniapp_id


def _redirect_uri(session: Session, miniapp_id: int, said: Parameters) -> str:
    """Exactly one of those in a manifest that anybody sees. Raises Invalid."""
    query = select(MiniAppVersion.manifest).join(MiniApp, is_live()).where(MiniApp.id == miniapp_id)
    known = [uri for manifest in session.scalars(query) for uri in manifest["redirect_uris"]]
    given = said.get("redirect_uri", "")
    if given not in known:
        raise Invalid.at(
            "/query/redirect_uri", "Must be exactly one of the published manifest's redirect_uris"
        )
    return given


def _code(
    session: Session, miniapp_id: int, said: Parameters, redirect_uri: str, by: Principal | None
) -> str:
    _check(said)
    if by is None or by.scopes is not None:
        if said.get("prompt") == "none":
            raise _Refused("login_required", "Nobody is signed in")
        raise SignInFirst
    opening = next(iter(find_openings(session, by, miniapp_id)), None)
    if opening is None or redirect_uri not in opening.version.manifest["redirect_uris"]:
        raise _Refused("access_denied", "The app is not installed for this official")
    asked = said["scope"].split() if "scope" in said else None
    return issue_code(
        session,
        opening,
        by=by,
        redirect_uri=redirect_uri,
        code_challenge=said["code_challenge"],
        asked=asked,
        nonce=said.get("nonce"),
    ).code


def _check(said: Parameters) -> None:
    """Raises _Refused."""
    if said.get("response_type") != "code":
        raise _Refused("unsupported_response_type", "Only response_type=code")
    if said.get("response_mode", "query") != "query":
        raise _Refused("invalid_request", "Only response_mode=query")
    for name in ("request", "request_uri"):
        if name in said:
            raise _Refused(f"{name}_not_supported", "Send the parameters as they are")
    if said.get("code_challenge_method") != "S256":
        raise _Refused("invalid_request", "PKCE is required: code_challenge_method=S256")
    if not CHALLENGE.fullmatch(said.get("code_challenge", "")):
        raise _Refused("invalid_request", "code_challenge must be a SHA-256 in base64url")
    if said.get("prompt", "none") not in ("none", "login", "consent", "select_account"):
        raise _Refused("invalid_request", "Unknown prompt")
    for name in ("state", "nonce", "scope"):
        text = said.get(name, "")
        if len(text) > LONGEST or not text.isprintable():
            raise _Refused("invalid_request", f"{name} must be {LONGEST} characters at most")
