"""Taking tokens back (RFC 7009), and asking what one is worth (RFC 7662): for the app it is of."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from sqlalchemy.orm import Session

from zzd.miniapps.installations.reach import live_installation
from zzd.miniapps.oidc import tokens
from zzd.miniapps.oidc.clients import AUTH_METHODS, Client
from zzd.miniapps.oidc.identifiers import describe_user
from zzd.miniapps.oidc.tokens import Found


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = AUTH_METHODS

    def authenticate_token(self, request: Any, client: Client) -> Found | None:
        # Another app's token is as unknown as one that never was: RFC 7009 answers 200 to both.
        self.check_params(request, client)
        found = tokens.find(self.server.session, request.form["token"])
        return found if found and found.code_or_token.miniapp_id == client.app.id else None

    def revoke_token(self, found: Found, _request: Any) -> None:
        tokens.revoke(self.server.session, found)


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = AUTH_METHODS
    issuer: str
    secret_key: str

    def query_token(self, token_string: str, _token_type_hint: str | None) -> Found | None:
        return tokens.find(self.server.session, token_string)

    def check_permission(self, found: Found, client: Client, _request: Any) -> bool:
        return found.code_or_token.miniapp_id == client.app.id

    def introspect_token(self, found: Found) -> dict[str, Any]:
        """What it is worth at this moment: nothing once anything behind it has ended."""
        session: Session = self.server.session
        live = live_installation(session, found.code_or_token.installation_id)
        caller = tokens.principal_of(session, live, found.code_or_token) if live else None
        if live is None or caller is None:
            return {"active": False}
        told: dict[str, Any] = {
            "active": True,
            "iss": self.issuer,
            "client_id": live.app.oauth_client_id,
            "token_type": found.kind,
            "scope": " ".join(sorted(caller.scopes or ())),
            "iat": int(found.kept.created_at.timestamp()),
            "exp": int(found.kept.expires_at.timestamp()),
            "installation_id": str(live.installation.id),
        }
        if caller.official_id is not None:
            told["sub"] = describe_user(session, caller, key=self.secret_key)["sub"]
        return told
