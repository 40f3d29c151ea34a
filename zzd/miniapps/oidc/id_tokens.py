"""ID tokens: who opened the app, signed, for whoever asked with the scope ``openid``."""

from __future__ import annotations

from typing import Any

from authlib.oidc.core.grants.code import OpenIDToken
from authlib.oidc.core.util import create_half_hash
from joserfc import jwt

from zzd import clock
from zzd.miniapps.oidc import here, keys

OPENID = "openid"
LIFETIME = 600


class IdToken(OpenIDToken):
    """Beside each access token of a code, and of its refreshments."""

    def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
        now = int(clock.now().timestamp())
        code = request.authorization_code or request.refresh_token
        claims = {
            # What was taken back since the code was made is not told any more.
            **code.describe_user(request.session, scopes=token["scope"].split()),
            "iss": here.issuer(),
            "aud": request.client.client_id,
            "iat": now,
            "exp": now + LIFETIME,
            "at_hash": create_half_hash(token["access_token"], keys.ALGORITHM).decode(),
        }
        if request.authorization_code and code.row.nonce is not None:
            claims["nonce"] = code.row.nonce
        kid, key = keys.signer(request.session, here.secret_key())
        return jwt.encode({"alg": keys.ALGORITHM, "kid": kid}, claims, key, [keys.ALGORITHM])
