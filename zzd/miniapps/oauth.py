"""The token endpoint: OAuth 2.1's authorization code with PKCE, by Authlib.

Codes come from a launch (workbench.launch_app), so there is no authorization endpoint. One
server object lives for one request, in the transaction that answers it; Authlib turns errors
into answers within it, so that what they revoke is committed.
"""

from __future__ import annotations

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Request
from authlib.oauth2.rfc6749 import (
    InvalidClientError,
    InvalidGrantError,
    OAuth2Request,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Request, Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.identity.tokens import digest
from zzd.miniapps import tokens
from zzd.miniapps.installations.policy import reopened
from zzd.miniapps.installations.reach import Live, live_installation
from zzd.miniapps.manifests import SCOPES
from zzd.miniapps.models import MiniApp
from zzd.miniapps.oidc import secrets
from zzd.miniapps.oidc.models import LaunchCode

AUTH_METHODS = ("client_secret_basic", "client_secret_post")
GRANT = "authorization_code"


def answer_token_request(session: Session) -> Response:
    """The answer to the present request, RFC 6749's errors included."""
    response: Response = _Server(session).create_token_response()
    return response


def describe_server(public_url: str) -> dict[str, Any]:
    """RFC 8414 metadata, for what there is."""
    return {
        "issuer": public_url,
        "token_endpoint": f"{public_url}/oauth/token",
        "userinfo_endpoint": f"{public_url}/oauth/userinfo",
        "response_types_supported": ["code"],
        "grant_types_supported": [GRANT],
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": list(SCOPES),
        "subject_types_supported": ["pairwise"],
    }


class _Client:
    """A registered app as Authlib asks about it."""

    def __init__(self, session: Session, app: MiniApp) -> None:
        self.session = session
        self.app = app

    def check_client_secret(self, secret: str) -> bool:
        return secrets.is_good(self.session, self.app.id, secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == GRANT

    def get_allowed_scope(self, scope: str) -> str:
        # A code carries what was granted at the launch; requests cannot ask for more.
        return scope


class _Code:
    """A launch code as Authlib asks about it."""

    code_challenge_method = "S256"

    def __init__(self, row: LaunchCode, live: Live) -> None:
        self.row = row
        self.live = live
        self.code_challenge = row.code_challenge

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.row.scopes)


class _LaunchCodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def query_authorization_code(self, code: str, client: _Client) -> _Code:
        session: Session = self.server.session
        row = session.scalar(
            select(LaunchCode)
            .where(LaunchCode.digest == digest(code), LaunchCode.miniapp_id == client.app.id)
            .with_for_update()
        )
        if row is None:
            raise InvalidGrantError("There is no such code for this app")
        if row.used_at is not None:
            # Somebody has a copy of it: nobody can say which of the two is the app.
            tokens.revoke_tokens_of(session, row)
            audit.append(
                session,
                "miniapp.code_reuse",
                by=None,
                object_kind="miniapp",
                object_id=row.miniapp_id,
                account_id=row.account_id,
            )
            raise InvalidGrantError("The code was used before; its tokens are revoked now")
        if row.expires_at <= clock.now():
            raise InvalidGrantError("The code has expired; launch the app again")
        live = live_installation(session, row.installation_id)
        if live is None or all(version.id != row.version_id for version in live.versions):
            raise InvalidGrantError("The app was suspended or changed; launch it again")
        return _Code(row, live)

    def authenticate_user(self, code: _Code) -> Any:
        found = reopened(
            self.server.session,
            code.live,
            account_id=code.row.account_id,
            post_id=code.row.post_id,
        )
        if found is None:
            raise InvalidGrantError("The official may not open this app any more")
        return found[0]

    def delete_authorization_code(self, code: _Code) -> None:
        code.row.used_at = clock.now()


class _Server(AuthorizationServer):
    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        lifetime = int(tokens.TOKEN_LIFETIME.total_seconds())
        self.register_token_generator(
            "default", BearerTokenGenerator(tokens.make_token, expires_generator=lifetime)
        )
        self.register_grant(_LaunchCodeGrant, [CodeChallenge(required=True)])

    def create_oauth2_request(self, _request: Any) -> OAuth2Request:
        return _FormRequest(request)

    def get_token_grant(self, oauth_request: OAuth2Request) -> Any:
        try:
            return super().get_token_grant(oauth_request)
        except UnsupportedGrantTypeError as error:
            error.description = f"Send a form with grant_type={GRANT}"
            raise

    def query_client(self, client_id: str) -> _Client | None:
        if not client_id.isascii() or not client_id.isprintable():
            return None
        query = select(MiniApp).where(MiniApp.oauth_client_id == client_id)
        app = self.session.scalar(query)
        return _Client(self.session, app) if app else None

    def authenticate_client(self, *args: Any, **kwargs: Any) -> _Client:
        try:
            client: _Client = super().authenticate_client(*args, **kwargs)
        except (InvalidClientError, ValueError) as error:
            # One answer for every reason, a header that Authlib stumbles over included: which
            # client ids exist is nobody's business.
            raise InvalidClientError(
                "Send client_id and client_secret by HTTP Basic or in the form; one of them is wrong",
                status_code=401,
            ) from error
        return client

    def save_token(self, token: dict[str, Any], oauth_request: OAuth2Request) -> None:
        code: _Code = oauth_request.authorization_code
        tokens.keep_token(self.session, token["access_token"], code.row, code.row.scopes)


class _FormRequest(FlaskOAuth2Request):
    """The request's form and nothing else: OAuth 2.1 takes no parameters from the address."""

    def __init__(self, flask_request: Request) -> None:
        # Whether the way here was https is settled by what stands in front of this server.
        uri = f"https://{flask_request.host}{flask_request.path}"
        OAuth2Request.__init__(self, flask_request.method, uri, headers=flask_request.headers)
        self._request = flask_request
        self.payload = BasicOAuth2Payload(flask_request.form.to_dict())
