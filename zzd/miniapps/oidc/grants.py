"""The three grants: a code, the next pair of a family, and the app itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.identity.tokens import digest
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.installations.reach import Live, find_live
from zzd.miniapps.oidc import here, standing, tokens
from zzd.miniapps.oidc.clients import AUTH_METHODS, Client
from zzd.miniapps.oidc.identifiers import user_as_json
from zzd.miniapps.oidc.models import LaunchCode, RefreshToken
from zzd.miniapps.oidc.standing import Brought, Standing
from zzd.principal import Principal

MOST_INSTALLATIONS_TOLD = 20


class Code:
    """A launch code as Authlib asks about it."""

    code_challenge_method = "S256"

    def __init__(self, row: LaunchCode, standing: Standing) -> None:
        self.row = row
        self.standing = standing
        self.caller = standing.caller(row)
        self.code_challenge = row.code_challenge

    def get_redirect_uri(self) -> str:
        return self.row.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.row.scopes)

    def describe_user(self, session: Session, *, scopes: Iterable[str]) -> dict[str, Any]:
        """As far as these scopes go, of those that are still granted."""
        assert self.caller
        caller = replace(self.caller, scopes=(self.caller.scopes or frozenset()) & {*scopes})
        around = self.standing.around()
        return user_as_json(session, caller, key=here.secret_key(), around=around)


class CodeGrant(AuthorizationCodeGrant):
    """The answer says at once who opened the app: a launch is one request."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def query_authorization_code(self, _code: str, client: Client) -> Code:
        # Read with the client, who has proved meanwhile who they are.
        brought: Brought | None = self.request.brought
        if brought is None or brought.code.miniapp_id != client.miniapp_id:
            raise InvalidGrantError("There is no such code for this app")
        row, stands, _ = brought
        if row.used_at is not None:
            # Somebody has a copy of it: nobody can say which of the two is the app.
            _end_family(self.request.session, row, "miniapp.code_reuse")
            raise InvalidGrantError("The code was used before; its tokens are revoked now")
        if row.expires_at <= clock.now():
            raise InvalidGrantError("The code has expired; launch the app again")
        live = stands.live
        if live is None or all(version.id != row.version_id for version in live.versions):
            raise InvalidGrantError("The app was suspended or changed; launch it again")
        return Code(row, stands)

    def authenticate_user(self, code: Code) -> Principal:
        return _caller_of(code)

    def save_token(self, token: dict[str, Any]) -> None:
        code: Code = self.request.authorization_code
        tokens.use_code(self.request.session, token, code.row, scopes=code.row.scopes)
        token["user"] = code.describe_user(self.request.session, scopes=code.row.scopes)

    def delete_authorization_code(self, code: Code) -> None:
        """It was used with the statement that kept its tokens."""


class Refresh(Code):
    """A refresh token, with the code that its family began with."""

    def __init__(self, kept: RefreshToken, row: LaunchCode, standing: Standing) -> None:
        super().__init__(row, standing)
        self.kept = kept

    def check_client(self, client: Client) -> bool:
        return self.row.miniapp_id == client.miniapp_id


class RefreshGrant(RefreshTokenGrant):
    """Each refresh token is good once. Who brings one again has a copy, or had it copied."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Refresh:
        session: Session = self.request.session
        # The family first, and the token by a statement of its own, which sees what others committed
        # while this one waited for the family.
        said = digest(refresh_token)
        miniapp_id = self.request.client.miniapp_id
        found = standing.read(session, standing.OWN_FAMILY, digest=said, miniapp_id=miniapp_id)
        if found is None:
            raise InvalidGrantError("There is no such refresh token for this app")
        row, stands = found
        kept = session.scalars(select(RefreshToken).where(RefreshToken.digest == said)).one()
        if kept.used_at is not None:
            _end_family(session, row, "miniapp.refresh_reuse")
            raise InvalidGrantError("It was used before; its whole family is revoked now")
        if kept.revoked_at is not None or kept.expires_at <= clock.now():
            raise InvalidGrantError("It has expired or was revoked; launch the app again")
        if stands.live is None:
            raise InvalidGrantError("The app was suspended or removed")
        return Refresh(kept, row, stands)

    def authenticate_user(self, refresh: Refresh) -> Principal:
        return _caller_of(refresh)

    def save_token(self, token: dict[str, Any]) -> None:
        row: LaunchCode = self.request.refresh_token.row
        tokens.keep_pair(self.request.session, token, row, scopes=token["scope"].split())

    def revoke_old_credential(self, refresh: Refresh) -> None:
        refresh.kept.used_at = clock.now()


class ItselfGrant(ClientCredentialsGrant):
    """The app without an official, in one of its installations."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def validate_token_request(self) -> None:
        super().validate_token_request()
        self.live = self._find_installation(self.request.client)
        granted = self.live.scopes()
        asked = (self.request.payload.scope or "").split() or sorted(granted)
        if unknown := [scope for scope in asked if scope not in granted]:
            raise InvalidScopeError(f"Not consented to here: {' '.join(unknown)[:200]}")
        self.scopes = asked

    def _find_installation(self, client: Client) -> Live:
        session: Session = self.request.session
        said = self.request.form.get("installation_id")
        conditions = [Installation.miniapp_id == client.miniapp_id]
        if said is not None:
            if not (said.isascii() and said.isdigit() and len(said) < 19):
                raise InvalidRequestError("installation_id is not an id")
            conditions.append(Installation.id == int(said))
        found = find_live(session, *conditions)
        if len(found) > 1:
            ids = ", ".join(str(each.installation.id) for each in found[:MOST_INSTALLATIONS_TOLD])
            raise InvalidRequestError(f"Say which with installation_id: {ids}")
        if not found or found[0].reach() is None:
            raise InvalidGrantError("There is no such installation of this app, or not any more")
        return found[0]

    def create_token_response(self) -> Any:
        token = self.generate_token(scope=" ".join(self.scopes), include_refresh_token=False)
        tokens.keep_own_token(self.request.session, token, self.live, scopes=self.scopes)
        return 200, token, self.TOKEN_RESPONSE_HEADER


def _caller_of(code: Code) -> Principal:
    if code.caller is None:
        raise InvalidGrantError("The official may not open this app any more")
    return code.caller


def _end_family(session: Session, row: LaunchCode, action: str) -> None:
    tokens.revoke_family(session, row.id)
    audit.append(
        session,
        action,
        by=None,
        object_kind="miniapp",
        object_id=row.miniapp_id,
        account_id=row.account_id,
    )
