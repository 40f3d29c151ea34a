"""A registered app as Authlib asks about it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.miniapps.models import MiniApp
from zzd.miniapps.oidc import secrets

AUTH_METHODS = ("client_secret_basic", "client_secret_post")
CODE, REFRESH, ITSELF = "authorization_code", "refresh_token", "client_credentials"
GRANTS = (CODE, REFRESH, ITSELF)


class Client:
    def __init__(self, session: Session, app: MiniApp) -> None:
        self.session = session
        self.app = app

    @property
    def client_id(self) -> str:
        return self.app.oauth_client_id

    def get_client_id(self) -> str:
        return self.app.oauth_client_id

    def check_client_secret(self, secret: str) -> bool:
        return secrets.is_good(self.session, self.app.id, secret)

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in GRANTS

    def get_allowed_scope(self, scope: str) -> str:
        # The grants know what was consented to; requests cannot ask for more.
        return scope


def find_client(session: Session, client_id: str) -> Client | None:
    if not client_id.isascii() or not client_id.isprintable():
        return None
    app = session.scalar(select(MiniApp).where(MiniApp.oauth_client_id == client_id))
    return Client(session, app) if app else None
