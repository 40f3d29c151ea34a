"""A registered app as Authlib asks about it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.identity.tokens import digest
from zzd.miniapps.models import MiniApp
from zzd.miniapps.oidc import secrets
from zzd.miniapps.oidc.models import ClientSecret
from zzd.miniapps.oidc.standing import Brought, read_own_code

AUTH_METHODS = ("client_secret_basic", "client_secret_post")
CODE, REFRESH, ITSELF = "authorization_code", "refresh_token", "client_credentials"
GRANTS = (CODE, REFRESH, ITSELF)

# The app with its secrets that are good now.
OF_CLIENT = (
    select(MiniApp.id, ClientSecret.digest)
    .select_from(MiniApp)
    .outerjoin(ClientSecret, secrets.is_of(MiniApp.id, now=bindparam("now")))
    .where(MiniApp.oauth_client_id == bindparam("client_id"))
)


@dataclass(frozen=True, slots=True)
class Client:
    miniapp_id: int
    client_id: str
    secret_digests: tuple[str, ...]

    def get_client_id(self) -> str:
        return self.client_id

    def check_client_secret(self, secret: str) -> bool:
        """From then on the request is this app's own, and stands in its log."""
        good = secrets.is_one_of(self.secret_digests, secret)
        if good:
            g.calling_app = self.miniapp_id
        return good

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in GRANTS

    def get_allowed_scope(self, scope: str) -> str:
        # The grants know what was consented to; requests cannot ask for more.
        return scope


def find_client_with_code(
    session: Session, client_id: str, code: str
) -> tuple[Client, Brought | None] | None:
    """The same and a code of that client, if it is one: one statement, two where it is none."""
    if not is_name(client_id):
        return None
    brought = read_own_code(session, digest=digest(code), client_id=client_id)
    if brought is not None:
        return Client(brought.code.miniapp_id, client_id, brought.secrets), brought
    client = find_client(session, client_id)
    return (client, None) if client else None


def is_name(client_id: str) -> bool:
    return client_id.isascii() and client_id.isprintable()


def find_client(session: Session, client_id: str) -> Client | None:
    """One statement, its secrets included."""
    if not is_name(client_id):
        return None
    rows = session.execute(OF_CLIENT, {"client_id": client_id, "now": clock.now()}).all()
    if not rows:
        return None
    return Client(rows[0][0], client_id, tuple(digest for _, digest in rows if digest))
