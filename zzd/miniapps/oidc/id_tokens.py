"""ID tokens: who opened the app, signed, for whoever asked with the scope ``openid``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from authlib.oidc.core.grants.code import OpenIDToken
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt

from zzd import clock
from zzd.miniapps.oidc import keys
from zzd.miniapps.oidc.identifiers import describe_user
from zzd.miniapps.schemas import UserInfoSchema

OPENID = "openid"
LIFETIME = 600


class IdToken(OpenIDToken):
    """Beside each access token of a code, and of its refreshments."""

    def __init__(self, *, issuer: str, secret_key: str) -> None:
        self.issuer = issuer
        self.secret_key = secret_key

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        session, now = request.client.session, int(clock.now().timestamp())
        code = request.authorization_code or request.refresh_token
        live = code.live
        version = live.version_for(request.user.official_id, request.user.posts)
        # What was taken back since the code was made is not told any more.
        scopes = frozenset(token["scope"].split()) & live.scopes(version)
        caller = replace(
            request.user, app_id=request.client.app.id, scopes=scopes, reach=live.reach(version)
        )
        claims = {
            **UserInfoSchema().dump(describe_user(session, caller, key=self.secret_key)),
            "iss": self.issuer,
            "aud": request.client.client_id,
            "iat": now,
            "exp": now + LIFETIME,
            "at_hash": create_half_hash(token["access_token"], keys.ALGORITHM).decode(),
        }
        if request.authorization_code and code.row.nonce is not None:
            claims["nonce"] = code.row.nonce
        kid, key = keys.signer(session, self.secret_key)
        return jwt.encode({"alg": keys.ALGORITHM, "kid": kid}, claims, key, [keys.ALGORITHM])
