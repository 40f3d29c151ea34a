"""Taking tokens back (RFC 7009), and asking what one is worth (RFC 7662): for the app it is of."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint

from zzd.miniapps.oidc import here, tokens
from zzd.miniapps.oidc.clients import AUTH_METHODS, Client
from zzd.miniapps.oidc.tokens import Found
from zzd.pairwise import sub_of


class Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = AUTH_METHODS

    def authenticate_token(self, request: Any, client: Client) -> Found | None:
        # Another app's token is as unknown as one that never was: RFC 7009 answers 200 to both.
        self.check_params(request, client)
        return _find_own(request, client)

    def revoke_token(self, found: Found, request: Any) -> None:
        tokens.revoke(request.session, found)


class Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = AUTH_METHODS

    def authenticate_token(self, request: Any, client: Client) -> Found | None:
        self.check_params(request, client)
        return _find_own(request, client)

    def introspect_token(self, found: Found) -> dict[str, Any]:
        """What it is worth at this moment: nothing once anything behind it has ended."""
        live = found.standing.live
        caller = found.standing.caller(found.code_or_token)
        if live is None or caller is None:
            return {"active": False}
        told: dict[str, Any] = {
            "active": True,
            "iss": here.issuer(),
            "client_id": live.app.oauth_client_id,
            "token_type": found.kind,
            "scope": " ".join(sorted(caller.scopes or ())),
            "iat": int(found.kept.created_at.timestamp()),
            "exp": int(found.kept.expires_at.timestamp()),
            "installation_id": str(live.installation.id),
        }
        if caller.official_id is not None:
            told["sub"] = sub_of(
                caller.official_id, supplier=live.app.developer_id, key=here.secret_key()
            )
        return told


def _find_own(request: Any, client: Client) -> Found | None:
    found = tokens.find(request.session, request.form["token"])
    return found if found and found.code_or_token.miniapp_id == client.miniapp_id else None
