"""The authorization server: OAuth 2.1 and OpenID Connect for the servers of apps, by Authlib.

It is made once; what a request reads and writes goes through the ``session`` of its own, in the
transaction that answers it. Authlib turns errors into answers within that, so that what they
revoke is committed.
"""

from __future__ import annotations

from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import FlaskOAuth2Request
from authlib.oauth2.rfc6749 import (
    InvalidClientError,
    InvalidRequestError,
    OAuth2Request,
    UnsupportedGrantTypeError,
)
from authlib.oauth2.rfc6749.authenticate_client import ClientAuthentication
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Request, Response, request
from sqlalchemy.orm import Session

from zzd.miniapps.manifests import SCOPES
from zzd.miniapps.oidc import keys, limits, tokens
from zzd.miniapps.oidc.clients import (
    AUTH_METHODS,
    GRANTS,
    Client,
    find_client,
    find_client_with_code,
)
from zzd.miniapps.oidc.endpoints import Introspection, Revocation
from zzd.miniapps.oidc.grants import CodeGrant, ItselfGrant, RefreshGrant
from zzd.miniapps.oidc.id_tokens import OPENID, IdToken
from zzd.miniapps.oidc.standing import Brought

REVOCATION, INTROSPECTION = Revocation.ENDPOINT_NAME, Introspection.ENDPOINT_NAME


def answer_token_request(session: Session) -> Response:
    """The answer to the present request, RFC 6749's errors included."""
    response: Response = SERVER.create_token_response(session)
    return response


def answer_at(endpoint: str, session: Session) -> Response:
    """The same at ``REVOCATION`` (RFC 7009) or ``INTROSPECTION`` (RFC 7662)."""
    response: Response = SERVER.create_endpoint_response(endpoint, session)
    response.headers["Cache-Control"] = "no-store"
    return response


def describe_server(public_url: str) -> dict[str, Any]:
    """RFC 8414 and OpenID Connect Discovery metadata, for what there is."""
    at = f"{public_url}/oauth"
    return {
        "issuer": public_url,
        "authorization_endpoint": f"{at}/authorize",
        "token_endpoint": f"{at}/token",
        "userinfo_endpoint": f"{at}/userinfo",
        "revocation_endpoint": f"{at}/revoke",
        "introspection_endpoint": f"{at}/introspect",
        "jwks_uri": f"{at}/jwks.json",
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "introspection_endpoint_auth_methods_supported": list(AUTH_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": [OPENID, *SCOPES],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [keys.ALGORITHM],
        "claims_supported": ["sub", "name", "post", "unit", "official_id"],
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "prompt_values_supported": ["none"],
    }


class _Server(AuthorizationServer):
    def __init__(self) -> None:
        super().__init__()
        self.register_token_generator(
            "default",
            BearerTokenGenerator(
                tokens.make_token,
                tokens.make_refresh_token,
                int(tokens.TOKEN_LIFETIME.total_seconds()),
            ),
        )
        id_token = IdToken()
        self.register_grant(CodeGrant, [CodeChallenge(required=True), id_token])
        self.register_grant(RefreshGrant, [id_token])
        self.register_grant(ItselfGrant)
        for endpoint in (Revocation, Introspection):
            self.register_endpoint(endpoint)

    def create_oauth2_request(self, session: Session) -> OAuth2Request:
        """The present request, to be answered in this session."""
        return _FormRequest(request, session)

    def get_token_grant(self, oauth_request: OAuth2Request) -> Any:
        try:
            return super().get_token_grant(oauth_request)
        except UnsupportedGrantTypeError as error:
            error.description = f"Send a form with grant_type={', '.join(GRANTS)}"
            raise

    def authenticate_client(
        self, oauth_request: OAuth2Request, methods: Any, endpoint: str = "token"
    ) -> Client:
        # Within the request's own handling, so that it is answered as OAuth answers errors.
        if repeated := oauth_request.repeated():
            raise InvalidRequestError(f"{repeated[0]} is there twice")
        said = ""

        def find(client_id: str) -> Client | None:
            nonlocal said
            said = client_id
            found: Client | None = oauth_request.find_client(client_id)
            return found

        try:
            client: Client = ClientAuthentication(find)(oauth_request, methods, endpoint)
        except (InvalidClientError, ValueError) as error:
            limits.note_failure(said)
            # One answer for every reason, a header that Authlib stumbles over included: which
            # client ids exist is nobody's business.
            raise InvalidClientError(
                "Send client_id and client_secret by HTTP Basic or in the form; one of them is wrong",
                status_code=401,
            ) from error
        limits.take(client.miniapp_id)
        return client


class _FormRequest(FlaskOAuth2Request):
    """The request's form and nothing else: OAuth 2.1 takes no parameters from the address."""

    def __init__(self, flask_request: Request, session: Session) -> None:
        # Whether the way here was https is settled by what stands in front of this server.
        uri = f"https://{flask_request.host}{flask_request.path}"
        OAuth2Request.__init__(self, flask_request.method, uri, headers=flask_request.headers)
        self._request = flask_request
        self.session = session
        self.payload = BasicOAuth2Payload(flask_request.form.to_dict())
        # The code that this request brings, read with the client that it says it is from.
        self.brought: Brought | None = None

    def repeated(self) -> list[str]:
        """Parameters that are there more than once, of which nobody can say which is meant."""
        return [name for name, values in self._request.form.lists() if len(values) > 1]

    def find_client(self, client_id: str) -> Client | None:
        code = self.payload.data.get("code")
        if code is None or self.payload.grant_type != CodeGrant.GRANT_TYPE:
            return find_client(self.session, client_id)
        found = find_client_with_code(self.session, client_id, code)
        if found is None:
            return None
        client, self.brought = found
        return client


SERVER = _Server()
